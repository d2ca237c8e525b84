"""Converts an edited manifest back to its source version: preserved values return, unless they undo an edit.

Whether an edit survives is not taken on trust. The result is converted once more and compared with the edited
manifest: restoring values may make it no less like it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec import UNSET

from converter.conversion.lost_values import LostValue, tell_losses
from converter.conversion.path_tree import PathTree
from converter.conversion.preserve import digests_of, leaf_differences
from converter.conversion.restore import Reason, UnrestoredValue, put_back
from converter.conversion.walk import run, too_deep
from converter.kube import Json, Manifest, Path, canonical_json, copy_json, parse_path
from converter.rules.lens import LensError, Notes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from converter.conversion.conversion_data import ConversionData, PreservedValue
    from converter.conversion.route import CompiledRoute

_MOST_TRIALS = 48
"""How often the result is converted to find the values that undo an edit; what is undecided then is not restored."""

_TRIED_BYTES = 512 << 10
"""Bytes of JSON that all these conversions read: there are fewer trials for a large manifest."""

_OF_SERVERS = ("metadata", "status")
"""Fields that others than the user write: they do not decide whether a whole manifest is restored."""


@dataclass(frozen=True, slots=True)
class Restored:
    """The result of `restore_source`.

    Attributes:
        manifest: the manifest in the source version.
        unrestored: the values of the original that an edit keeps out, in the order of the original.
        losses: the values of the edited manifest that the source version cannot hold.
    """

    manifest: Manifest
    unrestored: tuple[UnrestoredValue, ...] = ()
    losses: tuple[LostValue, ...] = ()


def restore_source(
    manifest: Manifest, route: CompiledRoute, data: ConversionData, limit: int | None = None
) -> Restored:
    """Convert a manifest back and restore what its conversion preserved; the manifest given is never changed.

    Args:
        manifest: a manifest in the route's target version.
        route: the route that the conversion took, from ``data.source``.
        data: what that conversion preserved.
        limit: the most losses to name; see `tell_losses`.

    Raises:
        ManifestError: a value has a type that its version does not allow there, or a preserved path cannot be read.
        RefusedError: the conversion would change the meaning of a value.
    """
    try:
        whole = data.whole
        if whole is None:
            return _restore(manifest, route, data.values, limit)
        if _has_only_changes_of_servers(manifest, whole):
            return _restore_whole(manifest, whole)
        found = _restore(manifest, route, (), limit)
        about = UnrestoredValue("", whole.value, Reason.CHANGED)
        return Restored(found.manifest, (about,), found.losses)
    except RecursionError:
        raise too_deep() from None


def undo(manifest: Manifest, route: CompiledRoute, data: ConversionData) -> Manifest:
    """Convert a manifest back that nobody edited; arguments and errors as for `restore_source`.

    Nothing is tried: the caller knows what should come out. It does not if other rules made the manifest.
    """
    try:
        if data.whole is not None:
            whole: Manifest = copy_json(data.whole.value)
            return whole
        returned: Manifest = copy_json(manifest)
        run(route.backward, returned, lambda: manifest)
        returned["apiVersion"] = route.source
        put_back(returned, data.values)
    except RecursionError:
        raise too_deep() from None
    return returned


def _has_only_changes_of_servers(manifest: Manifest, whole: PreservedValue) -> bool:
    now, was = digests_of(manifest), whole.was
    return all(now.get(key) == was.get(key) for key in (now.keys() | was.keys()) - {*_OF_SERVERS})


def _restore_whole(manifest: Manifest, whole: PreservedValue) -> Restored:
    restored: Manifest = copy_json(whole.value)
    unrestored = []
    now = digests_of(manifest)
    for key in _OF_SERVERS:
        if now.get(key) == whole.was.get(key):
            continue
        if key in restored:
            unrestored.append(UnrestoredValue(key, restored.pop(key), Reason.CHANGED))
        if key in manifest:
            restored[key] = copy_json(manifest[key])
    return Restored(restored, tuple(unrestored))


def _restore(manifest: Manifest, route: CompiledRoute, values: Sequence[PreservedValue], limit: int | None) -> Restored:
    returned: Manifest = copy_json(manifest)
    notes = run(route.backward, returned, lambda: manifest)
    returned["apiVersion"] = route.source
    trials = _Trials(manifest, route, returned)
    restored, unrestored = trials.attempt(values)
    again = trials.converted(restored)
    if again is None or not trials.is_good(again):
        restored, unrestored = trials.settle(values)
        again = trials.converted(restored)
    return Restored(restored, unrestored, _losses(manifest, again, notes, route.source, limit))


def _losses(
    manifest: Manifest, again: Manifest | None, notes: Notes, source: str, limit: int | None
) -> tuple[LostValue, ...]:
    """List what the source version cannot hold of a manifest: what does not come back from it."""
    if again is None:
        return tell_losses(notes, (), source, limit)
    values = leaf_differences(manifest, again, limit)
    if values is None:
        return tell_losses((), None, source)
    places = PathTree[None]()
    for value in values:
        if value.value is not UNSET:
            places.add(parse_path(value.path), None)
    about = [note for note in notes if places.touches(note.path)]
    return tell_losses(about, values, source, limit)


@dataclass(slots=True)
class _Trials:
    """Tries which values can be restored without undoing an edit.

    Attributes:
        manifest: the edited manifest.
        route: the conversion that it came from.
        returned: the edited manifest, converted back.
        unavoidable: where it differs from itself, converted back and forth, without restoring anything.
        left: how many more trials there are.
    """

    manifest: Manifest
    route: CompiledRoute
    returned: Manifest
    unavoidable: frozenset[tuple[Path, bytes]] | None = field(default=None, init=False)
    left: int = field(default=_MOST_TRIALS, init=False)

    def attempt(self, values: Sequence[PreservedValue]) -> tuple[Manifest, tuple[UnrestoredValue, ...]]:
        restored = copy_json(self.returned)
        return restored, put_back(restored, values)

    def converted(self, restored: Manifest) -> Manifest | None:
        """Convert a result again; None if rules refuse it."""
        again: Manifest = copy_json(restored)
        try:
            self.route.forward(again, [])
        except LensError:
            return None
        again["apiVersion"] = self.route.target
        return again

    def is_good(self, again: Manifest) -> bool:
        """Whether what comes of a result differs from the edited manifest only where that cannot be avoided."""
        if again == self.manifest:
            return True
        if self.unavoidable is None:
            plain = self.converted(self.returned)
            self.unavoidable = frozenset() if plain is None else frozenset(_deviations(self.manifest, plain, ()))
        return self.unavoidable.issuperset(_deviations(self.manifest, again, ()))

    def settle(self, values: Sequence[PreservedValue]) -> tuple[Manifest, tuple[UnrestoredValue, ...]]:
        """Restore as many values as can be without undoing an edit."""
        self.left = min(_MOST_TRIALS, _TRIED_BYTES // len(canonical_json(self.manifest)))
        accepted: list[PreservedValue] = []
        pending = [values]
        while pending:
            group = pending.pop()
            if self._accepts([*accepted, *group]):
                accepted += group
            elif len(group) > 1:
                half = len(group) // 2
                pending += [group[half:], group[:half]]
        chosen = {id(value) for value in accepted}
        restored, missing = self.attempt([value for value in values if id(value) in chosen])
        reasons = {value.path: value for value in missing}
        for value in values:
            if id(value) not in chosen:
                reasons[value.path] = UnrestoredValue(value.path, value.value, Reason.OVERRIDES)
        return restored, tuple(reasons[value.path] for value in values if value.path in reasons)

    def _accepts(self, values: Sequence[PreservedValue]) -> bool:
        if self.left == 0:
            return False
        self.left -= 1
        again = self.converted(self.attempt(values)[0])
        return again is not None and self.is_good(again)


def _deviations(wanted: Json, found: Json, path: Path) -> Iterator[tuple[Path, bytes]]:
    """List where a value differs from what is wanted, and what it has there."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in wanted.keys() | found.keys():
            if key in wanted and key in found:
                yield from _deviations(wanted[key], found[key], (*path, key))
            else:
                yield (*path, key), canonical_json(found[key]) if key in found else b""
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (one, two) in enumerate(zip(wanted, found, strict=True)):
            yield from _deviations(one, two, (*path, index))
    elif type(wanted) is not type(found) or wanted != found:
        yield path, canonical_json(found)
