"""A whole fleet: a Karmada control plane and members of several releases, push and pull, on one etcd."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.controlplanes import build, pins
from tests.controlplanes.apiserver import ApiServer
from tests.controlplanes.components import Component, ControllerManager
from tests.controlplanes.karmada import CLUSTERS, FACE, NO_WATCH_LIST, VERSION, Karmada
from tests.controlplanes.kubelet import Kubelet
from tests.controlplanes.waiting import wait_until
from tests.controlplanes.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.controlplanes.client import Client, Json
    from tests.controlplanes.names import Names
    from tests.controlplanes.places import Places

_FIRST_WITH_WATCH_LIST = 19
_LEAVE_SECONDS = 90
_KARMADA_PROGRAMS = ("webhook", "controller-manager", "scheduler", "aggregated-apiserver")


@dataclass(frozen=True)
class MemberSpec:
    """What a member is to be.

    Attributes:
        name: of the Cluster.
        release: of its API server, for instance ``1.20``.
        pull: whether a karmada-agent beside it does the work, instead of the control plane.
        runtime_config: as of ``ApiServer``.
        live: whether controllers and a kubelet run behind it, as ``LiveMember`` describes.
    """

    name: str
    release: str
    pull: bool = False
    runtime_config: tuple[str, ...] = ()
    live: bool = False


#: A member with real controllers, of which every workload has to be converted; test_every_workload.py adds it.
LIVE = MemberSpec("live", "1.16", runtime_config=("apps/v1=false", "apiextensions.k8s.io/v1=false"), live=True)
#: The kube-controller-manager of v1.20 works with an API server of v1.16, and it is there for other tests.
LIVE_CONTROLLER_MANAGER = ("kube-controller-manager", "1.20")
LIVE_CONTROLLERS = (
    "deployment,replicaset,statefulset,daemonset,job,cronjob,endpoint,disruption,garbagecollector,namespace"
)

#: The fleet that e2e tests and developers get.
MEMBERS = (
    MemberSpec("new", "1.36"),
    MemberSpec("mid", "1.24"),
    MemberSpec("old", "1.20"),
    MemberSpec("ancient", "1.16"),
    MemberSpec("pull", "1.20", pull=True),
)

#: The smallest fleet in which an object is converted: the fleet of `make e2e-quick`.
QUICK = (MemberSpec("new", "1.36"), MemberSpec("old", "1.20"))


class Member:
    """A push member: an API server that the control plane reaches.

    Attributes:
        name: of the Cluster.
        server: its API server.
    """

    def __init__(self, world: World, karmada: Karmada, spec: MemberSpec) -> None:
        """Start its API server; ``join`` makes it a member."""
        self._world = world
        self._karmada = karmada
        self.name = spec.name
        self.server = ApiServer(world, spec.release, f"member-{spec.name}", runtime_config=spec.runtime_config)

    @property
    def client(self) -> Client:
        """The tests' client for it."""
        return self.server.client

    @property
    def execution_space(self) -> str:
        """The namespace of its Works on the control plane."""
        return f"karmada-es-{self.name}"

    def join(self) -> None:
        """Make it a member; ``wait`` for it before use."""
        self.server.wait()
        self._karmada.join(self.server, self.name)

    def wait(self) -> Json:
        """Wait until Karmada says that it is ready, and at its present release; return the Cluster.

        Raises:
            NotReadyError: it was not in time.
        """
        return self._karmada.wait_for_cluster(self.name, self.server.version)

    def upgrade(self, release: str, *flags: str) -> None:
        """Put another release of its API server in place, perhaps with more flags; wait until Karmada has seen it."""
        self.server.upgrade(release, *flags)
        self.wait()

    def stop(self) -> None:
        """Stop its API server: the cluster is out of reach."""
        self.server.stop()


class PullMember(Member):
    """A pull member: a karmada-agent beside its API server fetches the Works.

    Attributes:
        agent: the karmada-agent, once joined.
    """

    agent: Component

    def join(self) -> None:
        """Start the agent, which registers the cluster; ``wait`` for it before use."""
        server = self.server.wait()
        self._provide_tokens()
        flags = {
            "karmada-kubeconfig": str(self._karmada.apiserver.kubeconfig),
            "karmada-context": "karmada-apiserver",
            "cluster-name": self.name,
            "kubeconfig": str(server.kubeconfig),
            "cluster-api-endpoint": server.url,
            "cluster-status-update-frequency": "5s",
            "leader-elect": "false",
            "v": "2",
        }
        variables = NO_WATCH_LIST if server.minor < _FIRST_WITH_WATCH_LIST else {}
        version = self._karmada.version
        self.agent = Component(
            self._world, "karmada-agent", version, flags, name=f"karmada-agent-{self.name}", **variables
        )

    def _provide_tokens(self) -> None:
        """Make the tokens that the agent reports to the control plane; no controller on the member would.

        The agent makes a service account for each and waits for a Secret of its name (Karmada's
        pkg/util/credential.go). To report none is no way out: karmada-agent v1.12 crashes when told so.
        """
        space = "karmada-cluster"
        self.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})
        authority = self._world.pki.authority.bundle
        for account in ("karmada-impersonator", f"karmada-{self.name}"):
            secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": account, "namespace": space}}
            self.client.put({**secret, "stringData": {"token": self.server.token}, "data": {"ca.crt": authority}})

    def stop(self) -> None:
        """Stop the agent and the API server."""
        self.agent.process.stop()
        super().stop()


class LiveMember(Member):
    """A push member whose workloads run, and of which *every* workload has to be converted.

    Two API servers of v1.16 serve the same objects. Karmada reaches the one that has neither apps/v1 nor
    apiextensions.k8s.io/v1; controllers and the kubelet of the member use the other one, which has them.

    Attributes:
        inner: the API server that the member's own controllers use.
    """

    inner: ApiServer
    _kubelet: Kubelet
    _controllers: ControllerManager

    def join(self) -> None:
        """Start what runs in the member, and make it a member; ``wait`` for it before use."""
        self.server.wait()
        self.inner = ApiServer(
            self._world, self.server.version, f"{self.server.name}-inner", prefix=self.server.prefix
        ).wait()
        self._controllers = ControllerManager(
            self._world, self.inner, controllers=LIVE_CONTROLLERS, version=pins.release(*LIVE_CONTROLLER_MANAGER)
        )
        self._kubelet = Kubelet(self.inner.client)
        super().join()

    def stop(self) -> None:
        """Stop all of it."""
        self._kubelet.stop()
        self._controllers.process.stop()
        self.inner.stop()
        super().stop()


class Fleet:
    """A Karmada control plane and its members; ``Fleet.open`` makes one.

    Attributes:
        world: the run it lives in.
        karmada: the control plane.
        members: by name.
    """

    def __init__(self, world: World, karmada: Karmada) -> None:
        self.world = world
        self.karmada = karmada
        self.members: dict[str, Member] = {}

    @classmethod
    def open(
        cls,
        members: Iterable[MemberSpec] = MEMBERS,
        *,
        version: str = VERSION,
        places: Places | None = None,
        purpose: str = "fleet",
        verbosity: int = 2,
        plugins: str = "",
        named: bool = False,
        names: Names | None = None,
        bind: str = "127.0.0.1",
    ) -> Fleet:
        """Build what is missing, start everything, and return when all clusters are ready.

        Args:
            members: what members to have.
            version: of Karmada.
            places: where binaries are; None means as the environment says.
            purpose: of the run, for its folder's name.
            verbosity: of the logs of Karmada's controllers; 4 shows informers.
            plugins: of Karmada's scheduler; empty for those that it has by default.
            named: whether its API servers know the names of Services on this machine (`World.names`).
            names: those of another run, to share its Services.
            bind: the address on which API servers listen; it includes 127.0.0.1.

        Raises:
            HarnessError: something could not be built or started; logs of all processes are kept.
        """
        specs = tuple(members)
        world = World.open(purpose, places, bind)
        try:
            build.binaries(world.places, programs(specs, version))
            world.names = names
            if named:
                world.know_names()
            fleet = cls(world, Karmada(world, version, plugins))
            fleet._start(specs, verbosity)
        except BaseException:
            world.close(keep=True)
            raise
        return fleet

    @property
    def client(self) -> Client:
        """The tests' client for the control plane."""
        return self.karmada.client

    def add(self, spec: MemberSpec) -> Member:
        """Start one more member, have it join, and wait until it is ready.

        Its release must be v1.19 or newer if the fleet was opened without older push members, since
        karmada-controller-manager was started for these.
        """
        member = self.join(spec)
        member.wait()
        return member

    def join(self, spec: MemberSpec) -> Member:
        """Start one more member and have it join; it may never become ready."""
        member = self._make(spec)
        member.join()
        return member

    def remove(self, name: str) -> None:
        """Take a member out of the control plane, wait until that is done, and stop it.

        Raises:
            NotReadyError: Karmada did not let it go in time.
        """
        self.client.delete(CLUSTERS, "Cluster", name)
        wait_until(f"the end of cluster {name}", lambda: self.karmada.cluster(name) is None, _LEAVE_SECONDS)
        self.members.pop(name).stop()

    def check(self) -> None:
        """Raise if a process of the fleet has ended by itself.

        Raises:
            ProcessError: it has.
        """
        self.world.run.check()

    def kubeconfigs(self) -> dict[str, Path]:
        """Return the kubeconfig of the control plane (``karmada``) and of each member."""
        configs = {name: member.server.kubeconfig for name, member in self.members.items()}
        return {"karmada": self.karmada.apiserver.kubeconfig, **configs}

    def close(self, *, keep: bool) -> None:
        """Stop everything; the folder with the logs goes, unless ``keep``."""
        self.world.close(keep=keep)

    def _start(self, specs: tuple[MemberSpec, ...], verbosity: int) -> None:
        """Start the members' servers beside the control plane: starting is mostly waiting."""
        for spec in specs:
            self._make(spec)
        old = any(member.server.minor < _FIRST_WITH_WATCH_LIST for member in self.members.values())
        self.karmada.start(NO_WATCH_LIST if old else None, verbosity)
        with ThreadPoolExecutor(len(self.members) or 1) as pool:
            for part in ("join", "wait"):
                list(pool.map(lambda member, part=part: getattr(member, part)(), self.members.values()))
        facts = {name: str(path) for name, path in self.kubeconfigs().items()}
        (self.world.run.folder / "kubeconfigs.json").write_text(json.dumps(facts, indent=2) + "\n")

    def _make(self, spec: MemberSpec) -> Member:
        kind = PullMember if spec.pull else LiveMember if spec.live else Member
        self.members[spec.name] = kind(self.world, self.karmada, spec)
        return self.members[spec.name]


def programs(specs: tuple[MemberSpec, ...], version: str) -> list[str]:
    """All binaries a fleet needs, so that they are built before anything waits for them."""
    face = pins.release("kube-controller-manager", FACE)
    servers = {pins.release("kube-apiserver", release) for release in (FACE, *(spec.release for spec in specs))}
    programs = [*_KARMADA_PROGRAMS, *(["agent"] if any(spec.pull for spec in specs) else [])]
    return [
        *(f"kube-apiserver-{server}" for server in sorted(servers)),
        f"kube-controller-manager-{face}",
        *(f"karmada-{program}-{version}" for program in programs),
    ]
