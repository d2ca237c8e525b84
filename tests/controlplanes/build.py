"""Builds binaries of Kubernetes and Karmada releases, once, into the cache."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING

from tests.controlplanes import gomodule, openapi, pins, toolchain
from tests.controlplanes.shell import Shell, lower_priority

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.controlplanes.gomodule import Published
    from tests.controlplanes.pins import Module
    from tests.controlplanes.places import Places

#: Compilers that run at once: a release's compiler wants up to 1 GB, and CI has two cores.
PARALLEL = 2

_NO_DEBUGGER = "-gcflags=all=-dwarf=false"
"""Leaves out what debuggers read: 4 % less CPU time."""


def binary(places: Places, name: str) -> Path:
    """Return a binary (``kube-apiserver-1.36.3``), building it if neither assets nor cache have it.

    Raises:
        UnknownBinaryError: the table of pins does not have it.
        BuildError: a step of the build failed.
    """
    return binaries(places, [name])[name]


def binaries(places: Places, wanted: Iterable[str]) -> dict[str, Path]:
    """Return several binaries; those of one module are built by one run of the compiler.

    Raises:
        UnknownBinaryError: the table of pins does not have one of them.
        BuildError: a step of a build failed.
    """
    missing: dict[str, list[str]] = {}
    names = list(wanted)
    for name in names:
        module = pins.module_of(name)
        if places.find(name) is None:
            missing.setdefault(module.name, []).append(name)
    for module in pins.MODULES:
        if module.name in missing:
            _build(places, module, missing[module.name])
    found = {name: places.find(name) for name in names}
    return {name: path for name, path in found.items() if path is not None}


def karmada_files(places: Places, version: str) -> Path:
    """Return the folder with a Karmada release's CRDs (``crds/``) and webhook configuration.

    They come from the same module as the binaries and are kept with them, so a release is always whole.

    Raises:
        BuildError: the module could not be fetched.
    """
    module = pins.module_of(f"karmada-webhook-{version}")
    found = places.find(module.name)
    if found is None:
        with places.locked(module.name):
            published = gomodule.download(module, toolchain.go(places), _shell(places, module))
            found = places.find(module.name) or _copy_karmada_files(places, module, published)
    return found


def _build(places: Places, module: Module, wanted: list[str]) -> None:
    """Build binaries of one module under its lock; what another process has finished meanwhile is left."""
    with places.locked(module.name):
        left = [name for name in wanted if places.find(name) is None]
        if not left:
            return
        go = toolchain.go(places)
        shell = _shell(places, module)
        start = time.monotonic()
        published = _prepare(module, go, shell)
        seconds = {"fetch": time.monotonic() - start}
        packages = {module.binary(name): package for name, package in module.binaries.items()}
        chosen = {name: packages[name] for name in left}
        command = ["build", "-trimpath", "-p", str(PARALLEL), _NO_DEBUGGER, f"-ldflags={_stamp(module)}", "-o", "out/"]
        (shell.folder / "out").mkdir(exist_ok=True)
        seconds["compile"] = shell.run(*lower_priority([go, *command, *chosen.values()]))
        places.ready.mkdir(parents=True, exist_ok=True)
        if not module.is_kubernetes and places.find(module.name) is None:
            _copy_karmada_files(places, module, published)
        for name, package in chosen.items():
            (shell.folder / "out" / package.rsplit("/", 1)[-1]).replace(places.ready / name)
        _note(places, module, left, seconds)


def _prepare(module: Module, go: Path, shell: Shell) -> Published:
    """Write the module, fetch all it needs, generate what is missing."""
    published = gomodule.download(module, go, shell)
    gomodule.write(module, published, shell.folder)
    if module.generate_openapi:
        openapi.generate(module, published, go, shell)
    shell.output(go, "list", "-deps", *module.binaries.values())
    return published


def _shell(places: Places, module: Module) -> Shell:
    """A shell in the module's scratch folder, with Go's variables as every build here needs them."""
    folder = places.cache / "modules" / module.name
    folder.mkdir(parents=True, exist_ok=True)
    # The module is written again each time, so that no other workspace or vendor folder has an effect. Cloud providers,
    # which Kubernetes up to v1.30 has built in, are left out: a kube-apiserver of v1.24 takes half the CPU time.
    variables = {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=mod -buildvcs=false -tags=providerless",
        "GOGC": "400",  # the compiler collects its garbage less often: 4 % less CPU time
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GO111MODULE": "on",
    }
    return Shell(module.name, places.log(module.name), folder, variables)


def _stamp(module: Module) -> str:
    """Return linker flags that set the binaries' version.

    A server reports ``v0.0.0-master`` otherwise, and Karmada shows that as the cluster's version.
    """
    major, minor, _ = module.version.split(".", 2)
    facts = {
        "gitVersion": f"v{module.version}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitCommit": "built-for-tests",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
    }
    if module.is_kubernetes:
        homes = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version", "k8s.io/kubernetes/pkg/version"]
    else:
        homes = [f"{module.path}/pkg/version"]
    stamps = [f"-X {home}.{fact}={value}" for home in homes for fact, value in facts.items()]
    return " ".join(["-s", "-w", *stamps])


def _copy_karmada_files(places: Places, module: Module, published: Published) -> Path:
    """Copy what an installation of Karmada applies, so that ready assets work without the module cache."""
    scratch = places.ready / f"{module.name}.new"
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "crds").mkdir(parents=True)
    for crd in sorted((published.folder / "charts/karmada/_crds/bases").rglob("*.yaml")):
        (scratch / "crds" / crd.name).write_bytes(crd.read_bytes())
    webhooks = published.folder / "artifacts/deploy/webhook-configuration.yaml"
    (scratch / webhooks.name).write_bytes(webhooks.read_bytes())
    return scratch.replace(places.ready / module.name)


def _note(places: Places, module: Module, built: list[str], seconds: dict[str, float]) -> None:
    """Append what was built and how long it took to a file that people and CI can read."""
    entry = {
        "module": module.name,
        "binaries": built,
        "seconds": {step: round(value, 1) for step, value in seconds.items()},
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    with (places.cache / "builds.jsonl").open("a") as file:
        file.write(json.dumps(entry) + "\n")
