"""Records what this release stores: ``python -m tests.compat.record RELEASE``. Run it once for each release.

It refuses to overwrite a file: what a release stored does not change afterwards.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import msgspec

from tests.compat.scenarios import recorded

GOLDEN = Path(__file__).parent / "golden"


def record(release: str, folder: Path = GOLDEN) -> Path:
    """Write the golden file of a release.

    Raises:
        FileExistsError: the release has one.
    """
    file = folder / f"{release}.json.gz"
    if file.exists():
        raise FileExistsError(f"{file.name} exists; what a release stored does not change")
    data = msgspec.json.encode(recorded(release))
    file.write_bytes(gzip.compress(data, mtime=0))
    return file


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tests.compat.record RELEASE")
    try:
        print(record(sys.argv[1]).name)
    except FileExistsError as error:
        raise SystemExit(str(error)) from None
