"""Fetch the Go sources of Kubernetes' API types, one module a release, with the `go` command; none of it is run."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.catalog.gotypes import MODULE

# The last published patch of the module of each Kubernetes minor, v1.15 first: earlier ones have no release numbers.
VERSIONS = (
    "0.15.12",
    "0.16.15",
    "0.17.17",
    "0.18.19",
    "0.19.16",
    "0.20.15",
    "0.21.14",
    "0.22.17",
    "0.23.17",
    "0.24.17",
    "0.25.16",
    "0.26.15",
    "0.27.16",
    "0.28.15",
    "0.29.15",
    "0.30.14",
    "0.31.14",
    "0.32.13",
    "0.33.10",
    "0.34.6",
    "0.35.4",
    "0.36.5",
    "0.37.1",
)


@dataclass(frozen=True)
class Source:
    """One downloaded module.

    Attributes:
        folder: its files, read-only, in the Go module cache.
        release: the Kubernetes minor that it belongs to: ``v1.24``.
        name: module and version: ``k8s.io/api@v0.24.17``.
        sum: the checksum that Go verified, as go.sum writes it: ``h1:…``.
    """

    folder: Path
    release: str
    name: str
    sum: str


def fetch() -> dict[str, Source]:
    """Download what the Go module cache lacks, and return each release's module.

    Raises:
        SystemExit: there is no `go` command, or a module is not available.
    """
    found = (download(f"{MODULE}@v{version}") for version in VERSIONS)
    return {source.release: source for source in found}


def download(name: str) -> Source:
    """Download one module, or find it in the Go module cache.

    Raises:
        SystemExit: there is no `go` command, or the module is not available.
    """
    command = ["go", "mod", "download", "-json", name]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        raise SystemExit("the catalog is made with the `go` command, which is not there") from None
    answer = json.loads(done.stdout or "{}")
    if done.returncode or "Dir" not in answer:
        raise SystemExit(f"{name} is not available: {answer.get('Error') or done.stderr}")
    minor = answer["Version"].split(".")[1]
    return Source(Path(answer["Dir"]), f"v1.{minor}", name, answer["Sum"])
