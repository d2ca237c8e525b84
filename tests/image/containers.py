"""Runs an image by runc alone, as a strict kubelet would: no privilege, no capability, no write to its files."""

from __future__ import annotations

import itertools
import json
import subprocess
import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

RUNC = "runc"
_TIMEOUT = 120
_count = itertools.count(1)


class Image:
    """An OCI archive, unpacked.

    Attributes:
        root: its files.
        config: what it says about its user, its command and its environment.
        digest: of its manifest.
    """

    def __init__(self, archive: Path, folder: Path) -> None:
        """Unpack it; needs root, since the files belong to others."""
        self._folder = folder
        self.root = folder / "rootfs"
        blobs = folder / "blobs"
        with tarfile.open(archive) as file:
            file.extractall(blobs, filter="tar")
        (entry,) = json.loads((blobs / "index.json").read_text())["manifests"]
        self.digest = entry["digest"]
        self._blobs = blobs
        manifest = self._read(self.digest)
        about = self._read(manifest["config"]["digest"])
        self.config = about["config"]
        self.created = about["created"]
        for layer in manifest["layers"]:
            with tarfile.open(self._blob(layer["digest"])) as file:
                file.extractall(self.root, filter="fully_trusted")

    def run(
        self, *arguments: str, files: Mapping[str, str] | None = None, entrypoint: list[str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the image to its end and return what it printed."""
        with self._bundle(arguments, files or {}, entrypoint) as (name, command):
            try:
                return subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT)
            finally:
                _delete(name)

    @contextmanager
    def running(self, *arguments: str, files: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command of the image in the background; it is killed at the end of the context."""
        with self._bundle(arguments, files or {}, None) as (name, command):
            child = subprocess.Popen(command)
            try:
                yield child
            finally:
                _delete(name)
                child.wait(timeout=30)

    @contextmanager
    def _bundle(
        self, arguments: tuple[str, ...], files: Mapping[str, str], entrypoint: list[str] | None
    ) -> Iterator[tuple[str, list[str]]]:
        """Write what runc reads: the container shares the host's network, and nothing else."""
        number = next(_count)
        name = f"{self._folder.name}-{number}"
        bundle = self._folder / f"bundle-{number}"
        given = bundle / "given"
        given.mkdir(parents=True)
        for path, text in files.items():
            (given / path).write_text(text)
        user, group = map(int, self.config["User"].split(":"))
        tmpfs = {"type": "tmpfs", "source": "tmpfs"}
        specification = {
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": user, "gid": group},
                "args": [*(entrypoint or self.config["Entrypoint"]), *arguments],
                "env": self.config["Env"],
                "cwd": "/tmp",
                "noNewPrivileges": True,
            },
            "root": {"path": str(self.root), "readonly": True},
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", **tmpfs, "options": ["nosuid", "mode=755", "size=64k"]},
                {"destination": "/tmp", **tmpfs, "options": ["nosuid", "nodev", "mode=1777", "size=16m"]},
                {"destination": "/mnt", "type": "bind", "source": str(given), "options": ["bind", "ro"]},
            ],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
        }
        (bundle / "config.json").write_text(json.dumps(specification))
        yield name, [RUNC, "run", "--bundle", str(bundle), name]

    def _blob(self, digest: str) -> Path:
        return self._blobs / "blobs" / digest.replace(":", "/")

    def _read(self, digest: str) -> dict:
        return json.loads(self._blob(digest).read_text())


def _delete(name: str) -> None:
    """End a container, which may have ended already."""
    subprocess.run([RUNC, "delete", "--force", name], capture_output=True, check=False)
