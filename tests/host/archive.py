"""Makes an image from another one: the same files and perhaps more, another command."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


_LAYER = "application/vnd.oci.image.layer.v1.tar"


def derived(source: Path, target: Path, name: str, command: list[str], *programs: Path) -> Path:
    """Write an OCI archive whose image runs another command than that of ``source``.

    Args:
        source: an OCI archive with one image.
        target: the file to write.
        name: the new image's name, with its tag.
        command: program and arguments.
        programs: files to add to ``/bin``, under their own names without a version.

    Returns:
        ``target``.
    """
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        index = json.loads(_read(old, "index.json"))
        manifest = json.loads(_blob(old, index["manifests"][0]))
        config = json.loads(_blob(old, manifest["config"]))
        config["config"] |= {"Entrypoint": command, "Cmd": []}
        for layer in manifest["layers"]:
            _add(new, f"blobs/sha256/{layer['digest'].removeprefix('sha256:')}", _blob(old, layer))
        for program in programs:
            layer = _layer(program)
            config["rootfs"]["diff_ids"].append(f"sha256:{hashlib.sha256(layer).hexdigest()}")
            manifest["layers"].append({"mediaType": _LAYER, **_described(new, layer)})
        manifest["config"] |= _described(new, json.dumps(config).encode())
        entry = index["manifests"][0] | _described(new, json.dumps(manifest).encode())
        entry["annotations"] = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}
        _add(new, "index.json", json.dumps({**index, "manifests": [entry]}).encode())
        _add(new, "oci-layout", _read(old, "oci-layout"))
    return target


def _layer(program: Path) -> bytes:
    """A layer with one program: ``karmada-scheduler-1.18.2`` becomes ``/bin/karmada-scheduler``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as layer:
        about = tarfile.TarInfo(f"usr/bin/{program.name.rsplit('-', 1)[0]}")
        data = program.read_bytes()
        about.size, about.mode = len(data), 0o755
        layer.addfile(about, io.BytesIO(data))
    return buffer.getvalue()


def _described(archive: tarfile.TarFile, data: bytes) -> dict[str, Any]:
    """Add a blob to an archive and return its digest and size."""
    digest = hashlib.sha256(data).hexdigest()
    _add(archive, f"blobs/sha256/{digest}", data)
    return {"digest": f"sha256:{digest}", "size": len(data)}


def _blob(archive: tarfile.TarFile, about: dict[str, Any]) -> bytes:
    return _read(archive, f"blobs/{about['digest'].replace(':', '/')}")


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file is not None
    return file.read()


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size = len(data)
    archive.addfile(about, io.BytesIO(data))
