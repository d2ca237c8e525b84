"""Puts a server together: rules, fleet, webhooks, pages, metrics; what each of them needs, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.admission.works import WorkWebhook
from converter.catalog import load_catalog
from converter.serving import answers
from converter.serving.activity import Activity
from converter.serving.app import BODY_LIMIT, App, Webhook
from converter.serving.inventory_watch import LiveInventory
from converter.serving.metrics import CONTENT_TYPE, Metrics
from converter.serving.page import ClusterRow, KindRow, View, render
from converter.serving.rules_watch import LiveRules

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from aiohttp import web

    from converter.clusters import FleetView


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server is to do.

    Attributes:
        inventory: the file of clusters.
        rules: an admin's rule files or directories, beside the shipped book.
        policy: ``deny`` or ``warn``.
        body_limit: the largest body accepted, in bytes.
        page: whether to serve the page at ``/``.
    """

    inventory: Path
    rules: tuple[Path, ...] = ()
    policy: str = "deny"
    body_limit: int = BODY_LIMIT
    page: bool = True


@dataclass(frozen=True, slots=True)
class Served:
    """A server's parts.

    Attributes:
        app: what answers requests.
        rules: the rule book in use.
        fleet: the clusters.
        inventory: keeps the clusters up to date with their file.
    """

    app: App
    rules: LiveRules
    fleet: FleetView
    inventory: LiveInventory

    def background(self) -> list[Coroutine[None, None, None]]:
        """What has to run beside the server."""
        return [self.rules.watch(), self.inventory.watch()]


def assemble(settings: Settings) -> Served:
    """Read everything, and put a server together.

    Raises:
        RuleBookError: with every problem of every rule file.
        ConverterError: the inventory has problems.
    """
    metrics = Metrics(["works"])
    activity = Activity(metrics)
    rules = LiveRules(settings.rules, catalog=load_catalog, sink=metrics)
    metrics.rules_in_use(len(rules.current.book.rules))
    inventory = LiveInventory(settings.inventory)
    fleet = inventory.view
    metrics.watch_clusters(lambda: len(fleet.current))
    works = WorkWebhook(rules, fleet, settings.policy, activity)
    pages: dict[str, Callable[[], web.Response]] = {}
    app = App([Webhook("/mutate/works", "works", works.answer)], pages, metrics, body_limit=settings.body_limit)

    def missing() -> str:
        return "" if fleet.ready else "the first list of clusters is not complete"

    def view() -> View:
        return _view(settings.policy, missing(), rules, fleet, activity)

    pages["/healthz"] = lambda: answers.text("ok\n")
    pages["/readyz"] = lambda: app.ready(missing())
    pages["/metrics"] = lambda: answers.text(metrics.text(), kind=CONTENT_TYPE)
    if settings.page:
        pages["/"] = lambda: answers.page(render(view()))
    return Served(app, rules, fleet, inventory)


def _view(policy: str, missing: str, rules: LiveRules, fleet: FleetView, activity: Activity) -> View:
    book = rules.current.book
    clusters = [
        ClusterRow(cluster.name, str(cluster.release or ""), len(cluster.served), cluster.complete)
        for _, cluster in sorted(fleet.current.items())
    ]
    kinds = [KindRow(kind, book.versions(kind)) for kind in book.kinds()]
    return View(
        missing, policy, clusters, kinds, len(book.rules), rules.state.since, rules.state.problems, activity.recent
    )
