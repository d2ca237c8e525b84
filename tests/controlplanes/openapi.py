"""Generates the OpenAPI definitions that Kubernetes releases before v1.24 leave out of their repository.

Without ``pkg/generated/openapi/zz_generated.openapi.go`` a kube-apiserver does not compile. The release's own
generator (``k8s.io/kube-openapi/cmd/openapi-gen``, at the version its go.mod names) works on a GOPATH only, so
the sources of every package the server needs are laid out as one.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.controlplanes.pins import KUBERNETES
from tests.controlplanes.shell import lower_priority

if TYPE_CHECKING:
    from tests.controlplanes.gomodule import Published
    from tests.controlplanes.pins import Module
    from tests.controlplanes.shell import Shell

_PACKAGE = f"{KUBERNETES}/pkg/generated/openapi"
_FILE = "zz_generated.openapi.go"
_MARKER = re.compile(rb"^// *\+k8s:openapi-gen=", re.MULTILINE)
#: Marked packages that belong to tools and samples, not to the server.
_NOT_SERVED = ("k8s.io/code-generator", "k8s.io/sample-apiserver")


def generate(module: Module, published: Published, go: Path, shell: Shell) -> None:
    """Put a writable copy of Kubernetes with the generated file into the folder, and point go.mod at it.

    Raises:
        BuildError: a step failed.
    """
    copy = shell.folder / "kubernetes"
    generated = copy / "pkg/generated/openapi" / _FILE
    if not generated.exists():
        made = _run_generator(module, go, shell)
        _copy_sources(published.folder, copy)
        shutil.copyfile(made, generated)
        shutil.rmtree(shell.folder / "gopath")
    with (shell.folder / "go.mod").open("a") as file:
        file.write(f"\nreplace {KUBERNETES} => ./kubernetes\n")


def _run_generator(module: Module, go: Path, shell: Shell) -> Path:
    """Run openapi-gen over the server's packages and return the file it made."""
    gopath = shell.folder / "gopath"
    shutil.rmtree(gopath, ignore_errors=True)
    listing = shell.output(
        go,
        "list",
        "-deps",
        "-f",
        "{{if not .Standard}}{{.ImportPath}} {{.Dir}}{{end}}",
        module.binaries["kube-apiserver"],
    )
    packages = dict(line.split(" ", 1) for line in listing.splitlines() if line)
    marked = _lay_out(packages, gopath / "src")
    shell.run(*lower_priority([go, "build", "-p", "2", "-o", "openapi-gen", "k8s.io/kube-openapi/cmd/openapi-gen"]))
    boilerplate = shell.folder / "boilerplate.txt"
    boilerplate.touch()
    inside = replace(shell, folder=gopath / "src" / KUBERNETES)
    arguments: list[str | Path] = ["--logtostderr", "-i", ",".join(marked), "-p", _PACKAGE]
    arguments += ["-O", _FILE.removesuffix(".go"), "-h", boilerplate]
    arguments += ["-r", shell.folder / "violations.report", "-o", gopath / "out"]
    # gengo of that time does not know type aliases as types of their own.
    old = {"GO111MODULE": "off", "GOFLAGS": "", "GOPATH": str(gopath), "GODEBUG": "gotypesalias=0"}
    inside.run(*lower_priority([shell.folder / "openapi-gen", *arguments]), variables=old)
    return gopath / "out" / _PACKAGE / _FILE


def _lay_out(packages: dict[str, str], root: Path) -> list[str]:
    """Copy packages' sources (no tests) below ``root`` and return those marked for the generator."""
    marked = set()
    for package, folder in packages.items():
        target = root / package
        target.mkdir(parents=True, exist_ok=True)
        for source in Path(folder).glob("*.go"):
            if source.name.endswith("_test.go"):
                continue
            text = source.read_bytes()
            (target / source.name).write_bytes(text)
            if package.startswith("k8s.io/") and _MARKER.search(text):
                marked.add(package)
    return sorted(package for package in marked if not package.startswith(_NOT_SERVED))


def _copy_sources(source: Path, target: Path) -> None:
    """Copy the folders of Kubernetes that a server is built from, writable: the module cache's are not."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    shutil.copyfile(source / "go.mod", target / "go.mod")
    for folder in ("cmd", "pkg", "plugin", "third_party"):
        for file in (source / folder).rglob("*"):
            if file.is_file():
                copy = target / file.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
