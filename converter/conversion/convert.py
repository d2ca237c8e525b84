"""Converts a manifest along a route: the manifest in its new version, its losses, and its conversion data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from converter.conversion.conversion_data import ConversionData, PreservedValue, whole_manifest
from converter.conversion.lost_values import LostValue, tell_losses
from converter.conversion.preserve import digests_of, leaf_differences, preserve
from converter.conversion.walk import run, too_deep
from converter.kube import Manifest, as_go_writes, canonical_json, copy_json
from converter.rules.lens import LensError, Notes

if TYPE_CHECKING:
    from collections.abc import Callable

    from msgspec import Raw

    from converter.conversion.route import CompiledRoute


_LISTED_PER_LOSS: Final = 10
"""How many differences are checked for each loss that may be named: some hold nothing, or are filled in."""


@dataclass(frozen=True, slots=True)
class RouteResult:
    """The result of `convert`.

    Attributes:
        manifest: the manifest in the target version.
        losses: what that version cannot hold, in the order of the manifest.
        conversion_data: what converting back needs to be exact.
        route: the route taken; None if nothing had to be done.
    """

    manifest: Manifest
    losses: tuple[LostValue, ...]
    conversion_data: ConversionData
    route: CompiledRoute | None


def convert(manifest: Manifest, route: CompiledRoute) -> RouteResult:
    """Convert a manifest along a route; the manifest given is never changed.

    Raises:
        ManifestError: a value has a type that its version does not allow there.
        RefusedError: the conversion would change the meaning of a value.
    """
    try:
        converted = copy_json(manifest)
        notes = run(route.forward, converted, lambda: manifest)
        converted["apiVersion"] = route.target
        found = _compare_with_way_back(lambda: manifest, copy_json(converted), lambda: converted, route)
    except RecursionError:
        raise too_deep() from None
    losses = tell_losses(notes, found.lost, route.target)
    return RouteResult(converted, losses, ConversionData(route.source, found.values), route)


class _Preserved(msgspec.Struct, frozen=True):
    """What converting back does not give.

    Attributes:
        lost: each single value, for reports; None if there are too many to name.
        values: the places, for conversion data.
    """

    lost: tuple[PreservedValue, ...] | None
    values: tuple[PreservedValue, ...]


_NOTHING: Final = _Preserved((), ())


class Fresh(msgspec.Struct, gc=False):
    """A manifest that `convert_fresh` converted; `compare_fresh` uses it up.

    Attributes:
        manifest: the manifest in the target version.
        encoded: the same as canonical JSON.
        notes: what the steps noted.
    """

    manifest: Manifest
    encoded: bytes
    notes: Notes


def convert_fresh(manifest: Manifest, original: Callable[[], Manifest], route: CompiledRoute) -> Fresh:
    """Convert a manifest that has just been decoded, and may be changed.

    With `compare_fresh`, this is half the work of `convert`. What has to look at the result does so in between.

    Args:
        manifest: it is used up.
        original: decodes the same again; called only for an error.
        route: the conversion.

    Raises:
        ManifestError: a value has a type that its version does not allow there, or a number is too large; and
            whatever ``original`` raises.
        RefusedError: the conversion would change the meaning of a value.
    """
    try:
        notes = run(route.forward, manifest, original)
        manifest["apiVersion"] = route.target
        return Fresh(manifest, canonical_json(manifest), notes)
    except RecursionError:
        raise too_deep() from None


def compare_fresh(
    fresh: Fresh,
    data: bytes | Raw,
    original: Callable[[], Manifest],
    route: CompiledRoute,
    limit: int | None = None,
    *,
    keep: bool = False,
) -> tuple[tuple[LostValue, ...], ConversionData]:
    """Find what a conversion lost, and what converting back needs to be exact.

    The way back, which finds the conversion data, runs on the same objects, because no lens leaves one object at two
    places. If it gives the bytes that were sent, the original is not decoded again.

    Args:
        fresh: the conversion; its manifest is used up.
        data: the JSON that the original was decoded from.
        original: decodes the same again; called only if something may be lost.
        route: the conversion.
        limit: the most losses to name; see `tell_losses`.
        keep: leave the objects of the manifest as they are, because somebody refers to them.

    Raises:
        ManifestError: the manifest is nested too deep; and whatever ``original`` raises.
    """
    manifest, notes, again = fresh.manifest, fresh.notes, partial(msgspec.json.decode, fresh.encoded)
    try:
        if notes or keep:  # notes can refer to objects that the way back changes
            manifest = again()
        found = _compare_with_way_back(original, manifest, again, route, None if notes else data, limit)
    except RecursionError:
        raise too_deep() from None
    if not notes and found is _NOTHING:
        return (), ConversionData(route.source)
    return tell_losses(notes, found.lost, route.target, limit), ConversionData(route.source, found.values)


def _compare_with_way_back(  # noqa: PLR0917  as `compare_fresh` has it
    original: Callable[[], Manifest],
    converted: Manifest,
    again: Callable[[], Manifest],
    route: CompiledRoute,
    data: bytes | Raw | None = None,
    limit: int | None = None,
) -> _Preserved:
    """Find what converting back does not give.

    If that gives just ``data``, there is nothing to find, and the original is not asked for.

    Args:
        original: returns the original.
        converted: the converted manifest; it is used up.
        again: returns the same once more.
        route: the conversion.
        data: the original's JSON, if it is at hand.
        limit: the most losses that will be named.
    """
    try:
        route.backward(converted, [])
    except LensError:  # only the whole original helps if the way back is refused
        return _Preserved((), _whole(original, again))
    converted["apiVersion"] = route.source
    if data is not None:
        text, sent = canonical_json(converted), bytes(data)
        if text == sent or as_go_writes(text) == sent:
            return _NOTHING
    whole = original()
    values = preserve(whole, converted)
    if values == ():
        return _NOTHING
    lost = leaf_differences(whole, converted, None if limit is None else limit * _LISTED_PER_LOSS)
    return _Preserved(lost, values if values is not None else _whole(original, again))


def _whole(original: Callable[[], Manifest], again: Callable[[], Manifest]) -> tuple[PreservedValue, ...]:
    return (whole_manifest(copy_json(original()), digests_of(again())),)
