"""Builds the oracle, once for each version of its source, into the cache of the control planes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.controlplanes import toolchain
from tests.controlplanes.places import Places
from tests.controlplanes.shell import Shell

_SOURCE = Path(__file__).parent
_FILES = ("main.go", "go.mod", "go.sum")


def oracle() -> Path:
    """Return the program; build it if the cache does not have it.

    Raises:
        BuildError: Go is missing, the module proxy does not answer, or the build failed.
    """
    places = Places.from_environment()
    digest = hashlib.sha256(b"\0".join((_SOURCE / name).read_bytes() for name in _FILES)).hexdigest()[:12]
    name = f"yaml-oracle-{digest}"
    with places.locked("yaml-oracle"):
        ready = places.find(name)
        if ready is not None:
            return ready
        places.ready.mkdir(parents=True, exist_ok=True)
        target = places.ready / name
        scratch = target.with_suffix(".new")
        shell = Shell(
            "yaml-oracle", places.log("yaml-oracle"), _SOURCE, {"GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"}
        )
        shell.run(toolchain.go(places), "build", "-o", scratch, ".")
        scratch.replace(target)
        return target
