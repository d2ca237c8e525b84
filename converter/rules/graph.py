"""Draws the graph of rules: versions are the nodes, rules the edges. As text, as Mermaid, and as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from converter.kube import version_priority
from converter.rules.lens import Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from converter.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Family:
    """Kinds that the same rules convert.

    Attributes:
        kinds: the kinds, sorted.
        versions: their apiVersions, in the order in which they are drawn: neighbours next to each other.
        rules: the rules between them, sorted by name.
    """

    kinds: tuple[str, ...]
    versions: tuple[str, ...]
    rules: tuple[Rule, ...]


def families(rules: Iterable[Rule]) -> list[Family]:
    """Group rules by the kinds that they convert, sorted by kind."""
    by_kind: dict[str, list[Rule]] = {}
    for rule in sorted(rules, key=lambda rule: rule.name):
        for kind in rule.kinds:
            by_kind.setdefault(kind, []).append(rule)
    shared: dict[tuple[int, ...], list[str]] = {}
    for kind in sorted(by_kind):
        shared.setdefault(tuple(id(rule) for rule in by_kind[kind]), []).append(kind)
    return [Family(tuple(kinds), _in_line(by_kind[kinds[0]]), tuple(by_kind[kinds[0]])) for kinds in shared.values()]


def _in_line(rules: Sequence[Rule]) -> tuple[str, ...]:
    """Order versions so that neighbours in the graph are close: a walk from an end of it, most stable first."""
    near: dict[str, list[str]] = {}
    for rule in rules:
        near.setdefault(rule.left, []).append(rule.right)
        near.setdefault(rule.right, []).append(rule.left)
    order: list[str] = []
    starts = sorted(near, key=lambda version: (len(near[version]), version_priority(version)))
    for start in starts:
        todo = [start]
        while todo:
            here = todo.pop()
            if here not in order:
                order.append(here)
                todo += sorted((each for each in near[here] if each not in order), key=version_priority, reverse=True)
    return tuple(order)


def _losses(rule: Rule) -> str:
    right, left = rule.losses(Side.RIGHT), rule.losses(Side.LEFT)
    found = [f"can lose {count} {way}" for count, way in ((right, "to the right"), (left, "to the left")) if count]
    return ", ".join(found) or "loses nothing"


def as_text(found: Sequence[Family]) -> str:
    """Write one line for each rule, below the kinds that it converts."""
    lines = []
    for family in found:
        lines.append(", ".join(family.kinds))
        for rule in family.rules:
            arrow, about = ("<-/->", rule.unconvertible) if rule.unconvertible else ("<-->", _steps(rule))
            lines.append(f"  {rule.left} {arrow} {rule.right}  {rule.name}: {about}")
    return "".join(f"{line}\n" for line in lines)


def _steps(rule: Rule) -> str:
    return f"{len(rule.steps)} step{'' if len(rule.steps) == 1 else 's'}, {_losses(rule)}"


def as_mermaid(found: Sequence[Family]) -> str:
    """Write a flowchart of Mermaid, with a subgraph for each family."""
    lines = ["flowchart LR"]
    for number, family in enumerate(found):
        lines.append(f'  subgraph f{number}["{_quoted(", ".join(family.kinds))}"]')
        names = {version: f"f{number}v{index}" for index, version in enumerate(family.versions)}
        lines += [f'    {names[version]}["{_quoted(version)}"]' for version in family.versions]
        for rule in family.rules:
            edge = "-.-x" if rule.unconvertible else "<-->"
            lines.append(f'    {names[rule.left]} {edge}|"{_quoted(rule.name)}"| {names[rule.right]}')
        lines.append("  end")
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    """Escape a text inside of quotes in Mermaid."""
    return escape(text, {'"': "#quot;"})


_STYLE: Final = (
    "<style>rect{fill:#eef3fb;stroke:#4a6fa5}path{fill:none;stroke:#4a6fa5}"
    ".no{stroke-dasharray:5 4;stroke:#b33}</style>"
)
_ROW: Final = 96
_BOX: Final = (210, 34)
_GAP: Final = 190
_MARGIN: Final = 24
_LETTER: Final = 6.5
"""The width of a letter, about."""


def as_svg(found: Sequence[Family]) -> str:
    """Draw one row for each family: its kinds above, versions as boxes, rules as lines with their names."""
    most = max((len(family.versions) for family in found), default=0)
    width = 2 * _MARGIN + max(most * (_BOX[0] + _GAP) - _GAP, 300)
    body: list[str] = []
    top = _MARGIN
    for family in found:
        rows = sum(_distance(family, rule) > 1 for rule in family.rules)
        body += _row(family, top)
        top += _ROW + 26 * rows
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top + _MARGIN}" '
        f'viewBox="0 0 {width} {top + _MARGIN}" font-family="sans-serif" font-size="12" role="img">'
    )
    ground = f'<rect x="0" y="0" width="{width}" height="{top + _MARGIN}" style="fill:#fff;stroke:none"/>'
    return "\n".join([head, f"<title>Conversion rules</title>{_STYLE}", ground, *body, "</svg>"]) + "\n"


def _distance(family: Family, rule: Rule) -> int:
    return abs(family.versions.index(rule.left) - family.versions.index(rule.right))


def _row(family: Family, top: int) -> list[str]:
    kinds = ", ".join(family.kinds)
    shown = kinds if len(kinds) <= 90 else f"{kinds[:89]}…"  # noqa: PLR2004  what fits
    lines = [f'<text x="{_MARGIN}" y="{top + 12}" font-weight="bold">{escape(shown)}</text>']
    middle = top + 26 + _BOX[1] // 2
    lefts = {version: _MARGIN + index * (_BOX[0] + _GAP) for index, version in enumerate(family.versions)}
    lane = 0
    for rule in family.rules:
        first, second = sorted((rule.left, rule.right), key=family.versions.index)
        start, end, css = lefts[first] + _BOX[0], lefts[second], ' class="no"' if rule.unconvertible else ""
        title = f"<title>{escape(rule.name)}: {escape(rule.unconvertible or _steps(rule))}</title>"
        if _distance(family, rule) == 1:
            lines.append(f'<path{css} d="M{start} {middle}H{end}">{title}</path>')
            lines.append(_label(rule.name, (start + end) / 2, middle - 6))
            continue
        lane += 1
        low = middle + _BOX[1] // 2 + 26 * lane
        one, two = lefts[first] + _BOX[0] / 2, lefts[second] + _BOX[0] / 2
        lines.append(
            f'<path{css} d="M{one:g} {middle + _BOX[1] // 2}V{low}H{two:g}V{middle + _BOX[1] // 2}">{title}</path>'
        )
        lines.append(_label(rule.name, (one + two) / 2, low - 6))
    for version, left in lefts.items():
        lines.append(f'<rect x="{left}" y="{middle - _BOX[1] // 2}" width="{_BOX[0]}" height="{_BOX[1]}" rx="5"/>')
        lines.append(_label(version, left + _BOX[0] / 2, middle + 4, _BOX[0]))
    return lines


def _label(text: str, x: float, y: float, room: int = _GAP) -> str:
    """Write a text in the middle of a place, smaller if there is not enough room."""
    size = min(12.0, 12 * room / max(len(text) * _LETTER, 1))
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" font-size="{size:.3g}">{escape(text)}</text>'
