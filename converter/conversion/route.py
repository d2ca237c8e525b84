"""Routes: the cheapest chain of rules from one version of a kind to another.

Cheapest means fewest fields that can be lost, then fewest rules, then fewest steps in them: of two versions that can
say the same, the one with the same shape is taken. Where that leaves a choice, the names of the versions decide, so
that the same book always gives the same route.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from converter.errors import NoRouteError
from converter.rules.codegen import sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.rules import Edge, RuleBook
    from converter.rules.lens import Lens

Cost = tuple[int, int, int]
"""Fields that can be lost, then rules walked, then steps taken."""


@dataclass(frozen=True, slots=True)
class Route:
    """The rules that lead from one version of a kind to another.

    Attributes:
        kind: the kind.
        source: the apiVersion that the route starts from.
        target: the apiVersion that it leads to.
        versions: every apiVersion on the way, source and target included.
        rules: the names of the rules, in order; none if source and target are the same.
    """

    kind: str
    source: str
    target: str
    versions: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompiledRoute:
    """A chain of rules, ready to be walked in both directions.

    Attributes:
        kind: the kind it converts.
        source: the apiVersion it starts from.
        target: the apiVersion it leads to.
        edges: the rules in order; none where source and target are the same.
        cost: what it costs.
        forward: the compiled conversion from source to target.
        backward: the compiled conversion from target to source.
        described: the route as the library's users see it.
    """

    kind: str
    source: str
    target: str
    edges: tuple[Edge, ...]
    cost: Cost
    forward: Lens = field(repr=False, compare=False)
    backward: Lens = field(repr=False, compare=False)
    described: Route = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rules = tuple(edge.rule.name for edge in self.edges)
        object.__setattr__(self, "described", Route(self.kind, self.source, self.target, self.versions(), rules))

    def versions(self) -> tuple[str, ...]:
        """Every apiVersion on the way, source and target included."""
        return (self.source, *(edge.target for edge in self.edges))


_ROUTES_CACHED: Final = 20_000
"""Routes that are cached by what a cluster serves; clusters can serve any versions."""


class Routes:
    """Finds routes through one rule book, and remembers them: the book never changes."""

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self._from: dict[tuple[str, str], dict[str, CompiledRoute]] = {}
        self._best: dict[tuple[str, str, tuple[str, ...]], CompiledRoute] = {}
        self._dead_ends: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for (kind, source, target), reason in book.unconvertible.items():
            self._dead_ends.setdefault((kind, source), []).append((target, reason))

    def reachable(self, kind: str, source: str) -> dict[str, CompiledRoute]:
        """Every apiVersion that rules reach from ``source`` (itself excluded), with the route there."""
        known = self._from.get((source, kind))
        if known is None:
            if (source, kind) not in self.book.edges:  # requests can name any; only the book's own are remembered
                return {}
            known = self._from[source, kind] = self._search(kind, source)
        return known

    def cheapest(self, kind: str, source: str, targets: Iterable[str]) -> CompiledRoute:
        """Choose the cheapest route to any of the targets; the earlier target where two cost the same.

        Raises:
            NoRouteError: none of them can be reached.
        """
        wanted = tuple(targets)
        best = self._best.get((kind, source, wanted))
        if best is None:
            found = self.reachable(kind, source)
            routes = [found[target] for target in wanted if target in found]
            if not routes:
                raise NoRouteError(kind, source, wanted, self.why_not(kind, source, wanted))
            best = min(routes, key=lambda route: route.cost)
            if len(self._best) < _ROUTES_CACHED:
                self._best[kind, source, wanted] = best
        return best

    def why_not(self, kind: str, source: str, targets: Iterable[str]) -> str:
        """The rule book's own words on why a kind cannot be converted; empty where it says nothing."""
        reasons = (reason for target in targets for reason in self._reasons(kind, source, target))
        return " ".join(dict.fromkeys(reasons))

    def _reasons(self, kind: str, source: str, target: str) -> tuple[str, ...]:
        """Follow the rules, and where they end what is said about going on, until the target is reached."""
        queue: list[tuple[tuple[str, ...], str]] = [((), source)]
        seen: set[str] = set()
        for reasons, start in queue:
            for here in sorted({start, *self.reachable(kind, start)} - seen):
                if here == target:
                    return reasons
                seen.add(here)
                for across, reason in self._dead_ends.get((kind, here), ()):
                    queue.append(((*reasons, reason), across))
        return ()

    def _search(self, kind: str, source: str) -> dict[str, CompiledRoute]:
        """Walk the kind's versions from the source, cheapest first (Dijkstra)."""
        done: dict[str, CompiledRoute] = {}
        queue: list[tuple[Cost, tuple[str, ...], tuple[Edge, ...]]] = [((0, 0, 0), (source,), ())]
        while queue:
            cost, versions, edges = heapq.heappop(queue)
            here = versions[-1]
            if here in done:
                continue
            done[here] = self._route(kind, source, here, edges, cost)
            for edge in self.book.edges.get((here, kind), ()):
                if edge.target not in done:
                    longer = (cost[0] + edge.losses, cost[1] + 1, cost[2] + len(edge.rule.steps))
                    heapq.heappush(queue, (longer, (*versions, edge.target), (*edges, edge)))
        del done[source]
        return done

    def _route(self, kind: str, source: str, target: str, edges: tuple[Edge, ...], cost: Cost) -> CompiledRoute:
        back = [self._reverse(edge) for edge in reversed(edges)]
        forward, backward = sequence([edge.lens for edge in edges]), sequence([edge.lens for edge in back])
        return CompiledRoute(kind, source, target, edges, cost, forward, backward)

    def _reverse(self, edge: Edge) -> Edge:
        return next(
            other
            for other in self.book.edges[edge.target, edge.kind]
            if other.rule is edge.rule and other.target == edge.source
        )
