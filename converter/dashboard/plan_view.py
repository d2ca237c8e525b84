"""The view *What if*: a cluster with another release, a new one, or one that is removed, planned before it happens."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from converter.catalog import CatalogError, Release, load_catalog
from converter.client import Key
from converter.dashboard.live import page_of
from converter.dashboard.look import NotFoundHereError
from converter.dashboard.rows import loss_fact
from converter.errors import ConverterError
from converter.losses.model import ManifestId
from converter.planning import WORSE, ChangeKind, Scenario, joining, plan_change, sent_objects, with_release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.dashboard.look import Look
    from converter.dashboard.rows import ObjectRow
    from converter.engine import Engine
    from converter.planning import ObjectPlan, SentObject

MOST_OBJECTS: Final = 5000
"""Objects that are planned for one page; `converter plan` has no such bound."""

_MOST_SHOWN: Final = 500

_one_at_a_time = asyncio.Semaphore(1)


async def what_if(look: Look, query: Mapping[str, str]) -> dict[str, Any]:
    """Plan a change, in a thread, so that other requests are answered meanwhile.

    Raises:
        NotFoundHereError: the cluster is not seen.
    """
    catalog = load_catalog()
    found: dict[str, Any] = {
        "clusters": [(name, str(facts.cluster.release or "")) for name, facts in look.clusters.items()],
        "releases": [str(release) for release in reversed(catalog.releases)],
        "cluster": query.get("cluster", ""),
        "to": query.get("to", ""),
        "plans": None,
        "problem": "",
    }
    name, to = query.get("cluster", "").strip(), query.get("to", "").strip()
    if not name or not to:
        return found
    try:
        scenario = _scenario(look, name, to)
    except CatalogError as error:
        return {**found, "problem": str(error)}
    cluster = name if scenario.before is not None else ""
    chosen = [row for row in look.rows if not cluster or row.cluster == cluster]
    raws: dict[tuple[str, str], list[ObjectRow]] = {}
    for row in chosen[:MOST_OBJECTS]:
        raws.setdefault(row.place[:2], []).append(row)
    holders = [row for row in look.rows if scenario.after is None and row.cluster != name]
    async with _one_at_a_time:
        plans = await asyncio.to_thread(_plan, look, scenario, raws, holders)
    return {**found, **_shown(plans), "left_out": max(0, len(chosen) - MOST_OBJECTS), "scenario": scenario}


def _scenario(look: Look, name: str, to: str) -> Scenario:
    if to == "removed":
        return Scenario(name, look.cluster(name), None)
    release, catalog = Release.parse(to), load_catalog()
    if name in look.clusters:
        before = look.cluster(name)
        return Scenario(name, before, with_release(before, release, catalog))
    if name in look.store.clusters:
        raise NotFoundHereError(f"cluster {name}")
    return Scenario(name, None, joining(name, release, catalog))


def _plan(
    look: Look, scenario: Scenario, chosen: Mapping[tuple[str, str], list[ObjectRow]], holders: list[ObjectRow]
) -> list[tuple[ObjectPlan, str]]:
    """Restore what was sent, and plan it; gives each plan with the path of its object's page."""
    engine = look.store.engine()
    objects: list[SentObject] = []
    pages: dict[tuple[str, ManifestId], str] = {}
    for (namespace, name), rows in chosen.items():
        work = look.store.work(Key(namespace, name))
        if work is None:
            continue
        sent = _sent(work.raw, engine)
        for row in rows:
            if row.place.position < len(sent):
                objects.append(sent[row.place.position])
                pages[row.cluster, ManifestId(row.group, row.kind, row.namespace, row.name)] = page_of(row)
    plans = plan_change(scenario, objects, engine)
    others: dict[ManifestId, set[str]] = {}
    for row in holders:
        others.setdefault(ManifestId(row.group, row.kind, row.namespace, row.name), set()).add(row.cluster)
    result = []
    for plan in plans:
        page = pages.get((plan.sent.cluster, plan.sent.identity), "")
        elsewhere = tuple(sorted({*plan.elsewhere, *others.get(plan.sent.identity, ())}))
        result.append((replace(plan, elsewhere=elsewhere), page))
    return result


def _shown(plans: list[tuple[ObjectPlan, str]]) -> dict[str, Any]:
    lines = [
        {
            "kind": plan.sent.identity.kind,
            "label": "/".join(filter(None, (plan.sent.identity.namespace, plan.sent.identity.name))),
            "page": page,
            "now": plan.version_before or "",
            "then": (plan.after.api_version if plan.after is not None else None) or "",
            "changes": [(change.value, change in WORSE) for change in plan.changes],
            "begin": [loss_fact(loss) for loss in plan.begin],
            "end": [loss_fact(loss) for loss in plan.end],
            "problem": plan.after.problem if plan.after is not None else "",
            "elsewhere": plan.elsewhere,
        }
        for plan, page in plans
        if plan.changes
    ]
    lines.sort(key=lambda line: not any(worse for _, worse in line["changes"]))
    counts = {change.value: sum(change in plan.changes for plan, _ in plans) for change in ChangeKind}
    return {
        "plans": lines[:_MOST_SHOWN],
        "more": max(0, len(lines) - _MOST_SHOWN),
        "planned": len(plans),
        "counts": {name: count for name, count in counts.items() if count},
        "worse": {change.value for change in WORSE},
    }


def _sent(raw: bytes, engine: Engine) -> list[SentObject]:
    try:
        return sent_objects(raw, engine)
    except ConverterError:
        return []
