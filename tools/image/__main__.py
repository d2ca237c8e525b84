"""The command: build the image, its list of contents (SBOM) and the facts about it into ``build/image``."""

from __future__ import annotations

import argparse
import json
import sys
import time
import tomllib
from pathlib import Path

from tools.image import programs, sbom
from tools.image.build import built, epoch_of

REPOSITORY = Path(__file__).resolve().parents[2]
OUTPUT = REPOSITORY / "build" / "image"


def make(output: Path, *, source: Path = REPOSITORY, pinned: bool = False) -> dict[str, str | int]:
    """Build the image of a checkout into ``output`` and return the facts about it, which ``image.json`` holds too.

    The facts: ``name`` with the tag, ``digest`` of the manifest, ``size`` in bytes of all files, ``archive_size`` in
    bytes of the compressed archive, ``python_packages`` and ``debian_packages`` as counts, ``seconds``.

    Raises:
        ImageError: a program is missing, or a step failed.
    """
    programs.ensure(programs.PACKAGES, install=programs.may_install())
    start, epoch = time.monotonic(), epoch_of(source)
    version = tomllib.loads((source / "pyproject.toml").read_text())["project"]["version"]
    with built(source, output, version=version, epoch=epoch, pinned=pinned) as image:
        python, debian = sbom.python_packages(image.root), sbom.debian_packages(image.root)
        sbom.check_lock(python, (source / "requirements" / "run.txt").read_text())
        text = sbom.document(python, debian, version=version, digest=image.digest, epoch=epoch)
        facts: dict[str, str | int] = {
            "name": image.name,
            "digest": image.digest,
            "size": image.size,
            "archive_size": image.archive.stat().st_size,
            "python_packages": len(python),
            "debian_packages": len(debian),
            "seconds": round(time.monotonic() - start),
        }
    (output / "sbom.cdx.json").write_text(text)
    (output / "image.json").write_text(json.dumps(facts, indent=2) + "\n")
    return facts


def main() -> int:
    """Build the image and print the facts; return 1 after an error."""
    parser = argparse.ArgumentParser(prog="python -m tools.image", description="Build the image without an engine.")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the folder of the results (default: build/image)")
    parser.add_argument(
        "--base",
        choices=("debian", "pinned"),
        default="debian",
        help="debian: make a base of Debian's packages; pinned: pull the base that the Dockerfile names",
    )
    options = parser.parse_args()
    try:
        facts = make(options.output.resolve(), pinned=options.base == "pinned")
    except programs.ImageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps(facts, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
