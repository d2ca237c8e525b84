"""Writes docs/reference/comparison.md: kubectl-convert and this project, held against what real API servers answered.

``make comparison`` runs it. Each object of tests/data/oracle was stored once by a kube-apiserver, and read in every
version it serves; each ordered pair of these versions is one conversion to get exactly right. kubectl-convert is
built, or found, by the harness of tests/controlplanes.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from converter.engine import Engine
from converter.errors import ConverterError
from converter.rules.differences import differences
from tests.controlplanes import build
from tests.controlplanes.places import REPOSITORY, Places
from tools.kubectl_convert.converting import convert_all

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]

DATA = REPOSITORY / "tests" / "data" / "oracle"
PAGE = REPOSITORY / "docs" / "reference" / "comparison.md"
SETS = {
    "Hand-made objects": DATA / "seeds.jsonl.gz",
    "Objects of the integration tests, most of them generated": DATA / "collected.jsonl.gz",
}
RELEASES = ("1.24.17", "1.36.3")


class Pair(NamedTuple):
    """One conversion and what the server says of it."""

    kind: str
    given: Json
    target: str
    wanted: Json


@dataclass(frozen=True)
class WorkPlan:
    """What a program made of some pairs.

    Attributes:
        right: how many are exactly right, by kind.
        nothing: how many it did not convert at all, by kind; the rest differ.
    """

    right: Counter[str]
    nothing: Counter[str]


def pairs_of(file: Path) -> list[Pair]:
    """Read every ordered pair of versions of every object."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return [
        Pair(record["kind"], given, target, wanted)
        for record in records
        for source, given in record["forms"].items()
        for target, wanted in record["forms"].items()
        if source != target
    ]


def tidy(node: Any) -> Any:
    """Leave out what carries no meaning: nulls and empty containers."""
    if isinstance(node, dict):
        cleaned = {key: tidy(value) for key, value in node.items()}
        return {key: value for key, value in cleaned.items() if value not in (None, {}, [])}
    return [tidy(value) for value in node] if isinstance(node, list) else node


def judged(pairs: list[Pair], answers: list[Json | None]) -> WorkPlan:
    """Count the answers that are exactly right."""
    outcome = WorkPlan(Counter(), Counter())
    for pair, answer in zip(pairs, answers, strict=True):
        if answer is None:
            outcome.nothing[pair.kind] += 1
        elif not any(differences(tidy(answer), tidy(pair.wanted))):
            outcome.right[pair.kind] += 1
    return outcome


def kubectl_convert(program: Path, pairs: list[Pair]) -> WorkPlan:
    """Let kubectl-convert do them, those of one kind and one target together."""
    together: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for number, pair in enumerate(pairs):
        together[pair.kind, pair.given["apiVersion"], pair.target].append(number)
    answers: list[Json | None] = [None] * len(pairs)
    for (_, _, target), numbers in together.items():
        found = convert_all(program, [pairs[number].given for number in numbers], target)
        for number, answer in zip(numbers, found, strict=True):
            answers[number] = answer
    return judged(pairs, answers)


def ours(converter: Engine, pairs: list[Pair]) -> WorkPlan:
    """Let this project do them."""
    answers: list[Json | None] = []
    for pair in pairs:
        try:
            answers.append(converter.convert(pair.given, to=pair.target).manifest)
        except ConverterError:
            answers.append(None)
    return judged(pairs, answers)


def table(pairs: list[Pair], outcomes: dict[str, WorkPlan]) -> list[str]:
    """A row for each kind, and one for all."""
    totals = Counter(pair.kind for pair in pairs)
    lines = [f"| kind | pairs | {' | '.join(outcomes)} |", f"|---|--:|{'--:|' * len(outcomes)}"]
    for kind in sorted(totals):
        shares = [str(outcome.right[kind]) for outcome in outcomes.values()]
        lines.append(f"| {kind} | {totals[kind]} | {' | '.join(shares)} |")
    count = len(pairs)
    sums = [f"**{outcome.right.total()}** ({outcome.right.total() / count:.2%})" for outcome in outcomes.values()]
    lines.append(f"| **exactly right** | **{count}** | {' | '.join(sums)} |")
    nothing = [str(outcome.nothing.total()) for outcome in outcomes.values()]
    differing = [str(count - outcome.right.total() - outcome.nothing.total()) for outcome in outcomes.values()]
    lines.append(f"| converted, but differs | | {' | '.join(differing)} |")
    lines.append(f"| not converted | | {' | '.join(nothing)} |")
    return lines


INTRODUCTION = """\
# Compared with kubectl-convert

`make comparison` writes this page. A real kube-apiserver (v1.16 to v1.36) stored each object once and showed it in
every version that it serves. Each ordered pair of versions is a conversion, and the result must equal the answer of the
server, except for nulls and empty containers. The tables count the exact results of each program.

kubectl-convert knows the versions of its own release and of some earlier ones. It fills in the defaults of its own
release. It does not convert CustomResourceDefinitions and APIServices. The pairs that this project misses are those
whose answer does not follow from the given form: [the list](unreachable.md) has a proof for each.
"""


def main() -> None:
    """Measure, and write the page."""
    places = Places.from_environment()
    programs = build.binaries(places, [f"kubectl-convert-{release}" for release in RELEASES])
    converter = Engine.from_rules()
    lines = [INTRODUCTION]
    for title, file in SETS.items():
        pairs = pairs_of(file)
        outcomes = {f"kubectl-convert v{r}": kubectl_convert(programs[f"kubectl-convert-{r}"], pairs) for r in RELEASES}
        outcomes["converter"] = ours(converter, pairs)
        lines += [f"## {title} (`{file.relative_to(REPOSITORY)}`)", "", *table(pairs, outcomes), ""]
        print("\n".join(lines[-1 - len(table(pairs, outcomes)) :]))
    PAGE.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
