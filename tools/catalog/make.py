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

from tools.catalog import distil, field_defaults, gates, gosource, modules, values, wheels  # noqa: E402 - needs the path above
from tools.catalog.defaults import on_by_default  # noqa: E402 - needs the path above
from tools.catalog.gotypes import Module  # noqa: E402 - needs the path above

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tools.catalog.pairing import Types

OUTPUT = ROOT / "converter" / "catalog" / "catalog.json.xz"
FORMAT = 3

_HELP = """\
Download the `kubernetes` client of every release from v1.12 on (with pip, into a cache outside the tree), and the
Go sources of every release from v1.15 on (with `go mod download`, into Go's own cache). Read what each release
serves, which fields its types have, which values of enumerations it knows, which fields it drops while a feature
gate is off, and which defaults it fills in, and write the catalog that ships with the package. All of it is read as
text; none of it is run. The same files give the same bytes.

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


def document(
    clients: list[wheels.Wheel], sources: Mapping[str, modules.Source], behaviour: Mapping[str, gosource.Sources]
) -> dict[str, Any]:
    """Build the catalog's document (its shape is described in `converter.catalog.data`).

    Args:
        clients: a client of each release, oldest first.
        sources: the Go types of releases, by release; of one that has none no values are known.
        behaviour: feature gates, drops and defaults, by release.
    """
    shapes, resources = Pool(), Pool()
    releases: list[dict[str, Any]] = []
    before: dict[str, int] = {}
    known: dict[str, str] = {}
    defaults: list[tuple[Types, field_defaults.Defaults]] = []
    for client, told in with_values([Distilled.of(wheel) for wheel in clients], sources):
        release = client.wheel.release
        types, filled = with_behaviour(client, sources.get(release), behaviour.get(release))
        defaults.append((types, filled))
        listed = sorted(resources.number(row) for row in client.rows)
        now = {name: shapes.number(fields) for name, fields in types.items()}
        switches = switches_of(behaviour.get(release))
        releases.append(
            {
                "release": release,
                "resources": listed,
                "types": {name: shape for name, shape in now.items() if before.get(name) != shape},
                "gone": sorted(set(before) - set(now)),
                "values": told,
                "gates": {name: text for name, text in switches.items() if known.get(name) != text},
                "gates_gone": sorted(set(known) - set(switches)),
            }
        )
        before, known = now, switches
        print(f"{release}: {len(listed)} resources, {len(now)} types, {len(switches)} gates", file=sys.stderr)
    return {
        "format": FORMAT,
        "sources": [_source(wheel, sources.get(wheel.release), behaviour.get(wheel.release)) for wheel in clients],
        "shapes": shapes.values,
        "resources": resources.values,
        "releases": releases,
        "defaults": field_defaults.merged(defaults),
    }


def with_behaviour(
    client: Distilled, source: modules.Source | None, behaviour: gosource.Sources | None
) -> tuple[Types, field_defaults.Defaults]:
    """Mark the fields that a gate or a strategy may drop; with the defaults that the release fills in."""
    if source is None or behaviour is None:
        return client.types, {}
    read = [Module.read(source.folder), Module.read(behaviour.extensions)]
    minor = int(client.wheel.release.rpartition(".")[2])
    found = field_defaults.of_release(behaviour, read)
    defaults = field_defaults.by_model(client.types, client.rows, read, found)
    return gates.marked(client.types, client.rows, read, gates.marks(behaviour, read, minor)), defaults


def switches_of(behaviour: gosource.Sources | None) -> dict[str, str]:
    """Write each gate as the first letter of its stage, and ``+`` where it is on by default, else ``-``."""
    found = behaviour.gates if behaviour is not None else {}
    return {name: f"{stage[0]}{'+' if on else '-'}" for name, (stage, on) in sorted(found.items())}


def _source(wheel: wheels.Wheel, module: modules.Source | None, behaviour: gosource.Sources | None) -> dict[str, str]:
    record = {"release": wheel.release, "wheel": wheel.path.name, "sha256": wheel.sha256}
    if module is not None:
        record |= {"module": module.name, "sum": module.sum}
    if behaviour is not None:
        record |= {"kubernetes": behaviour.name, "kubernetes_sum": behaviour.sum}
    return record


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
    data = encoded(document(wheels.fetch(arguments.cache), modules.fetch(), gosource.fetch()))
    if arguments.check:
        same = arguments.output.exists() and arguments.output.read_bytes() == data
        print(f"{arguments.output}: {'as it should be' if same else 'differs from what the sources say'}")
        return 0 if same else 1
    arguments.output.write_bytes(data)
    print(f"{arguments.output}: {len(data)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
