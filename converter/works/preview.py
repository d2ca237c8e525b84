"""What would become of one manifest in a cluster: its version there, what is lost of it, or why it cannot be had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.conversion import convert
from converter.errors import ConversionError, ManifestError
from converter.kube import GroupVersionKind, gvk_of
from converter.works.version_selection import Availability, choose

if TYPE_CHECKING:
    from converter.clusters import Cluster
    from converter.kube import Manifest
    from converter.library import Converter
    from converter.losses import FieldLoss


@dataclass(frozen=True, slots=True)
class VersionPreview:
    """What would become of a manifest.

    Attributes:
        api_version: the version that the cluster would get; None where it cannot have it.
        losses: what would be lost, each with its weight.
        problem: why the cluster cannot have it; empty where it can.
        certain: whether that is certain; where not all is known of what the cluster serves, it is not.
    """

    api_version: str | None
    losses: tuple[FieldLoss, ...] = ()
    problem: str = ""
    certain: bool = True


def preview_version(manifest: Manifest, cluster: Cluster, converter: Converter) -> VersionPreview:
    """Say what would become of a manifest in a cluster; the manifest is not changed.

    Raises:
        ManifestError: it is no manifest, or a value in it has a type that its version does not allow there.
    """
    gvk = gvk_of(manifest)
    namespace = namespace_of(manifest)
    release, losses = cluster.release, converter.losses
    choice = choose(gvk.api_version, gvk.kind, cluster, converter)
    if choice.reach is Availability.SERVED:
        return VersionPreview(gvk.api_version, losses.of_release(manifest, gvk, release, namespace, cluster.name))
    if choice.route is None:
        return VersionPreview(None, problem=choice.why, certain=choice.reach is Availability.UNREACHABLE)
    try:
        done = convert(manifest, choice.route)
    except ManifestError:
        raise
    except ConversionError as error:
        return VersionPreview(None, problem=f"cannot be converted to {choice.route.target}: {error}")
    target = GroupVersionKind.of(choice.route.target, gvk.kind)
    gone = losses.of_conversion(done.losses, gvk, release, namespace, cluster.name)
    dropped = losses.of_release(done.manifest, target, release, namespace, cluster.name)
    return VersionPreview(target.api_version, (*gone, *dropped))


def namespace_of(manifest: Manifest) -> str:
    """A manifest's namespace; empty where it names none."""
    metadata = manifest.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    return namespace if isinstance(namespace, str) else ""
