"""The proof of a rule says the truth: what it calls exact is exact for objects, and an object shows each finding.

The rules are those that `rules new` writes for two versions, with some of the steps that it suggests.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import settings

from converter.config import Configuration, RuleFile
from converter.engine import Engine
from converter.errors import ConversionError, ManifestError, RuleBookError
from converter.kube import EACH, canonical_json, copy_json, parse_path
from converter.rules.lens import LensError, Side
from converter.rules.proof import prove
from converter.rules.proof_findings import Gap
from converter.rules.steps.blocks import In, compile_steps
from converter.rules.steps.reshape import MapList
from converter.rules.steps.values import MISSING, Default, Values
from converter.rules.write_rule import new_rule
from tests.generators.crd_pairs import filled, pair, value, violations, without_empty
from tests.nonempty import some
from tests.sizes import cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from converter.rules.proof_findings import Finding
    from converter.rules.rule import Rule
    from converter.rules.steps.base import Step

PAIRS = 4000
SMALLEST = 60
"""Examples of a property from which on the pairs are enough to have each sort of finding."""
OBJECTS = 12
TRIED = 150
"""Objects among which one has to show what a finding says."""

KINDS = {Gap.UNMAPPED: {"unknown"}, Gap.TYPE: {"type", "unknown"}, Gap.VALUES: {"values"}, Gap.REQUIRED: {"required"}}


class Case:
    """Two versions and a rule between them."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        left, right = pair(self.rng)
        self.schemas: dict[Side, dict[str, Any]] = {Side.LEFT: left, Side.RIGHT: right}
        written = new_rule("Thing", "things", ("a.io/v1", "a.io/v2"), (left, right), namespaced=True)
        lines = written.partition("  examples:")[0].replace("  steps: []", "  steps:").splitlines()
        share = self.rng.choice([0, 0.5, 1, 1])
        lines = [line.replace("    # - ", "    - ") if self.rng.random() < share else line for line in lines]
        has_steps = any(line.startswith("    - ") for line in lines)
        self.text = "\n".join(lines if has_steps else [line.replace("  steps:", "  steps: []") for line in lines])
        configuration = Configuration.read([RuleFile("r.yaml", self.text)])
        self.engine = Engine(configuration)
        (self.rule,) = (one for one in configuration.book.rules if one.kinds == ("Thing",))

    def findings(self) -> list[Finding]:
        return prove(self.rule, "Thing", self.schemas)

    def objects(self, side: Side, number: int, must: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
        for _ in range(number):
            yield value(self.schemas[side], self.rng, self.rng.choice([0.0, 0.3, 0.7, 1.0]), must)

    def across(self, given: dict[str, Any], toward: Side, steps: Sequence[Step] | None = None) -> dict[str, Any] | None:
        """Convert by the steps alone, or some of them; None if a value stops them."""
        made = copy_json(given)
        try:
            compile_steps(self.rule.steps if steps is None else steps, toward)(made, [])
        except LensError:
            return None
        return filled(made, self.schemas[toward])

    def wrong(self, given: dict[str, Any] | None, toward: Side) -> set[tuple[str, tuple[str, ...]]]:
        return set() if given is None else violations(given, self.schemas[toward])


def rule_cases(number: int) -> Iterator[tuple[int, Case]]:
    for seed in range(number):
        try:
            yield seed, Case(seed)
        except RuleBookError:  # two suggestions contradict each other
            continue


def leaves(steps: Iterable[Step]) -> Iterator[Step]:
    """Yield the steps, and those inside of blocks."""
    for step in steps:
        if isinstance(step, In):
            yield from leaves(step.steps)
        else:
            yield step


def no_defaults(steps: Iterable[Step]) -> list[Step]:
    return [step for step in steps if not all(isinstance(leaf, Default) for leaf in leaves([step]))]


def states_default(rule: Rule, toward: Side) -> bool:
    """Whether a step says that the target fills in a value for what the source leaves open."""
    return any(
        isinstance(step, Default) and (step.right if toward is Side.RIGHT else step.left) is not MISSING
        and (step.left if toward is Side.RIGHT else step.right) is MISSING
        for step in leaves(rule.steps)
    )  # fmt: skip


def loses(rule: Rule, toward: Side) -> bool:
    """Whether a step says that a value is lost."""
    removed = any(
        (right if toward is Side.RIGHT else left) is None
        for step in leaves(rule.steps) if isinstance(step, Values) for left, right in step.pairs
    )  # fmt: skip
    twice = any(isinstance(step, MapList) and step.side is toward for step in leaves(rule.steps))  # of one key
    return removed or twice or any(step.losses(toward) for step in rule.steps)


def same(one: Any, two: Any) -> bool:
    """Whether two values are the same JSON, apart from empty objects."""
    return canonical_json(without_empty(one)) == canonical_json(without_empty(two))


def survives(wanted: Any, got: Any) -> bool:
    """Whether all that was given is there, whatever else is."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        return all(key in got and survives(below, got[key]) for key, below in wanted.items())
    if isinstance(wanted, list) and isinstance(got, list):
        return len(wanted) == len(got) and all(map(survives, wanted, got))
    return same(wanted, got)


def check_exact(case: Case, toward: Side, sent: dict[str, Any]) -> bool:
    """Convert an object there and back; whether the values in it can be converted."""
    version, source = case.rule.version(toward), case.rule.version(toward.other)
    stored = filled(sent, case.schemas[toward.other])
    try:
        there = case.engine.convert({"apiVersion": source, "kind": "Thing", **stored}, to=version)
        served = filled(there.manifest, case.schemas[toward])
        back = case.engine.convert(served, to=source, conversion_data=there.conversion_data).manifest
    except (ConversionError, ManifestError):  # a text that is not a duration, and the like
        return False
    body = {key: below for key, below in served.items() if key not in {"apiVersion", "kind", "metadata"}}
    assert violations(body, case.schemas[toward]) == set()
    again = filled(back, case.schemas[toward.other])
    wanted = {"apiVersion": source, "kind": "Thing", **stored}
    if states_default(case.rule, toward):
        assert survives(wanted, again)
    else:
        assert same(again, wanted)
    if not loses(case.rule, toward):
        assert there.losses == ()
    assert same(case.across(sent, toward), case.across(stored, toward)), "the defaults of the two versions differ"
    return True


def test_what_the_proof_calls_exact_is_exact(report_count: Callable[[str], None]) -> None:
    counts: Counter[str] = Counter()
    for seed, case in rule_cases(cases(PAIRS)):
        if case.findings():
            counts["not exact"] += 1
            continue
        counts["exact"] += 1
        for toward in Side:
            for sent in case.objects(toward.other, OBJECTS):
                try:
                    counts["objects"] += check_exact(case, toward, sent)
                except AssertionError as error:
                    error.add_note(f"seed {seed} {toward} {sent}\n{case.text}\n{case.schemas}")
                    raise
    report_count(f"{dict(counts)}")
    assert all(counts[what] for what in ("exact", "not exact", "objects"))


def without(given: Any, path: tuple[Any, ...]) -> Any:
    """Remove a field wherever it is."""
    made = copy_json(given)
    for holder in holders(made, path[:-1]):
        if path[-1] == EACH:
            holder.clear()
        elif isinstance(holder, dict):
            holder.pop(path[-1], None)
    return made


def holders(given: Any, path: tuple[Any, ...]) -> list[Any]:
    found = [given]
    for segment in path:
        if segment == EACH:
            found = [below for each in found for below in (each.values() if isinstance(each, dict) else each)]
        else:
            found = [each[segment] for each in found if isinstance(each, dict) and segment in each]
    return [each for each in found if isinstance(each, (dict, list))]


def shows(case: Case, finding: Finding) -> bool:
    """Whether some object shows what a finding says."""
    has_version = Side.LEFT if case.rule.version(Side.LEFT) == finding.version else Side.RIGHT
    place = tuple("*" if segment == EACH else str(segment) for segment in parse_path(finding.path))
    if finding.gap is Gap.REQUIRED:
        return lacks(case, has_version.other, place) or lacks_in_map(case, has_version, place)
    search = shows_default if finding.gap is Gap.DEFAULT else shows_replaced if is_replaced(finding) else shows_value
    # A default shows where the field is missing, or the object around it.
    musts = [place[:-1], place[:-2]] if finding.gap is Gap.DEFAULT else [place]
    return any(
        search(case, has_version.other, finding, one)
        for must in musts
        for one in case.objects(has_version, TRIED, must)
    )


def is_replaced(finding: Finding) -> bool:
    """Whether a finding says that a step writes another value in the place of the field."""
    return finding.gap is Gap.UNMAPPED and bool(finding.detail)


def lacks(case: Case, source: Side, place: tuple[str, ...]) -> bool:
    """Whether some object of the source becomes one without a field that the target requires."""
    stored = (filled(one, case.schemas[source]) for one in case.objects(source, TRIED))
    return any(("required", place) in case.wrong(case.across(one, source.other), source.other) for one in stored)


def lacks_in_map(case: Case, source: Side, place: tuple[str, ...]) -> bool:
    """Whether some object of the source becomes one with a null in a map."""
    made = (case.across(one, source.other) for one in case.objects(source, TRIED))
    return any(("type NoneType", place[:-1]) in case.wrong(one, source.other) for one in made)


def shows_default(case: Case, toward: Side, _finding: Finding, sent: dict[str, Any]) -> bool:
    """Whether a manifest without a field, and the object that a server stores for it, do not become the same."""
    stored = filled(sent, case.schemas[toward.other])
    made, there = case.across(sent, toward), case.across(stored, toward)
    back = None if there is None else case.across(there, toward.other)
    return not same(made, there) or not same(back, stored)


def shows_replaced(case: Case, toward: Side, finding: Finding, given: dict[str, Any]) -> bool:
    """Whether a value of the field is lost because a step writes another one there."""
    source, target = case.rule.version(toward.other), case.rule.version(toward)
    try:
        losses = case.engine.convert({"apiVersion": source, "kind": "Thing", **given}, to=target).losses
    except (ConversionError, ManifestError):
        return False
    return any(loss.path.startswith(finding.path.partition("[")[0]) for loss in losses)


def shows_value(case: Case, toward: Side, finding: Finding, sent: dict[str, Any]) -> bool:
    """Whether a server refuses or drops what becomes of the field, and nothing without the field."""
    stored = filled(sent, case.schemas[toward.other])
    rest, found = (
        case.wrong(case.across(one, toward, no_defaults(case.rule.steps)), toward)
        for one in (without(stored, parse_path(finding.path)), stored)
    )
    place = tuple("*" if segment == EACH else str(segment) for segment in parse_path(finding.path))
    written = case.wrong(case.across(stored, toward), toward)  # such as by a default, in place of what a step removes
    shown = {what.partition(" ")[0] for what, _ in found - rest} | {what for what, where in written if where == place}
    return bool(shown & KINDS[finding.gap])


def test_an_object_shows_each_finding(report_count: Callable[[str], None]) -> None:
    counts: Counter[Gap] = Counter()
    for seed, case in some(rule_cases(cases(PAIRS))):
        for finding in case.findings():  # may be empty
            counts[finding.gap] += 1
            assert shows(case, finding), f"seed {seed}: {finding}\n{case.text}\n{case.schemas}"
    report_count(f"{dict(counts)}")
    assert set(some(counts)) == set(Gap) or settings().max_examples < SMALLEST
