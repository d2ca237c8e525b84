"""Runs a route: it gives the manifest in its new version, the losses, and the conversion data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from converter.conversion.conversion_data import ConversionData, PreservedValue, difference, put_back
from converter.conversion.lost_values import LostValue, tell_losses
from converter.conversion.source_path import original_path
from converter.errors import ManifestError
from converter.kube import Manifest, canonical_json, copy_json
from converter.rules.lens import LensError, Notes

if TYPE_CHECKING:
    from collections.abc import Callable

    from msgspec import Raw

    from converter.conversion.route import Route
    from converter.rules.lens import Lens


@dataclass(frozen=True, slots=True)
class RouteResult:
    """What came out of `convert`.

    Attributes:
        manifest: the manifest in the target version.
        losses: what that version cannot hold, in the order of the manifest.
        kept: what the way back needs to be exact.
        route: the way it went; None where nothing had to be done.
    """

    manifest: Manifest
    losses: tuple[LostValue, ...]
    kept: ConversionData
    route: Route | None


def convert(manifest: Manifest, route: Route) -> RouteResult:
    """Convert a manifest along a route; the manifest given is never changed.

    Raises:
        ManifestError: something in it has a type that its version does not allow there.
        RefusedError: the conversion would change the meaning of a value.
    """
    try:
        converted = copy_json(manifest)
        notes = _run(route.forward, converted, lambda: manifest)
        converted["apiVersion"] = route.target
        values = _keep(lambda: manifest, copy_json(converted), route)
    except RecursionError:
        raise _too_deep() from None
    return RouteResult(converted, tell_losses(notes, values, route.target), ConversionData(route.source, values), route)


class Fresh(NamedTuple):
    """What came out of `convert_fresh`.

    Attributes:
        encoded: the manifest in the target version, as JSON.
        losses: what that version cannot hold, in the order of the manifest.
        kept: what the way back needs to be exact.
    """

    encoded: bytes
    losses: tuple[LostValue, ...]
    kept: ConversionData


def convert_fresh(manifest: Manifest, data: bytes | Raw, original: Callable[[], Manifest], route: Route) -> Fresh:
    """Convert a manifest that has just been decoded, and may be changed: half the work of `convert`.

    The way back, which finds the conversion data, runs on the same objects, because no lens leaves one object at two
    places. If it gives the bytes that were sent, the original is not decoded again.

    Args:
        manifest: it is used up.
        data: the JSON it was decoded from.
        original: decodes the same again; asked only where it takes that to say what is lost.
        route: the way to go.

    Raises:
        ManifestError: something in it has a type that its version does not allow there, or a number is too large; and
            whatever ``original`` raises.
        RefusedError: the conversion would change the meaning of a value.
    """
    try:
        notes = _run(route.forward, manifest, original)
        manifest["apiVersion"] = route.target
        encoded = msgspec.json.encode(manifest)
        if notes:  # they can refer to objects that the way back changes
            manifest = msgspec.json.decode(encoded)
        values = _keep(original, manifest, route, None if notes else data)
    except RecursionError:
        raise _too_deep() from None
    return Fresh(encoded, tell_losses(notes, values, route.target), ConversionData(route.source, values))


def restore_source(manifest: Manifest, route: Route, kept: ConversionData) -> Manifest:
    """Walk a route back and put in place what the way there kept; the manifest given is never changed.

    Args:
        manifest: a manifest in the route's target version.
        route: the route that the conversion took, from ``kept.source``.
        kept: what that conversion kept.

    Raises:
        ManifestError: something in it has a type that its version does not allow there.
        RefusedError: the conversion would change the meaning of a value.
    """
    if kept.whole is not None:
        return copy_json(kept.whole)  # type: ignore[no-any-return]  # a whole manifest was kept
    try:
        restored: Manifest = copy_json(manifest)
        _run(route.backward, restored, lambda: manifest)
        restored["apiVersion"] = route.source
        put_back(restored, kept)
    except RecursionError:
        raise _too_deep() from None
    return restored


def _keep(
    original: Callable[[], Manifest], converted: Manifest, route: Route, data: bytes | Raw | None = None
) -> tuple[PreservedValue, ...]:
    """List what the way back would not give; ``converted`` is used up.

    Where it gives just ``data``, the original's JSON, there is nothing to list, and the original is not asked for.
    """
    try:
        route.backward(converted, [])
    except LensError:  # the way back is refused, so nothing less than the whole original would do
        return (PreservedValue("", value=copy_json(original())),)
    converted["apiVersion"] = route.source
    if data is not None and canonical_json(converted) == bytes(data):
        return ()
    return difference(original(), converted)


def _too_deep() -> ManifestError:
    return ManifestError("is nested too deep to be converted; no Kubernetes object is nested that deep")


def _run(lens: Lens, manifest: Manifest, original: Callable[[], Manifest]) -> Notes:
    notes: Notes = []
    try:
        lens(manifest, notes)
    except LensError as error:
        error.path = original_path(original(), lens, error.path)
        raise error.public() from None
    return notes
