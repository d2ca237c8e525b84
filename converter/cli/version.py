"""What ``converter --version`` says."""

from __future__ import annotations

from importlib import metadata


def version_text() -> str:
    """Name the installed version."""
    try:
        return f"converter {metadata.version('karmada-api-version-converter')}"
    except metadata.PackageNotFoundError:
        return "converter (not installed; run from a checkout)"
