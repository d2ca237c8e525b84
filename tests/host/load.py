"""Admission under load: a Work for an old cluster, again and again, each of which must come back converted."""

from __future__ import annotations

import http.client
import threading
import time
from typing import TYPE_CHECKING, Self

from tests.controlplanes.client import ApiError
from tests.e2e.propagated import WORK

if TYPE_CHECKING:
    from tests.controlplanes.client import Client

_PAUSE = 0.05
SENT, STORED = "batch/v1", "batch/v1beta1"


class Load:
    """A thread that sends Works as server-side dry runs; use it as a context manager.

    Attributes:
        count: how many came back converted.
        failures: what the others got, at most a hundred.
    """

    _MOST = 100

    def __init__(self, client: Client, space: str) -> None:
        """Prepare.

        Args:
            client: of the control plane; nobody else may use it meanwhile.
            space: the execution namespace of a cluster that serves ``STORED`` and not ``SENT``.
        """
        self._client = client
        self._space = space
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="load")
        self.count = 0
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        job = {"spec": {"containers": [{"name": "main", "image": "busybox"}], "restartPolicy": "Never"}}
        manifest = {
            "apiVersion": SENT,
            "kind": "CronJob",
            "metadata": {"name": "load", "namespace": "default"},
            "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": job}}},
        }
        work = {
            "apiVersion": WORK,
            "kind": "Work",
            "metadata": {"name": "load", "namespace": self._space},
            "spec": {"workload": {"manifests": [manifest]}},
        }
        path = f"/apis/{WORK}/namespaces/{self._space}/works?dryRun=All"
        while not self._stop.is_set():
            try:
                answer = self._client.raw("POST", path, work)
                (stored,) = answer["spec"]["workload"]["manifests"]
                problem = "" if stored["apiVersion"] == STORED else f"not converted: {stored['apiVersion']}"
            except (ApiError, OSError, http.client.HTTPException) as error:
                problem = repr(error)
            if not problem:
                self.count += 1
            elif len(self.failures) < self._MOST:
                self.failures.append(f"{time.strftime('%X')} {problem}")
            time.sleep(_PAUSE)
