"""Prints the base image of the Dockerfile; with ``--check``, makes sure that it has both architectures of a release.

``docker buildx imagetools inspect --raw "$(python tools/base_image.py)" | python tools/base_image.py --check``
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

DOCKERFILE = Path(__file__).parents[1] / "Dockerfile"
PLATFORMS = ("linux/amd64", "linux/arm64")
"""The platforms of a release, as .github/workflows/release.yml names them."""

_FROM = re.compile(r"^FROM (?P<image>\S+)(?: AS (?P<stage>\S+))?$", re.MULTILINE)
_PINNED = re.compile(r"[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}")


def base_images(dockerfile: str) -> list[str]:
    """List the images that a Dockerfile builds on, without its own stages.

    Raises:
        ValueError: one of them has no tag or no digest.
    """
    found = list(_FROM.finditer(dockerfile))
    stages = {one["stage"] for one in found}
    images = [one["image"] for one in found if one["image"] not in stages]
    for image in images:
        if not _PINNED.fullmatch(image):
            raise ValueError(f"{image}: write NAME:TAG@sha256:DIGEST")
    return images


def missing_platforms(index: dict[str, Any]) -> list[str]:
    """List the platforms of a release that an image index lacks; all of them for the manifest of one platform."""
    entries = [one.get("platform", {}) for one in index.get("manifests", ())]
    there = {f"{one.get('os')}/{one.get('architecture')}" for one in entries}
    return [platform for platform in PLATFORMS if platform not in there]


def main() -> int:
    """Print the image, or check the index on standard input."""
    if sys.argv[1:] != ["--check"]:
        print(*base_images(DOCKERFILE.read_text(encoding="utf-8")), sep="\n")
        return 0
    missing = missing_platforms(json.load(sys.stdin))
    print(f"the base image lacks {', '.join(missing)}" if missing else f"the base image has {', '.join(PLATFORMS)}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
