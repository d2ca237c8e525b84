"""Fetches the projects' modules through the Go module proxy, and reads the CRDs in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from converter.rules.crds import KIND, Crd, read_crd
from tests.controlplanes import toolchain
from tests.controlplanes.places import Places
from tests.controlplanes.shell import Shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ecosystem.projects import Project


def folder_of(module: str) -> Path:
    """Return the folder of ``path@version`` in the Go module cache; fetch it if it is not there.

    Raises:
        BuildError: the proxy does not have it, or does not answer.
    """
    places = Places.from_environment()
    scratch = places.cache / "modules" / "ecosystem"
    scratch.mkdir(parents=True, exist_ok=True)
    shell = Shell(module, places.log("ecosystem"), scratch, {"GOFLAGS": "-mod=mod", "GOWORK": "off"})
    return Path(json.loads(shell.output(toolchain.go(places), "mod", "download", "-json", module))["Dir"])


def read_crds(project: Project) -> list[tuple[Crd, dict[str, Any]]]:
    """Read the CRDs of a project that have several versions, sorted by kind, each with its manifest."""
    found: dict[str, tuple[Crd, dict[str, Any]]] = {}
    for manifest in _manifests(project):
        crd = read_crd(manifest)
        if len(crd.schemas) > 1 and (not project.kinds or crd.kind in project.kinds):
            found.setdefault(f"{crd.kind}.{crd.group}", (crd, manifest))
    return [found[name] for name in sorted(found)]


def _manifests(project: Project) -> Iterator[dict[str, Any]]:
    root = folder_of(project.module)
    for given in project.crds:
        place = root / given
        for file in sorted(place.rglob("*.yaml")) if place.is_dir() else [place]:
            # The CRDs of a Helm chart have lines of a template, which say nothing about versions.
            text = "\n".join(line for line in file.read_text().splitlines() if "{{" not in line)
            for document in yaml.load_all(text, yaml.CSafeLoader):
                if isinstance(document, dict) and document.get("kind") == KIND:
                    yield document
