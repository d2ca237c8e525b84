"""Walks a compiled route, with errors that name places of the manifest that the user wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.conversion.source_path import original_path
from converter.errors import ManifestError
from converter.rules.lens import LensError, Notes

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.kube import Manifest
    from converter.rules.lens import Lens


def run(lens: Lens, manifest: Manifest, original: Callable[[], Manifest]) -> Notes:
    """Run a lens on a manifest, which is changed; return what its steps noted.

    Args:
        lens: the compiled route.
        manifest: the manifest.
        original: returns the manifest as it was; called only for an error.

    Raises:
        ManifestError: a value has a type that its version does not allow there.
        RefusedError: the conversion would change the meaning of a value.
    """
    notes: Notes = []
    try:
        lens(manifest, notes)
    except LensError as error:
        error.path = original_path(original(), lens, error.path)
        raise error.public() from None
    return notes


def too_deep() -> ManifestError:
    """Make the error for a manifest that is nested too deep."""
    return ManifestError("is nested too deep to be converted; no Kubernetes object is nested that deep")
