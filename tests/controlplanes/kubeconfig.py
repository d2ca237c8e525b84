"""Writes self-contained kubeconfigs: keys and authorities are inside, so a file can be copied anywhere."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.controlplanes.pki import Authority, Pair

#: Karmada's own tools look for a context of this name.
CONTEXT = "karmada-apiserver"


def write(path: Path, port: int, authority: Authority, user: Pair) -> Path:
    """Write a user's kubeconfig for the API server on a port, which an authority vouches for; JSON is YAML, too."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": CONTEXT,
                "cluster": {
                    "server": f"https://127.0.0.1:{port}",
                    "certificate-authority-data": authority.bundle,
                },
            }
        ],
        "users": [
            {
                "name": "admin",
                "user": {
                    "client-certificate-data": _inside(user.certificate),
                    "client-key-data": _inside(user.key),
                },
            }
        ],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": "admin"}}],
        "current-context": CONTEXT,
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2) + "\n")
    return path


def merge(path: Path, configs: Mapping[str, Path]) -> Path:
    """Write one kubeconfig with a context for each of some others, which ``write`` made; the first one is current."""
    merged: dict[str, object] = {"apiVersion": "v1", "kind": "Config", "current-context": next(iter(configs))}
    parts: dict[str, list[object]] = {"clusters": [], "users": [], "contexts": []}
    for name, file in configs.items():
        given = json.loads(file.read_text())
        (cluster,), (user,) = given["clusters"], given["users"]
        parts["clusters"].append({**cluster, "name": name})
        parts["users"].append({**user, "name": name})
        parts["contexts"].append({"name": name, "context": {"cluster": name, "user": name}})
    path.touch(mode=0o600)
    path.write_text(json.dumps(merged | parts, indent=2) + "\n")
    return path


def _inside(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
