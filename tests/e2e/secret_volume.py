"""Secret volumes as the kubelet makes them: files are links through ``..data``, which is swapped when a Secret changes.

https://kubernetes.io/docs/concepts/configuration/secret/#mounted-secrets-are-updated-automatically
"""

from __future__ import annotations

import base64
import http.client
import shutil
import threading
from typing import TYPE_CHECKING

from tests.controlplanes.errors import HarnessError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.controlplanes.client import Client

_SECONDS_BETWEEN_LOOKS = 0.5


class SecretVolume:
    """One Secret in a folder, kept up to date by a thread until it is closed.

    Attributes:
        folder: where its keys are files.
        swaps: how often the Secret has changed since.
    """

    def __init__(self, client: Client, namespace: str, secret: str, folder: Path) -> None:
        """Write the files, and begin to follow the Secret.

        Raises:
            ApiError: the Secret cannot be read.
        """
        self.folder = folder
        self.swaps = 0
        self._client = client
        self._secret = (secret, namespace)
        self._version = ""
        self._number = 0
        self._lock = threading.Lock()
        folder.mkdir(exist_ok=True)
        self._look()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"volume-{secret}", daemon=True)
        self._thread.start()

    def refresh(self) -> None:
        """See a change at once.

        Raises:
            ApiError: the Secret cannot be read.
        """
        self._look()

    def close(self) -> None:
        """Stop following; the files stay."""
        self._stopped.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._stopped.wait(_SECONDS_BETWEEN_LOOKS):
            try:
                self._look()
            except (HarnessError, OSError, http.client.HTTPException):
                continue  # as the kubelet does: the last files stay

    def _look(self) -> None:
        with self._lock:
            secret = self._client.get("v1", "Secret", *self._secret)
            version = secret["metadata"]["resourceVersion"]
            if version != self._version:
                self._swap({name: base64.b64decode(text) for name, text in secret.get("data", {}).items()})
                self.swaps += bool(self._version)
                self._version = version

    def _swap(self, files: dict[str, bytes]) -> None:
        before = self.folder / f"..{self._number}"
        self._number += 1
        versioned = self.folder / f"..{self._number}"
        versioned.mkdir(exist_ok=True)
        for name, content in files.items():
            (versioned / name).write_bytes(content)
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(f"..data/{name}")
        new = self.folder / "..data_tmp"
        new.unlink(missing_ok=True)
        new.symlink_to(versioned.name)
        new.replace(self.folder / "..data")
        shutil.rmtree(before, ignore_errors=True)
