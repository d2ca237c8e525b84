"""The audit log of an API server: which requests the ServiceAccounts of one namespace send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.controlplanes.client import Json


class AuditLog:
    """An audit log in a run's folder, with the metadata of requests. Others than those accounts are left out of it."""

    def __init__(self, folder: Path, name: str, namespace: str) -> None:
        """Write the policy.

        Args:
            folder: the run's folder.
            name: the API server's name in the run.
            namespace: the namespace of the ServiceAccounts.
        """
        self._folder = folder
        self._name = f"{name}.audit"
        self._policy = folder / f"{name}.audit-policy.json"
        rules = [
            {"level": "Metadata", "userGroups": [f"system:serviceaccounts:{namespace}"]},
            {"level": "None"},
        ]
        policy = {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": rules,
        }
        self._policy.write_text(json.dumps(policy))

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags of kube-apiserver."""
        log = self._folder / f"{self._name}.log"
        return (f"--audit-policy-file={self._policy}", f"--audit-log-path={log}", "--audit-log-mode=blocking")

    def events(self) -> Iterator[Json]:
        """Yield the events of this run so far, those of rotated files included."""
        for file in sorted(self._folder.glob(f"{self._name}*.log")):
            with file.open() as lines:
                for line in lines:
                    if line.endswith("\n"):  # the server may be writing the last one
                        yield json.loads(line)
