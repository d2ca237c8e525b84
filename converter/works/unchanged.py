"""Counts the manifests of a Work that go to the cluster as they are: mostly all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.rules.crds import KIND as CRD_KIND

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from msgspec import Raw

    from converter.clusters import Cluster
    from converter.kube.partial_object import PartialObject
    from converter.losses import LossEvaluator


def count_unchanged(
    manifests: Sequence[Raw], heads: Sequence[PartialObject | None], cluster: Cluster, losses: LossEvaluator
) -> int:
    """Count the manifests, from the first one on, that the cluster serves, loses nothing of, and does not refuse.

    Args:
        manifests: the manifests.
        heads: what names them; None for what is not a manifest.
        cluster: the cluster.
        losses: what its release loses and refuses.
    """
    served, doubts, lacking = cluster.served, losses.doubts(cluster.release, cluster.gates), cluster.lacking
    for index, head in enumerate(heads):
        if head is None or head.api_version not in served.get(head.kind, ()):
            return index
        doubt = doubts[head.api_version, head.kind]
        if doubt is not None and doubt(manifests[index]):
            return index
        if head.kind == CRD_KIND:  # its Work gets a label
            return index
        if lacking and (head.api_version, head.kind) in lacking:
            return index
    return len(heads)


def holds_crds(heads: Iterable[PartialObject | None]) -> bool:
    """Whether one of the manifests is a CRD."""
    for head in heads:  # noqa: SIM110  a generator costs more
        if head is not None and head.kind == CRD_KIND:
            return True
    return False
