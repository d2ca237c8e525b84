"""Writes the Go module from which a release is built: its own go.mod, made fit to be a main module."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.controlplanes.pins import Module
    from tests.controlplanes.shell import Shell

_STAGING = re.compile(r"=> \./staging/src/(k8s\.io/[a-z0-9-]+)")


@dataclass(frozen=True)
class Published:
    """A module as the proxy serves it, in the Go module cache.

    Attributes:
        go_mod: the file of its requirements.
        folder: its sources, read-only.
    """

    go_mod: Path
    folder: Path


def download(module: Module, go: Path, shell: Shell) -> Published:
    """Fetch a module through the Go module proxy and return its folder.

    Raises:
        BuildError: the proxy does not have it, or does not answer.
    """
    answer = json.loads(shell.output(go, "mod", "download", "-json", f"{module.path}@v{module.version}"))
    return Published(Path(answer["GoMod"]), Path(answer["Dir"]))


def write(module: Module, published: Published, folder: Path) -> None:
    """Write go.mod and tools.go of a module that requires exactly one release, with that release's own pins.

    A main module is the only one whose ``replace`` lines count, so they are taken over; those that point at
    the staging folders of the Kubernetes repository point at the published staging modules instead.
    """
    text = main_module(module, published.go_mod.read_text())
    for path in module.empty:
        stub = folder / "empty" / path
        stub.mkdir(parents=True, exist_ok=True)
        (stub / "go.mod").write_text(f"module {path}\n")
    (folder / "go.mod").write_text(text)
    imports = "\n".join(f'\t_ "{package}"' for package in module.binaries.values())
    (folder / "tools.go").write_text(f"//go:build tools\n\npackage tools\n\nimport (\n{imports}\n)\n")


def main_module(module: Module, go_mod: str) -> str:
    """Turn a release's go.mod into that of a module which builds the release."""
    staging = "v0." + module.version.split(".", 1)[1]
    text = re.sub(r"^module .*$", "module controlplane", go_mod, flags=re.MULTILINE)
    text = _STAGING.sub(rf"=> \1 {staging}", text)
    for path, version in module.pins.items():
        text = _replace(text, path, f"{path} {version}")
    for path in module.empty:
        text = _replace(text, path, f"./empty/{path}")
    return f"{text.rstrip()}\n\nrequire {module.path} v{module.version}\n"


def _replace(text: str, path: str, target: str) -> str:
    """Point the replacement of a module elsewhere, or add one where there is none."""
    text, found = re.subn(rf"(\b{re.escape(path)} =>) .*", rf"\1 {target}", text)
    return text if found else f"{text.rstrip()}\n\nreplace {path} => {target}\n"
