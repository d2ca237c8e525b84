"""The overflow object: stores the conversion data of a Work if the Work's annotations cannot hold it.

Admission writes nothing but the Work under review. So the conversion data travels in the Work itself, as one more
manifest, the carrier. Meanwhile the Work is suspended, so that no member gets the carrier. The controller stores the
data (`converter.controllers.overflow_store`), removes the carrier, names the overflow object on the Work and resumes
it. At every moment one of the two holds the data. The webhook decides from the request alone: a Work that is sent again
needs no carrier if its annotation has the digest of the same data.

An overflow object is a ControllerRevision, which Kubernetes made for "an immutable snapshot of state data" (apps/v1):
its data is free-form, and access to it grants nothing else. The data is text, so that no server changes its numbers.
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
"""Bytes of conversion data that an overflow object, and a Work that carries it, can hold. etcd takes requests of
1.5 MiB (`--max-request-bytes`), quotes are escaped there, and the same Work holds the converted manifest."""


class _Data(msgspec.Struct, rename="camel"):
    conversion_data: str


class _Metadata(msgspec.Struct):
    labels: dict[str, str | None] | None = None


class _Carrier(msgspec.Struct, rename="camel"):
    api_version: str
    kind: str
    metadata: _Metadata
    data: _Data


_carriers = msgspec.json.Decoder(_Carrier)


def digest_of(data: bytes) -> str:
    """Digest conversion data.

    Args:
        data: the JSON of a list, one item for each manifest.
    """
    return hashlib.sha256(data).hexdigest()[:32]


def carrier(work: str, cluster: str, data: bytes) -> bytes:
    """Make the manifest that carries conversion data to the overflow object.

    Args:
        work: the Work's name.
        cluster: the cluster whose execution space it is in.
        data: the JSON of a list, one item for each manifest.
    """
    made = _object(_named(work, digest_of(data)), EXECUTION_SPACE_PREFIX + cluster, data)
    return msgspec.json.encode(made)


def read_carrier(raw: Raw | bytes) -> bytes | None:
    """Read the conversion data in a carrier or an overflow object; None for anything else."""
    try:
        found = _carriers.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    labelled = OVERFLOW_LABEL in (found.metadata.labels or {})
    known = labelled and (found.api_version, found.kind) == (API_VERSION, KIND)
    return found.data.conversion_data.encode() if known else None


def is_carrier(manifest: Manifest) -> bool:
    """Whether a manifest of a Work is a carrier, and not meant for its cluster."""
    metadata = manifest.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return manifest.get("kind") == KIND and isinstance(labels, dict) and OVERFLOW_LABEL in labels


def overflow_name(work: Manifest, digest: str) -> str:
    """Name the overflow object of a Work; the name depends on its uid and on the content."""
    metadata = work["metadata"]
    return _named(metadata["name"], hashlib.sha256(f"{metadata['uid']}/{digest}".encode()).hexdigest())


def overflow_object(work: Manifest, data: bytes) -> Manifest:
    """Make the overflow object of a Work; the garbage collector deletes it with the Work.

    Args:
        work: the Work as it is stored.
        data: the JSON of a list, one item for each manifest.
    """
    metadata = work["metadata"]
    made = _object(overflow_name(work, digest_of(data)), metadata["namespace"], data)
    owner = {"apiVersion": work["apiVersion"], "kind": work["kind"], "name": metadata["name"], "uid": metadata["uid"]}
    made["metadata"]["ownerReferences"] = [owner]
    return made


def _object(name: str, namespace: str, data: bytes) -> Manifest:
    metadata = {"name": name, "namespace": namespace, "labels": {OVERFLOW_LABEL: "true"}}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": metadata,
        "revision": 1,
        "data": {"conversionData": data.decode()},
    }


def _named(work: str, digest: str) -> str:
    suffix = f"-overflow-{digest[:16]}"
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
