"""ResourceBindings and ClusterResourceBindings, read as far as placement and status need them.

Both kinds share one shape: ``ResourceBindingSpec`` and ``ResourceBindingStatus`` in Karmada's
pkg/apis/work/v1alpha2/binding_types.go, and ``Placement`` in pkg/apis/policy/v1alpha1/propagation_types.go. Fields that
the converter does not need are skipped. Decoding checks the types of the fields that it does need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.errors import ManifestError
from converter.karmada.names import STATUS_MARKER

if TYPE_CHECKING:
    from msgspec import Raw

    from converter.kube import Manifest

_PURGED_AT_ONCE: Final = frozenset({"Immediately", "Directly"})
"""Purge modes of an eviction that does not wait: the cluster no longer counts (policyv1alpha1.PurgeMode)."""


class ObjectReference(msgspec.Struct, rename="camel"):
    """The template that a binding was made for."""

    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""


class TargetCluster(msgspec.Struct):
    """A cluster that the scheduler chose."""

    name: str = ""


class BindingSnapshot(msgspec.Struct):
    """The schedule of another binding whose template needs this one's."""

    clusters: list[TargetCluster] | None = None


class EvictionTask(msgspec.Struct, rename="camel"):
    """A cluster that the object is being moved away from."""

    from_cluster: str = ""
    purge_mode: str = ""


class BindingMetadata(msgspec.Struct, rename="camel"):
    """The metadata of a binding."""

    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    deletion_timestamp: str | None = None


class BindingSpec(msgspec.Struct, rename="camel"):
    """What the scheduler is asked, and what it decided.

    Attributes:
        resource: the template.
        placement: the JSON of the placement; read it through `checked_placement`.
        scheduler_name: the scheduler that handles it; None or empty for Karmada's own.
        clusters: the clusters that the scheduler chose.
        required_by: the schedules of bindings that need this one's template.
        graceful_eviction_tasks: the clusters that the object is being moved away from.
    """

    resource: ObjectReference = msgspec.field(default_factory=ObjectReference)
    placement: Any = None
    scheduler_name: str | None = None
    clusters: list[TargetCluster] | None = None
    required_by: list[BindingSnapshot] | None = None
    graceful_eviction_tasks: list[EvictionTask] | None = None

    def checked_placement(self) -> Manifest | None:
        """Return the placement once its cluster affinities have the types that the CRD gives them.

        Returns:
            The placement as it was decoded, with every field; None if the binding has none.

        Raises:
            ManifestError: a cluster affinity has another shape.
        """
        if self.placement is None:
            return None
        try:
            msgspec.convert(self.placement, _Placement)
        except msgspec.ValidationError as error:
            raise ManifestError(f"not a placement of Karmada: {error}", "spec.placement") from None
        placement: Manifest = self.placement
        return placement

    def scheduled_clusters(self) -> frozenset[str]:
        """Name the clusters that the scheduler chose."""
        return frozenset(target.name for target in self.clusters or ())

    def existing_clusters(self) -> frozenset[str]:
        """Name every cluster that may hold the object.

        Source: `ObtainBindingSpecExistingClusters` in pkg/util/helper/binding.go.
        """
        names = set(self.scheduled_clusters())
        for snapshot in self.required_by or ():
            names.update(target.name for target in snapshot.clusters or ())
        for task in self.graceful_eviction_tasks or ():
            if task.purge_mode not in _PURGED_AT_ONCE:
                names.add(task.from_cluster)
        return frozenset(names)


class BindingStatus(msgspec.Struct, rename="camel"):
    """The status of a binding; its entries keep all their fields, because they are written back whole.

    Attributes:
        aggregated_status: one ``AggregatedStatusItem`` per Work.
        conditions: the conditions (`converter.karmada.conditions`).
    """

    aggregated_status: list[dict[str, Any]] | None = None
    conditions: list[dict[str, Any]] | None = None


class Binding(msgspec.Struct):
    """A ResourceBinding or a ClusterResourceBinding."""

    metadata: BindingMetadata = msgspec.field(default_factory=BindingMetadata)
    spec: BindingSpec = msgspec.field(default_factory=BindingSpec)
    status: BindingStatus = msgspec.field(default_factory=BindingStatus)

    def applied_clusters(self) -> frozenset[str]:
        """Name the clusters that have applied the object.

        An item whose message still carries the status of an anchor counts: its cluster has a converted Work.
        """
        return frozenset(
            str(item.get("clusterName"))
            for item in self.status.aggregated_status or ()
            if item.get("applied") is True or str(item.get("appliedMessage", "")).startswith(STATUS_MARKER)
        )

    def is_fully_applied(self) -> bool:
        """Whether every cluster has applied the object (`worksFullyApplied`, pkg/util/helper/workstatus.go)."""
        wanted = self.spec.existing_clusters()
        items = self.status.aggregated_status or []
        return (
            bool(wanted)
            and len(wanted) == len(items)
            and all(item.get("applied") is True and item.get("clusterName") in wanted for item in items)
        )


class _Affinity(msgspec.Struct, rename="camel"):
    cluster_names: list[str] | None = None
    exclude: list[str] | None = None


class _AffinityTerm(_Affinity):
    affinity_name: str = ""
    overflow_affinities: list[_Affinity] | None = None


class _Placement(msgspec.Struct, rename="camel"):
    cluster_affinity: _Affinity | None = None
    cluster_affinities: list[_AffinityTerm] | None = None


_bindings = msgspec.json.Decoder(Binding)


def decode_binding(data: bytes | Raw) -> Binding:
    """Read the JSON of a binding.

    Raises:
        ManifestError: a field that is read has another type than the CRD gives it; the message names it.
    """
    try:
        return _bindings.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ManifestError(f"not a binding of Karmada: {error}") from None


def read_binding(document: Manifest) -> Binding:
    """Read a binding from decoded JSON.

    Raises:
        ManifestError: as `decode_binding`.
    """
    try:
        return msgspec.convert(document, Binding)
    except msgspec.ValidationError as error:
        raise ManifestError(f"not a binding of Karmada: {error}") from None
