"""The converter on a fleet: its Karmada part by ``converter install``, its processes as an admin would start them."""

from __future__ import annotations

import contextlib
import http.client
import subprocess
import sys
import urllib.request
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from converter.install.tokens import TOKEN_SECONDS
from tests.controlplanes.karmada import NAMESPACE
from tests.controlplanes.waiting import wait_until
from tests.e2e.host import host_of
from tests.e2e.own_scheduler import OwnScheduler
from tests.e2e.propagated import ANCHOR, CONVERTED, WORK

if TYPE_CHECKING:
    from tests.controlplanes.fleet import Fleet
    from tests.controlplanes.processes import Process

CONVERTER = (sys.executable, "-m", "converter")
_ROOT = Path(__file__).parents[2]


class Installation:
    """Admission behind one address, a controller, the discovery server; each with no more rights than installed.

    Attributes:
        admission: answers the webhooks.
        controller: the controller's replicas.
        discovery: answers discovery.
        host: the cluster with the Secrets of its identities.
        rules: a folder of rules beside the shipped book; None for none.
        scheduler: the converter's scheduler; None if Karmada's own runs without APIEnablement instead.
        health_ports: where each process serves health and metrics, by its name.
        addresses: the options of ``converter install`` and ``converter status`` that say where all of it is.
        token_seconds: the life of the tokens that are requested at first.
    """

    token_seconds = TOKEN_SECONDS

    def __init__(
        self,
        fleet: Fleet,
        *,
        controllers: int = 1,
        rules: Path | None = None,
        own_scheduler: bool = True,
        member_schemas: bool = False,
    ) -> None:
        """Install the Karmada part, start everything and wait until it is ready."""
        self.fleet = fleet
        self.scheduling = [] if own_scheduler else ["--scheduler-name="]
        self.rules = rules
        self._schemas = ["--member-schemas", NAMESPACE] if member_schemas else []
        self._world = fleet.world
        self.admission_port, self.discovery_port = (self._world.ports.take() for _ in range(2))
        names = ["admission", "discovery", *(f"controller-{number}" for number in range(controllers))]
        self.health_ports = {name: self._world.ports.take() for name in names}
        self.host = host_of(fleet)
        tls = self._tls()
        self.addresses = self.addresses_of(self.admission_port)
        self.command("install", "--dashboard", *self.addresses)
        self.host.ensure(seconds=self.token_seconds)
        self.discovery = self._start(
            "discovery", "discovery", "--kubeconfig", str(self._access("discovery")), *tls,
            "--listen", f"127.0.0.1:{self.discovery_port}", "--drain-seconds", "0", *self._health("discovery"),
        )  # fmt: skip
        self.admission = self._start(
            "admission", "serve", "--kubeconfig", str(self._access("admission")), *tls,
            "--listen", f"127.0.0.1:{self.admission_port}", "--drain-seconds", "0", *self._health("admission"),
            *self.scheduling,
        )  # fmt: skip
        self.controllers = [
            self._start(
                f"controller-{number}",
                "controller",
                "--kubeconfig",
                str(self._access("controller")),
                *self._health(f"controller-{number}"),
                "--identity",
                f"controller-{number}",
                "--log-level",
                "debug",
                *self.scheduling,
                "--discovery-url",
                f"https://localhost:{self.discovery_port}",
                "--discovery-port",
                str(self.discovery_port),
                *self._secrets(),
            )
            for number in range(controllers)
        ]
        self.scheduler = OwnScheduler(fleet, self._access("scheduler")) if own_scheduler else None
        if not own_scheduler:
            fleet.karmada.switch_scheduler(plugins="*,-APIEnablement")
        self.wait()

    @property
    def controller(self) -> Process:
        """The first replica of the controller."""
        return self.controllers[0]

    def metrics(self, name: str) -> str:
        """Read the metrics of a process: ``admission``, ``discovery`` or ``controller-NUMBER``."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.health_ports[name]}/metrics", timeout=30) as answer:
            found: bytes = answer.read()
            return found.decode()

    def addresses_of(self, port: int) -> list[str]:
        """Return the options for the Karmada part, which point the control plane to webhooks on a port."""
        trust = str(self._world.pki.authority.certificate)
        place = ["--webhook-url", f"https://127.0.0.1:{port}", "--discovery-host", "localhost"]
        return ["--karmada-part-only", "--ca-file", trust, *place]

    def command(self, *arguments: str) -> str:
        """Run a command of the converter against the control plane, as its administrator; returns its output."""
        config = str(self.fleet.karmada.apiserver.kubeconfig)
        done = subprocess.run(
            [*CONVERTER, arguments[0], "--kubeconfig", config, *arguments[1:]],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def wait(self) -> None:
        """Wait until every process is ready and the APIServices that the fleet needs exist."""
        for name, port in self.health_ports.items():
            wait_until(name, partial(self._ready, port), 60, ignore=(OSError,))
        wait_until("an APIService of ours", self._registered, 60)

    def stop(self) -> None:
        """Uninstall it, so that the fleet is as it was: the controller first, then the Karmada part, then the servers.

        Nothing converted may be left: it is an error of a test, or of the converter.
        """
        with contextlib.ExitStack() as ends:
            for process in (self.discovery, self.admission):
                ends.callback(process.stop)
            ends.callback(self.scheduler.kill if self.scheduler is not None else self.fleet.karmada.switch_scheduler)
            ends.callback(self.command, "uninstall", "--karmada-part-only", "--yes")
            for process in self.controllers:
                ends.callback(process.stop)
            wait_until("the end of all that is converted", self._nothing_converted, 60)

    @property
    def processes(self) -> list[Process]:
        """All of them."""
        own = [] if self.scheduler is None else [self.scheduler.component.process]
        return [self.admission, *self.controllers, self.discovery, *own]

    def _tls(self) -> list[str]:
        """Return the options of the servers about their certificate."""
        pair = self._world.pki.server
        return ["--tls-cert", str(pair.certificate), "--tls-key", str(pair.key)]

    def _health(self, name: str) -> list[str]:
        return ["--metrics-listen", f"127.0.0.1:{self.health_ports[name]}"]

    def _secrets(self) -> list[str]:
        """Return the controller's options about Secrets: it renews the tokens, and is given the certificates."""
        trust = str(self._world.pki.authority.certificate)
        return ["--discovery-ca-file", trust, "--renew-tokens", NAMESPACE, "--host-kubeconfig", str(self.host.account)]

    def _start(self, name: str, *arguments: str) -> Process:
        rules = ["--rules", str(self.rules)] if self.rules is not None else []
        schemas = self._schemas if arguments[0] in {"serve", "controller"} else []
        command = [*CONVERTER, *arguments, *rules, *schemas]
        return self._world.run.process(f"converter-{name}", command, {"PYTHONPATH": str(_ROOT)})

    def _access(self, user: str) -> Path:
        return self.host.kubeconfig(user)

    def _ready(self, port: int) -> bool:
        self.fleet.check()
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        finally:
            connection.close()

    def _nothing_converted(self) -> bool:
        for label in (CONVERTED, ANCHOR):
            left = self.fleet.client.list(WORK, "Work", labels=f"{label}=true")
            assert [work["metadata"]["name"] for work in left] == []
        return True

    def _registered(self) -> bool:
        self.fleet.check()
        services = self.fleet.client.list(
            "apiregistration.k8s.io/v1", "APIService", labels="apiconverter.dev/discovery=true"
        )
        assert services, "none yet"
        conditions = [item for service in services for item in service.get("status", {}).get("conditions", ())]
        assert [item["status"] for item in conditions] == ["True"] * len(services), conditions
        return True
