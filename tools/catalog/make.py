"""Make the catalog: download Kubernetes' published clients and Go types, distil them, write one compact file."""

from __future__ import annotations

import argparse
import json
import lzma
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # run as a script: the tools are next to the package, not in it

from tools.catalog import distil, modules, values, wheels  # noqa: E402 - needs the path above
from tools.catalog.defaults import on_by_default  # noqa: E402 - needs the path above
from tools.catalog.gotypes import Module  # noqa: E402 - needs the path above

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OUTPUT = ROOT / "converter" / "catalog" / "catalog.json.xz"
FORMAT = 2

_HELP = """\
Download the `kubernetes` client of every release from v1.12 on (with pip, into a cache outside the tree), and the
Go types of every release from v1.15 on (with `go mod download`, into Go's own cache). Read what each release
serves, which fields its types have, and which values of enumerations it knows, and write the catalog that ships
with the package. All of it is read as text; nothing is run. The same files give the same bytes.

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


@dataclass
class Distilled:
    """What one client says.

    Attributes:
        wheel: the client.
        types: the types that objects can hold, as `distil.types_of` writes them.
        rows: the resources, as the document has them.
    """

    wheel: wheels.Wheel
    types: dict[str, dict[str, str]]
    rows: list[list[Any]]

    @classmethod
    def of(cls, wheel: wheels.Wheel) -> Distilled:
        """Distil a client."""
        minor = int(wheel.release.rpartition(".")[2])
        types = distil.types_of(wheel)
        rows: list[list[Any]] = []
        for group, version, plural, kind, found in distil.resources_of(wheel):
            on = on_by_default(minor, group, version, plural)
            subresources, root = sorted(found.subresources), next(iter(found.roots))
            rows.append([group, version, kind, plural, found.namespaced, subresources, on, root])
        wanted = reachable(types, {row[-1] for row in rows})
        return cls(wheel, {name: types[name] for name in sorted(wanted)}, rows)


def document(clients: list[wheels.Wheel], sources: Mapping[str, modules.Source]) -> dict[str, Any]:
    """Build the catalog's document (`converter.catalog.data` describes its shape).

    Args:
        clients: a client of each release, oldest first.
        sources: the Go types of releases, by release; a release without them gets no values.
    """
    shapes, resources = Pool(), Pool()
    releases: list[dict[str, Any]] = []
    before: dict[str, int] = {}
    for client, told in with_values([Distilled.of(wheel) for wheel in clients], sources):
        listed = sorted(resources.number(row) for row in client.rows)
        now = {name: shapes.number(fields) for name, fields in client.types.items()}
        changed = {name: shape for name, shape in now.items() if before.get(name) != shape}
        gone = sorted(set(before) - set(now))
        release = client.wheel.release
        releases.append({"release": release, "resources": listed, "types": changed, "gone": gone, "values": told})
        before = now
        print(f"{release}: {len(listed)} resources, {len(now)} types", file=sys.stderr)
    return {
        "format": FORMAT,
        "sources": [_source(wheel, sources.get(wheel.release)) for wheel in clients],
        "shapes": shapes.values,
        "resources": resources.values,
        "releases": releases,
    }


def _source(wheel: wheels.Wheel, module: modules.Source | None) -> dict[str, str]:
    record = {"release": wheel.release, "wheel": wheel.path.name, "sha256": wheel.sha256}
    return record if module is None else {**record, "module": module.name, "sum": module.sum}


def with_values(
    clients: list[Distilled], sources: Mapping[str, modules.Source]
) -> Iterator[tuple[Distilled, dict[str, list[str]]]]:
    """Mark the fields whose enumerations are not the same in all releases; with what changes of their values."""
    read = {release: Module.read(source.folder) for release, source in sources.items()}
    known = {
        client.wheel.release: values.known(client.types, client.rows, read[client.wheel.release])
        for client in clients
        if client.wheel.release in read
    }
    enumerations = {name for module in read.values() for name in module.enumerations()}
    groups = {path: package.group for module in read.values() for path, package in module.packages.items()}
    wanted = values.changing(list(known.values()), enumerations, groups)
    before: dict[str, list[str]] = {}
    for client in clients:
        said = known.get(client.wheel.release, values.Known())
        now = {str(place): sorted(said.values[place]) for place in wanted if said.values.get(place)}
        yield (
            replace(client, types=values.marked(client.types, said, wanted)),
            {name: listed for name, listed in now.items() if before.get(name) != listed},
        )
        before |= now


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
    data = encoded(document(wheels.fetch(arguments.cache), modules.fetch()))
    if arguments.check:
        same = arguments.output.exists() and arguments.output.read_bytes() == data
        print(f"{arguments.output}: {'as it should be' if same else 'differs from what the sources say'}")
        return 0 if same else 1
    arguments.output.write_bytes(data)
    print(f"{arguments.output}: {len(data)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
