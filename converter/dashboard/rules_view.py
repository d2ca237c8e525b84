"""The view *Rules*: the versions of a kind and what connects them, the rules as written, and their examples, run."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from converter.dashboard.look import NotFoundHereError
from converter.rules.examples import failing_examples

if TYPE_CHECKING:
    from converter.dashboard.look import Look
    from converter.rules.rule import Rule

_LARGEST_FILE: Final = 1 << 20
_STEP: Final = 190
_NODE: Final = 150


class Edge(NamedTuple):
    """A rule in the picture of a kind: an arc between two versions."""

    path: str
    label: str
    x: int
    y: int
    possible: bool


class Node(NamedTuple):
    """A version in the picture of a kind."""

    version: str
    x: int
    width: int


class Picture(NamedTuple):
    """The versions of a kind in a row, and an arc for each rule."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int


def rules(look: Look) -> dict[str, Any]:
    """List the kinds that the rules know."""
    book = look.store.engine().book
    used = {row.kind for row in look.rows}
    return {
        "kinds": [(kind, book.versions(kind), kind in used) for kind in book.kinds()],
        "count": len(book.rules),
    }


def rules_of(look: Look, kind: str) -> dict[str, Any]:
    """Show the rules of a kind.

    Raises:
        NotFoundHereError: no rule names the kind.
    """
    book = look.store.engine().book
    if kind not in book.by_kind:
        raise NotFoundHereError(f"a rule for {kind}")
    found = [rule for rule in book.rules if kind in rule.kinds]
    return {
        "kind": kind,
        "picture": picture(book.versions(kind), found),
        "rules": [
            {
                "rule": rule,
                "text": _text(rule) or look.store.written.get(rule.file, ""),
                "examples": sum(len(example.toward) for example in rule.examples),
                "failing": [str(problem) for problem in failing_examples(rule)],
            }
            for rule in found
        ],
    }


def picture(versions: tuple[str, ...], found: list[Rule]) -> Picture:
    """Place the versions in a row, the arcs of neighbors low and long ones high."""
    order = {version: index for index, version in enumerate(versions)}
    spans = [abs(order[rule.left] - order[rule.right]) for rule in found]
    base = 40 + 34 * max(spans, default=1)
    nodes = tuple(Node(version, index * _STEP + 10, _NODE) for index, version in enumerate(versions))
    edges = []
    for rule, span in zip(found, spans, strict=True):
        ends = sorted((order[rule.left], order[rule.right]))
        start, end = (index * _STEP + 10 + _NODE // 2 for index in ends)
        top = base - 34 * span
        path = f"M{start} {base} C{start} {top} {end} {top} {end} {base}"
        edges.append(Edge(path, rule.name, (start + end) // 2, base - 25 * span - 6, not rule.unconvertible))
    return Picture(nodes, tuple(edges), len(versions) * _STEP, base + 44)


def _text(rule: Rule) -> str:
    """Read a rule as it was written: its document in its file."""
    lines = _lines(rule.file)
    if not lines:
        return ""
    start = min(rule.line, len(lines)) - 1
    while start > 0 and lines[start - 1].rstrip() != "---":
        start -= 1
    end = next((number for number in range(start, len(lines)) if lines[number].rstrip() == "---"), len(lines))
    return "\n".join(lines[start:end]).strip("\n")


@lru_cache(maxsize=64)
def _lines(file: str) -> tuple[str, ...]:
    path = Path(file)
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return ()
        return tuple(path.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):  # it has gone since it was read
        return ()
