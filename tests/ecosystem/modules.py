"""Fetches the projects' modules through the Go module proxy, and reads their CRDs, or makes them from Go types."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from converter.kube import version_priority
from converter.rules.crds import KIND, Crd, read_crd
from tests.controlplanes import toolchain
from tests.controlplanes.errors import HarnessError
from tests.controlplanes.places import Places
from tests.controlplanes.shell import Shell, lower_priority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ecosystem.projects import Project


CONTROLLER_GEN: Final = "sigs.k8s.io/controller-tools@v0.19.0"
"""The generator of CRDs."""


class ModuleHashError(HarnessError):
    """A module is not the one whose hash is pinned.

    Attributes:
        module: its path and version.
        wanted: the hash in `SUMS`.
        found: the hash of what the proxy has.
    """

    def __init__(self, module: str, wanted: str, found: str) -> None:
        self.module = module
        self.wanted = wanted
        self.found = found
        super().__init__(f"{module}: the hash is {found}, but SUMS in tests/ecosystem/modules.py pins {wanted}")


SUMS: Final = {
    "github.com/openkruise/kruise@v1.9.0": "h1:7MWDURrU7VlkapL1qaFLQehJG0OdTN338RSvzuzR3kU=",
}
"""Hashes of modules that the checksum database may not know yet."""


def folder_of(module: str) -> Path:
    """Return the folder of ``path@version`` in the Go module cache; fetch it if it is not there.

    Raises:
        BuildError: the proxy does not have it, or does not answer.
        ModuleHashError: it is not the module that `SUMS` names.
    """
    places = Places.from_environment()
    scratch = places.cache / "modules" / "ecosystem"
    scratch.mkdir(parents=True, exist_ok=True)
    wanted = SUMS.get(module)
    variables = {"GOFLAGS": "-mod=mod", "GOWORK": "off"}
    if wanted is not None:
        variables["GONOSUMDB"] = module.partition("@")[0]
    shell = Shell(module, places.log("ecosystem"), scratch, variables)
    said = json.loads(shell.output(toolchain.go(places), "mod", "download", "-json", module))
    if wanted not in (None, said["Sum"]):
        raise ModuleHashError(module=module, wanted=wanted, found=said["Sum"])
    return Path(said["Dir"])


def read_crds(project: Project) -> list[tuple[Crd, dict[str, Any]]]:
    """Read the CRDs of a project that have several versions, sorted by kind, each with its manifest.

    The manifest is what a server gets; the schemas beside it say which fields the project's Go types have. The CRD of a
    kind's newest group has the schemas of its other groups, too.
    """
    typed = {manifest["metadata"]["name"]: manifest for manifest in _from_types(project)}
    found: dict[str, tuple[Crd, dict[str, Any]]] = {}
    for manifest in _manifests(project) if project.crds else typed.values():
        crd = _judged(read_crd(manifest), project)
        if (len(crd.schemas) > 1 or crd.group in project.groups) and (not project.kinds or crd.kind in project.kinds):
            known = typed.get(manifest["metadata"]["name"])
            if known is not None:
                schemas: dict[str, Any] = dict(read_crd(known).schemas)
                for one, other in permutations(schemas.values(), 2):
                    _borrow(one, other)
                crd = replace(crd, schemas={one: schemas[one] for one in sorted(crd.schemas, key=version_priority)})
            found.setdefault(f"{crd.kind}.{crd.group}", (crd, manifest))
    for crd, manifest in list(found.values()):
        if project.groups and crd.group == project.groups[0]:
            parts = [found[f"{crd.kind}.{group}"][0].schemas for group in project.groups]
            merged = {version: schema for schemas in parts for version, schema in schemas.items()}
            found[f"{crd.kind}.{crd.group}"] = replace(crd, schemas=merged), manifest
    return [found[name] for name in sorted(found)]


def _judged(crd: Crd, project: Project) -> Crd:
    """Leave out the versions that a project does not judge."""
    judged = project.versions.get(crd.kind)
    if judged is None:
        return crd
    return replace(
        crd, schemas={one: schema for one, schema in crd.schemas.items() if one.rpartition("/")[2] in judged}
    )


def _borrow(schema: dict[str, Any], other: dict[str, Any]) -> None:
    """Take over the values that another version allows for the fields of this one that do not say which they allow."""
    if "enum" in other and schema.get("type") == other.get("type"):
        schema.setdefault("enum", other["enum"])
    for name, below in schema.get("properties", {}).items():
        _borrow(below, other.get("properties", {}).get(name, {}))
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict) and isinstance(other.get(word), dict):
            _borrow(schema[word], other[word])


def _from_types(project: Project) -> Iterator[dict[str, Any]]:
    """Make the CRDs of Go types by controller-gen, as the project itself makes them.

    Where the project has CRDs, those of its types are made without the markers that let a version take any fields, and
    with a map for each object without fields, which controller-gen does not know.
    """
    if not project.types:
        return
    places = Places.from_environment()
    with tempfile.TemporaryDirectory() as scratch:
        root = folder_of(project.module)
        if project.crds:
            root = shutil.copytree(root, Path(scratch) / "module")
            subprocess.run(["chmod", "-R", "u+w", root], check=True)
            for file in (file for package in project.types for file in (root / package).glob("*.go")):
                file.write_text(_OPEN.sub("", file.read_text()).replace("struct{}", "map[string]bool"))
        shell = Shell(project.name, places.log("ecosystem"), root, {"GOFLAGS": "-mod=readonly", "GOWORK": "off"})
        paths = [f"paths=./{package}" for package in project.types]
        made = shell.output(_controller_gen(places), "crd", *paths, "output:crd:stdout")
    yield from yaml.load_all(made, _Loader)


_OPEN: Final = re.compile(r"// \+kubebuilder:(validation:Schemaless|pruning:PreserveUnknownFields)\b")
"""Markers of fields whose schema does not say which fields they have."""


class _Loader(yaml.CSafeLoader):
    """Reads a plain ``=`` as the text that it is to Kubernetes."""


def _as_text(loader: _Loader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


_Loader.add_constructor("tag:yaml.org,2002:value", _as_text)


def _controller_gen(places: Places) -> Path:
    module, _, version = CONTROLLER_GEN.partition("@")
    name = f"controller-gen-{version}"
    with places.locked(name):
        ready = places.find(name)
        if ready is not None:
            return ready
        folder = places.cache / "modules" / name
        folder.mkdir(parents=True, exist_ok=True)
        places.ready.mkdir(parents=True, exist_ok=True)
        variables = {"CGO_ENABLED": "0", "GOBIN": str(folder), "GOFLAGS": "-mod=mod", "GOWORK": "off"}
        shell = Shell(name, places.log(name), folder, variables)
        shell.run(*lower_priority([toolchain.go(places), "install", f"{module}/cmd/controller-gen@{version}"]))
        return (folder / "controller-gen").replace(places.ready / name)


def _manifests(project: Project) -> Iterator[dict[str, Any]]:
    yield from _manifests_in(project.crd_module or project.module, project.crds)
    if project.old_module:
        yield from map(_modern, _manifests_in(project.old_module, project.old_crds))


def _modern(manifest: dict[str, Any]) -> dict[str, Any]:
    """Write a CRD of apiextensions.k8s.io/v1beta1 with one schema as v1 has it."""
    spec = manifest["spec"]
    schema = _structural(spec["validation"]["openAPIV3Schema"])
    versions = [{**version, "schema": {"openAPIV3Schema": schema}} for version in spec["versions"]]
    kept = {name: spec[name] for name in ("group", "names", "scope")}
    return {**manifest, "apiVersion": "apiextensions.k8s.io/v1", "spec": {**kept, "versions": versions}}


def _structural(schema: Any) -> Any:
    """State what v1 requires and v1beta1 does not: that a value without a type is a number or a text."""
    if isinstance(schema, list):
        return [_structural(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _structural(below) for name, below in schema.items()}
    if "type" not in schema and isinstance(schema.get("anyOf"), list):
        made["x-kubernetes-int-or-string"] = True
    return made


def _manifests_in(module: str, places: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    root = folder_of(module)
    for given in places:
        place = root / given
        for file in sorted(place.rglob("*.yaml")) if place.is_dir() else [place]:
            # The CRDs of a Helm chart have lines of a template, which say nothing about versions.
            text = "\n".join(line for line in file.read_text().splitlines() if "{{" not in line)
            for document in yaml.load_all(text, _Loader):
                if isinstance(document, dict) and document.get("kind") == KIND:
                    yield document
