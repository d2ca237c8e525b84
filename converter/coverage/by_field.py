"""Which fields of a kind's newest version another version, or an older release, cannot hold.

Each leaf field is put into an object of its own, converted, and checked against the types of the release.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter.catalog import walk
from converter.conversion import convert
from converter.errors import ConverterError
from converter.kube import Each, GroupVersionKind, parse_path
from converter.refusals.table import rules_of
from converter.refusals.unions import Unions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.catalog import Catalog, FieldType, Release
    from converter.conversion import CompiledRoute
    from converter.kube import Manifest, Path
    from converter.losses.unknown_fields import UnknownFieldFinder

_SAMPLES: dict[str, Any] = {
    "string": "x",
    "int": 1,
    "bool": True,
    "number": 1,
    "int-or-string": 1,
    "quantity": "1",
    "date-time": "2020-01-01T00:00:00Z",
    "bytes": "eA==",
}

_SKIPPED = ("apiVersion", "kind")
_DEPTH = 12


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One field without fields below it, and an object that has only this field."""

    path: str
    manifest: Manifest


class FieldLosses:
    """Finds the fields of a kind's newest version that are lost on the way to a release."""

    def __init__(self, source: GroupVersionKind, catalog: Catalog, check: UnknownFieldFinder) -> None:
        self._source = source
        self._check = check
        self._catalog = catalog
        self._unions = Unions(catalog)
        self._leaves: list[_Leaf] | None = None
        self._converted: dict[str, list[tuple[_Leaf, Manifest | None]]] = {}

    def native(self, release: Release) -> tuple[str, ...]:
        """List the topmost fields that the same version lacks in a release."""
        newest = self._catalog.releases_of(self._source)[-1]
        if self._catalog.type_of(release, self._source) is self._catalog.type_of(newest, self._source):
            return ()
        lost = [leaf for leaf in self._all() if self._check.unknown(leaf.manifest, self._source, release)]
        return _topmost((leaf.path for leaf in lost), (leaf.path for leaf in self._all()))

    def converted(self, route: CompiledRoute, release: Release) -> tuple[str, ...]:
        """List the topmost fields that the conversion loses, or that the release does not have."""
        if route.target not in self._converted:
            self._converted[route.target] = [(leaf, _convert(leaf.manifest, route)) for leaf in self._all()]
        target = GroupVersionKind.of(route.target, route.kind)
        lost = [
            leaf.path
            for leaf, manifest in self._converted[route.target]
            if manifest is None or self._check.unknown(manifest, target, release)
        ]
        return _topmost(lost, (leaf.path for leaf in self._all()))

    def refused(self, target: str, release: Release, lost: Iterable[str]) -> tuple[str, ...]:
        """List what a release refuses: its demands, then the lost fields that an object may be refused without.

        Args:
            target: the apiVersion that the release gets.
            release: the release.
            lost: the fields of the newest version that it loses.
        """
        demands = (rule.refusal.demand for rule in rules_of(target, self._source.kind, release))
        unions = ((path, self._unions.of(self._source, parse_path(path))) for path in lost)
        members = (
            f"{path}, if it is the only {union.noun}"
            for path, union in unions
            if union is not None and not union.filled_in
        )
        return tuple(dict.fromkeys((*demands, *members)))

    def _all(self) -> list[_Leaf]:
        if self._leaves is None:
            root = self._catalog.type_of(self._catalog.releases_of(self._source)[-1], self._source)
            found = [] if root is None else list(walk(root, depth=_DEPTH))
            self._leaves = [
                _Leaf(path, self._object(parse_path(path), field))
                for path, field in found
                if field.innermost.kind != "object" and path not in _SKIPPED and not path.startswith("metadata.")
            ]
        return self._leaves

    def _object(self, path: Path, field: FieldType) -> Manifest:
        value = _SAMPLES.get(field.innermost.scalar or "", {"x": "x"})
        around = field
        for _ in range(field.nesting):
            value = [value] if around.kind == "list" else {"x": value}
            around = around.element or around
        return {
            "apiVersion": self._source.api_version,
            "kind": self._source.kind,
            "metadata": {"name": "x"},
            **_wrap(path, value),
        }


def _wrap(path: Path, value: Any) -> dict[str, Any]:
    for segment in reversed(path):
        value = [value] if isinstance(segment, Each) else {str(segment): value}
    return value  # type: ignore[no-any-return]  # a path begins with a key


def _convert(manifest: Manifest, route: CompiledRoute) -> Manifest | None:
    """Convert an object with one field; None if the field is lost.

    A refused field counts as not lost: half of a union is refused if it is alone.
    """
    try:
        done = convert(manifest, route)
    except ConverterError:
        return {}
    return None if done.losses else done.manifest


def _topmost(lost: Iterable[str], every: Iterable[str]) -> tuple[str, ...]:
    """Replace fields by the highest object all of whose fields are lost."""
    gone = set(lost)
    if not gone:
        return ()
    kept_above: set[str] = set()
    for path in every:
        if path not in gone:
            kept_above.update(_ancestors(path))
    tops = {next((above for above in _ancestors(path) if above not in kept_above), path) for path in gone}
    return tuple(sorted(tops))


def _ancestors(path: str) -> list[str]:
    """List the objects around a field, highest first."""
    parts = path.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]
