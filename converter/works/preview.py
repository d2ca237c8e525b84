"""Previews one manifest in a cluster: the version it gets, what it loses, or why the cluster cannot have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.conversion import convert
from converter.errors import ConversionError, ManifestError
from converter.kube import GroupVersionKind, gvk_of
from converter.losses.model import manifest_id_of
from converter.works.version_selection import Availability, choose

if TYPE_CHECKING:
    from converter.clusters import Cluster
    from converter.engine import Engine
    from converter.kube import Manifest
    from converter.losses import Loss
    from converter.losses.model import ManifestId


@dataclass(frozen=True, slots=True)
class VersionPreview:
    """What a cluster would get of a manifest.

    Attributes:
        api_version: the version that the cluster would get; None if it cannot have the manifest.
        losses: what would be lost.
        problem: why the cluster cannot have it; empty if it can.
        certain: whether that is certain; False if not all is known of what the cluster serves.
    """

    api_version: str | None
    losses: tuple[Loss, ...] = ()
    problem: str = ""
    certain: bool = True


def preview_version(manifest: Manifest, cluster: Cluster, converter: Engine) -> VersionPreview:
    """Preview a manifest in a cluster; the manifest is not changed.

    Raises:
        ManifestError: it is not a manifest, or a value in it has a type that its version does not allow there.
    """
    gvk = gvk_of(manifest)
    identity = manifest_id_of(manifest, gvk)
    release, losses = cluster.release, converter.losses
    choice = choose(gvk.api_version, gvk.kind, cluster, converter)
    if choice.availability is Availability.SERVED:
        return VersionPreview(gvk.api_version, _in_cluster(manifest, gvk, cluster, converter, identity))
    if choice.route is None:
        return VersionPreview(None, problem=choice.why, certain=choice.availability is Availability.UNREACHABLE)
    try:
        done = convert(manifest, choice.route)
    except ManifestError:
        raise
    except ConversionError as error:
        return VersionPreview(None, problem=f"cannot be converted to {choice.route.target}: {error}")
    target = GroupVersionKind.of(choice.route.target, gvk.kind)
    converted = losses.of_conversion(done.losses, gvk, release, cluster.name, identity, original=lambda: manifest)
    return VersionPreview(
        target.api_version, (*converted, *_in_cluster(done.manifest, target, cluster, converter, identity))
    )


def _in_cluster(
    manifest: Manifest, gvk: GroupVersionKind, cluster: Cluster, converter: Engine, identity: ManifestId
) -> tuple[Loss, ...]:
    """Find what a cluster drops or refuses of a manifest in the version that it gets."""
    losses, release, gates = converter.losses, cluster.release, cluster.gates
    dropped = losses.of_release(manifest, gvk, release, cluster.name, identity, gates=gates)
    lacking = cluster.lacking.get((gvk.api_version, gvk.kind))
    if lacking is not None:
        dropped += losses.of_schema(manifest, gvk, lacking, (cluster.name, release), identity)
    return (*dropped, *losses.refused_by(manifest, gvk, release, identity, gates=gates))
