"""One template on its way to members: what a scenario does with it, and what it looks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from tests.controlplanes.waiting import wait_until
from tests.nonempty import some

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.controlplanes.client import Json
    from tests.controlplanes.fleet import Fleet

WORK = "work.karmada.io/v1alpha1"
BINDING = "work.karmada.io/v1alpha2"
POLICY = "policy.karmada.io/v1alpha1"
CONVERTED = "apiconverter.dev/converted"
ANCHOR = "apiconverter.dev/anchor"
SECONDS = 60


def admitted_version(fleet: Fleet, cluster: str, manifest: Json) -> str:
    """Have a Work with one manifest admitted for a cluster, without storing it; return the version it comes out in.

    Raises:
        ApiError: it is denied.
    """
    work = {
        "apiVersion": WORK,
        "kind": "Work",
        "metadata": {"name": manifest["metadata"]["name"], "namespace": f"karmada-es-{cluster}"},
        "spec": {"workload": {"manifests": [manifest]}},
    }
    stored = fleet.client.create(work, dry_run=True)
    return str(stored["spec"]["workload"]["manifests"][0]["apiVersion"])


class Propagated:
    """A template with a policy of its own; use it as a context manager, so that nothing of it stays."""

    def __init__(self, fleet: Fleet, template: Json, clusters: Iterable[str], **spec: Any) -> None:
        """Prepare; entering creates the policy and the template.

        Args:
            fleet: where.
            template: the object, in any version that the control plane serves.
            clusters: the members that get it.
            spec: more of the policy's spec.
        """
        self.fleet = fleet
        self.client = fleet.client
        self.template = template
        self.api_version, self.kind = template["apiVersion"], template["kind"]
        self.name = template["metadata"]["name"]
        self.namespace = template["metadata"].get("namespace")
        self.clusters = list(clusters)
        self._spec = spec
        cluster_wide = self.namespace is None
        self._policy_kind = "ClusterPropagationPolicy" if cluster_wide else "PropagationPolicy"
        self.binding_kind = "ClusterResourceBinding" if cluster_wide else "ResourceBinding"
        self.binding_name = f"{self.name}-{self.kind.lower()}"

    def __enter__(self) -> Self:
        if self.namespace is not None:
            self.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        self.client.create(self.policy())
        self.client.create(self.template)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.delete(self.api_version, self.kind, self.name, self.namespace)
        self.client.delete(POLICY, self._policy_kind, self._policy_name, self.namespace)

    @property
    def _policy_name(self) -> str:
        return f"{self.name}-{self.kind.lower()}"

    def policy(self) -> Json:
        metadata = {"name": self._policy_name, **({"namespace": self.namespace} if self.namespace else {})}
        selector = {"apiVersion": self.api_version, "kind": self.kind, "name": self.name}
        placement = {"clusterAffinity": {"clusterNames": self.clusters}}
        return {
            "apiVersion": POLICY,
            "kind": self._policy_kind,
            "metadata": metadata,
            "spec": {"resourceSelectors": [selector], "placement": placement, **self._spec},
        }

    def place(self, clusters: Iterable[str], **spec: Any) -> None:
        """Change the policy."""
        self.clusters = list(clusters)
        self._spec |= spec
        patch = {"spec": self.policy()["spec"]}
        self.client.patch(POLICY, self._policy_kind, self._policy_name, patch, self.namespace)

    # what there is

    def binding(self) -> Json:
        found = self.client.find(BINDING, self.binding_kind, self.binding_name, self.namespace)
        assert found is not None, f"there is no binding {self.binding_name}"
        return found

    def stored(self) -> Json:
        """The template as it is stored, with its aggregated status."""
        return self.client.get(self.api_version, self.kind, self.name, self.namespace)

    def works(self, cluster: str) -> list[Json]:
        """The Works and anchors of this template for a cluster."""
        return [work for work in self.client.list(WORK, "Work", f"karmada-es-{cluster}") if self._is_mine(work)]

    def work(self, cluster: str) -> Json:
        """The Work (not its anchor)."""
        found = [work for work in self.works(cluster) if ANCHOR not in work["metadata"].get("labels", {})]
        assert len(found) == 1, [work["metadata"]["name"] for work in found]
        return found[0]

    def anchor(self, cluster: str) -> Json | None:
        found = [work for work in self.works(cluster) if ANCHOR in work["metadata"].get("labels", {})]
        assert len(found) <= 1
        return found[0] if found else None

    def versions(self, cluster: str) -> list[str]:
        """The apiVersions that the Work's manifests have."""
        return [manifest["apiVersion"] for manifest in self.work(cluster)["spec"]["workload"]["manifests"]]

    def on(self, cluster: str) -> Json | None:
        """The object on a member, in the version its Work has."""
        return self.fleet.members[cluster].client.find(self.versions(cluster)[0], self.kind, self.name, self.namespace)

    def aggregated(self) -> dict[str, Json]:
        """The binding's items by cluster."""
        status = self.binding().get("status", {})
        return {item["clusterName"]: item for item in status.get("aggregatedStatus", ())}

    def condition(self, kind: str = "FullyApplied") -> str:
        conditions = self.binding().get("status", {}).get("conditions", ())
        return next((item["status"] for item in conditions if item["type"] == kind), "")

    # what is waited for

    def wait_until_applied(self, seconds: float = SECONDS) -> None:
        """Wait until the binding says that all is applied, and the members have it."""

        def applied() -> bool:
            items = self.aggregated()
            assert sorted(items) == sorted(self.clusters), items
            assert all(item.get("applied") for item in some(items.values())), items
            assert self.condition() == "True", self.binding()["status"]["conditions"]
            for cluster in some(self.clusters):
                assert self.on(cluster) is not None, cluster
            return True

        wait_until(f"{self.kind} {self.name} being applied everywhere", applied, seconds)

    def wait_until_gone(self, cluster: str, versions: Iterable[str], seconds: float = SECONDS) -> None:
        """Wait until neither the member nor the control plane has anything of it for a cluster."""
        member = self.fleet.members[cluster].client

        def gone() -> bool:
            assert self.works(cluster) == []
            for version in some(versions):
                assert member.find(version, self.kind, self.name, self.namespace) is None, version
            return True

        wait_until(f"{self.kind} {self.name} being gone from {cluster}", gone, seconds)

    def wait_for_status(self, cluster: str, expected: Json, seconds: float = SECONDS) -> None:
        """Wait until the binding has a status for a cluster that has these fields."""

        def has() -> bool:
            status = self.aggregated().get(cluster, {}).get("status") or {}
            assert {name: status.get(name) for name in expected} == expected, status
            return True

        wait_until(f"the status from {cluster}", has, seconds)

    def report(self, cluster: str, status: Json) -> None:
        """Write a status on the member, as its controllers would."""
        member = self.fleet.members[cluster].client
        member.patch(
            self.versions(cluster)[0], self.kind, self.name, {"status": status}, self.namespace, subresource="status"
        )

    def _is_mine(self, work: Json) -> bool:
        for manifest in work["spec"]["workload"].get("manifests", ()):
            metadata = manifest["metadata"]
            if (manifest["kind"], metadata["name"], metadata.get("namespace")) == (
                self.kind,
                self.name,
                self.namespace,
            ):
                return True
        return False
