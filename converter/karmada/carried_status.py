"""The status of a converted Work travels through the aggregation of Karmada as the message of a condition.

Karmada copies the message of an anchor's ``Applied`` condition into ``aggregatedStatus[].appliedMessage`` of the
binding (`assembleWorkStatus` in pkg/util/helper/workstatus.go); the webhook on the binding's status unpacks it there.
A message is a marker and compact JSON. JSON that is too long is compressed.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from converter.errors import ManifestError
from converter.karmada.names import STATUS_MARKER
from converter.kube import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_MESSAGE: Final = 32768
"""The longest message of a condition in characters (`metav1.Condition`, validated by the CRD of Works)."""

LARGEST_STATUS: Final = 1 << 20
"""The largest unpacked status in bytes; etcd stores 1.5 MiB in one object, so a larger one is an attack."""

_PACKED: Final = "z:"


class ManifestReport(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The status of one manifest of a Work, in the version of the template.

    Attributes:
        api_version: the apiVersion of the template.
        kind: its kind.
        name: its name.
        namespace: its namespace; empty for cluster-scoped objects.
        health: ``Healthy``, ``Unhealthy`` or ``Unknown``, from the interpreter of Karmada.
        status: the status, converted back; unset if none was collected.
    """

    api_version: str
    kind: str
    name: str
    namespace: str = ""
    health: str = ""
    status: Any = msgspec.UNSET


class CarriedStatus(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What Karmada would find on the Work if it were not converted.

    Attributes:
        applied: whether the Work's ``Applied`` condition is True.
        message: the message of that condition if it is not True, or a note if a status was too long.
        manifests: the collected statuses.
    """

    applied: bool = False
    message: str = ""
    manifests: tuple[ManifestReport, ...] = ()

    def of(self, api_version: str, kind: str, namespace: str, name: str) -> ManifestReport | None:
        """Find the status of one object; None if there is none."""
        wanted = (api_version, kind, namespace, name)
        found = (item for item in self.manifests if (item.api_version, item.kind, item.namespace, item.name) == wanted)
        return next(found, None)


class _RawReport(ManifestReport, frozen=True, omit_defaults=True, rename="camel"):
    status: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _RawStatus(CarriedStatus, frozen=True, omit_defaults=True, rename="camel"):
    manifests: tuple[_RawReport, ...] = ()


_StatusT = TypeVar("_StatusT", bound=CarriedStatus)
_decoder = msgspec.json.Decoder(CarriedStatus)
_raw_decoder = msgspec.json.Decoder(_RawStatus)


def pack(status: CarriedStatus) -> str:
    """Write a status as a message of at most `LONGEST_MESSAGE` characters; equal statuses give equal messages.

    A status that does not fit is cut, with a note: first the statuses of objects, then the message. Whether the Work is
    applied, and how healthy it is, always remain.
    """
    whole = _write(status)
    if whole is not None:
        return whole
    size = len(canonical_json(status))
    note = f"[status omitted: {size} bytes do not fit into the message of a condition]"
    bare = CarriedStatus(status.applied, _join(status.message, note), tuple(_bare(status.manifests)))
    message = status.message
    while (text := _write(bare)) is None:
        message = message[: len(message) // 2]
        manifests = bare.manifests if message else bare.manifests[:1]
        bare = CarriedStatus(status.applied, _join(message and f"{message}…", note), manifests)
    return text


def unpack(message: str) -> CarriedStatus | None:
    """Read what `pack` wrote; None for any other message.

    Raises:
        ManifestError: the text after the marker cannot be read.
    """
    data = unpack_json(message)
    return _decode(_decoder, data) if data is not None else None


def unpack_json(message: str, limit: int = LARGEST_STATUS) -> bytes | None:
    """Read the JSON of what `pack` wrote; None for any other message.

    Args:
        message: the message.
        limit: the most bytes of JSON.

    Raises:
        ManifestError: the text after the marker cannot be read, or it is too long.
    """
    if not message.startswith(STATUS_MARKER):
        return None
    if len(message) > LONGEST_MESSAGE:
        raise ManifestError(f"longer than any message: {len(message)} characters, at most {LONGEST_MESSAGE}")
    text = message[len(STATUS_MARKER) :]
    if not text.startswith(_PACKED):
        return text.encode("utf-8", "surrogatepass")
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(base64.b64decode(text[len(_PACKED) :], validate=True), limit)
    except (ValueError, zlib.error) as error:  # base64 raises ValueErrors
        raise ManifestError(f"does not carry a readable status: {error}") from error
    if not unpacker.eof:
        raise ManifestError("incomplete, or larger than any status")
    return data


def decode_raw(data: bytes) -> CarriedStatus:
    """Decode what `unpack_json` returns, but leave each status as JSON (`msgspec.Raw`).

    Raises:
        ManifestError: it cannot be read.
    """
    try:
        data.decode()  # which the decoder does not check where it skips
    except UnicodeDecodeError as error:
        raise ManifestError(f"does not carry a readable status: {error}") from error
    return _decode(_raw_decoder, data)


def _decode(decoder: msgspec.json.Decoder[_StatusT], data: bytes) -> _StatusT:
    try:
        return decoder.decode(data)
    except (ValueError, RecursionError) as error:  # msgspec raises ValueErrors
        raise ManifestError(f"does not carry a readable status: {error}") from error


def _write(status: CarriedStatus) -> str | None:
    data = canonical_json(status)
    plain = STATUS_MARKER + data.decode()
    if len(plain) <= LONGEST_MESSAGE:
        return plain
    packed = STATUS_MARKER + _PACKED + base64.b64encode(zlib.compress(data, 9)).decode()
    return packed if len(packed) <= LONGEST_MESSAGE else None


def _bare(manifests: Iterable[ManifestReport]) -> Iterable[ManifestReport]:
    return (msgspec.structs.replace(item, status=msgspec.UNSET) for item in manifests)


def _join(message: str, note: str) -> str:
    return f"{message} {note}" if message else note
