"""Where what is kept of a Work goes when its annotations cannot hold it: an object of its own, the shelf.

Admission writes nothing but the Work it is asked about, so what is kept travels to the shelf in the Work itself: as one
more manifest, the carrier, while the Work is suspended and so is sent to no member. The controller stores it
(`converter.controllers.overflow_store`), takes the carrier out, names the shelf on the Work and lets it go. At every
moment what is kept stands in one of the two, and all of it follows from the request alone: a Work that is sent again,
and whose annotation names the digest of just what is kept, needs no carrier.

A shelf is a ControllerRevision, which Kubernetes made for "an immutable snapshot of state data" (apps/v1): its data is
free-form, and rights on it give nothing else away. What is kept stands there as text, so that no server between reads a
number in its own way.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from converter.karmada.names import EXECUTION_SPACE_PREFIX, LONGEST_NAME, OVERFLOW_LABEL

if TYPE_CHECKING:
    from converter.kube import Manifest

API_VERSION: Final = "apps/v1"
KIND: Final = "ControllerRevision"

OVERFLOW_LIMIT: Final = 1000 << 10
"""Bytes of what is kept that a shelf, and a Work that carries it, can hold: etcd takes requests of 1.5 MiB
(`--max-request-bytes`), quotes are escaped there, and the converted manifest needs its place in the same Work."""


class _Data(msgspec.Struct):
    kept: str


class _Metadata(msgspec.Struct):
    labels: dict[str, str | None] | None = None


class _Carrier(msgspec.Struct, rename="camel"):
    api_version: str
    kind: str
    metadata: _Metadata
    data: _Data


_carriers = msgspec.json.Decoder(_Carrier)


def digest_of(kept: bytes) -> str:
    """Name what is kept by its content.

    Args:
        kept: the JSON of a list, one item a manifest.
    """
    return hashlib.sha256(kept).hexdigest()[:32]


def carrier(work: str, cluster: str, kept: bytes) -> bytes:
    """Make the manifest that carries what is kept to the shelf.

    Args:
        work: the Work's name.
        cluster: the cluster whose execution space it is in.
        kept: the JSON of a list, one item a manifest.
    """
    made = _object(_named(work, digest_of(kept)), EXECUTION_SPACE_PREFIX + cluster, kept)
    return msgspec.json.encode(made)


def read_carrier(raw: Raw | bytes) -> bytes | None:
    """Read what a carrier, or a shelf, holds; None for anything else."""
    try:
        found = _carriers.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    labelled = OVERFLOW_LABEL in (found.metadata.labels or {})
    known = labelled and (found.api_version, found.kind) == (API_VERSION, KIND)
    return found.data.kept.encode() if known else None


def is_carrier(manifest: Manifest) -> bool:
    """Whether a manifest of a Work is a carrier, and not something for its cluster."""
    metadata = manifest.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return manifest.get("kind") == KIND and isinstance(labels, dict) and OVERFLOW_LABEL in labels


def overflow_name(work: Manifest, digest: str) -> str:
    """Name the shelf of a Work: another one for each content, and for each Work that ever had this name."""
    metadata = work["metadata"]
    return _named(metadata["name"], hashlib.sha256(f"{metadata['uid']}/{digest}".encode()).hexdigest())


def overflow_object(work: Manifest, kept: bytes) -> Manifest:
    """Make the object that stores what is kept of a Work, and that goes when the Work goes.

    Args:
        work: the Work as it is stored.
        kept: the JSON of a list, one item a manifest.
    """
    metadata = work["metadata"]
    made = _object(overflow_name(work, digest_of(kept)), metadata["namespace"], kept)
    owner = {"apiVersion": work["apiVersion"], "kind": work["kind"], "name": metadata["name"], "uid": metadata["uid"]}
    made["metadata"]["ownerReferences"] = [owner]
    return made


def _object(name: str, namespace: str, kept: bytes) -> Manifest:
    metadata = {"name": name, "namespace": namespace, "labels": {OVERFLOW_LABEL: "true"}}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": metadata,
        "revision": 1,
        "data": {"kept": kept.decode()},
    }


def _named(work: str, digest: str) -> str:
    suffix = f"-kept-{digest[:16]}"
    return work[: LONGEST_NAME - len(suffix)].rstrip(".-") + suffix if work else suffix[1:]


class Suspension(StrEnum):
    """A value of ``spec.suspendDispatching``: what the annotation that remembers it holds."""

    ABSENT = "absent"
    NULL = "null"
    FALSE = "false"
    TRUE = "true"

    @classmethod
    def of(cls, suspended: bool | UnsetType | None) -> Suspension:  # noqa: FBT001  a field of the Work, as it was read
        """Name the value that a Work has."""
        if suspended is UNSET:
            return cls.ABSENT
        if suspended is None:
            return cls.NULL
        return cls.TRUE if suspended else cls.FALSE

    @classmethod
    def parse(cls, text: str | None) -> Suspension:
        """Read the annotation; what cannot be read counts as absent, so that the Work is dispatched."""
        try:
            return cls(text)  # type: ignore[arg-type]  # None is not a member, and raises
        except ValueError:
            return cls.ABSENT

    @property
    def json(self) -> bool | None:
        """The JSON value; null if it is absent."""
        return {Suspension.TRUE: True, Suspension.FALSE: False}.get(self)
