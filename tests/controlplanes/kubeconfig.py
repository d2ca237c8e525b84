"""Writes kubeconfigs that stand alone: keys and authorities are inside, so a file can be copied anywhere."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.controlplanes.pki import Pki

#: Karmada's own tools look for a context of this name.
CONTEXT = "karmada-apiserver"


def write(path: Path, port: int, pki: Pki) -> Path:
    """Write a kubeconfig for the administrator of the API server on a port; JSON is YAML, too."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": CONTEXT,
                "cluster": {
                    "server": f"https://127.0.0.1:{port}",
                    "certificate-authority-data": pki.authority.bundle,
                },
            }
        ],
        "users": [
            {
                "name": "admin",
                "user": {
                    "client-certificate-data": _inside(pki.admin.certificate),
                    "client-key-data": _inside(pki.admin.key),
                },
            }
        ],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": "admin"}}],
        "current-context": CONTEXT,
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2) + "\n")
    return path


def _inside(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
