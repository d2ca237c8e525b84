"""Runs the programs that build an image, and says how to install one that is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PACKAGES = {"buildah": "buildah", "mmdebstrap": "mmdebstrap", "runc": "runc"}
"""Each program that an image needs, and the Debian package that has it."""


class ImageError(Exception):
    """An image cannot be built here; the message says what to do."""


class MissingProgramsError(ImageError):
    """Programs are not installed.

    Attributes:
        packages: the Debian packages that have them.
    """

    def __init__(self, packages: Sequence[str]) -> None:
        self.packages = list(packages)
        super().__init__(f"install what is missing: apt-get install --no-install-recommends {' '.join(packages)}")


class CommandError(ImageError):
    """A command failed.

    Attributes:
        command: program and arguments.
        code: its exit code.
    """

    def __init__(self, command: Sequence[str], code: int, output: str) -> None:
        self.command = list(command)
        self.code = code
        super().__init__(f"`{' '.join(command)}` ended with {code}:\n{output}")


def missing(programs: Mapping[str, str]) -> list[str]:
    """List the packages whose program is not on PATH; ``programs`` maps programs to packages, as ``PACKAGES`` does."""
    places = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    return sorted({package for program, package in programs.items() if shutil.which(program, path=places) is None})


def ensure(programs: Mapping[str, str], *, install: bool) -> None:
    """Check that programs are there; with ``install``, have apt install those that are not.

    Raises:
        MissingProgramsError: a program is missing and may not be installed.
        CommandError: apt failed.
    """
    packages = missing(programs)
    if packages and not install:
        raise MissingProgramsError(packages)
    if packages:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run("apt-get", "update", "--quiet", variables=quiet)
        run("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages, variables=quiet)


def may_install() -> bool:
    """Say whether this run may change the machine: CI as root may."""
    return os.geteuid() == 0 and os.environ.get("CI") == "true"


def run(*command: str | Path, variables: Mapping[str, str] | None = None, folder: Path | None = None) -> str:
    """Run a command and return what it printed.

    Raises:
        CommandError: it failed; the error has the output.
    """
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **(variables or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(words, done.returncode, f"{done.stdout}{done.stderr}"[-6000:])
    return done.stdout
