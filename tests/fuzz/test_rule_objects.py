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
from converter.engine import Engine
from converter.errors import ConversionError, ManifestError, ProblemCode
from converter.kube import gvk_of
from converter.rule_objects import KINDS, Combiner, RuleObject, read_object
from tests.fuzz.mutations import change_value
from tests.fuzz.test_admin_files import exercise, seeds

if TYPE_CHECKING:
    from collections.abc import Callable

CODES = frozenset(ProblemCode) - {ProblemCode.INTERNAL}
HANG_SECONDS = 2.0


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
    convert(made.configuration.book.edges.values(), Engine(made.configuration, load_catalog()))
    return str(verdict.state)


def convert(all_edges: Any, engine: Engine) -> None:
    """Convert the examples of a rule with the whole engine: what comes out is a manifest."""
    for edges in all_edges:  # may be empty
        for edge in edges:  # may be empty
            exercise(edge)
            for example in edge.rule.examples:  # may be empty
                side = example.left if edge.source == edge.rule.left else example.right
                metadata = side.get("metadata") or {}
                if not isinstance(metadata, dict):
                    continue
                manifest = {**side, "metadata": {"name": "a", **metadata}}
                manifest |= {"apiVersion": edge.source, "kind": edge.kind}
                try:
                    done = engine.convert(manifest, edge.target).manifest
                except (ConversionError, ManifestError):
                    continue
                assert gvk_of(done).api_version == edge.target
                assert gvk_of(done).kind == edge.kind
                assert isinstance(done["metadata"], dict)
                msgspec.json.encode(done)


@pytest.mark.parametrize("part", range(4))
def test_a_broken_rule_object_is_refused_with_its_place_or_works(
    part: int, report_count: Callable[[str], None]
) -> None:
    counts: Counter[str] = Counter()
    longest = 0.0
    for number in range(settings().max_examples // 4):
        rng = random.Random(f"objects {part} {number}")
        broken = [copy.deepcopy(rng.choice(documents()))]
        how = [change_value(rng, broken) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
        began = time.process_time()
        try:
            counts[try_object(broken[0])] += 1
        except Exception as error:
            raise AssertionError(f"{part} {number}: {how}\n{broken[0]}") from error
        longest = max(longest, time.process_time() - began)
    report_count(f"{counts.total()} broken rule objects: {dict(sorted(counts.items()))}; the longest {longest:.2f} s")
    assert {"Invalid", "Accepted"} <= set(counts) or settings().max_examples < 100
    assert longest < HANG_SECONDS
