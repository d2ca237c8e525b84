"""Assembles a server: rules, fleet, webhooks, health and metrics."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from converter.admission.binding_status import BindingStatusWebhook
from converter.admission.bindings import PlacementWebhook
from converter.admission.rules import RulesWebhook
from converter.admission.works import WorkWebhook
from converter.catalog import load_catalog
from converter.clusters import FleetView
from converter.placement.exclusions import Unreachable
from converter.placement.scheduler_name import OWN_SCHEDULER
from converter.server.app import BODY_LIMIT, App, Webhook
from converter.server.conversion_log import ConversionLog
from converter.server.health import Health
from converter.server.inventory_reloader import InventoryReloader
from converter.server.metrics import Metrics
from converter.server.rules_reloader import RulesReloader, notes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from converter.server.clients import Clients
    from converter.server.in_progress import Tracer


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a server.

    Attributes:
        inventory: the file of clusters; None if the fleet comes from Karmada.
        rules: rule files or directories of an admin, in addition to the shipped rules.
        policy: what to do with manifests that a cluster cannot get: ``deny``, ``warn`` or ``ignore``.
        own_scheduler: the name of the converter's scheduler; empty if Karmada's runs without APIEnablement instead.
        body_limit: the largest body accepted, in bytes.
        clients: who may call the webhooks; None for everyone.
        tracer: makes spans of reviews; None for none.
    """

    inventory: Path | None
    rules: tuple[Path, ...] = ()
    policy: str = "deny"
    own_scheduler: str = OWN_SCHEDULER
    body_limit: int = BODY_LIMIT
    clients: Clients | None = None
    tracer: Tracer | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """The parts of a server.

    Attributes:
        app: the HTTP application of the webhooks.
        health: health and metrics, for an address of their own.
        metrics: its metrics.
        rules: the rules in use.
        fleet: the clusters.
        inventory: reloads the clusters from their file; None if the caller fills the fleet.
        rules_webhook: the webhook on rule objects.
        waiting_for: each says what must be known before the server is ready; empty once it is.
    """

    app: App
    health: Health
    metrics: Metrics
    rules: RulesReloader
    fleet: FleetView
    inventory: InventoryReloader | None
    rules_webhook: RulesWebhook
    waiting_for: list[Callable[[], str]] = field(default_factory=list)

    def background(self) -> list[Coroutine[None, None, None]]:
        """List the tasks that must run while the server runs."""
        watches = [self.rules.watch()]
        if self.inventory is not None:
            watches.append(self.inventory.watch())
        return watches


def assemble(settings: Settings) -> Served:
    """Read the rules and the inventory, and assemble a server.

    Raises:
        RuleBookError: the rules are invalid; lists every problem of every file.
        ConverterError: the inventory is invalid.
    """
    metrics = Metrics(["works", "bindings", "binding-status", "rules"])
    rules = RulesReloader(settings.rules, catalog=load_catalog, sink=metrics)
    metrics.rules_in_use(len(rules.current.book.rules))
    metrics.watch_rules(lambda: rules.files_digest, lambda: rules.current.digest)
    inventory = InventoryReloader(settings.inventory, metrics) if settings.inventory is not None else None
    fleet = inventory.view if inventory is not None else FleetView()
    metrics.watch_clusters(lambda: len(fleet.current))
    span = settings.tracer.span if settings.tracer is not None else None
    works = WorkWebhook(
        rules, fleet, settings.policy, ConversionLog(metrics), has_overflow_store=inventory is None, span=span
    )
    unreachable = Unreachable(lambda: rules.current, fleet)
    placement = PlacementWebhook(unreachable, unreachable.converted, settings.own_scheduler)
    rules_webhook = RulesWebhook(rules.check)
    webhooks = [
        Webhook("/mutate/works", "works", works.answer),
        Webhook("/mutate/bindings", "bindings", placement.answer),
        Webhook("/mutate/binding-status", "binding-status", BindingStatusWebhook().answer),
        Webhook("/validate/rules", "rules", rules_webhook.answer, is_slow=True),
    ]
    app = App(webhooks, {}, metrics, body_limit=settings.body_limit, clients=settings.clients, tracer=settings.tracer)

    waiting_for: list[Callable[[], str]] = []

    def missing() -> str:
        if not fleet.ready:
            return "the first list of clusters is incomplete"
        return next((text for about in waiting_for if (text := about())), "")

    def notes() -> list[str]:
        return notes_of(rules=rules.state.problems, inventory=inventory.problems if inventory is not None else ())

    health = Health(metrics, app, missing=missing, notes=notes)
    return Served(app, health, metrics, rules, fleet, inventory, rules_webhook, waiting_for)
