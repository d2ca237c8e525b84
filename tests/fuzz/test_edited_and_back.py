"""Convert, edit anything, convert back: the edit survives, what it does not touch is restored, the rest is reported.

For every kind of the rule book, in every version: a manifest that servers accept is converted to another version,
edited there in one place, and converted back with its conversion data.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from converter.catalog import load_catalog
from converter.errors import ConversionError, ManifestError
from converter.kube import GroupVersionKind, Named, canonical_json, format_path, parse_path
from tests.fuzz.edits import Editor
from tests.fuzz.unions import faults
from tests.generators.from_catalog import BATCHES, try_each
from tests.generators.originals import Original, of_once, of_today
from tests.generators.valid_values import ValidValues
from tests.nonempty import some
from tests.shipped import shipped_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from converter import Conversion
    from converter.conversion import Reason
    from converter.engine import Engine
    from converter.kube import Path

Json = Any
MISSING = object()


@cache
def originals() -> dict[str, list[Original]]:
    """Every kind that has more than one version, with all its versions."""
    converter = shipped_engine()
    found: dict[str, list[Original]] = defaultdict(list)
    for one in (*of_today(), *of_once()):
        if converter.routes.reachable(one.gvk.kind, one.gvk.api_version):
            found[one.gvk.kind].append(one)
    return dict(sorted(found.items()))


@cache
def maker(original: Original) -> ValidValues:
    return ValidValues(str(original.release).removeprefix("v"), original.gvk.api_version, original.gvk.kind)


@cache
def editor(api_version: str, kind: str) -> Editor:
    return Editor(_release(api_version, kind).removeprefix("v"), api_version, kind)


def _release(api_version: str, kind: str) -> str:
    """The newest release that has a version of a kind."""
    return str(load_catalog().releases_of(GroupVersionKind.of(api_version, kind))[-1])


@pytest.mark.parametrize("kind", originals())
def test_an_edit_survives_and_what_it_does_not_touch_comes_back(
    shipped: Engine, kind: str, report_count: Callable[[str], None]
) -> None:
    counts: Counter[str] = Counter()

    @settings(max_examples=max(settings().max_examples // 100, 1))
    @given(BATCHES)
    def try_them(batch: range) -> None:
        try_each(batch, lambda seed: check(shipped, kind, seed, counts))

    try_them()
    report_count(str(dict(sorted(counts.items()))))
    assert counts["edited"] > 0, "no edit was converted back, so nothing was proved"


def check(converter: Engine, kind: str, seed: int, counts: Counter[str]) -> None:
    """Try one manifest, one target and one edit."""
    rng = random.Random(seed)
    original = rng.choice(originals()[kind])
    source = original.gvk.api_version
    given_manifest = maker(original).make(seed, "n")
    target = rng.choice(sorted(converter.routes.reachable(kind, source)))
    there = attempt(converter, given_manifest, target)
    if there is None:
        counts["refused"] += 1
        return
    edited, edit = editor(target, kind).edit(rng, there.manifest)
    plain = attempt(converter, edited, source)
    try:
        back = converter.convert(edited, source, there.conversion_data)
    except (ConversionError, ManifestError):
        assert plain is None, f"{edit}: refused with conversion data only"
        counts["refused after the edit"] += 1
        return
    counts["edited"] += 1
    about = f"{edit} in {target}"
    assert canonical_json(converter.convert(edited, source, there.conversion_data).manifest) == canonical_json(
        back.manifest
    ), f"{about}: another result for the same input"
    assert_edit_survives(converter, edited, back, plain, about)
    unedited = attempt(converter, there.manifest, source)
    if plain is not None and unedited is not None:
        reported = {parse_path(value.path): value.reason for value in back.unrestored}
        counts["reported"] += len(reported)
        compare = Comparison(reported, about)
        compare.place((), given_manifest, unedited.manifest, plain.manifest, back.manifest)
        counts["restored"] += compare.restored
    forms = [given_manifest, edited] if plain is None else [given_manifest, edited, plain.manifest]
    counts["valid"] += assert_valid(forms, back, about)
    again = attempt(converter, back.manifest, target)
    if again is not None:
        returned = converter.convert(again.manifest, source, again.conversion_data)
        assert canonical_json(returned.manifest) == canonical_json(back.manifest), f"{about}: not idempotent"
        assert returned.unrestored == ()


def attempt(converter: Engine, manifest: dict[str, Any], target: str) -> Conversion | None:
    try:
        return converter.convert(manifest, target)
    except (ConversionError, ManifestError):
        return None


def assert_edit_survives(
    converter: Engine, edited: dict[str, Any], back: Conversion, plain: Conversion | None, about: str
) -> None:
    """What was restored, converted once more, differs from the edited manifest only where the way back loses values.

    Each value of the edited manifest that is lost is reported.
    """
    again = attempt(converter, back.manifest, edited["apiVersion"])
    plain_again = attempt(converter, plain.manifest, edited["apiVersion"]) if plain is not None else None
    if again is None or plain_again is None:
        return
    found = dict(deviations(edited, again.manifest, ()))
    unavoidable = dict(deviations(edited, plain_again.manifest, ()))
    assert found.items() <= unavoidable.items(), f"{about}: undone at {sorted(map(str, found.keys() - unavoidable))}"
    lost = [path for path in found if at(edited, path) not in (MISSING, None, "", [], {})]
    told = [parse_path(loss.path) for loss in back.losses]
    for path in lost:  # may be empty
        assert any(touches(path, other, edited) for other in told), f"{about}: {format_path(path)} lost in silence"


def deviations(wanted: Json, found: Json, path: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield each place where a value is not as wanted, with what is there."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in sorted(wanted.keys() | found.keys()):
            if key not in wanted or key not in found:
                yield (*path, key), canonical_json(found[key]) if key in found else b""
            else:
                yield from deviations(wanted[key], found[key], (*path, key))
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (one, two) in enumerate(zip(wanted, found, strict=True)):
            yield from deviations(one, two, (*path, index))
    elif canonical_json(wanted) != canonical_json(found):
        yield path, canonical_json(found)


def at(node: Json, path: Path) -> Json:
    for segment in path:
        try:
            node = node[segment]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return node


def touches(path: Path, other: Path, node: Json) -> bool:
    """Whether one path leads to the other; items that are named and items at an index are the same if they are."""
    for one, two in zip(path, other, strict=False):
        named = isinstance(two, Named) and isinstance(node, list) and isinstance(one, int)
        if named and node[one].get("name") != two.name:  # type: ignore[union-attr]
            return False
        if not named and one != two:
            return False
        node = at(node, (one,))
    return True


class Comparison:
    """Compares four forms in the source version, field by field.

    They are: the original, what it comes back as without conversion data, what the edited manifest comes back as
    without conversion data, and the result.
    """

    def __init__(self, reported: dict[Path, Reason], about: str) -> None:
        self.reported = reported
        self.about = about
        self.restored = 0

    def place(self, path: Path, original: Json, unedited: Json, edited: Json, result: Json) -> None:
        """Check a place: the original's value if the edit does not show here, else the edit or a report."""
        if same(edited, unedited):
            if not same(result, original):
                self._is_reported(path, edited, result)
            elif not same(original, unedited):
                self.restored += 1
        elif all(isinstance(form, dict) for form in (original, edited, result)) and (
            isinstance(unedited, dict) or unedited is MISSING
        ):
            unedited = {} if unedited is MISSING else unedited
            for key in some({**original, **unedited, **edited, **result}):
                self.place((*path, key), *(form.get(key, MISSING) for form in (original, unedited, edited, result)))
        elif all(isinstance(form, list) for form in (original, edited, result)):
            self._items(path, original, edited, result)
        else:
            assert same(result, edited) or same(result, original), f"{self.about}: {path} is neither"

    def _is_reported(self, path: Path, edited: Json, result: Json) -> None:
        around = [place for place in self.reported if place == path[: len(place)]]
        below = [place for place in self.reported if path == place[: len(path)]]
        assert around or below, f"{self.about}: {path} is neither restored nor reported"
        assert below or same(result, edited), f"{self.about}: {path} is neither the edit nor the original"

    def _items(self, path: Path, original: list[Json], edited: list[Json], result: list[Json]) -> None:
        assert len(result) == len(edited), f"{self.about}: {path} has items of two versions"
        written = {canonical_json(item) for item in (*original, *edited)}
        for item in result:  # may be empty
            if not (isinstance(item, dict) and "name" in item):
                assert canonical_json(item) in written, f"{self.about}: {path} has an item that nobody wrote"


def same(one: Json, two: Json) -> bool:
    if one is MISSING or two is MISSING:
        return one is two
    return canonical_json(one) == canonical_json(two)


def assert_valid(before: list[dict[str, Any]], back: Conversion, about: str) -> bool:
    """The result has no value of a wrong type and no mixed union; returns False if there was one before."""
    known = [fault for form in before for fault in faults(form, _release(form["apiVersion"], form["kind"]))]
    found = faults(back.manifest, _release(back.manifest["apiVersion"], back.manifest["kind"]))
    assert known or not found, f"{about}: {found}"
    return not known
