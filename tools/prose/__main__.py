"""The command: check every text of the repository, or the given files; exit with 1 if there is a finding."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.prose.check import check

REPOSITORY = Path(__file__).resolve().parents[2]
SCOPE = (
    "*.md", "docs/**/*.md", ".github/**/*.md", "converter/**/*.py", "tools/**/*.py",
    "conversion_rules/**/*.yaml", "deploy/**/*.yaml", "mkdocs.yml", "Makefile", "Dockerfile",
)  # fmt: skip
OWN = "tools/prose/"
"""The rules name what they forbid."""

PENDING: tuple[str, ...] = ()
"""Folders whose texts are not plain yet."""


def files() -> list[Path]:
    """List the files to check."""
    found = {path for pattern in SCOPE for path in REPOSITORY.glob(pattern)}
    names = sorted(path.relative_to(REPOSITORY).as_posix() for path in found)
    return [REPOSITORY / name for name in names if not name.startswith((OWN, *PENDING))]


def main() -> int:
    """Print each finding with its file and line."""
    parser = argparse.ArgumentParser(prog="python -m tools.prose", description="Check that texts are plain English.")
    parser.add_argument("files", nargs="*", type=Path, help="default: every text of the repository")
    chosen = parser.parse_args().files or files()
    count = 0
    for path in chosen:
        for finding in check(path, path.read_text(encoding="utf-8")):
            count += 1
            name = path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path
            print(f"{name}:{finding.line}: {finding}")
    print(f"{len(chosen)} files, {count} findings")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
