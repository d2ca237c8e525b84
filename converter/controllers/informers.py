"""The watches of the leader: which objects it keeps in memory, and in which form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converter.client import Informer
from converter.client.collections import BINDINGS, CLUSTER_BINDINGS, EVENTS, OVERFLOW_OBJECTS, WORKS
from converter.controllers.bindings import excluded_binding
from converter.controllers.cached_work import LossyWork, cached_work, lossy_work
from converter.controllers.denied_works import binding_of
from converter.controllers.karmada_events import FAILED, Denial, read_denial
from converter.controllers.objects import decode
from converter.controllers.overflow_store import overflow_metadata, owner_key
from converter.install.interpreters import CUSTOMIZATIONS, WEBHOOK_CONFIGURATIONS
from converter.karmada.interpreters import Customization, InterpreterWebhooks
from converter.karmada.names import (
    ANCHOR_LABEL,
    CONVERTED_LABEL,
    EXCLUDED_LABEL,
    LOSSES_LABEL,
    OVERFLOW_LABEL,
    SCHEDULER_LABEL,
)
from converter.placement.given_bindings import given_binding

if TYPE_CHECKING:
    from converter.client import ApiServer
    from converter.controllers.overflow_store import OverflowMetadata


class Informers:
    """What the leader watches.

    Attributes:
        works: the converted Works.
        anchors: their anchors.
        lossy: the Works that are not converted and lose fields.
        overflow: the objects with conversion data.
        denials: Karmada's Events about Works that it could not write.
        excluded: the bindings that exclude clusters, by collection.
        given: the bindings that the converter gave to its own scheduler, by collection.
        interpreters: users' resource interpreters, declared and as webhooks.
        all: those that are synced before anything is written, so that the events of a write are not initial.
    """

    def __init__(self, server: ApiServer) -> None:
        """Prepare the watches; somebody else runs them."""
        self.works = Informer(server, WORKS, cached_work, selector=f"{CONVERTED_LABEL}=true")
        self.anchors = Informer(server, WORKS, cached_work, selector=f"{ANCHOR_LABEL}=true")
        lossy = f"{LOSSES_LABEL}=true,!{CONVERTED_LABEL}"
        self.lossy: Informer[LossyWork] = Informer(server, WORKS, lossy_work, selector=lossy)
        self.overflow: Informer[OverflowMetadata] = Informer(
            server,
            OVERFLOW_OBJECTS,
            overflow_metadata,
            selector=f"{OVERFLOW_LABEL}=true",
            metadata_only=True,
            index=owner_key,
        )
        self.denials: Informer[Denial] = Informer(
            server, EVENTS, read_denial, fields=f"reason={FAILED}", index=binding_of
        )
        self.excluded = {
            collection: Informer(server, collection, excluded_binding, selector=f"{EXCLUDED_LABEL}=true")
            for collection in (BINDINGS, CLUSTER_BINDINGS)
        }
        self.given = {
            collection: Informer(server, collection, given_binding, selector=SCHEDULER_LABEL)
            for collection in (BINDINGS, CLUSTER_BINDINGS)
        }
        self.interpreters = (
            Informer(server, CUSTOMIZATIONS, lambda raw: Customization.read(decode(raw))),
            Informer(server, WEBHOOK_CONFIGURATIONS, lambda raw: InterpreterWebhooks.read(decode(raw))),
        )
        self.all: tuple[Informer[Any], ...] = (
            self.works,
            self.anchors,
            self.lossy,
            self.overflow,
            self.denials,
            *self.excluded.values(),
            *self.given.values(),
        )

    def by_name(self) -> dict[str, Informer[Any]]:
        """Return all of them by the names that metrics use."""
        customizations, webhooks = self.interpreters
        return {
            "works": self.works,
            "anchors": self.anchors,
            "lossy_works": self.lossy,
            "overflow": self.overflow,
            "denials": self.denials,
            "excluded_bindings": self.excluded[BINDINGS],
            "excluded_cluster_bindings": self.excluded[CLUSTER_BINDINGS],
            "given_bindings": self.given[BINDINGS],
            "given_cluster_bindings": self.given[CLUSTER_BINDINGS],
            "interpreter_customizations": customizations,
            "interpreter_webhooks": webhooks,
        }
