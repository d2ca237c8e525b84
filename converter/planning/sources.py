"""Restores what users sent: the manifests of a Work before any conversion."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from converter.clusters import Cluster
from converter.errors import ManifestError
from converter.karmada.names import ANCHOR_LABEL, cluster_of
from converter.karmada.work import decode_work
from converter.kube import gvk_of
from converter.kube.partial_object import partial_object_of
from converter.losses.model import manifest_id_of
from converter.works.annotations import StoredRecord
from converter.works.carrying import split_carrier
from converter.works.plan import plan_work
from converter.works.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from msgspec import Raw

    from converter.engine import Engine
    from converter.karmada.work import Work
    from converter.kube import Manifest
    from converter.kube.partial_object import PartialObject
    from converter.losses.model import ManifestId

_NEVER_DENIES = Policy.parse("ignore")


class SentObject(NamedTuple):
    """One object on its way to one cluster, as it was sent.

    Attributes:
        manifest: the object, in the version that it was sent in.
        identity: its group, kind, namespace and name.
        cluster: the cluster's name.
        work: ``namespace/name`` of its Work; empty if it was read from a file.
        delivered: the apiVersion in which the Work has it.
    """

    manifest: Manifest
    identity: ManifestId
    cluster: str
    work: str
    delivered: str


def sent_objects(raw: bytes, converter: Engine, overflow: bytes | None = None) -> list[SentObject]:
    """List the objects of a Work; empty for an anchor, and for a Work that is not in an execution namespace.

    A manifest that cannot be taken back is listed as the Work has it.

    Args:
        raw: the Work's JSON.
        converter: the rules.
        overflow: the content of its overflow object, if it has one.

    Raises:
        ManifestError: it is not a Work, or an entry in it is not a manifest.
    """
    work = decode_work(raw)
    metadata = work.metadata
    place = f"{metadata.namespace}/{metadata.name}"
    cluster = cluster_of(metadata.namespace)
    if cluster is None or ANCHOR_LABEL in (metadata.labels or {}):
        return []
    heads = [partial_object_of(entry) for entry in work.manifests]
    manifests, carried = split_carrier(work.manifests, heads[-1] if heads else None)
    content = carried if carried is not None else overflow
    restored = plan_work(work, _as_sent(work, heads, content), converter, _NEVER_DENIES, content, heads=heads).manifests
    return [_sent(restored.get(index) or entry, heads[index], cluster, place) for index, entry in enumerate(manifests)]


def _as_sent(work: Work[Raw], heads: Sequence[PartialObject | None], overflow: bytes | None) -> Cluster:
    """Make a cluster that serves every manifest of a Work in the version that it was sent in."""
    versions: dict[str, list[str]] = {}
    record = StoredRecord.read(work.metadata.annotations or {}, overflow)
    for index, head in enumerate(heads):
        if head is None:
            continue
        entry = record.find(index, head).entry
        versions.setdefault(entry.source if entry is not None else head.api_version, []).append(head.kind)
    return Cluster.from_versions("", versions)


def _sent(raw: Raw | bytes, head: PartialObject | None, cluster: str, place: str) -> SentObject:
    if head is None:
        raise ManifestError(f"Work {place} has an entry that is not a manifest")
    manifest: Manifest = msgspec.json.decode(raw)
    return SentObject(manifest, manifest_id_of(manifest, gvk_of(manifest)), cluster, place, head.api_version)


def from_files(manifests: Iterable[Manifest], cluster: str, converter: Engine) -> list[SentObject]:
    """List the objects of files: those of each Work, and any other manifest as one that a cluster has.

    Args:
        manifests: the manifests, without Lists.
        cluster: the cluster's name; empty for none.
        converter: the rules.

    Raises:
        ManifestError: a Work cannot be read, or an entry is not a manifest.
    """
    found: list[SentObject] = []
    for manifest in manifests:
        gvk = gvk_of(manifest)
        if (gvk.group, gvk.kind) == ("work.karmada.io", "Work"):
            found += sent_objects(msgspec.json.encode(manifest), converter)
        else:
            found.append(SentObject(manifest, manifest_id_of(manifest, gvk), cluster, "", gvk.api_version))
    return found
