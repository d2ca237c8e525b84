"""Decodes manifests of a Work: the partial object that decisions need, or all of it, strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import msgspec

from converter.errors import ManifestError
from converter.kube.strict_json import check_strictly, refuse

if TYPE_CHECKING:
    from msgspec import Raw

    from converter.kube import Manifest

POLICY_ANNOTATION: Final = "apiconverter.dev/policy"
"""On a Work, or on the template: ``deny``, ``warn`` or ``ignore`` what cannot be converted."""


LONGEST_NAME: Final = 512
"""Characters of an apiVersion, kind, name or namespace of a manifest. Kubernetes takes at most 317 (a group of 253 and
a version of 63). Names are repeated in messages, records and caches, so nothing longer counts as a manifest."""

_Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=LONGEST_NAME)]


class TypeMeta(msgspec.Struct, rename="camel"):
    """The parts of a manifest that decide whether its cluster serves it."""

    api_version: _Name = ""
    kind: _Name = ""


class ManifestAnnotations(msgspec.Struct):
    """The only annotation of a manifest that is read; the others can be long and are skipped."""

    policy: Any = msgspec.field(name=POLICY_ANNOTATION, default=msgspec.UNSET)


class ManifestMetadata(msgspec.Struct, rename="camel"):
    """The metadata that messages, records and policies need."""

    name: _Name | None = None
    generate_name: _Name | None = None
    namespace: _Name | None = None
    annotations: ManifestAnnotations | None = None


class PartialObject(TypeMeta):
    """The type and the partial metadata of a manifest."""

    metadata: ManifestMetadata | None = None

    @property
    def namespace(self) -> str:
        """The namespace; empty if there is none."""
        return (self.metadata.namespace or "") if self.metadata is not None else ""

    @property
    def name(self) -> str:
        """The name, or the generateName; empty if it has neither."""
        metadata = self.metadata
        return (metadata.name or metadata.generate_name or "") if metadata is not None else ""

    @property
    def place(self) -> str:
        """``namespace/name``, or the name alone."""
        namespace = self.namespace
        return f"{namespace}/{self.name}" if namespace else self.name

    @property
    def label(self) -> str:
        """The name for people: ``CronJob demo/report``."""
        return f"{self.kind} {self.place}".rstrip()

    @property
    def policy_word(self) -> Any:
        """The value of its policy annotation; unset if it has none."""
        metadata = self.metadata
        return msgspec.UNSET if metadata is None or metadata.annotations is None else metadata.annotations.policy


_heads = msgspec.json.Decoder(PartialObject)


def partial_object_of(raw: Raw) -> PartialObject | None:
    """Decode a partial object; None if it is not a manifest, and `read_partial_object` gives the reason."""
    try:
        head = _heads.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return head if head.api_version and head.kind else None


def read_partial_object(raw: Raw) -> PartialObject:
    """Decode a partial object.

    Raises:
        ManifestError: it is not a manifest.
    """
    try:
        head = _heads.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ManifestError(str(error)) from None
    for field, value in (("apiVersion", head.api_version), ("kind", head.kind)):
        if not value:
            raise ManifestError("is missing or empty; every manifest must have it", field)
    return head


def decode(raw: Raw | bytes) -> Manifest:
    """Decode a manifest.

    Raises:
        ManifestError: it cannot be read; with the place if it can be found.
    """
    try:
        manifest: Manifest = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        refuse(bytes(raw), error)
    return manifest


def decode_checked(raw: Raw | bytes) -> Manifest:
    """Decode a manifest and check that no object has a duplicate key.

    What comes out the same when it is encoded again, as nearly all does that an API server sends, has lost nothing.
    Else a key that is dropped takes its quotes with it, and nothing else changes their number but an escaped quote: a
    count is enough to know that all is well.

    Raises:
        ManifestError: it cannot be read, or a key is duplicate; with the place.
    """
    manifest = decode(raw)
    again = msgspec.json.encode(manifest)
    data = bytes(raw)
    if data != again and data.count(b'"') != again.count(b'"'):
        check_strictly(data)
    return manifest
