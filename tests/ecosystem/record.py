"""Records what the projects' own code and a real API server say: ``python -m tests.ecosystem.record [PROJECT ...]``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from tests.controlplanes.servers import ApiServers
from tests.ecosystem import answers, oracle, server
from tests.ecosystem.generate import Generator
from tests.ecosystem.modules import read_crds
from tests.ecosystem.projects import PROJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from converter.rules.crds import Crd
    from tests.controlplanes.client import Client
    from tests.ecosystem.projects import Project

RELEASE: Final = "1.36"
AT_LEAST: Final = 200
"""Objects of a kind, over all pairs of neighbouring versions and both directions."""
_MOST_TRIES: Final = 24
"""Objects that are made for one that is wanted, before a kind is given up."""


def main(arguments: list[str]) -> int:
    """Record the projects that are named, or all."""
    servers = ApiServers.open()
    try:
        client = servers[RELEASE].client
        for name in arguments or PROJECTS:
            pairs = list(record(PROJECTS[name], client))
            if not pairs:
                raise SystemExit(f"{name}: nothing was accepted")
            print(f"{name}: {len(pairs)} pairs, {answers.write(name, pairs)} bytes", flush=True)
    finally:
        servers.close(keep=False)
    return 0


def record(project: Project, client: Client) -> Iterator[answers.Pair]:
    """Make objects of every kind and version of a project, and ask for them in the neighbouring versions."""
    crds = read_crds(project)
    server.install(client, [manifest for _, manifest in crds])
    recorder = Recorder(project, client, oracle.build(project) if project.oracle else None)
    for crd in (crd for crd, _ in crds if len(crd.schemas) > 1):
        ways = [way for pair in pairwise(crd.schemas) for way in (pair, pair[::-1])]
        count = -(-AT_LEAST // len(ways)) + 5
        found = 0
        for source, target in ways:
            for pair in recorder.pairs(crd, source, target, count):
                found += 1
                yield pair
        print(f"  {crd.kind}: {found} of {count * len(ways)}", flush=True)


@dataclass(frozen=True)
class Recorder:
    """Makes objects of one project, and asks for them in other versions.

    Attributes:
        project: the project.
        client: of an API server with the project's CRDs.
        program: the project's own conversion code; None if the API server converts.
    """

    project: Project
    client: Client
    program: Path | None

    def pairs(self, crd: Crd, source: str, target: str, count: int) -> Iterator[answers.Pair]:
        """Make objects of a version, each with what it is in another one; what the code cannot convert is left out."""
        taken = list(self._acceptable(crd, source, count))
        if source.split("/", maxsplit=1)[0] != target.split("/", maxsplit=1)[0]:
            # Nothing converts between groups. A CRD of the other group that takes the object whole has the same fields.
            # If fields changed, the answer says no more than the version that is asked for.
            renamed = ({**one, "apiVersion": target} for one in taken)
            yield from (
                answers.Pair(given, made)
                for given, made in zip(taken, renamed, strict=True)
                if self.project.changed or not server.refusal(self.client, made)
            )
            return
        if self.program is None:
            yield from map(answers.Pair, taken, server.served(self.client, taken, target) if taken else ())
            return
        for given, said in zip(taken, self._ask(self.program, crd, taken, target), strict=True):
            if said is not None:
                yield answers.Pair(given, said)

    def _ask(self, program: Path, crd: Crd, objects: list[dict[str, Any]], version: str) -> list[dict[str, Any] | None]:
        """Have objects written in a version; None for one that the code refuses."""
        found: list[dict[str, Any] | None] = []
        for said in oracle.ask(program, objects, version):
            made = said.get("object")
            if made and self.project.keeps_required:
                complete(made, said["written"], crd.schemas[version])
            found.append(made)
        return found

    def _acceptable(self, crd: Crd, source: str, count: int) -> Iterator[dict[str, Any]]:
        """Make objects that the server accepts, written as the project's own Go types write them."""
        schema: Any = crd.schemas[source]
        generator = Generator(
            source,
            crd.kind,
            schema,
            namespaced=crd.namespaced,
            words=self.project.words,
            kind_words=self.project.kind_words,
            metadata=self.project.metadata.get(crd.kind, ()),
            needs=self.project.needs,
        )
        found = 0
        for start in range(0, count * _MOST_TRIES, count):
            made = [server.accepted(self.client, generator.make(number)) for number in range(start, start + count)]
            candidates = [one for one in made if one is not None and len(one) > _EMPTY]
            if self.program is not None:
                said = self._ask(self.program, crd, candidates, source)
                candidates = [one for one in said if one and len(one) > _EMPTY and not server.refusal(self.client, one)]
            candidates = [one for one in candidates if self.project.is_valid(one)]
            for one in candidates[: count - found]:
                found += 1
                yield one
            if found == count:
                return


def complete(made: Any, written: Any, schema: Any) -> None:
    """Put back the zero values of fields that the schema requires: a server refuses an object without them."""
    if isinstance(made, list) and isinstance(written, list):
        for one, two in zip(made, written, strict=True):
            complete(one, two, schema.get("items", {}))
    if not isinstance(made, dict) or not isinstance(written, dict):
        return
    for name in schema.get("required", ()):
        value = written.get(name)
        known = schema.get("properties", {}).get(name, {})
        is_allowed = value != "" or not (known.get("minLength") or "enum" in known)
        if name not in made and is_allowed and isinstance(value, (bool, int, float, str)):
            made[name] = value
    for name, below in made.items():
        inner = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
        if isinstance(inner, dict):
            complete(below, written.get(name), inner)


_EMPTY: Final = 3
"""Fields of an object with nothing in it: apiVersion, kind and metadata."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
