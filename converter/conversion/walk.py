"""Walks a route: a manifest in its new version, what that version cannot hold, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import UNSET

from converter.conversion.kept import Kept, difference, put_back
from converter.errors import ManifestError
from converter.kube import Json, Manifest, copy_json, format_path, is_empty
from converter.rules.lens import LensError, Note, Notes
from converter.rules.steps.values import shown

if TYPE_CHECKING:
    import msgspec

    from converter.conversion.kept import KeptValue
    from converter.conversion.route import Route
    from converter.rules.lens import Lens


@dataclass(frozen=True, slots=True)
class Loss:
    """A value that the target version cannot hold.

    Attributes:
        path: where it stands in the manifest as given.
        value: what it is.
        why: a sentence for the user.
    """

    path: str
    value: Json
    why: str

    def __str__(self) -> str:
        return f"{self.path} = {shown(self.value)}: {self.why}"


@dataclass(frozen=True, slots=True)
class Conversion:
    """What came out of a conversion.

    Attributes:
        manifest: the manifest in the target version.
        losses: what that version cannot hold, in the order of the manifest.
        kept: what the way back needs to be exact.
        route: the way it went; None where nothing had to be done.
    """

    manifest: Manifest
    losses: tuple[Loss, ...]
    kept: Kept
    route: Route | None


def convert(manifest: Manifest, route: Route) -> Conversion:
    """Convert a manifest along a route; the manifest given is never changed.

    Raises:
        ManifestError: something in it has a type that its version does not allow there.
        RefusedError: the conversion would change the meaning of a value.
    """
    try:
        converted = copy_json(manifest)
        notes = _run(route.forward, converted)
        converted["apiVersion"] = route.target
        returned = copy_json(converted)
        _run(route.backward, returned)
        returned["apiVersion"] = route.source
        values = difference(manifest, returned)
    except RecursionError:
        raise _too_deep() from None
    return Conversion(converted, _losses(notes, values, route), Kept(route.source, values), route)


def restore_source(manifest: Manifest, route: Route, kept: Kept) -> Manifest:
    """Walk a route back and put in place what the way there kept; the manifest given is never changed.

    Args:
        manifest: a manifest in the route's target version.
        route: the route that the conversion took, from ``kept.source``.
        kept: what that conversion kept.

    Raises:
        ManifestError: something in it has a type that its version does not allow there.
        RefusedError: the conversion would change the meaning of a value.
    """
    try:
        restored: Manifest = copy_json(manifest)
        _run(route.backward, restored)
        restored["apiVersion"] = route.source
        put_back(restored, kept)
    except RecursionError:
        raise _too_deep() from None
    return restored


def _too_deep() -> ManifestError:
    return ManifestError("is nested too deep to be converted; no Kubernetes object is nested that deep")


def _run(lens: Lens, manifest: Manifest) -> Notes:
    notes: Notes = []
    try:
        lens(manifest, notes)
    except LensError as error:
        raise error.public() from None
    return notes


def _losses(notes: list[Note], values: tuple[KeptValue, ...], route: Route) -> tuple[Loss, ...]:
    """Join what the steps noted with what proved not to come back."""
    if not notes and not values:
        return ()
    noted = {format_path(note.path): Loss(format_path(note.path), note.value, note.why) for note in notes}
    for item in values:
        if is_empty(_given(item.value)) or any(_covers(path, item.path) for path in noted):
            continue
        was = _given(item.was)
        why = f"{route.target} has no place for it" if is_empty(was) else f"{route.target} can only say {shown(was)}"
        noted[item.path] = Loss(item.path, item.value, why)
    return tuple(noted.values())


def _given(value: Json | msgspec.UnsetType) -> Json:
    return None if value is UNSET else value


def _covers(noted: str, path: str) -> bool:
    return path == noted or (path.startswith(noted) and path[len(noted)] in ".[")
