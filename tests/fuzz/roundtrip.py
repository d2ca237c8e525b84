"""The properties every pair of versions must have, as functions that rules' tests call with generated manifests."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from converter.errors import ConversionError, ManifestError
from converter.kube import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.engine import Conversion, Engine

TRIED_TWICE = 8
"""Of so many manifests, one is converted twice: the second time costs as much as all the rest, and finds less."""


def assert_round_trip(converter: Engine, manifest: dict[str, Any], target: str) -> None:
    """A → B → A gives A, A is never changed, B is B twice, and B → B changes nothing.

    A manifest the rules refuse, or one with a wrong type, must say so by a typed error.
    """
    before = canonical_json(manifest)
    source = manifest["apiVersion"]
    there = converted(converter, manifest, target)
    assert canonical_json(manifest) == before, "the input was changed"
    if there is None:
        return
    assert there.manifest["apiVersion"] == target
    back = converter.convert(there.manifest, to=source, conversion_data=there.conversion_data)
    assert canonical_json(back.manifest) == before
    if zlib.crc32(before) % TRIED_TWICE == 0:
        assert canonical_json(converter.convert(manifest, to=target).manifest) == canonical_json(there.manifest)
        assert converter.convert(there.manifest, to=target).manifest == there.manifest


def converted(converter: Engine, manifest: dict[str, Any], target: str) -> Conversion | None:
    """Convert; None where the rules refuse the manifest by a typed error. Any other exception passes, and fails."""
    try:
        return converter.convert(manifest, to=target)
    except (ConversionError, ManifestError):
        return None


def assert_typed_errors(converter: Engine, manifest: dict[str, Any], target: str) -> None:
    """Whatever stands in the manifest, the outcome is a manifest in the target version, or a typed error."""
    result = converted(converter, manifest, target)
    assert result is None or result.manifest["apiVersion"] == target


def assert_round_trips(converter: Engine, manifest: dict[str, Any], versions: Iterable[str]) -> None:
    """`assert_round_trip` from one manifest to each of several versions, but its own."""
    for version in versions:
        if version != manifest["apiVersion"]:
            assert_round_trip(converter, manifest, version)
