"""Broken rule objects: each is refused with its place in the spec, or what it makes of a manifest is one.

The API server's schema would refuse many of them before. Here nothing does, as after a change of the CRD.
"""

from __future__ import annotations

import copy
import random
import time
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import settings

from converter.catalog import load_catalog
from converter.config import Parts
from converter.errors import ManifestError, ProblemCode
from converter.rule_objects import KINDS, Combiner, RuleObject, read_object
from tests.fuzz.mutations import change_value
from tests.fuzz.test_admin_files import HANG_SECONDS, TRIES, convert, exercise, seeds

if TYPE_CHECKING:
    from collections.abc import Callable

CODES = frozenset(ProblemCode) - {ProblemCode.INTERNAL}


@cache
def documents() -> list[Any]:
    """Every document of the seeds of rule files."""
    return [document for seed in seeds() for document in seed.documents]


def stored(document: Any) -> RuleObject:
    raw = {"kind": "ConversionRule", "metadata": {"name": "mine", "uid": "1", "generation": 1}}
    if isinstance(document, dict):
        raw |= {"spec": document.get("spec")}
        raw |= {"kind": document["kind"]} if document.get("kind") in KINDS else {}
    return read_object(msgspec.json.encode(raw))


def try_object(document: Any) -> str:
    try:
        given = stored(document)
    except (ManifestError, OverflowError):  # not JSON of an API server
        return "unreadable"
    combiner = Combiner(load_catalog())
    made = combiner.combine(Parts(), [given])
    (verdict,) = made.verdicts.values()
    for problem in verdict.all_problems:  # may be empty
        assert problem.path
        assert problem.problem
        assert problem.code in CODES
        assert problem.file == str(given.key)
    assert bool(verdict.all_problems) == (verdict.in_use is None)
    assert [*combiner.check(Parts(), [], given)] == [*verdict.all_problems]
    for edges in made.configuration.book.edges.values():  # may be empty
        for edge in edges:
            exercise(edge)
    convert(made.configuration)
    return str(verdict.state)


@pytest.mark.parametrize("part", range(4))
def test_a_broken_rule_object_is_refused_with_its_place_or_works(
    part: int, report_count: Callable[[str], None]
) -> None:
    counts: Counter[str] = Counter()
    longest = 0.0
    wanted = settings().max_examples // 4
    for number in range(TRIES * wanted):
        rng = random.Random(f"objects {part} {number}")
        broken = [copy.deepcopy(rng.choice(documents()))]
        how = [change_value(rng, broken) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
        began = time.process_time()
        try:
            counts[try_object(broken[0])] += 1
        except Exception as error:
            raise AssertionError(f"{part} {number}: {how}\n{broken[0]}") from error
        longest = max(longest, time.process_time() - began)
        if counts["Invalid"] >= wanted:
            break
    report_count(f"{counts.total()} mutated rule objects: {dict(sorted(counts.items()))}; the longest {longest:.2f} s")
    assert counts["Invalid"] >= wanted, "so many must be broken"
    assert counts["Accepted"] or settings().max_examples < 100
    assert longest < HANG_SECONDS
