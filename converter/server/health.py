"""Serves health and metrics at an address of their own, as Karmada's components do: without TLS, and nothing else.

Kubelets do not verify certificates, and nothing here is secret. So the port needs no certificate and stays readable
while a certificate is missing or invalid. NetworkPolicies say who reaches it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from converter.server import responses as answers
from converter.server.app import App
from converter.server.metrics import CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiohttp import web

    from converter.server.metrics import ProcessMetrics
    from converter.server.run import Servable


class Health(App):
    """Answers ``/healthz``, ``/readyz`` and ``/metrics``.

    Attributes:
        main: the application whose health it is. The process is not ready before it listens, and while it drains.
        listening: whether the main application accepts connections.
    """

    def __init__(
        self,
        metrics: ProcessMetrics,
        main: Servable | None = None,
        *,
        missing: Callable[[], str] = lambda: "",
        notes: Callable[[], Iterable[str]] = lambda: (),
    ) -> None:
        """Make the application.

        Args:
            metrics: what ``/metrics`` shows.
            main: the application whose health it is; None if the process serves nothing else.
            missing: says what the process waits for; empty if it waits for nothing.
            notes: what an administrator should mend although the process is ready, one line each.
        """
        pages = {"/healthz": lambda: answers.text("ok\n"), "/readyz": self._ready, "/metrics": self._metrics_page}
        super().__init__([], pages, metrics)
        self.main: Servable = self if main is None else main
        self.listening = main is None
        self._shown = metrics
        self._missing = missing
        self._notes = notes

    def listens(self) -> None:
        """Note that the main application accepts connections."""
        self.listening = True

    def _ready(self) -> web.Response:
        reason = self._missing()
        if not self.listening:
            reason = "the port is not open yet"
        if self.main.draining:
            reason = "stopping"
        if reason:
            return answers.text(f"not ready: {reason}\n", HTTPStatus.SERVICE_UNAVAILABLE)
        return answers.text("".join(f"{line}\n" for line in ("ok", *self._notes())))

    def _metrics_page(self) -> web.Response:
        return answers.text(self._shown.text(), kind=CONTENT_TYPE)
