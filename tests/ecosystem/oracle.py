"""Builds a project's own conversion code, on demand, and asks it.

Each program is built inside a copy of the project's module: so it gets the versions that the project pins, and may
import its internal packages.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.controlplanes import toolchain
from tests.controlplanes.pins import OLD_REFLECTION
from tests.controlplanes.places import Places
from tests.controlplanes.shell import Shell
from tests.ecosystem.modules import folder_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.ecosystem.projects import Project

_MODERN: Final = ("-go=1.22", *(f"-require={path}@{version}" for path, version in OLD_REFLECTION.items()))
"""What an old module needs to be built by a new Go."""

_INSIDE: Final = "oracle"
_SOURCES: Final = Path(__file__).parent / "oracles"


def build(project: Project) -> Path:
    """Return the program of a project; build it if the cache does not have it.

    Raises:
        BuildError: Go is missing, the module proxy does not answer, or the build failed.
    """
    places = Places.from_environment()
    files = [_SOURCES / "shared" / "ask.go", *sorted((_SOURCES / project.oracle).iterdir())]
    content = b"\0".join(
        [project.module.encode(), *(edit.encode() for edit in project.edits), *(file.read_bytes() for file in files)]
    )
    name = f"{project.oracle}-oracle-{hashlib.sha256(content).hexdigest()[:12]}"
    with places.locked(f"{project.oracle}-oracle"):
        ready = places.find(name)
        if ready is not None:
            return ready
        places.ready.mkdir(parents=True, exist_ok=True)
        target = places.ready / name
        module = places.cache / "modules" / name
        shutil.rmtree(module, ignore_errors=True)
        shutil.copytree(folder_of(project.module), module)
        subprocess.run(["chmod", "-R", "u+w", module], check=True)
        edits = (*(_MODERN if project.is_old else ()), *project.edits)
        if edits:
            subprocess.run([toolchain.go(places), "mod", "edit", *edits], cwd=module, check=True)
        package = module / (project.inside or _INSIDE)
        package.mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copy(file, package)
        variables = {"GOFLAGS": "-mod=mod", "CGO_ENABLED": "0", "GOWORK": "off"}
        shell = Shell(name, places.log(f"{project.oracle}-oracle"), package, variables)
        scratch = target.with_suffix(".new")
        shell.run(toolchain.go(places), "build", "-o", scratch, ".")
        scratch.replace(target)
        shutil.rmtree(module)
        return target


def ask(program: Path, objects: Iterable[dict[str, Any]], version: str = "") -> list[dict[str, Any]]:
    """Have each object converted to a version, or written in its own as the project's Go type writes it.

    Returns:
        An ``object`` (and it as ``written``, with the zeros that say nothing) or an ``error`` each, in order.
    """
    asked = "".join(
        json.dumps({"kind": one["kind"], "from": one["apiVersion"], "to": version or one["apiVersion"], "object": one})
        + "\n"
        for one in objects
    )
    done = subprocess.run([program], input=asked.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
