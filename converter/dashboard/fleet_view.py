"""The views *Fleet* and *Matrix*: clusters, and which of them get which kinds in which version."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from converter.dashboard.live_view import last_hour
from converter.dashboard.look import PAGE, NotFoundHereError, paged
from converter.losses.severity import Severity
from converter.rules.steps.blocks import ordered
from converter.works.version_selection import Availability, choose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.clusters import Cluster
    from converter.conversion import CompiledRoute
    from converter.dashboard.look import Look
    from converter.dashboard.store import ClusterFacts
    from converter.engine import Engine

MOST_REFUSED = 20
"""Objects that no cluster gets which the view *Fleet* lists."""

COLUMNS = 40
"""Clusters of one page of the matrix."""


class ClusterRow(NamedTuple):
    """A line of the view *Fleet*.

    Attributes:
        name: the cluster.
        release: its release; empty if it is unknown.
        ready: ``True``, ``False``, ``Unknown`` or empty.
        objects: how many objects it gets.
        converted: how many of them in another version.
        losses: the number of losses by severity, the worst first.
        problems: what is wrong with it.
    """

    name: str
    release: str
    ready: str
    objects: int
    converted: int
    losses: tuple[tuple[Severity, int], ...]
    problems: tuple[str, ...]


def fleet(look: Look, query: Mapping[str, str]) -> dict[str, Any]:
    """Show the clusters, those with problems first."""
    objects: dict[str, list[int]] = {}
    for row in look.rows:
        counts = objects.setdefault(row.cluster, [0, 0])
        counts[0] += 1
        counts[1] += row.converted
    lines = [_cluster_row(look, name, facts, objects.get(name, [0, 0])) for name, facts in look.clusters.items()]
    lines.sort(key=lambda line: (not line.problems, -_weight(line), line.name))
    page, pages = paged(len(lines), query.get("page", ""))
    return {
        "lines": lines[(page - 1) * PAGE : page * PAGE],
        "page": page,
        "pages": pages,
        "total": len(lines),
        "objects": len(look.rows),
        "converted": sum(line.converted for line in lines),
        "wrong": sum(bool(line.problems) for line in lines),
        "severities": list(reversed(Severity)),
        "sums": {severity: sum(counts[severity] for counts in look.losses.values()) for severity in Severity},
        **_refused(look),
        **last_hour(look),
    }


def _refused(look: Look) -> dict[str, Any]:
    """List the objects that a cluster does not get; a link leads to what one of them would be there."""
    found = [one for one in look.store.refused.listed() if look.covers((one.namespace,))]
    return {"refused": found[:MOST_REFUSED], "refused_count": len(found)}


def _weight(line: ClusterRow) -> int:
    return dict(line.losses).get(Severity.DANGEROUS, 0)


def _cluster_row(look: Look, name: str, facts: ClusterFacts, counts: list[int]) -> ClusterRow:
    cluster = facts.cluster
    losses: Mapping[Severity, int] = look.losses.get(name, {})
    problems = []
    if facts.ready != "True":
        problems.append(f"not ready: {facts.why or 'Karmada has not reached it yet'}")
    if cluster.release is None:
        problems.append("its release is unknown, so that dropped fields are not found")
    if not cluster.complete:
        problems.append("not all is known of what it serves")
    if cluster.gates_problem:
        problems.append(f"its feature gates are not used: {cluster.gates_problem}")
    return ClusterRow(
        name, str(cluster.release or ""), facts.ready, counts[0], counts[1],
        tuple((severity, losses[severity]) for severity in reversed(Severity) if losses.get(severity)), tuple(problems),
    )  # fmt: skip


class CellState(StrEnum):
    """How a cluster gets a kind."""

    NATIVE = "native"
    EXACT = "exact"
    LOSSY = "lossy"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


class Cell(NamedTuple):
    """One kind in one cluster.

    Attributes:
        cluster: the cluster.
        state: how it gets the kind.
        version: the apiVersion that it gets; empty if it gets none.
        why: why it gets none.
        objects: how many objects of the kind it has.
        lossy: how many of them lose something.
    """

    cluster: str
    state: CellState
    version: str
    why: str
    objects: int
    lossy: int


class KindLine(NamedTuple):
    """A line of the matrix: a kind in the version that was sent."""

    kind: str
    version: str
    cells: tuple[Cell, ...]


def matrix(look: Look, query: Mapping[str, str]) -> dict[str, Any]:
    """Show kinds and clusters: the kinds in use, or all that the rules know."""
    everything = query.get("kinds") == "all"
    kinds = _kinds(look, everything=everything)
    names = list(look.clusters)
    page, pages = paged(len(names), query.get("page", ""), COLUMNS)
    shown = names[(page - 1) * COLUMNS : page * COLUMNS]
    counts = _counts(look, set(shown))
    engine = look.store.engine()
    columns = [look.clusters[name].cluster for name in shown]
    lines = [
        KindLine(kind, version, tuple(_cell(cluster, kind, version, counts, engine) for cluster in columns))
        for kind, version in kinds
    ]
    return {
        "lines": lines,
        "names": [(name, str(look.clusters[name].cluster.release or "")) for name in shown],
        "everything": everything,
        "page": page,
        "pages": pages,
    }


def explain_cell(look: Look, query: Mapping[str, str]) -> dict[str, Any]:
    """Explain one cell of the matrix.

    Raises:
        NotFoundHereError: the cluster is not seen.
    """
    kind, version, name = (query.get(key, "") for key in ("kind", "version", "cluster"))
    engine = look.store.engine()
    if not kind or not version:
        raise NotFoundHereError("a cell without kind and version")
    cell = _cell(look.cluster(name), kind, version, _counts(look, {name}), engine)
    steps: list[str] = []
    if cell.state in {CellState.EXACT, CellState.LOSSY} and cell.version != version:
        steps = route_steps(engine.route(kind, version, cell.version))
    return {"cell": cell, "kind": kind, "version": version, "steps": steps}


def route_steps(route: CompiledRoute) -> list[str]:
    """Describe what a route does, rule by rule."""
    lines: list[str] = []
    for edge in route.edges:
        other = edge.rule.version(edge.toward)
        lines.append(f"rule {edge.rule.name}, to {other}")
        lines += [f"  {step.describe(edge.toward)}" for step in ordered(edge.rule.steps, edge.toward)]
    return lines


def _kinds(look: Look, *, everything: bool) -> list[tuple[str, str]]:
    used = {(row.kind, row.source) for row in look.rows}
    if everything:
        book = look.store.engine().book
        used |= {(kind, version) for kind in book.kinds() for version in book.versions(kind)}
    return sorted(used)


def _counts(look: Look, clusters: set[str]) -> dict[tuple[str, str, str], list[int]]:
    found: dict[tuple[str, str, str], list[int]] = {}
    for row in look.rows:
        if row.cluster in clusters:
            counts = found.setdefault((row.cluster, row.kind, row.source), [0, 0])
            counts[0] += 1
            counts[1] += bool(row.losses)
    return found


def _cell(
    cluster: Cluster, kind: str, version: str, counts: dict[tuple[str, str, str], list[int]], engine: Engine
) -> Cell:
    objects, lossy = counts.get((cluster.name, kind, version), (0, 0))
    choice = choose(version, kind, cluster, engine)
    if choice.availability is Availability.SERVED:
        state = CellState.LOSSY if lossy else CellState.NATIVE
        return Cell(cluster.name, state, version, "", objects, lossy)
    if choice.route is not None:
        state = CellState.LOSSY if lossy else CellState.EXACT
        return Cell(cluster.name, state, choice.route.target, "", objects, lossy)
    certain = choice.availability is Availability.UNREACHABLE
    return Cell(
        cluster.name, CellState.UNREACHABLE if certain else CellState.UNKNOWN, "", choice.why, objects, lossy
    )  # fmt: skip
