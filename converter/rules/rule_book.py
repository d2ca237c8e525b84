"""The rule book: checked and compiled rules as a graph. Versions of kinds are the nodes, rules the edges."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from converter.rules.lens import Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.rules.lens import Lens
    from converter.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Edge:
    """One rule, in one direction, for one kind.

    Attributes:
        kind: the kind.
        source: the apiVersion that it converts from.
        target: the apiVersion that it converts to.
        toward: the side of the rule that ``target`` is on.
        rule: the rule.
        lens: its compiled steps; they do not change ``apiVersion``.
        losses: the number of fields whose values can be lost.
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
    """Rules that passed every check, compiled; immutable.

    Attributes:
        rules: all rules, sorted by name.
        edges: for each (apiVersion, kind), the edges that start there, sorted by target.
        unconvertible: for each (kind, source, target) without a faithful conversion, the reason.
        by_kind: for each kind that rules name, its apiVersions; both sorted.
    """

    rules: tuple[Rule, ...]
    edges: Mapping[tuple[str, str], tuple[Edge, ...]] = field(repr=False)
    unconvertible: Mapping[tuple[str, str, str], str] = field(repr=False)
    by_kind: Mapping[str, tuple[str, ...]] = field(repr=False)

    @classmethod
    def compile(cls, rules: Iterable[Rule]) -> RuleBook:
        """Compile rules that passed every check."""
        return _compiled(rules, {}, {}, {})

    def with_rules(self, rules: Iterable[Rule], unconvertible: Mapping[tuple[str, str, str], str]) -> RuleBook:
        """Make a book with more rules, and reasons why more versions cannot be converted; only new rules are compiled.

        Args:
            rules: rules that passed every check; for these kinds the book has no rule of these names.
            unconvertible: as the attribute.
        """
        more = _compiled(rules, self.edges, {**unconvertible, **self.unconvertible}, self.by_kind)
        return replace(more, rules=tuple(sorted((*self.rules, *more.rules), key=lambda rule: rule.name)))

    def versions(self, kind: str) -> tuple[str, ...]:
        """List every apiVersion of a kind that rules name, sorted."""
        return self.by_kind.get(kind, ())

    def kinds(self) -> tuple[str, ...]:
        """List every kind that rules name, sorted."""
        return tuple(self.by_kind)


def _compiled(
    rules: Iterable[Rule],
    edges: Mapping[tuple[str, str], tuple[Edge, ...]],
    unconvertible: Mapping[tuple[str, str, str], str],
    by_kind: Mapping[str, tuple[str, ...]],
) -> RuleBook:
    """Compile rules, and add what they say to what is there already."""
    ordered = tuple(sorted(rules, key=lambda rule: rule.name))
    added: dict[tuple[str, str], list[Edge]] = {}
    reasons = dict(unconvertible)
    for rule in ordered:
        for kind in rule.kinds:
            for toward in Side:
                source, target = rule.version(toward.other), rule.version(toward)
                if rule.unconvertible:
                    reasons[kind, source, target] = rule.unconvertible
                    continue
                edge = Edge(kind, source, target, toward, rule, rule.lens(toward), rule.losses(toward))
                added.setdefault((source, kind), []).append(edge)
    frozen = {
        node: tuple(sorted((*edges.get(node, ()), *found), key=lambda edge: edge.target))
        for node, found in added.items()
    }
    named: dict[str, set[str]] = {}
    for rule in ordered:
        for kind in rule.kinds:
            named.setdefault(kind, set()).update((rule.left, rule.right), by_kind.get(kind, ()))
    kinds = {**by_kind, **{kind: tuple(sorted(found)) for kind, found in named.items()}}
    return RuleBook(
        ordered,
        MappingProxyType({**edges, **frozen}),
        MappingProxyType(reasons),
        MappingProxyType({kind: kinds[kind] for kind in sorted(kinds)}),
    )
