"""``python -m tools.vendored``: compares the dashboard's files from others with the packages on npm, byte by byte."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

STATIC = Path(__file__).parents[1] / "converter" / "dashboard" / "static"
_ROW = re.compile(r"^\| `(?P<file>\S+)` \| `(?P<package>\S+)` \| `(?P<path>\S+)` \|", re.MULTILINE)


def main() -> int:
    """Compare all files; returns the exit code."""
    different = 0
    for row in _ROW.finditer((STATIC / "LICENSES.md").read_text(encoding="utf-8")):
        content = published(row["package"], row["path"])
        same = content == (STATIC / row["file"]).read_bytes()
        different += not same
        print(f"{'same' if same else 'DIFFERENT':10} {row['file']} ({row['package']}, {row['path']})")
    return 1 if different else 0


def published(package: str, path: str) -> bytes:
    """Return a file of a package on npm, such as ``dist/htmx.min.js`` of ``htmx.org@2.0.6``."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.PIPE, text=True
        )
        archive = (Path(folder) / done.stdout.strip()).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        member = opened.extractfile(f"package/{path}")
        assert member is not None
        return member.read()


if __name__ == "__main__":
    sys.exit(main())
