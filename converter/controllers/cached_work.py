"""What the controller keeps in memory of a Work or an anchor: its JSON, and the few facts asked for often."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import msgspec

from converter.karmada.names import (
    ANCHOR_OF_ANNOTATION,
    CONVERSION_DATA_REF_ANNOTATION,
    LOSSES_ANNOTATION,
    SOURCES_ANNOTATION,
)

if TYPE_CHECKING:
    from converter.kube import Manifest


class _Metadata(msgspec.Struct, rename="camel"):
    uid: str = ""
    generation: int = 0
    annotations: dict[str, str] | None = None


class _Head(msgspec.Struct):
    metadata: _Metadata


class _Converted(msgspec.Struct):
    to: str


_heads = msgspec.json.Decoder(_Head)
_converted = msgspec.json.Decoder(list[_Converted | None])


class CachedWork(msgspec.Struct, frozen=True):
    """One object as it was last seen.

    Attributes:
        uid: tells it from another that had the same name.
        generation: changes with its spec.
        work: on an anchor, the name of the Work it stands for; empty on a Work.
        versions: on a converted Work, the apiVersions its converted manifests have.
        overflow_object: the digest of what is stored elsewhere of what was kept of it; empty for none.
        raw: the object's JSON; ten thousand Works decoded would take ten times the memory.
    """

    uid: str
    generation: int
    work: str
    versions: tuple[str, ...]
    overflow_object: str
    raw: bytes

    def manifest(self) -> Manifest:
        """Decode the object, afresh each time: it may be changed."""
        decoded: Manifest = msgspec.json.decode(self.raw)
        return decoded


def stored(raw: bytes) -> CachedWork:
    """Make what is kept of an object's JSON.

    Raises:
        msgspec.MsgspecError: it is no Kubernetes object.
    """
    metadata = _heads.decode(raw).metadata
    annotations: dict[str, Any] = metadata.annotations or {}
    work, overflow_object = (
        annotations.get(ANCHOR_OF_ANNOTATION, ""),
        annotations.get(CONVERSION_DATA_REF_ANNOTATION, ""),
    )
    return CachedWork(metadata.uid, metadata.generation, work, _versions(annotations), overflow_object, raw)


class LossyWork(msgspec.Struct, frozen=True):
    """A Work of which its cluster drops something, as far as telling of it needs.

    Attributes:
        losses: stands for what people are told on it; equal texts have equal numbers while a process lives.
    """

    losses: int


def losing(raw: bytes) -> LossyWork:
    """Make what is kept of such a Work's JSON.

    Raises:
        msgspec.MsgspecError: it is no Kubernetes object.
    """
    return LossyWork(hash((_heads.decode(raw).metadata.annotations or {}).get(LOSSES_ANNOTATION)))


def _versions(annotations: dict[str, Any]) -> tuple[str, ...]:
    text = annotations.get(SOURCES_ANNOTATION)
    if text is None:
        return ()
    try:
        return tuple(sys.intern(entry.to) for entry in _converted.decode(text) if entry is not None)
    except (msgspec.MsgspecError, RecursionError):  # edited by hand; admission writes it anew
        return ()
