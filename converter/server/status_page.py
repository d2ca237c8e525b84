"""The page at ``/``: the fleet, what the rule book reaches, and what was converted lately, at a glance.

One file of HTML without scripts or anything to load, light or dark as the reader's system is.
"""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from converter.errors import RuleProblem
    from converter.server.conversion_log import Event


class ClusterRow(NamedTuple):
    """What the page says of a cluster.

    Attributes:
        name: its name.
        release: its Kubernetes release; empty if not known.
        kinds: how many kinds it serves.
        complete: whether what is not listed is certainly not served.
    """

    name: str
    release: str
    kinds: int
    complete: bool


class KindRow(NamedTuple):
    """What the page says of a kind: its versions that rules connect."""

    kind: str
    versions: tuple[str, ...]


class View(NamedTuple):
    """All that the page shows.

    Attributes:
        ready: what is still missing; empty if nothing is.
        policy: what happens to what cannot be converted.
        clusters: the fleet.
        kinds: the rule book.
        rules: how many rules it has.
        since: when it was read.
        problems: why a newer one was refused.
        events: the latest conversions, the newest first.
    """

    ready: str
    policy: str
    clusters: Sequence[ClusterRow]
    kinds: Sequence[KindRow]
    rules: int
    since: dt.datetime
    problems: Sequence[RuleProblem]
    events: Sequence[Event]


_STYLE = """
:root { color-scheme: light dark; --line: #d4d9e0; --soft: #f3f5f8; --faint: #5b6675; --good: #11713b; --bad: #b3261e;
  --accent: #1f5fbf; }
@media (prefers-color-scheme: dark) { :root { --line: #343c47; --soft: #1c222a; --faint: #9aa6b5; --good: #5fce8f;
  --bad: #ff8a80; --accent: #8ab8ff; } body { background: #12161b; color: #e4e8ee; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
.faint { color: var(--faint) } .good { color: var(--good) } .bad { color: var(--bad) }
code, td.v { font: 13px/1.5 ui-monospace, monospace }
.wrap { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px }
table { border-collapse: collapse; width: 100% } td, th { padding: .4rem .8rem; text-align: left; vertical-align: top }
th { background: var(--soft); font-weight: 600; white-space: nowrap } tr + tr td { border-top: 1px solid var(--line) }
td.t { white-space: nowrap } td.n { text-align: right; font-variant-numeric: tabular-nums } a { color: var(--accent) }
.problems { border: 1px solid var(--bad); border-radius: 8px; padding: .6rem 1rem; margin: 1rem 0 }
.problems li { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
"""


def render(view: View) -> str:
    """Write the page."""
    state = f'<b class="bad">not ready: {escape(view.ready)}</b>' if view.ready else '<b class="good">ready</b>'
    return "".join([
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>API-version converter</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="refresh" content="10"><style>{_STYLE}</style></head><body>',
        "<h1>API-version converter</h1>",
        f"<p>{state} · {_count(len(view.clusters), 'cluster')} · {_count(view.rules, 'rule')} for ",
        f"{_count(len(view.kinds), 'kind')} · what cannot be converted: <b>{escape(view.policy)}</b></p>",
        _problems(view.problems),
        "<h2>Lately</h2>", _events(view.events),
        "<h2>Fleet</h2>", _clusters(view.clusters),
        "<h2>Rule book</h2>",
        f'<p class="faint">read {_time(view.since)}; rules convert between these versions of each kind</p>',
        _table(("kind", "versions"), [(_cell(row.kind), _versions(row.versions)) for row in view.kinds]),
        '<p class="faint"><a href="/metrics">metrics</a> · <a href="/readyz">readiness</a></p></body></html>',
    ])  # fmt: skip


def _events(events: Sequence[Event]) -> str:
    if not events:
        return '<p class="faint">Nothing yet. <code>converter demo</code> sends something.</p>'
    head = ("time", "cluster", "kind", "name", "from", "to", "lost")
    return _table(head, (
        (
            _cell(_time(dt.datetime.fromtimestamp(event.at, dt.UTC)), "t"),
            _cell(event.cluster), _cell(event.kind), _cell(event.name),
            _cell(event.source, "v"), _target(event), _cell(str(event.losses), "n"),
        )
        for event in events
    ))  # fmt: skip


def _target(event: Event) -> str:
    if event.target:
        return _cell(event.target, "v")
    return f'<td class="bad">not converted: {escape(event.why)}</td>'


def _clusters(clusters: Sequence[ClusterRow]) -> str:
    if not clusters:
        return '<p class="faint">No cluster is known.</p>'
    rows = (
        (
            _cell(row.name), _cell(row.release or "not known"), _cell(str(row.kinds), "n"),
            _cell("all" if row.complete else "what is known so far"),
        )
        for row in clusters
    )  # fmt: skip
    return _table(("cluster", "Kubernetes", "kinds served", "listed"), rows)


def _problems(problems: Sequence[RuleProblem]) -> str:
    if not problems:
        return ""
    items = "".join(f"<li>{escape(str(problem))}</li>" for problem in problems)
    return (
        '<div class="problems"><b class="bad">The rule files as they are now cannot be used; '
        f"the last good book stays in use.</b><ul>{items}</ul></div>"
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return f'<div class="wrap"><table><tr>{top}</tr>{body}</table></div>'


def _cell(text: str, style: str = "") -> str:
    return f'<td class="{style}">{escape(text)}</td>' if style else f"<td>{escape(text)}</td>"


def _versions(versions: Iterable[str]) -> str:
    return f'<td class="v">{" ⇄ ".join(map(escape, versions))}</td>'


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _time(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z"
