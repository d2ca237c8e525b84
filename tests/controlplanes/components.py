"""The programs around a control plane's API server, each with its readiness.

Flags are those of Karmada's ``artifacts/deploy/``, less what only makes sense in a cluster.
"""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

from tests.controlplanes.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.controlplanes.apiserver import ApiServer
    from tests.controlplanes.processes import Process
    from tests.controlplanes.world import World

#: Those of Karmada's installation that do more than sign and issue; the garbage collector is what matters most.
CONTROLLERS = "namespace,garbagecollector,ttl-after-finished,clusterrole-aggregation"
_START_SECONDS = 60


class ControllerManager:
    """A kube-controller-manager beside an API server: deletes what lost its owner, and emptied namespaces.

    Attributes:
        process: the process itself.
    """

    def __init__(
        self, world: World, server: ApiServer, *, controllers: str = CONTROLLERS, version: str | None = None
    ) -> None:
        """Start it; the server must be ready.

        Args:
            world: the run it belongs to.
            server: the API server.
            controllers: value of ``--controllers``.
            version: of the table of pins; None means the server's own.
        """
        self.process: Process = world.run.process(
            f"{server.name}-controllers",
            [
                world.binary("kube-controller-manager", version or server.version),
                f"--kubeconfig={server.kubeconfig}",
                f"--authentication-kubeconfig={server.kubeconfig}",
                f"--authorization-kubeconfig={server.kubeconfig}",
                f"--controllers={controllers}",
                "--leader-elect=false",
                "--bind-address=127.0.0.1",
                f"--secure-port={world.ports.take()}",
                f"--root-ca-file={world.pki.authority.certificate}",
                f"--service-account-private-key-file={world.pki.accounts_key}",
                f"--tls-cert-file={world.pki.server.certificate}",
                f"--tls-private-key-file={world.pki.server.key}",
            ],
        )


class Component:
    """One of Karmada's programs, with its health port.

    Attributes:
        process: the process itself.
        metrics_port: where it serves metrics, without TLS.
    """

    def __init__(self, world: World, program: str, version: str, flags: Mapping[str, str], **more: str) -> None:
        """Start it; ``wait`` for it before use.

        Args:
            world: the run it belongs to.
            program: for instance ``karmada-webhook``.
            version: Karmada's.
            flags: by name, without dashes.
            more: ``name`` in the run (default: the program's), and environment variables.
        """
        self._port = world.ports.take()
        self.metrics_port = world.ports.take()
        name = more.pop("name", program)
        health = {
            "metrics-bind-address": f"127.0.0.1:{self.metrics_port}",
            "health-probe-bind-address": f"127.0.0.1:{self._port}",
        }
        options = [f"--{flag}={value}" for flag, value in {**flags, **health}.items()]
        self.process: Process = world.run.process(name, [world.binary(program, version), *options], more)

    def wait(self) -> None:
        """Wait until it says that it is healthy.

        Raises:
            ProcessError: it ended.
            NotReadyError: it did not become healthy in time.
        """
        errors = (OSError, http.client.HTTPException)
        what = f"{self.process.name} (log: {self.process.log})"
        wait_until(what, self._is_healthy, _START_SECONDS, ignore=errors)

    def restart(self) -> None:
        """Stop and start it, and wait until it is healthy."""
        self.process.restart()
        self.wait()

    def _is_healthy(self) -> bool:
        self.process.check()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.HTTPStatus.OK
        finally:
            connection.close()


class Webhook(Component):
    """Karmada's webhook, which tells only at its serving port that it is ready.

    Attributes:
        port: where it serves, with TLS.
    """

    def __init__(self, world: World, version: str, server: ApiServer) -> None:
        """Start it; ``wait`` for it before use."""
        pair, self.port = world.pki.server, world.ports.take()
        flags = {
            "kubeconfig": str(server.kubeconfig),
            "bind-address": "127.0.0.1",
            "secure-port": str(self.port),
            "cert-dir": str(pair.certificate.parent),
            "tls-cert-file-name": pair.certificate.name,
            "tls-private-key-file-name": pair.key.name,
        }
        super().__init__(world, "karmada-webhook", version, flags)
        self._client = world.client(self.port)

    def _is_healthy(self) -> bool:
        self.process.check()
        return self._client.request("GET", "/readyz/").status == http.HTTPStatus.OK
