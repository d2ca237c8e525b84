"""One manifest of a Work, read as far as is needed: its head alone, or all of it, strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from converter.errors import ManifestError
from converter.kube.strict_json import check_strictly, refuse
from converter.karmada.work import NamedHead

if TYPE_CHECKING:
    from msgspec import Raw

    from converter.kube import Manifest

_heads = msgspec.json.Decoder(NamedHead)


def head_of(raw: Raw) -> NamedHead | None:
    """Read what names a manifest; None where it is none, and `read_head` says why."""
    try:
        head = _heads.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return head if head.api_version and head.kind else None


def read_head(raw: Raw) -> NamedHead:
    """Read what names a manifest.

    Raises:
        ManifestError: it is none.
    """
    try:
        head = _heads.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ManifestError(str(error)) from None
    for field, value in (("apiVersion", head.api_version), ("kind", head.kind)):
        if not value:
            raise ManifestError("is missing or empty; every manifest has one", field)
    return head


def decode(raw: Raw | bytes) -> Manifest:
    """Decode a manifest.

    Raises:
        ManifestError: it cannot be read; with the place where that can be found.
    """
    try:
        manifest: Manifest = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        refuse(bytes(raw), error)
    return manifest


def decode_checked(raw: Raw | bytes) -> Manifest:
    """Decode a manifest and make sure that no key stands twice in one of its objects.

    What comes out the same when it is encoded again, as nearly all does that an API server sends, has lost nothing.
    Else a key that is dropped takes its quotes with it, and nothing else changes their number but an escaped quote: a
    count is enough to know that all is well.

    Raises:
        ManifestError: it cannot be read, or a key stands twice; with the place.
    """
    manifest = decode(raw)
    again = msgspec.json.encode(manifest)
    data = bytes(raw)
    if data != again and data.count(b'"') != again.count(b'"'):
        check_strictly(data)
    return manifest
