"""Fetch the published Kubernetes clients, and read Python text out of them without importing any of it."""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The last published patch of the client of each Kubernetes minor, v1.12 first. Clients up to 12 count a
# major for each minor from 8 = v1.12 on; from 17 on the major is the minor's own number.
CLIENTS = (
    "8.0.2",
    "9.0.1",
    "10.1.0",
    "11.0.0",
    "12.0.1",
    "17.17.0",
    "18.20.0",
    "19.15.0",
    "20.13.0",
    "21.7.0",
    "22.6.0",
    "23.6.0",
    "24.2.0",
    "25.3.0",
    "26.1.0",
    "27.2.0",
    "28.1.0",
    "29.0.0",
    "30.1.0",
    "31.0.0",
    "32.0.1",
    "33.1.0",
    "34.1.0",
    "35.0.0",
    "36.0.3",
    "37.0.2",
)

_RELEASE = re.compile(r"(?:spec version|OpenAPI document): (?:release-|v)(1\.\d+)")
_IMPORTED = re.compile(r"\b(?:apis?|models)\.(\w+)")


@dataclass(frozen=True)
class Wheel:
    """One downloaded client.

    Attributes:
        path: the file.
        release: the Kubernetes minor it was generated from, as its own text says: ``v1.24``.
        sha256: of the file, in hex.
    """

    path: Path
    release: str
    sha256: str

    def modules(self, *folders: str) -> Iterator[tuple[str, ast.Module]]:
        """Parse the folders' modules that the client itself imports, in order of names; nothing is run.

        Some wheels (31.0.0, 32.0.1) still carry modules of an earlier release that no longer belong to it.
        """
        with zipfile.ZipFile(self.path) as archive:
            used = set(_IMPORTED.findall(archive.read("kubernetes/client/__init__.py").decode()))
            for name in sorted(archive.namelist()):
                folder, _, module = name.removesuffix(".py").rpartition("/")
                if folder in folders and module in used:
                    yield module, ast.parse(archive.read(name))


def fetch(cache: Path) -> list[Wheel]:
    """Download what the cache lacks with pip, and return one wheel a release, oldest first.

    Raises:
        SystemExit: pip fails, or a wheel was generated from another release than its place says.
    """
    cache.mkdir(parents=True, exist_ok=True)
    wheels = []
    for place, version in enumerate(CLIENTS):
        if not list(cache.glob(f"kubernetes-{version}-*.whl")):
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
            wanted = ["--no-deps", "--only-binary=:all:", "--dest", str(cache), f"kubernetes=={version}"]
            subprocess.run([*pip, *wanted], check=True)
        wheel = read(next(iter(cache.glob(f"kubernetes-{version}-*.whl"))))
        if wheel.release != f"v1.{12 + place}":
            raise SystemExit(f"{wheel.path.name} was generated from {wheel.release}, not v1.{12 + place}")
        wheels.append(wheel)
    return wheels


def read(path: Path) -> Wheel:
    """Look into one wheel for the release it was generated from."""
    with zipfile.ZipFile(path) as archive:
        text = archive.read("kubernetes/client/api_client.py").decode()
        found = _RELEASE.search(text) or _RELEASE.search(archive.read("kubernetes/client/models/v1_pod.py").decode())
    if found is None:
        raise SystemExit(f"{path.name} does not say which Kubernetes release it was generated from")
    return Wheel(path, f"v{found[1]}", hashlib.sha256(path.read_bytes()).hexdigest())
