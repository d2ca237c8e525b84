"""Make the catalog: download the published Kubernetes clients, distil them, write one compact file."""

from __future__ import annotations

import argparse
import json
import lzma
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # run as a script: the tools are beside the package, not in it

from tools.catalog import distil, wheels  # noqa: E402 - needs the path above
from tools.catalog.defaults import on_by_default  # noqa: E402 - needs the path above

OUTPUT = ROOT / "converter" / "catalog" / "catalog.json.xz"
FORMAT = 1

_HELP = """\
Download the `kubernetes` client of every release from v1.12 on (with pip, into a cache outside the tree),
read what each release serves and which fields its types have, and write the catalog that ships with the
package. The wheels are read as text; nothing in them is run. The same wheels give the same bytes.

examples:
  python tools/catalog/make.py                    write converter/catalog/catalog.json.xz
  python tools/catalog/make.py --check            say whether the committed file is what would be written
  python tools/catalog/make.py --cache ~/wheels   keep the wheels there
"""


class Pool:
    """Values seen so far, each with its number: equal values are stored once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, value: Any) -> int:
        """Return the number of a JSON value, giving it the next one where it is new."""
        key = json.dumps(value)
        if key not in self._numbers:
            self._numbers[key] = len(self.values)
            self.values.append(value)
        return self._numbers[key]


def document(clients: list[wheels.Wheel]) -> dict[str, Any]:
    """Build the catalog's document (its shape is told in `converter.catalog.data`)."""
    shapes, resources = Pool(), Pool()
    releases: list[dict[str, Any]] = []
    before: dict[str, int] = {}
    for wheel in clients:
        minor = int(wheel.release.rpartition(".")[2])
        types = distil.types_of(wheel)
        listed, roots = [], set()
        for group, version, plural, kind, found in distil.resources_of(wheel):
            root = next(iter(found.roots))
            roots.add(root)
            on = on_by_default(minor, group, version, plural)
            subresources = sorted(found.subresources)
            row = [group, version, kind, plural, found.namespaced, subresources, on, root]
            listed.append(resources.number(row))
        now = {name: shapes.number(types[name]) for name in sorted(reachable(types, roots))}
        changed = {name: shape for name, shape in now.items() if before.get(name) != shape}
        gone = sorted(set(before) - set(now))
        releases.append({"release": wheel.release, "resources": sorted(listed), "types": changed, "gone": gone})
        before = now
        print(f"{wheel.release}: {len(listed)} resources, {len(now)} types", file=sys.stderr)
    sources = [{"release": wheel.release, "wheel": wheel.path.name, "sha256": wheel.sha256} for wheel in clients]
    return {
        "format": FORMAT,
        "sources": sources,
        "shapes": shapes.values,
        "resources": resources.values,
        "releases": releases,
    }


def reachable(types: dict[str, dict[str, str]], roots: set[str]) -> set[str]:
    """Name the types that objects of the roots can hold.

    Raises:
        SystemExit: a type refers to one the client does not have.
    """
    todo, seen = sorted(roots), set(roots)
    while todo:
        name = todo.pop()
        if name not in types:
            raise SystemExit(f"type {name} is referred to, but the client has no such model")
        for text in types[name].values():
            if (found := re.search(r"#(\w+)", text)) and found[1] not in seen:
                seen.add(found[1])
                todo.append(found[1])
    return seen


def encoded(value: dict[str, Any]) -> bytes:
    """Write the document: JSON in a fixed order, compressed with fixed settings and no timestamp."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
    return lzma.compress(text, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, preset=9 | lzma.PRESET_EXTREME)


def main() -> int:
    """Run the command; the exit code is 1 where `--check` finds a difference."""
    parser = argparse.ArgumentParser(
        prog="make.py", description=_HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cache = Path("~/.cache/karmada-api-version-converter/wheels").expanduser()
    parser.add_argument("--cache", type=Path, default=cache, help="folder for the wheels (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="file to write (default: %(default)s)")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file would change")
    arguments = parser.parse_args()
    data = encoded(document(wheels.fetch(arguments.cache)))
    if arguments.check:
        same = arguments.output.exists() and arguments.output.read_bytes() == data
        print(f"{arguments.output}: {'as it should be' if same else 'differs from what the wheels say'}")
        return 0 if same else 1
    arguments.output.write_bytes(data)
    print(f"{arguments.output}: {len(data)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
