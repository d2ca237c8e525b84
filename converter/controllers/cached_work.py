"""What the controller caches of a Work or an anchor: its JSON, and the few facts that it needs often."""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from converter.karmada.names import (
    ANCHOR_OF_ANNOTATION,
    CONVERSION_DATA_REF_ANNOTATION,
    LOSSES_ANNOTATION,
    SOURCES_ANNOTATION,
)


class _Metadata(msgspec.Struct):
    uid: str = ""
    annotations: dict[str, str] | None = None


class _Head(msgspec.Struct):
    metadata: _Metadata


class _Converted(msgspec.Struct):
    to: str


_heads = msgspec.json.Decoder(_Head)
_converted = msgspec.json.Decoder(list[_Converted | None])


class CachedWork(msgspec.Struct, frozen=True):
    """A Work or an anchor as it was last seen.

    Attributes:
        uid: its uid.
        anchor_of: on an anchor, the name of its Work; empty on a Work.
        versions: on a converted Work, the apiVersions of its converted manifests.
        overflow_object: the digest of the conversion data in its overflow object; empty without one.
        raw: the object's JSON. Ten thousand decoded Works would take ten times the memory.
    """

    uid: str
    anchor_of: str
    versions: tuple[str, ...]
    overflow_object: str
    raw: bytes


def cached_work(raw: bytes) -> CachedWork:
    """Make the cached form of a Work or an anchor.

    Raises:
        msgspec.MsgspecError: it is not a Kubernetes object.
    """
    metadata = _heads.decode(raw).metadata
    annotations: dict[str, Any] = metadata.annotations or {}
    return CachedWork(
        metadata.uid,
        annotations.get(ANCHOR_OF_ANNOTATION, ""),
        _versions(annotations),
        annotations.get(CONVERSION_DATA_REF_ANNOTATION, ""),
        raw,
    )


class LossyWork(msgspec.Struct, frozen=True):
    """What the controller caches of a Work that is not converted, but loses fields on its cluster.

    Attributes:
        losses: identifies the losses while the process lives.
    """

    losses: int


def lossy_work(raw: bytes) -> LossyWork:
    """Make the cached form of a lossy Work.

    Raises:
        msgspec.MsgspecError: it is not a Kubernetes object.
    """
    return LossyWork(hash((_heads.decode(raw).metadata.annotations or {}).get(LOSSES_ANNOTATION)))


def _versions(annotations: dict[str, Any]) -> tuple[str, ...]:
    text = annotations.get(SOURCES_ANNOTATION)
    if text is None:
        return ()
    try:
        return tuple(sys.intern(entry.to) for entry in _converted.decode(text) if entry is not None)
    except (msgspec.MsgspecError, RecursionError):  # edited by hand; admission writes it again
        return ()
