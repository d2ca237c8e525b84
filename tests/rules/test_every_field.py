"""Every field of every kind lands where the target version has a place for it, or is reported.

For each pair of versions that one release knows side by side, an object with all the fields the release gives the one
version is converted to the other. Whatever the release's other version has no field for, a server would drop without a
word; so none of that may be left in the result. That what is missing from it was reported is asked too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from converter.catalog import Release, load_catalog
from converter.catalog.defaults import NeutralValues, value_at
from converter.errors import RefusedError
from converter.kube import GroupVersionKind, Path, canonical_json, format_path, parse_path
from tests.generators.any_values import everything
from tests.shipped import shipped_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.engine import Conversion, Engine


NEUTRAL = NeutralValues(load_catalog())


def pairs() -> Iterator[tuple[GroupVersionKind, GroupVersionKind, Release]]:
    """Two versions of a kind, and the first and the last release that know both."""
    catalog, converter = load_catalog(), shipped_engine()
    for gvk in catalog.kinds():
        for version in converter.routes.reachable(gvk.kind, gvk.api_version):
            target = GroupVersionKind.of(version, gvk.kind)
            both = [release for release in catalog.releases_of(gvk) if release in catalog.releases_of(target)]
            for release in sorted({*both[:1], *both[-1:]}):
                yield gvk, target, release


def places(node: Any, path: Path = ()) -> Iterator[Path]:
    """The place of everything in a manifest that holds no more."""
    if isinstance(node, (dict, list)) and node:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from places(value, (*path, key))
    else:
        yield path


def without(node: Any, key: str) -> Any:
    """A copy of a value in which no object has that key."""
    if isinstance(node, dict):
        return {name: without(value, key) for name, value in node.items() if name != key}
    return [without(item, key) for item in node] if isinstance(node, list) else node


def convert(converter: Engine, manifest: dict[str, Any], target: str) -> tuple[dict[str, Any], Conversion]:
    """Convert, leaving out what is refused, and give what was converted with the result."""
    for _ in range(20):
        try:
            return manifest, converter.convert(manifest, to=target)
        except RefusedError as error:
            names = [segment for segment in parse_path(error.path) if isinstance(segment, str)]
            manifest = without(manifest, names[-1])
    raise AssertionError(f"{target} refuses too much")


@pytest.mark.parametrize(("source", "target", "release"), list(pairs()), ids=str)
def test_every_field_has_a_place_or_is_reported(
    shipped: Engine, source: GroupVersionKind, target: GroupVersionKind, release: Release
) -> None:
    catalog = load_catalog()
    has, takes = catalog.type_of(release, source), catalog.type_of(release, target)
    assert has is not None
    assert takes is not None
    whole = {**everything(has), "apiVersion": source.api_version, "kind": source.kind, "metadata": {"name": "a"}}

    given, result = convert(shipped, whole, target.api_version)

    stray = [format_path(path) for path in places(result.manifest) if takes.field_at(path) is None]
    assert not stray, f"{target} in {release} would drop these without a word"
    back = shipped.convert(result.manifest, to=source.api_version)
    gone = {format_path(path) for path in places(given)} - {format_path(path) for path in places(back.manifest)}
    told = [loss.path for loss in result.losses]
    missed = [path for path in gone if not any(_covers(loss, path) for loss in told)]
    assert not [path for path in missed if not means_nothing(source, given, path)], "not reported"
    assert canonical_json(
        shipped.convert(result.manifest, source.api_version, result.conversion_data).manifest
    ) == canonical_json(given)


def means_nothing(gvk: GroupVersionKind, manifest: dict[str, Any], path: str) -> bool:
    """Whether a value means the same as leaving its field out."""
    at = parse_path(path)
    return NEUTRAL.means_nothing_new(gvk, at, value_at(manifest, at), lambda: manifest)


def _covers(loss: str, path: str) -> bool:
    """Whether a loss is about a place, or about what is around or in it; list items go by name or by number."""
    plain = [[str(s) for s in parse_path(text) if isinstance(s, str)] for text in (loss, path)]
    shorter = min(map(len, plain))
    return plain[0][:shorter] == plain[1][:shorter]
