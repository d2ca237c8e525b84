"""Builds the image with the Dockerfile's own steps, by buildah: no daemon, and no step depends on the time."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.image import base
from tools.image.programs import run

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "localhost/karmada-api-version-converter"
"""The image's name. ``localhost`` keeps every program from looking for it in a registry."""
_BASE = "localhost/base:debian"
#: How this machine's pip finds packages. The build sees these files; the image does not contain them.
_PIP = ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True)
class Built:
    """An image in a file.

    Attributes:
        name: with its tag.
        archive: an OCI archive.
        digest: of its manifest: ``sha256:…``.
        size: bytes of all layers, not compressed.
        root: the image's files, read-only; only while the build's storage is open.
    """

    name: str
    archive: Path
    digest: str
    size: int
    root: Path


class Storage:
    """buildah's layers and containers in a folder of one build, so that no other build has an effect."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._options = ["--root", str(folder / "root"), "--runroot", str(folder / "run")]

    def buildah(self, *arguments: str | Path) -> str:
        """Run one command of buildah and return what it printed.

        Raises:
            CommandError: it failed.
        """
        return run("buildah", *self._options, *arguments, variables={"BUILDAH_ISOLATION": "chroot"}).strip()

    def remove(self) -> None:
        """Unmount and delete everything."""
        for place in reversed(mounts_below(self._folder)):
            run("umount", place)
        shutil.rmtree(self._folder, ignore_errors=True)


def epoch_of(source: Path) -> int:
    """Return the time that all files get: ``SOURCE_DATE_EPOCH``, else the time of the commit.

    Raises:
        CommandError: ``source`` is not a checkout, and the variable is not set.
    """
    said = os.environ.get("SOURCE_DATE_EPOCH")
    return int(said or run("git", "-C", source, "log", "-1", "--format=%ct"))


@contextmanager
def built(source: Path, output: Path, *, version: str, epoch: int, pinned: bool = False) -> Iterator[Built]:
    """Build the image of a checkout, and keep its files mounted as long as the context lasts.

    Args:
        source: the checkout.
        output: the folder for the archive; created.
        version: the tag.
        epoch: the time of all files, in seconds since 1970.
        pinned: take the base that the Dockerfile names, from a registry, instead of Debian's packages.

    Raises:
        CommandError: a step failed.
    """
    output.mkdir(parents=True, exist_ok=True)
    storage = Storage(output / "storage")
    try:
        choice = [] if pinned else ["--from", _debian(storage, output, epoch), "--pull=never"]
        name = f"{NAME}:{version}"
        mounts = [f"--volume={file}:{file}:ro" for file in _PIP if Path(file).is_file()]
        where = ["--timestamp", str(epoch), *mounts, "--network", "host"]
        storage.buildah("build", "--quiet", *choice, *where, "--tag", name, source)
        archive, digest = output / "image.tar", output / "digest"
        archive.unlink(missing_ok=True)
        storage.buildah("push", "--quiet", "--digestfile", digest, name, f"oci-archive:{archive}:{name}")
        container = storage.buildah("from", "--pull=never", name)
        root = Path(storage.buildah("mount", container))
        yield Built(name, archive, digest.read_text().strip(), size_of(root), root)
    finally:
        storage.remove()


def mounts_below(folder: Path) -> list[Path]:
    """List the places below a folder where something is mounted, in the order of mounting."""
    places = [Path(line.split()[1]) for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [place for place in places if place.is_relative_to(folder)]


def size_of(folder: Path) -> int:
    """Return the bytes of all regular files below a folder."""
    files = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    return sum(file.lstat().st_size for file in files if not file.is_symlink())


def _debian(storage: Storage, output: Path, epoch: int) -> str:
    """Make the base of Debian's packages and return its name."""
    archive = output / "base.tar"
    base.write(archive, epoch)
    container = storage.buildah("from", "scratch")
    storage.buildah("add", "--quiet", container, archive, "/")
    storage.buildah("commit", "--quiet", "--rm", "--timestamp", str(epoch), container, _BASE)
    archive.unlink()
    return _BASE
