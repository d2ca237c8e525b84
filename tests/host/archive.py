"""Makes an image from another one: more or other files, another command, another release."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


_METADATA = re.compile(r"/karmada_api_version_converter-[^/]*\.dist-info/METADATA$")
_LAYER = "application/vnd.oci.image.layer.v1.tar"


def derived(
    source: Path, target: Path, name: str, command: list[str], files: Mapping[str, bytes] | None = None
) -> Path:
    """Write an OCI archive whose image runs another command than that of ``source``.

    Args:
        source: an OCI archive with one image.
        target: the file to write.
        name: the new image's name, with its tag.
        command: program and arguments.
        files: executable files to add or to replace, by their path in the image.

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
        if files:
            layer = _layer(files)
            config["rootfs"]["diff_ids"].append(f"sha256:{hashlib.sha256(layer).hexdigest()}")
            manifest["layers"].append({"mediaType": _LAYER, **_described(new, layer)})
        manifest["config"] |= _described(new, json.dumps(config).encode())
        entry = index["manifests"][0] | _described(new, json.dumps(manifest).encode())
        entry["annotations"] = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}
        _add(new, "index.json", json.dumps({**index, "manifests": [entry]}).encode())
        _add(new, "oci-layout", _read(old, "oci-layout"))
    return target


def with_version(source: Path, version: str) -> dict[str, bytes]:
    """Return the files that make the converter in an image one of another version: its package's metadata."""
    with tarfile.open(source) as archive:
        index = json.loads(_read(archive, "index.json"))
        for layer in reversed(json.loads(_blob(archive, index["manifests"][0]))["layers"]):
            with tarfile.open(fileobj=io.BytesIO(_blob(archive, layer))) as files:
                for path in filter(_METADATA.search, files.getnames()):
                    text = _read(files, path)
                    return {path: re.sub(rb"(?m)^Version: .*$", f"Version: {version}".encode(), text, count=1)}
    raise AssertionError(f"{source} has no package of the converter")


def _layer(content: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as layer:
        for path, data in content.items():
            about = tarfile.TarInfo(path)
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
