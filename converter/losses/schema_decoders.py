"""Says fast, for nearly every manifest, that a release knows all of it; `fields` finds what it does not know.

The catalog's types become typed decoders that stop at a field they do not have, and at a value where another release
has more of them. Such a decoder runs in C, builds less than a plain one, and makes looking for what is unknown cost no
more than decoding the manifest would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Raw

if TYPE_CHECKING:
    from converter.catalog import Catalog, FieldType, ObjectType, Release
    from converter.kube import GroupVersionKind

_NOT_LOOKED_INTO = frozenset({"metadata", "status"})
"""At the top of a manifest: API servers and Karmada write these themselves."""


class _NoDecoderError(Exception):
    """A type that contains itself, or that a simpler value can replace: those inside JSONSchemaProps."""


class SchemaDecoders:
    """Decoders by release and kind; what is compiled once is kept, and types that releases agree about are shared."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._roots: dict[ObjectType, msgspec.json.Decoder[Any] | None] = {}
        self._types: dict[ObjectType, Any] = {}

    def decoder(self, gvk: GroupVersionKind, release: Release) -> msgspec.json.Decoder[Any] | None:
        """Make, or find, the decoder that takes only manifests with fields which a release knows; for `accepts`.

        Args:
            gvk: the manifests' group, version and kind.
            release: the release.

        Returns:
            None where there is no such decoder: the release does not know the kind, or the kind holds types that hold
            themselves.

        Raises:
            UnknownReleaseError: the release is older than the oldest in the catalog.
        """
        root = self._catalog.type_of(release, gvk)
        if root is None:
            return None
        if root not in self._roots:
            try:
                kind = self._struct(root, frozenset({root}), _NOT_LOOKED_INTO | {"apiVersion", "kind"})
            except _NoDecoderError:
                self._roots[root] = None
            else:
                self._roots[root] = msgspec.json.Decoder(kind)
        return self._roots[root]

    def _struct(self, of: ObjectType, inside: frozenset[ObjectType], passed_over: frozenset[str] = frozenset()) -> Any:
        """Make the type of an object: any of its fields, each of them optional, and no other."""
        fields = []
        names = {}
        for index, (name, known) in enumerate(of.fields.items()):
            made = Raw if name in passed_over else self._type(known, inside)
            fields.append((f"f{index}", made, Raw() if made is Raw else None))
            names[f"f{index}"] = name
        return msgspec.defstruct(of.name, fields, rename=names, forbid_unknown_fields=True, gc=False)

    def _type(self, known: FieldType, inside: frozenset[ObjectType]) -> Any:
        """Make the type of a field; what holds no object is not decoded at all."""
        if known.element is not None:
            inner = self._type(known.element, inside)
            if inner is Raw:
                return Raw
            holder: Any = list if known.kind == "list" else dict
            return (holder[inner] if holder is list else holder[str, inner]) | None
        target = known.target
        if target is None:
            if known.values is None or not known.values.lacking:
                return Raw
            words: Any = Literal
            return words[tuple(sorted(known.values.known))] | None if known.values.known else None
        if target in inside or known.loose:
            raise _NoDecoderError
        if target not in self._types:
            self._types[target] = self._struct(target, inside | {target})
        return self._types[target] | None


def accepts(decoder: msgspec.json.Decoder[Any], manifest: bytes | Raw) -> bool:
    """Whether a release is certain to know every field of a manifest, but for those that no Work carries.

    False says nothing: the manifest may have a field that is null, or a value of another type than the field.

    Args:
        decoder: of `SchemaDecoders`.
        manifest: JSON.
    """
    try:
        decoder.decode(manifest)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    return True
