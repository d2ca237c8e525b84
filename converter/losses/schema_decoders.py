"""Accepts, fast, manifests that a release knows completely; `unknown_fields` searches the others.

The catalog's types become typed decoders that stop at an unknown field, and at a value that only other releases have.
Such a decoder runs in C and builds less than a plain one, so it costs less than decoding the manifest.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from msgspec import Raw

from converter.catalog import DEFAULT_GATES
from converter.losses.unknown_fields import TAKEN_OFF_ANNOTATIONS, WITH_POD_METADATA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from converter.catalog import Catalog, FieldType, GateSettings, ObjectType, Release
    from converter.kube import GroupVersionKind, Manifest

_NOT_LOOKED_INTO: Final = ("apiVersion", "kind", "metadata", "status")
"""At the top of a manifest: API servers and Karmada write the last two themselves."""

_CACHED: Final = 20_000
"""Types whose acceptor is cached; clusters that set other feature gates have types of their own."""

_NOT_MADE: Any = object()

_TAKEN_OFF: Any = msgspec.defstruct(
    "TakenOff",
    [(f"f{index}", None, None) for index in range(len(TAKEN_OFF_ANNOTATIONS))],
    rename={f"f{index}": name for index, name in enumerate(TAKEN_OFF_ANNOTATIONS)},
    gc=False,
)
"""Annotations of a Pod or its template: any but those that API servers take off."""

_ANY_METADATA: Any = msgspec.defstruct("AnyMetadata", [("annotations", _TAKEN_OFF | None, None)], gc=False)
"""Metadata of a Pod that is read for these annotations alone."""


_NO_TYPES: Final[Mapping[str, Any]] = {}


class _NoDecoderError(Exception):
    """A type that contains itself or may be replaced by simpler JSON, as inside JSONSchemaProps."""


class SchemaDecoders:
    """Acceptors by release and kind. Each is compiled once; releases that agree about a type share it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._roots: dict[ObjectType, Acceptor | None] = {}
        self._json, self._decoded = _Types(Raw), _Types(Any)

    def acceptor(self, gvk: GroupVersionKind, release: Release, gates: GateSettings = DEFAULT_GATES) -> Acceptor | None:
        """Make or find what accepts only manifests whose fields a release knows.

        Args:
            gvk: the manifests' group, version and kind.
            release: the release.
            gates: the feature gates that the cluster sets; a field whose gate is off counts as unknown.

        Returns:
            None if it cannot be made: the release does not know the kind, or a type contains itself.

        Raises:
            UnknownReleaseError: the release is older than the oldest in the catalog.
        """
        root = self._catalog.stored_type_of(release, gvk, gates)
        if root is None:
            return None
        acceptor: Acceptor | None = self._roots.get(root, _NOT_MADE)
        if acceptor is _NOT_MADE:
            if len(self._roots) >= _CACHED:
                self._roots.clear()
                self._json, self._decoded = _Types(Raw), _Types(Any)
            try:
                acceptor = Acceptor(self._json.of_root(root), partial(self._decoded.of_root, root))
            except _NoDecoderError:
                acceptor = None
            self._roots[root] = acceptor
        return acceptor


class Acceptor:
    """Accepts manifests of one kind that a release knows completely.

    Of a manifest that is at hand decoded, the objects are checked: that takes a third of the time that its JSON takes.
    """

    __slots__ = ("_decode", "_make_view", "_view")

    def __init__(self, json: Any, make_view: Callable[[], Any]) -> None:
        """Prepare.

        Args:
            json: the type of the manifests' JSON.
            make_view: makes the type of decoded manifests; called when it is first needed.
        """
        self._decode = msgspec.json.Decoder(json).decode
        self._make_view = make_view
        self._view: Any = None

    def __call__(self, manifest: bytes | Raw, decoded: Manifest | None = None) -> bool:
        """Whether the release is certain to know every field of a manifest, except those that no Work carries.

        False means that it has to be searched: a field may be null, or of a wrong type.

        Args:
            manifest: JSON.
            decoded: the same decoded, if it is at hand.
        """
        try:
            if decoded is None:
                self._decode(manifest)
            else:
                if self._view is None:
                    self._view = self._make_view()
                msgspec.convert(decoded, self._view)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return False
        return True


class _Types:
    """Makes the types of manifests whose fields a release knows; each is made once."""

    def __init__(self, opaque: Any) -> None:
        """Prepare.

        Args:
            opaque: the type of what contains no object: `Raw` in JSON, where it is not decoded, else `Any`.
        """
        self._opaque = opaque
        self._default = Raw() if opaque is Raw else None
        self._made: dict[ObjectType, Any] = {}

    def of_root(self, root: ObjectType) -> Any:
        """Make the type of a whole manifest.

        Raises:
            _NoDecoderError: a type contains itself, or may be replaced by simpler JSON.
        """
        given = dict.fromkeys(_NOT_LOOKED_INTO, self._opaque)
        if root.name in WITH_POD_METADATA:
            given["metadata"] = _ANY_METADATA | None
        return self._struct(root, frozenset({root}), given)

    def _struct(self, of: ObjectType, inside: frozenset[ObjectType], given: Mapping[str, Any] = _NO_TYPES) -> Any:
        """Make the type of an object: any of its fields, all optional, and no other.

        Args:
            of: the object's type in the catalog.
            inside: the types that it is in.
            given: types for some of its fields, instead of those that the catalog gives.
        """
        fields = []
        names = {}
        for index, (name, known) in enumerate(of.fields.items()):
            if known.condition is not None:
                continue  # whether it is stored depends on its value: the manifest has to be searched
            if name in given:
                made = given[name]
            elif name == "metadata" and of.name in WITH_POD_METADATA and known.target is not None:
                made = self._struct(known.target, inside | {known.target}, {"annotations": _TAKEN_OFF | None}) | None
            else:
                made = self._type(known, inside)
            fields.append((f"f{index}", made, self._default if made is self._opaque else None))
            names[f"f{index}"] = name
        return msgspec.defstruct(of.name, fields, rename=names, forbid_unknown_fields=True, gc=False)

    def _type(self, known: FieldType, inside: frozenset[ObjectType]) -> Any:
        """Make the type of a field; what contains no object is not decoded."""
        if known.element is not None:
            inner = self._type(known.element, inside)
            if inner is self._opaque:
                return inner
            holder: Any = list if known.kind == "list" else dict
            return (holder[inner] if holder is list else holder[str, inner]) | None
        target = known.target
        if target is None:
            if known.values is None or not known.values.lacking:
                return self._opaque
            words: Any = Literal
            return words[tuple(sorted(known.values.known))] | None if known.values.known else None
        if target in inside or known.loose:
            raise _NoDecoderError
        made = self._made.get(target)
        if made is None:
            made = self._made[target] = self._struct(target, inside | {target})
        return made | None
