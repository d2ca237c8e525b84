"""conversion_rules/ecosystem against the recorded answers of the projects' own code and of real API servers.

The answers are in tests/data/ecosystem; `make ecosystem-oracle` asks again. What may differ is in
tests/ecosystem/unreachable.py, with the reasons in docs/reference/ecosystem.md.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from converter.errors import RefusedError
from converter.kube import EACH, parse_path
from converter.rules.differences import differences
from tests.ecosystem import answers, table
from tests.ecosystem.unreachable import KEPT, MOVED_FROM, REFUSED, REWRITTEN, UNANSWERED, UNKNOWN, WRONG
from tests.nonempty import some

if TYPE_CHECKING:
    from converter.engine import Engine
    from converter.kube import Path
    from converter.rules.differences import Difference
    from tests.ecosystem.answers import Pair

AT_LEAST = 200
"""Objects of a kind that are recorded."""
ALL = os.environ.get("CONVERTER_ECOSYSTEM") == "all"
SAMPLE = 3
"""Objects of each direction between two versions that `make test` converts; `make ecosystem-oracle` converts all."""
LOST = (
    ("cluster-api", "useExperimentalRetryJoin"),
    ("tekton", "url"),
    ("metallb", "vrf"),
    ("metallb", "passwordSecret"),
    ("openkruise", "reserveOrdinals"),
    ("karmada", "placement"),
    ("longhorn", "snapshotDataIntegrity"),
)
"""Fields of a spec that the other version lacks, and that a project's own code drops without a word."""


_NOTHING = re.compile("(?!)")


def tidy(node: Any) -> Any:
    """Leave out what carries no meaning: nulls and empty containers."""
    if isinstance(node, dict):
        cleaned = {key: tidy(value) for key, value in node.items()}
        return {key: value for key, value in cleaned.items() if value not in (None, {}, [])}
    return [tidy(value) for value in node] if isinstance(node, list) else node


def values_at(node: Any, path: Path) -> list[Any]:
    """List the values at a path; ``[*]`` stands for each item of a list."""
    if not path or node is None:
        return [node]
    if path[0] == EACH:
        return [value for item in node for value in values_at(item, path[1:])]
    return values_at(node.get(path[0]), path[1:])


def is_kept(pair: Pair, made: dict[str, Any], path: str) -> bool:
    """Whether a difference is at a place where the project's own code is wrong, and ours keeps the manifest's value."""
    place = WRONG.get(pair.versions)
    if place is None or not re.sub(r"\[\d+\]", "[*]", path).startswith(place):
        return False
    return values_at(pair.given, parse_path(place)) == values_at(made, parse_path(place))


def is_moved(pair: Pair, difference: Difference) -> bool:
    """Whether a difference is a label or an annotation that ours moves into a field, and the project's code leaves."""
    names = MOVED_FROM.get(pair.versions, frozenset())
    for holder in ("metadata.labels", "metadata.annotations"):
        given = pair.given["metadata"].get(holder.removeprefix("metadata.")) or {}
        left = {difference.path.removeprefix(f"{holder}."): difference.wanted}
        if difference.path == holder and isinstance(difference.wanted, dict):
            left = difference.wanted
        if difference.missing and left.items() <= given.items() and left.keys() <= names:
            return True
    return False


def judge(engine: Engine, pair: Pair) -> str:
    """Convert an object; say ``exact`` or ``refused``, or what is wrong."""
    kind, source, target = pair.versions
    try:
        made = engine.convert(pair.given, to=target)
    except RefusedError as error:
        return "refused" if (kind, source, target) in REFUSED else f"refused: {error}"
    meant = [table[pair.versions] for table in (KEPT, UNKNOWN) if pair.versions in table]
    rewritten = REWRITTEN.get(pair.versions, _NOTHING)
    found = [
        str(each)
        for each in (differences(tidy(made.manifest), tidy(pair.answer)) if pair.versions not in UNANSWERED else ())
        if not (each.unexpected and any(pattern.search(each.path) for pattern in meant))
        and not is_kept(pair, made.manifest, each.path)
        and not rewritten.search(each.path)
        and not is_moved(pair, each)
    ]
    back = engine.convert(made.manifest, to=source, conversion_data=made.conversion_data)
    if back.manifest != pair.given:
        found.append("the way back is not exact")
    return "; ".join(found) or "exact"


def check(engine: Engine, pairs: list[Pair]) -> None:
    """Assert that every pair is exact, and that what may be refused is."""
    found = [(judge(engine, pair), pair) for pair in some(pairs)]
    wrong = [
        f"{pair.versions} {pair.given['metadata']['name']}: {said}"
        for said, pair in found
        if said not in {"exact", "refused"}
    ]
    assert not wrong, f"{len(wrong)} of {len(pairs)}:\n" + "\n".join(wrong[:20])
    assert sum(said == "exact" for said, _ in found) > len(found) / 2


@pytest.mark.parametrize("project", answers.names())
def test_the_answers_are_met_exactly(project: str, shipped: Engine) -> None:
    by_way: dict[tuple[str, str, str], list[Pair]] = {}
    for pair in answers.read(project):
        by_way.setdefault(pair.versions, []).append(pair)
    source = random.Random(project)
    taken = [pairs if ALL else source.sample(pairs, min(SAMPLE, len(pairs))) for pairs in by_way.values()]
    check(shipped, [pair for pairs in taken for pair in pairs])


@pytest.mark.parametrize(("project", "field"), LOST)
def test_what_a_project_s_own_code_loses_in_silence_is_reported(project: str, field: str, shipped: Engine) -> None:
    specs = [(pair, pair.given.get("spec") or {}, pair.answer.get("spec") or {}) for pair in answers.read(project)]
    found = [pair for pair, given, answer in specs if field in given and field not in answer]
    assert len(found) > SAMPLE
    for pair in some(found[:SAMPLE]):
        losses = [loss.path for loss in shipped.convert(pair.given, to=pair.answer["apiVersion"]).losses]
        assert f"spec.{field}" in losses


def test_the_documentation_lists_what_is_compared() -> None:
    assert table.written(table.PAGE.read_text()) == table.rows()


@pytest.mark.parametrize("project", answers.names())
def test_there_are_enough_objects_of_every_kind(project: str) -> None:
    counted = Counter(pair.given["kind"] for pair in some(answers.read(project)))
    assert {kind: count for kind, count in counted.items() if count < AT_LEAST} == {}
