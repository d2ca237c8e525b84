"""Puts a server together: rules, fleet, webhooks, pages, metrics; what each of them needs, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.admission.binding_status import BindingStatusWebhook
from converter.admission.bindings import PlacementWebhook
from converter.admission.works import WorkWebhook
from converter.catalog import load_catalog
from converter.clusters import FleetView
from converter.placement.exclusions import Unreachable
from converter.server import responses as answers
from converter.server.app import BODY_LIMIT, App, Webhook
from converter.server.conversion_log import ConversionLog
from converter.server.inventory_reloader import InventoryReloader
from converter.server.metrics import CONTENT_TYPE, Metrics
from converter.server.rules_reloader import RulesReloader
from converter.server.status_page import ClusterRow, KindRow, View, render

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from aiohttp import web


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server is to do.

    Attributes:
        inventory: the file of clusters; None where Karmada tells which there are.
        rules: an admin's rule files or directories, beside the shipped book.
        policy: ``deny`` or ``warn``.
        body_limit: the largest body accepted, in bytes.
        page: whether to serve the page at ``/``.
    """

    inventory: Path | None
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
        inventory: keeps the clusters up to date with their file; None where whoever runs this fills the fleet.
    """

    app: App
    rules: RulesReloader
    fleet: FleetView
    inventory: InventoryReloader | None

    def background(self) -> list[Coroutine[None, None, None]]:
        """What has to run beside the server."""
        watches = [self.rules.watch()]
        if self.inventory is not None:
            watches.append(self.inventory.watch())
        return watches


def assemble(settings: Settings) -> Served:
    """Read everything, and put a server together.

    Raises:
        RuleBookError: with every problem of every rule file.
        ConverterError: the inventory has problems.
    """
    metrics = Metrics(["works", "bindings", "binding-status"])
    activity = ConversionLog(metrics)
    rules = RulesReloader(settings.rules, catalog=load_catalog, sink=metrics)
    metrics.rules_in_use(len(rules.current.book.rules))
    inventory = InventoryReloader(settings.inventory) if settings.inventory is not None else None
    fleet = inventory.view if inventory is not None else FleetView()
    metrics.watch_clusters(lambda: len(fleet.current))
    works = WorkWebhook(rules, fleet, settings.policy, activity, has_overflow_store=inventory is None)
    pages: dict[str, Callable[[], web.Response]] = {}
    placement = PlacementWebhook(Unreachable(lambda: rules.current, fleet))
    webhooks = [
        Webhook("/mutate/works", "works", works.answer),
        Webhook("/mutate/bindings", "bindings", placement.answer),
        Webhook("/mutate/binding-status", "binding-status", BindingStatusWebhook().answer),
    ]
    app = App(webhooks, pages, metrics, body_limit=settings.body_limit)

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


def _view(policy: str, missing: str, rules: RulesReloader, fleet: FleetView, activity: ConversionLog) -> View:
    book = rules.current.book
    clusters = [
        ClusterRow(cluster.name, str(cluster.release or ""), len(cluster.served), cluster.complete)
        for _, cluster in sorted(fleet.current.items())
    ]
    kinds = [KindRow(kind, book.versions(kind)) for kind in book.kinds()]
    return View(
        missing, policy, clusters, kinds, len(book.rules), rules.state.since, rules.state.problems, activity.recent
    )
