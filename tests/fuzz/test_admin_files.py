"""Broken files of an administrator: rules, severities, policies and inventories.

Each is refused with file and line, or it works: what was read is compiled, described and run.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest
from hypothesis import settings

from converter.catalog import load_catalog
from converter.clusters import InventoryError, read_inventory
from converter.config import SHIPPED_RULES, Configuration, RuleFile, read_rule_files
from converter.engine import Engine
from converter.errors import ConversionError, ManifestError, ProblemCode, RuleBookError
from converter.kube import copy_json, gvk_of
from converter.losses.severity import Severity
from converter.rules.codegen import CompiledLens, compile_lens
from converter.rules.lens import LensError
from converter.yaml import dump, load_all
from tests.fuzz.mutations import mutate

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.errors import RuleProblem
    from converter.rules import Edge

DATA = Path(__file__).resolve().parents[1] / "data" / "admin"
CODES = frozenset(ProblemCode) - {ProblemCode.INTERNAL}
HANG_SECONDS = 2.0
TRIES = 10
"""Mutations at most for each that must be broken: many leave a rule valid, and some files have few such places."""


class Seed(NamedTuple):
    """A good file: its text, and its documents."""

    text: str
    documents: list[Any]

    def part(self, rng: random.Random) -> Seed:
        """One or two documents of it, so that a mutation is not lost in the rest."""
        at = rng.randrange(len(self.documents))
        documents = self.documents[at : at + 2]
        return Seed("".join(f"---\n{dump(document)}" for document in documents), documents)


@cache
def seeds() -> list[Seed]:
    """The shipped rule files, and a file with everything that the language has."""
    texts = [file.text for file in read_rule_files([SHIPPED_RULES])]
    every = (DATA / "every_step.yaml").read_text()
    return [Seed(text, load_all(text)) for text in [*texts, *[every] * len(texts)]]


def exercise(edge: Edge) -> None:
    """Compile a rule in one direction, say what it does, and run it on its own examples."""
    if isinstance(edge.lens, CompiledLens):
        compile_lens(edge.lens.parts)
    assert "" not in [step.describe(edge.toward) for step in edge.rule.steps]
    for example in edge.rule.examples:
        for manifest in (example.left, example.right):
            try:
                edge.lens(copy_json(manifest), [])
            except LensError as error:
                error.public()


def convert(configuration: Configuration) -> None:
    """Convert the examples of rules with the whole engine: what comes out is a manifest."""
    engine = Engine(configuration, load_catalog())
    for edges in configuration.book.edges.values():  # may be empty
        for edge in edges:  # may be empty
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


def is_told(problems: tuple[RuleProblem, ...], file: str) -> bool:
    return bool(problems) and all(
        problem.file == file and problem.line > 0 and problem.problem and problem.code in CODES for problem in problems
    )


def try_rules(text: str) -> str:
    try:
        found = Configuration.read([RuleFile("my.yaml", text)], load_catalog())
    except RuleBookError as error:
        if not is_told(error.problems, "my.yaml"):
            raise
        return "refused"
    for edges in found.book.edges.values():
        for edge in edges:
            exercise(edge)
    convert(found)
    found.severities.weigh("Pod", ("spec", "securityContext"), "prod-1", "b2")
    if found.loss_policy is not None:
        for severity in Severity:
            found.loss_policy.action(severity, "m1", {"tier": "gold"}, "prod")
    return "taken"


@pytest.mark.parametrize("part", range(4))
def test_a_broken_rule_file_is_refused_with_file_and_line_or_works(
    part: int, report_count: Callable[[str], None]
) -> None:
    counts: Counter[str] = Counter()
    longest = 0.0
    for number in range(TRIES * max(100, settings().max_examples)):
        rng = random.Random(f"rules {part} {number}")
        broken = mutate(rng, *rng.choice(seeds()).part(rng))
        began = time.process_time()
        try:
            counts[try_rules(broken.text)] += 1
        except Exception as error:
            raise AssertionError(f"{part} {number}: {broken.how}\n{broken.text}") from error
        longest = max(longest, time.process_time() - began)
        if counts["refused"] >= settings().max_examples // 4 and counts["taken"]:
            break
    report_count(f"{counts.total()} mutated rule files: {dict(sorted(counts.items()))}; the longest {longest:.2f} s")
    assert counts["refused"] >= settings().max_examples // 4, "so many must be broken"
    assert counts["taken"], "some must be right"
    assert longest < HANG_SECONDS


def test_a_broken_inventory_is_refused_with_file_and_line_or_works(
    tmp_path: Path, report_count: Callable[[str], None]
) -> None:
    counts: Counter[str] = Counter()
    text, saved = (DATA / "inventory.yaml").read_text(), (DATA / "cluster.json").read_text()
    file, cluster = tmp_path / "fleet.yaml", tmp_path / "cluster.json"
    for number in range(settings().max_examples):
        rng = random.Random(f"inventory {number}")
        texts = [text, saved]
        which = rng.randrange(2)
        broken = mutate(rng, texts[which], load_all(texts[which]))
        texts[which] = broken.text
        file.write_text(texts[0])
        cluster.write_text(texts[1])
        try:
            try:
                fleet = read_inventory(file)
            except InventoryError as error:
                if not is_told(error.problems, str(file)):
                    raise
                counts["refused"] += 1
            else:
                counts["taken"] += 1
                assert list(fleet) == [one.name for one in fleet.values()]
        except Exception as error:
            raise AssertionError(f"{number}: {broken.how}\n{broken.text}") from error
    report_count(f"{counts.total()} broken inventories: {dict(sorted(counts.items()))}")
    assert set(counts) == {"refused", "taken"} or settings().max_examples < 100
