"""The converter's scheduler on a fleet: Karmada's own program, with the command line that an installation makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.install.scheduler import DEPLOYMENT, LEASE, second_scheduler
from tests.controlplanes.components import Component
from tests.controlplanes.karmada import NAMESPACE
from tests.controlplanes.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.controlplanes.client import Json
    from tests.controlplanes.fleet import Fleet
    from tests.e2e.propagated import Propagated

#: The names of the converter's scheduler and of Karmada's.
OURS, KARMADAS = "apiconverter", "default-scheduler"
LEASES = "coordination.k8s.io/v1"
#: Flags with addresses; each process of a run has its own.
_ADDRESSES = ("metrics-bind-address", "health-probe-bind-address")


class OwnScheduler:
    """A second karmada-scheduler.

    Attributes:
        component: its process.
    """

    def __init__(self, fleet: Fleet, config: Path) -> None:
        """Start it and wait until it is healthy.

        Args:
            fleet: the fleet; the flags are those of its scheduler.
            config: the kubeconfig with the rights of the installation.
        """
        self._fleet = fleet
        log = fleet.world.run.folder / f"{DEPLOYMENT}.log"
        self._earlier = len(log.read_text(errors="replace")) if log.exists() else 0
        made = second_scheduler(deployment(fleet), namespace=NAMESPACE)
        (container,) = made["spec"]["template"]["spec"]["containers"]
        flags = dict(word.removeprefix("--").split("=", 1) for word in container["args"])
        flags = {name: value for name, value in flags.items() if name not in _ADDRESSES}
        self.component = Component(
            fleet.world,
            "karmada-scheduler",
            fleet.karmada.version,
            flags | {"kubeconfig": str(config)},
            name=DEPLOYMENT,
        )
        self.component.wait()

    def lease(self) -> Json | None:
        """Return its Lease; None if there is none."""
        return self._fleet.client.find(LEASES, "Lease", LEASE, NAMESPACE)

    def said(self) -> str:
        """Return what it has logged; installations before this one have the same file."""
        return self.component.process.log_text()[self._earlier :]

    def kill(self) -> None:
        """Kill it, and remove its Lease: another one acts at once, and need not wait until the Lease has expired."""
        self.component.process.kill()
        self._fleet.client.delete(LEASES, "Lease", LEASE, NAMESPACE)

    def start(self) -> None:
        """Start it again."""
        self.component.process.start()
        self.component.wait()


def deployment(fleet: Fleet) -> Json:
    """Return the Deployment that would run the fleet's scheduler."""
    _, *flags = fleet.karmada.scheduler.process.command
    image = f"docker.io/karmada/karmada-scheduler:v{fleet.karmada.version}"
    container = {"name": "karmada-scheduler", "image": image, "command": ["/bin/karmada-scheduler", *flags]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "karmada-scheduler", "namespace": NAMESPACE},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [container]}}},
    }


def scheduler_of(it: Propagated) -> str | None:
    """The scheduler that a binding names."""
    name: str | None = it.binding()["spec"].get("schedulerName")
    return name


def clusters_of(it: Propagated) -> list[str]:
    """The clusters that the scheduler chose."""
    return sorted(target["name"] for target in it.binding()["spec"].get("clusters") or ())


def wait_for_scheduler(it: Propagated, name: str, seconds: float = 60) -> None:
    def named() -> bool:
        assert scheduler_of(it) == name, it.binding()["metadata"]
        return True

    wait_until(f"scheduler {name} of {it.kind} {it.name}", named, seconds)


def wait_for_clusters(it: Propagated, *names: str, seconds: float = 60) -> None:
    def chosen() -> bool:
        assert clusters_of(it) == sorted(names), it.binding()
        return True

    wait_until(f"{it.kind} {it.name} on {names}", chosen, seconds)
