"""What the dashboard stores of each object in a Work: its versions, its losses and its state; small, for 20,000."""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from converter.karmada.names import ANCHOR_LABEL, ANCHOR_OF_ANNOTATION, LOSSES_ANNOTATION, cluster_of
from converter.karmada.work import decode_work
from converter.kube.partial_object import partial_object_of
from converter.losses.messages import explain
from converter.losses.model import manifest_id_of_head
from converter.losses.record import LossRecord
from converter.losses.severity import Severity  # noqa: TC001  a field's type
from converter.works.annotations import StoredRecord
from converter.works.carrying import split_carrier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from converter.kube.partial_object import PartialObject
    from converter.losses.model import Loss

SECRET = "Secret"  # noqa: S105  a kind
HIDDEN = "hidden"


class LossFact(NamedTuple):
    """A loss, as it is shown.

    Attributes:
        path: the field.
        severity: how much it matters.
        text: the loss for people; of a Secret without its value.
        refused: whether the cluster refuses the object because of it.
    """

    path: str
    severity: Severity
    text: str
    refused: bool


class Place(NamedTuple):
    """Where an object is stored: the namespace and name of a Work, and the position of the manifest in it."""

    namespace: str
    work: str
    position: int


class ObjectRow(msgspec.Struct, frozen=True):
    """One object on its way to one cluster.

    Attributes:
        place: where it is stored.
        cluster: the cluster.
        group: its API group.
        kind: its kind.
        namespace: its namespace; empty for a cluster-scoped object.
        name: its name.
        source: the apiVersion that was sent.
        delivered: the apiVersion that the cluster gets.
        losses: what it loses, the worst first.
        applied: ``True``, ``False``, or empty if Karmada has not tried yet.
        why: why it is not applied.
        health: ``Healthy``, ``Unhealthy``, ``Unknown``, or empty.
    """

    place: Place
    cluster: str
    group: str
    kind: str
    namespace: str
    name: str
    source: str
    delivered: str
    losses: tuple[LossFact, ...] = ()
    applied: str = ""
    why: str = ""
    health: str = ""

    @property
    def converted(self) -> bool:
        """Whether the cluster gets another version than was sent."""
        return self.source != self.delivered

    @property
    def worst(self) -> Severity | None:
        """The highest severity of its losses; None if it loses nothing."""
        return self.losses[0].severity if self.losses else None

    @property
    def label(self) -> str:
        """``demo/web``, or the name alone of a cluster-scoped object."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class StoredWork(msgspec.Struct, frozen=True):
    """A Work: its rows, and its JSON, compressed.

    Attributes:
        uid: its uid.
        rows: its objects; empty for an anchor and outside of execution namespaces.
        packed: its JSON, compressed with zlib.
        anchor_of: on an anchor, the name of its Work; empty on a Work.
    """

    uid: str
    rows: tuple[ObjectRow, ...]
    packed: bytes
    anchor_of: str = ""

    @property
    def raw(self) -> bytes:
        """Its JSON."""
        return zlib.decompress(self.packed)


class _Condition(msgspec.Struct):
    type: str
    status: str = ""
    message: str = ""


class _Identifier(msgspec.Struct):
    ordinal: int = -1


class _ManifestStatus(msgspec.Struct):
    identifier: _Identifier = msgspec.field(default_factory=_Identifier)
    health: str = ""


class _Status(msgspec.Struct, rename="camel"):
    conditions: list[_Condition] | None = None
    manifest_statuses: list[_ManifestStatus] | None = None


class _Uid(msgspec.Struct):
    uid: str = ""


class _Stored(msgspec.Struct):
    metadata: _Uid
    status: _Status | None = None


_stored = msgspec.json.Decoder(_Stored)


def stored_work(raw: bytes) -> StoredWork:
    """Read a Work.

    Raises:
        ManifestError: it is not a Work.
    """
    work = decode_work(raw)
    stored = _stored.decode(raw)
    metadata = work.metadata
    cluster = cluster_of(metadata.namespace)
    packed = zlib.compress(raw, 1)
    if cluster is None or ANCHOR_LABEL in (metadata.labels or {}):
        return StoredWork(stored.metadata.uid, (), packed, (metadata.annotations or {}).get(ANCHOR_OF_ANNOTATION) or "")
    heads = [partial_object_of(entry) for entry in work.manifests]
    manifests, _ = split_carrier(work.manifests, heads[-1] if heads else None)
    annotations = metadata.annotations or {}
    record = StoredRecord.read(annotations)
    losses = _by_object(LossRecord.read(annotations.get(LOSSES_ANNOTATION)).losses)
    status = stored.status or _Status()
    rows = [
        _row(Place(metadata.namespace, metadata.name, index), sys.intern(cluster), head, record, losses, status)
        for index, head in enumerate(heads[: len(manifests)])
        if head is not None
    ]
    return StoredWork(stored.metadata.uid, tuple(rows), packed)


def _by_object(losses: Sequence[Loss]) -> dict[tuple[str, str, str], list[LossFact]]:
    found: dict[tuple[str, str, str], list[LossFact]] = {}
    for loss in losses:
        found.setdefault(loss.manifest[1:], []).append(loss_fact(loss))
    return found


def loss_fact(loss: Loss) -> LossFact:
    """Describe a loss; a value of a Secret is never shown."""
    text = f"{loss.path}: {HIDDEN}" if loss.manifest.kind == SECRET else explain(loss)
    return LossFact(loss.path, loss.severity, text, loss.refused)


def _row(  # noqa: PLR0917  all that a row is made of
    place: Place,
    cluster: str,
    head: PartialObject,
    record: StoredRecord,
    losses: dict[tuple[str, str, str], list[LossFact]],
    status: _Status,
) -> ObjectRow:
    entry = record.find(place.position, head).entry
    source = entry.source if entry is not None and entry.target == head.api_version else head.api_version
    identity = manifest_id_of_head(head, source)
    applied = next((item for item in status.conditions or () if item.type == "Applied"), None)
    health = next(
        (item.health for item in status.manifest_statuses or () if item.identifier.ordinal == place.position), ""
    )
    lost = sorted(losses.get(identity[1:], ()), key=lambda fact: -fact.severity.severity)
    return ObjectRow(
        place, cluster, sys.intern(identity.group), sys.intern(head.kind), sys.intern(head.namespace), identity.name,
        sys.intern(source), sys.intern(head.api_version), tuple(lost),
        applied.status if applied is not None else "",
        _why(applied, head.kind), health,
    )  # fmt: skip


def _why(applied: _Condition | None, kind: str) -> str:
    """Say why a Work is not applied; the API server of a member may cite values, so not of a Secret."""
    if applied is None or applied.status == "True":
        return ""
    return HIDDEN if kind == SECRET else applied.message
