"""A Karmada control plane: the release's own unmodified programs, as processes.

What each program needs is in Karmada's ``artifacts/deploy/``; the differences are that nothing runs in a cluster
(webhooks and the aggregated API server are reached by 127.0.0.1) and that there is one replica of each, without
election. The scheduler has its default flags: the converter brings a scheduler of its own.
"""

from __future__ import annotations

import functools
import http
import itertools
from typing import TYPE_CHECKING

import yaml

from tests.controlplanes import build
from tests.controlplanes.apiserver import ApiServer
from tests.controlplanes.audit import AuditLog
from tests.controlplanes.components import Component, ControllerManager, Webhook
from tests.controlplanes.waiting import wait_until
from tests.versions import used

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.controlplanes.client import Client, Json
    from tests.controlplanes.processes import Process
    from tests.controlplanes.world import World

VERSION = "1.18.2"
NAMESPACE = "karmada-system"
#: The release of the Kubernetes API server in front of the control plane.
FACE = "1.36"
#: Members up to v1.18 ignore the parameters of watch-list, and the informers would wait for ever.
NO_WATCH_LIST = {"KUBE_FEATURE_WatchListClient": "false"}
_START_SECONDS = 60
_WEBHOOK_SERVICE = "https://karmada-webhook.karmada-system.svc:443"
#: Where Clusters are served.
CLUSTERS = "cluster.karmada.io/v1alpha1"


class Karmada:
    """A Karmada control plane.

    Attributes:
        version: Karmada's, for instance ``1.18.2``.
        audit: what the ServiceAccounts of its namespace ask that server.
        apiserver: the kube-apiserver that is its face; RBAC is on, as in an installation.
        client: the tests' client for it.
        garbage_collector: the kube-controller-manager.
        aggregated: karmada-aggregated-apiserver, which serves Clusters.
        webhook: karmada-webhook.
        controller_manager: karmada-controller-manager.
        scheduler: karmada-scheduler.
    """

    garbage_collector: ControllerManager
    webhook: Webhook
    controller_manager: Component
    scheduler: Component
    aggregated: Process
    _start_manager: functools.partial[Component]
    _start_scheduler: functools.partial[Component]

    def __init__(self, world: World, version: str = VERSION, plugins: str = "") -> None:
        """Start the API server only; ``start`` does the rest when that is ready.

        Args:
            world: the run it belongs to.
            version: of Karmada.
            plugins: of its scheduler; empty for those that Karmada has by default.
        """
        self._world = world
        self._plugins = plugins
        self.version = version
        used("karmada", version)
        self._switches = itertools.count(1)
        pki = world.pki
        self.audit = AuditLog(world.run.folder, "karmada-apiserver", NAMESPACE)
        self.apiserver = ApiServer(
            world,
            FACE,
            "karmada-apiserver",
            authorization="RBAC",
            flags=(
                f"--proxy-client-cert-file={pki.front_proxy.certificate}",
                f"--proxy-client-key-file={pki.front_proxy.key}",
                f"--requestheader-client-ca-file={pki.front_authority.certificate}",
                "--requestheader-allowed-names=front-proxy-client",
                "--requestheader-extra-headers-prefix=X-Remote-Extra-",
                "--requestheader-group-headers=X-Remote-Group",
                "--requestheader-username-headers=X-Remote-User",
                *self.audit.flags,
            ),
        )

    @property
    def client(self) -> Client:
        """The tests' client for the control plane."""
        return self.apiserver.client

    def start(self, variables: Mapping[str, str] | None = None, verbosity: int = 2) -> None:
        """Start the rest, each part as soon as what it needs is there; returns when all are ready.

        Args:
            variables: environment of karmada-controller-manager, for instance ``NO_WATCH_LIST``.
            verbosity: of its and the scheduler's log.

        Raises:
            HarnessError: a part cannot be built, or did not start.
        """
        world, server = self._world, self.apiserver.wait()
        files = build.karmada_files(world.places, self.version)
        self.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        self._start_aggregated()
        self.webhook = Webhook(world, self.version, server)
        crds = [yaml.load(path.read_bytes(), _loader()) for path in sorted((files / "crds").iterdir())]
        for crd in crds:
            self.client.apply(crd)
        for crd in crds:
            self._wait_for_crd(crd["metadata"]["name"])
        self.webhook.wait()
        text = (files / "webhook-configuration.yaml").read_text()
        text = text.replace(_WEBHOOK_SERVICE, f"https://127.0.0.1:{self.webhook.port}")
        for document in yaml.load_all(text.replace("{{caBundle}}", world.pki.authority.bundle), _loader()):
            self.client.apply(document)
        self._wait_for_clusters_api()
        # Not before: the garbage collector looks for new kinds every 30 s only, and nothing would be deleted till then.
        self.garbage_collector = ControllerManager(world, server)
        common = {"kubeconfig": str(server.kubeconfig), "leader-elect": "false", "v": str(verbosity)}
        manager = {"cluster-status-update-frequency": "5s"}
        component = functools.partial(Component, world, version=self.version)
        self._start_manager = functools.partial(
            component, "karmada-controller-manager", flags={**common, **manager}, **(variables or {})
        )
        self.controller_manager = self._start_manager()
        chosen = {"plugins": self._plugins} if self._plugins else {}
        self._start_scheduler = functools.partial(component, "karmada-scheduler", flags={**common, **chosen})
        self.scheduler = self._start_scheduler()
        self.controller_manager.wait()
        self.scheduler.wait()

    def switch_manager(self, **flags: str) -> None:
        """Replace karmada-controller-manager by one with more flags (``_`` for ``-``), or without any more.

        Raises:
            HarnessError: it did not start.
        """
        self.controller_manager = self._switch(self.controller_manager, self._start_manager, flags)

    def switch_scheduler(self, **flags: str) -> None:
        """Replace karmada-scheduler likewise; ``plugins="*,-APIEnablement"`` is the converter's old way.

        Raises:
            HarnessError: it did not start.
        """
        self.scheduler = self._switch(self.scheduler, self._start_scheduler, flags)

    def _switch(self, running: Component, start: functools.partial[Component], flags: Mapping[str, str]) -> Component:
        running.process.stop()
        more = {name.replace("_", "-"): value for name, value in flags.items()}
        name = str(start.args[1]) + ("-switched" if flags else "")
        started = start(flags={**start.keywords["flags"], **more}, name=f"{name}-{next(self._switches)}")
        started.wait()
        return started

    def join(self, member: ApiServer, name: str) -> None:
        """Make a push member of an API server, as ``karmadactl join`` does without its access tokens."""
        token = {"token": member.token}
        bundle = {"caBundle": self._world.pki.authority.bundle}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": NAMESPACE}}
        self.client.put({**secret, "stringData": token, "data": bundle})
        reference = {"namespace": NAMESPACE, "name": name}
        self.client.create(
            {
                "apiVersion": CLUSTERS,
                "kind": "Cluster",
                "metadata": {"name": name},
                "spec": {
                    "apiEndpoint": member.url,
                    "syncMode": "Push",
                    "id": f"{name}-id",
                    "secretRef": reference,
                    "impersonatorSecretRef": reference,
                },
            }
        )

    def cluster(self, name: str) -> Json | None:
        """Return a Cluster; None if there is none."""
        return self.client.find(CLUSTERS, "Cluster", name)

    def served(self, name: str) -> set[str]:
        """Return the group versions that a Cluster is known to serve."""
        cluster = self.cluster(name)
        assert cluster is not None, f"no Cluster {name} has joined"
        return {item["groupVersion"] for item in cluster["status"]["apiEnablements"]}

    def wait_for_cluster(self, name: str, version: str, seconds: float = _START_SECONDS) -> Json:
        """Wait until a Cluster is ready, of a release, and its versions are known; return it.

        Raises:
            NotReadyError: it was not in time; the message has its status.
        """

        def is_ready() -> Json:
            self._world.run.check()
            cluster = self.cluster(name)
            assert cluster is not None, "there is no such Cluster"
            status = cluster.get("status", {})
            ready = [item["status"] for item in status.get("conditions", ()) if item["type"] == "Ready"]
            assert ready == ["True"], status.get("conditions")
            assert status.get("kubernetesVersion") == f"v{version}", status.get("kubernetesVersion")
            assert status.get("apiEnablements"), "its versions are not known yet"
            return cluster

        return wait_until(f"cluster {name} being ready", is_ready, seconds)

    def _start_aggregated(self) -> None:
        """Start the API server for Clusters and register it with the control plane's API server."""
        world, server = self._world, self.apiserver
        port = world.ports.take()
        self.aggregated = world.run.process(
            "karmada-aggregated-apiserver",
            [
                world.binary("karmada-aggregated-apiserver", self.version),
                f"--kubeconfig={server.kubeconfig}",
                f"--authentication-kubeconfig={server.kubeconfig}",
                f"--authorization-kubeconfig={server.kubeconfig}",
                f"--etcd-servers={world.etcd.url}",
                f"--tls-cert-file={world.pki.server.certificate}",
                f"--tls-private-key-file={world.pki.server.key}",
                "--bind-address=127.0.0.1",
                f"--secure-port={port}",
            ],
        )
        name = {"name": "karmada-aggregated-apiserver", "namespace": NAMESPACE}
        external = {"type": "ExternalName", "externalName": "localhost"}
        self.client.put({"apiVersion": "v1", "kind": "Service", "metadata": name, "spec": external})
        group, version = CLUSTERS.split("/")
        self.client.put(
            {
                "apiVersion": "apiregistration.k8s.io/v1",
                "kind": "APIService",
                "metadata": {"name": f"{version}.{group}"},
                "spec": {
                    "caBundle": world.pki.authority.bundle,
                    "group": group,
                    "version": version,
                    "groupPriorityMinimum": 2000,
                    "versionPriority": 10,
                    "service": {**name, "port": port},
                },
            }
        )

    def _wait_for_crd(self, name: str) -> None:
        def is_established() -> bool:
            crd = self.client.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", name)
            conditions = crd.get("status", {}).get("conditions", ())
            return any(item["type"] == "Established" and item["status"] == "True" for item in conditions)

        wait_until(f"CRD {name}", is_established)

    def _wait_for_clusters_api(self) -> None:
        def is_served() -> bool:
            self.aggregated.check()
            return self.client.request("GET", f"/apis/{CLUSTERS}/clusters").status == http.HTTPStatus.OK

        wait_until(f"the API for Clusters (log: {self.aggregated.log})", is_served, _START_SECONDS)


def _loader() -> type[yaml.SafeLoader | yaml.CSafeLoader]:
    """The fast safe loader where libyaml is there, else the slow one."""
    return yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
