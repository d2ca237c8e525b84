"""Combines rule objects with the rules of files, so that one object with a mistake affects nothing else.

The order: the shipped files, the files of an administrator, then the objects. An object can override rules of files,
and has to say so. Of two objects that contradict each other, the older one counts, as in the Gateway API. The
severities of objects follow in the order of their names, and later ones override earlier ones.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from converter.config import Configuration, Parsed, Parts, parse_document
from converter.errors import ProblemCode, RuleProblem
from converter.losses.policy import replaces
from converter.rule_objects.model import MAX_OBJECT, RuleKey, RuleObject, Spec, Verdict, too_large
from converter.rule_objects.places import NumberedPlaces, is_too_deep, placed
from converter.rules.check import check_rule, check_together
from converter.rules.check_fields import CatalogTypes
from converter.rules.overrides import override_problems
from converter.rules.yaml_source import Cursor, Problems
from converter.yaml import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from converter.catalog import Catalog
    from converter.losses.policy import LossPolicy
    from converter.losses.severity import SeverityRule
    from converter.rules import Rule


class Reading(NamedTuple):
    """What one spec says, and what is wrong with it alone.

    Attributes:
        spec: the spec.
        rules: its rules.
        severities: its severities.
        policy: its loss policy, if it has one.
        problems: what is wrong with it.
    """

    spec: Spec
    rules: tuple[Rule, ...]
    severities: tuple[SeverityRule, ...]
    policy: LossPolicy | None
    problems: tuple[RuleProblem, ...]


@dataclass(frozen=True, slots=True)
class Combination:
    """Files and objects together.

    Attributes:
        configuration: everything that they say.
        verdicts: what became of each object.
    """

    configuration: Configuration
    verdicts: Mapping[RuleKey, Verdict]


def rules_of(one: RuleObject) -> tuple[Rule, ...]:
    """Read the rules of the present spec of an object; none if it has a mistake, or is of another kind."""
    reading = Combiner().read(one)
    return () if reading.problems else reading.rules


class Combiner:
    """Combines; remembers what each object said, so that a change of one object costs the reading of that object."""

    def __init__(self, catalog: Catalog | None = None) -> None:
        """Prepare.

        Args:
            catalog: the schemas that the fields of Kubernetes' own kinds are checked against; None leaves them
                unchecked.
        """
        self._catalog = catalog
        self._types = CatalogTypes(catalog) if catalog is not None else None
        self._read: dict[RuleKey, list[Reading]] = {}
        self._good: dict[RuleKey, tuple[str, Spec]] = {}

    def combine(self, files: Parts, objects: Iterable[RuleObject]) -> Combination:
        """Combine files and objects, and remember what is in use: it stays when an object's update is broken.

        Args:
            files: what the files say.
            objects: all objects.
        """
        objects = tuple(objects)
        combination, readings = self._combine(files, objects)
        self._read = readings
        verdicts = combination.verdicts
        self._good = {one.key: (one.uid, good) for one in objects if (good := verdicts[one.key].in_use) is not None}
        return combination

    def check(self, files: Parts, objects: Iterable[RuleObject], changed: RuleObject) -> list[RuleProblem]:
        """Find out what is wrong with a change, with all other rules taken into account; nothing is remembered.

        Args:
            files: what the files say.
            objects: all objects as they are.
            changed: one of them as it would be, or a new one.

        Returns:
            What is wrong with it; and what would be wrong with others after the change that is right now.
        """
        before = {one.key: one for one in objects}
        if changed.key in before:  # an update keeps its place in the order
            changed = replace(changed, created=before[changed.key].created)
        after = {**before, changed.key: changed}
        reading = self._read_spec(changed, changed.spec)
        if reading.problems:
            return list(reading.problems)
        verdicts = self._combine(files, after.values())[0].verdicts
        problems = list(verdicts[changed.key].all_problems)
        if problems:
            return problems
        known = self._combine(files, before.values())[0].verdicts
        return [
            problem
            for key, verdict in verdicts.items()
            if key != changed.key and not known[key].all_problems
            for problem in verdict.all_problems
        ]

    def read(self, one: RuleObject) -> Reading:
        """Read what the present spec of an object says."""
        return self._read_spec(one, one.spec)

    def _combine(self, files: Parts, objects: Iterable[RuleObject]) -> tuple[Combination, dict[RuleKey, list[Reading]]]:
        assembly = _Assembly(files)
        verdicts: dict[RuleKey, Verdict] = {}
        readings: dict[RuleKey, list[Reading]] = {}
        for one in sorted(objects, key=_age):
            found = readings[one.key] = [self._read_spec(one, spec) for spec in self._specs(one)]
            verdicts[one.key] = assembly.add(one.key, found)
        configuration = Configuration.compile(assembly.parts())
        return Combination(configuration, verdicts), readings

    def _specs(self, one: RuleObject) -> Iterator[Spec]:
        """Yield the specs of an object, the best one first: what it says, what is in use, and what was accepted."""
        yield one.spec
        uid, good = self._good.get(one.key, ("", None))
        others = {spec.raw: spec for spec in (good if uid == one.uid else None, one.accepted) if spec is not None}
        others.pop(one.spec.raw, None)
        yield from others.values()

    def _read_spec(self, one: RuleObject, spec: Spec) -> Reading:
        for known in self._read.get(one.key, ()):
            if known.spec.raw == spec.raw:
                return known._replace(spec=spec)
        if len(spec.raw) > MAX_OBJECT:
            return Reading(spec, (), (), None, (too_large(one.key, len(spec.raw)),))
        document = one.document(spec)
        numbers = NumberedPlaces()
        problems = Problems(str(one.key))
        parsed = Parsed([], [], [], problems.found)
        if is_too_deep(document):
            problems.add(0, "it is nested deeper than any Kubernetes object", code=ProblemCode.TOO_LARGE)
        else:
            parse_document(Cursor.at_root(Document(document, numbers), problems), self._catalog, parsed)
        places = numbers.places if parsed.rules or problems.found else ()
        rules = tuple(replace(rule, places=places) for rule in parsed.rules)
        found = [*problems.found, *(problem for rule in rules for problem in check_rule(rule, self._types))]
        policy = parsed.policies[0] if parsed.policies else None
        return Reading(spec, rules, tuple(parsed.severities), policy, tuple(placed(each, places) for each in found))


def _age(one: RuleObject) -> tuple[bool, str, RuleKey]:
    """Order objects by age; one that is not stored yet is the youngest."""
    return not one.created, one.created, one.key


@dataclass(slots=True)
class _Assembly:
    """The rules so far: those of files, then those of one object after the other."""

    files: Parts
    rules: dict[str, Rule] = field(init=False)
    pairs: dict[tuple[str, frozenset[str]], Rule] = field(init=False)
    overridable: dict[str, Rule] = field(init=False)
    policy: LossPolicy | None = field(init=False)
    severities: dict[str, tuple[SeverityRule, ...]] = field(default_factory=dict)
    specs: dict[RuleKey, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rules = {rule.name: rule for rule in self.files.rules}
        self.pairs = {pair: rule for rule in self.files.rules for pair in rule.pairs()}
        self.overridable = dict(self.rules)
        self.policy = self.files.policy

    def add(self, key: RuleKey, readings: list[Reading]) -> Verdict:
        """Add the first of an object's specs that is valid and contradicts nothing."""
        first = readings[0]
        conflicts: tuple[RuleProblem, ...] = ()
        for reading in readings:
            if reading.problems:
                continue
            found = tuple(self._conflicts(reading))
            if reading is first:
                conflicts = found
            if not found:
                self._take(key, reading)
                return Verdict(first.spec.generation, first.problems, conflicts, reading.spec)
        return Verdict(first.spec.generation, first.problems, conflicts)

    def parts(self) -> Parts:
        """Return everything that was added to the files."""
        severities = [each for _, some in sorted(self.severities.items()) for each in some]
        digest = self.files.digest
        if self.specs:
            texts = b"".join(b"%b\0%b\0" % (str(key).encode(), raw) for key, raw in sorted(self.specs.items()))
            digest = hashlib.sha256(digest.encode() + texts).hexdigest()[: len(digest) or 16]
        return Parts(tuple(self.rules.values()), (*self.files.severities, *severities), self.policy, digest)

    def _conflicts(self, reading: Reading) -> Iterator[RuleProblem]:
        for rule in reading.rules:
            found = [*override_problems(rule, self.overridable)]
            if not found:
                near = [self.rules.get(rule.name), *(self.pairs.get(pair) for pair in rule.pairs())]
                others = {one.name: one for one in near if one is not None and one.name not in rule.overrides}
                found = check_together([*others.values(), rule])
            yield from (placed(problem, rule.places) for problem in found)
        if reading.policy is not None:
            mistake = replaces(reading.policy, self.policy)
            if mistake is not None:
                yield placed(mistake, ())

    def _take(self, key: RuleKey, reading: Reading) -> None:
        for rule in reading.rules:
            for name in rule.overrides:
                gone = self.overridable.pop(name)
                del self.rules[name]
                for pair in gone.pairs():
                    del self.pairs[pair]
            self.rules[rule.name] = rule
            self.pairs.update(dict.fromkeys(rule.pairs(), rule))
        if reading.severities:
            self.severities[key.name] = reading.severities
        self.policy = reading.policy or self.policy
        self.specs[key] = reading.spec.raw
