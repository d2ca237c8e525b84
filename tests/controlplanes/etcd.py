"""One etcd for all control planes of a run: each API server keeps to a prefix of its own."""

from __future__ import annotations

import base64
import http.client
import json
from typing import TYPE_CHECKING, Any

from tests.controlplanes.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.controlplanes.ports import Ports
    from tests.controlplanes.processes import Process, Run

_START_SECONDS = 30


class Etcd:
    """An etcd process that keeps its data in the run's folder.

    Attributes:
        port: where clients connect, without TLS, on 127.0.0.1.
        process: the process itself.
    """

    def __init__(self, run: Run, ports: Ports, program: Path) -> None:
        self.port = ports.take()
        peers = f"http://127.0.0.1:{ports.take()}"
        command: list[str | Path] = [
            program,
            f"--data-dir={run.folder / 'etcd'}",
            f"--listen-client-urls={self.url}",
            f"--advertise-client-urls={self.url}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
            "--log-level=warn",
            # The data is thrown away with the run; syncing would only wear the disk and slow all servers.
            "--unsafe-no-fsync",
        ]
        self.process: Process = run.process("etcd", command)

    @property
    def url(self) -> str:
        """What ``--etcd-servers`` takes."""
        return f"http://127.0.0.1:{self.port}"

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            ProcessError: it ended.
            NotReadyError: it did not answer in time.
        """
        wait_until("etcd", self._is_healthy, _START_SECONDS, ignore=(OSError, http.client.HTTPException))

    def keys(self, prefix: str) -> list[str]:
        """Return all keys below a prefix, sorted: what is really stored, whatever the API shows."""
        start = prefix.encode()
        end = start[:-1] + bytes([start[-1] + 1])
        question = {"key": _base64(start), "range_end": _base64(end), "keys_only": True}
        answer = self._call("POST", "/v3/kv/range", question)
        return sorted(base64.b64decode(item["key"]).decode() for item in answer.get("kvs", []))

    def _is_healthy(self) -> bool:
        self.process.check()
        return bool(self._call("GET", "/health").get("health") == "true")

    def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None)
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return answer


def _base64(text: bytes) -> str:
    return base64.b64encode(text).decode()
