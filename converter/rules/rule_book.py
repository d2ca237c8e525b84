"""The rule book: every rule, checked and compiled, as a graph whose nodes are versions of kinds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from converter.errors import RuleBookError, RuleProblem
from converter.losses.policy import parse_loss_policies
from converter.losses.severity import SeverityRule, SeverityTable, parse_field_weights
from converter.rules.check import check_rules
from converter.rules.lens import Side
from converter.rules.parse import read_rules
from converter.rules.steps.blocks import compile_steps
from converter.rules.yaml_source import Problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.catalog import Catalog
    from converter.losses.policy import LossPolicy
    from converter.rules.lens import Lens
    from converter.rules.rule import Rule


class Source(NamedTuple):
    """The text of one rule file.

    Attributes:
        file: its path, as messages show it.
        text: its YAML.
    """

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Edge:
    """One rule walked in one direction for one kind.

    Attributes:
        kind: the kind.
        source: the apiVersion it leads from.
        target: the apiVersion it leads to.
        toward: the rule's side that ``target`` is on.
        rule: the rule.
        lens: its compiled steps; leaves ``apiVersion`` itself alone.
        losses: how many fields can lose their values.
    """

    kind: str
    source: str
    target: str
    toward: Side
    rule: Rule
    lens: Lens
    losses: int


@dataclass(frozen=True)
class RuleBook:
    """Rules that passed every check, ready to be walked; never changes.

    Attributes:
        rules: all rules, sorted by name.
        edges: for each (apiVersion, kind), the edges that lead from it, sorted by target.
        unconvertible: for each (kind, source, target) why no faithful conversion exists.
        weights: how much the loss of a field matters.
        policy: what to do about losses; None where no file says it.
    """

    rules: tuple[Rule, ...]
    edges: Mapping[tuple[str, str], tuple[Edge, ...]] = field(repr=False)
    unconvertible: Mapping[tuple[str, str, str], str] = field(repr=False)
    weights: SeverityTable = field(default_factory=SeverityTable, repr=False, compare=False)
    policy: LossPolicy | None = None

    @classmethod
    def read(cls, sources: Iterable[Source], catalog: Catalog | None = None) -> RuleBook:
        """Read, check and compile rules.

        Args:
            sources: the files; where two give the same (kind, pair of versions), or the same name, both are named.
            catalog: what Kubernetes' own kinds look like; None leaves field names unchecked.

        Raises:
            RuleBookError: with every problem of every file.
        """
        found: list[RuleProblem] = []
        rules: list[Rule] = []
        weights: list[SeverityRule] = []
        policies: list[LossPolicy] = []
        for source in sources:
            problems = Problems(source.file)
            rules += read_rules(source.text, problems)
            weights += parse_field_weights(source.text, problems, catalog)
            for policy, line in parse_loss_policies(source.text, problems):
                if policies:
                    problems.add(line, "there are two loss policies", "put their rules into one")
                policies.append(policy)
            found += problems.found
        found += check_rules(rules, catalog)
        if found:
            raise RuleBookError(sorted(found, key=lambda problem: (problem.file, problem.line)))
        return replace(cls.of(rules), weights=SeverityTable(weights), policy=policies[0] if policies else None)

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> RuleBook:
        """Compile rules that have been checked."""
        ordered = tuple(sorted(rules, key=lambda rule: rule.name))
        edges: dict[tuple[str, str], list[Edge]] = {}
        unconvertible: dict[tuple[str, str, str], str] = {}
        for rule in ordered:
            for kind in rule.kinds:
                for toward in Side:
                    source, target = rule.version(toward.other), rule.version(toward)
                    if rule.unconvertible:
                        unconvertible[kind, source, target] = rule.unconvertible
                        continue
                    lens = compile_steps(rule.steps, toward) if rule.steps else _identity
                    edge = Edge(kind, source, target, toward, rule, lens, rule.losses(toward))
                    edges.setdefault((source, kind), []).append(edge)
        frozen = {node: tuple(sorted(found, key=lambda edge: edge.target)) for node, found in edges.items()}
        return cls(ordered, MappingProxyType(frozen), MappingProxyType(unconvertible))

    def versions(self, kind: str) -> tuple[str, ...]:
        """Every apiVersion of a kind that some rule names, sorted."""
        named = {version for rule in self.rules if kind in rule.kinds for version in (rule.left, rule.right)}
        return tuple(sorted(named))

    def kinds(self) -> tuple[str, ...]:
        """Every kind that some rule names, sorted."""
        return tuple(sorted({kind for rule in self.rules for kind in rule.kinds}))


def _identity(_node: object, _notes: object) -> None:
    """Leave the object as it is: the versions do not differ."""
