"""``converter --version``: the installed version."""

from __future__ import annotations

from importlib import metadata


def version_text() -> str:
    """Return the installed version, as ``converter VERSION``."""
    try:
        return f"converter {metadata.version('karmada-api-version-converter')}"
    except metadata.PackageNotFoundError:
        return "converter (not installed; run from a checkout)"
