"""One manifest of a Work, read as far as is needed: its head alone, or all of it, strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from converter.errors import ManifestError
from converter.works.strict import check_strictly, refuse
from converter.works.work import NamedHead

if TYPE_CHECKING:
    from msgspec import Raw

    from converter.kube import Manifest

_heads = msgspec.json.Decoder(NamedHead)


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


def decode_checked(raw: Raw) -> Manifest:
    """Decode a manifest and make sure that no key stands twice in one of its objects.

    A key that is dropped takes its quotes with it, and nothing else changes their number but an escaped quote: a
    count is enough to know that all is well.

    Raises:
        ManifestError: it cannot be read, or a key stands twice; with the place.
    """
    manifest = decode(raw)
    data = bytes(raw)
    if data.count(b'"') != msgspec.json.encode(manifest).count(b'"'):
        check_strictly(data)
    return manifest
