"""Reconciles the interpreters of one kind: mirrors of users' customizations, and what the installation's leave out.

A mirror follows its customization: it is created, changed and deleted with it, and the garbage collector removes it if
no controller runs. The installation's interpreters are changed only where they exist, so nothing is left behind by an
uninstallation.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from converter.client import AlreadyExistsError, NotFoundError
from converter.controllers.controller import DONE, Result
from converter.controllers.mirrors import MirrorPlan, conversions_of, plan_mirrors
from converter.controllers.needed_versions import native_versions
from converter.install.interpreters import CUSTOMIZATIONS
from converter.install.manifests import Addresses, karmada_part
from converter.karmada.interpreters import CUSTOMIZATION, Customization
from converter.karmada.names import MIRROR_OF_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from converter.client import ApiServer, Change, Informer
    from converter.clusters import FleetView
    from converter.controllers.event_recorder import EventRecorder
    from converter.engine import Engine
    from converter.karmada.interpreters import InterpreterWebhooks
    from converter.kube import Manifest

_log = logging.getLogger(__name__)

NATIVE_SECONDS = 300.0
"""How long the control plane's own versions stay cached, and after which a kind with mirrors is reconciled again."""


@dataclass(slots=True)
class NativeVersions:
    """The versions that the control plane serves itself, cached.

    Attributes:
        server: the control plane.
    """

    server: ApiServer
    _found: Mapping[str, frozenset[str]] = field(default_factory=dict)
    _until: float = 0.0

    async def __call__(self) -> Mapping[str, frozenset[str]]:
        """Return them for each kind.

        Raises:
            ApiError: they could not be read.
        """
        now = asyncio.get_running_loop().time()
        if now >= self._until:
            self._found = await native_versions(self.server)
            self._until = now + NATIVE_SECONDS
        return self._found


class ShippedInterpreters:
    """The interpreters of the installation, as they are shipped."""

    def __init__(self) -> None:
        """Read them.

        Raises:
            InstallationError: the package is damaged.
        """
        manifests = [item for item in karmada_part(Addresses()) if item["kind"] == CUSTOMIZATION]
        self._manifests = {item["metadata"]["name"]: item for item in manifests}
        self._all = {name: Customization.read(item) for name, item in self._manifests.items()}

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that they interpret."""
        return frozenset(one.target.kind for one in self._all.values())

    def has(self, name: str) -> bool:
        """Whether one has that name."""
        return name in self._all

    def of(self, kind: str) -> list[Customization]:
        """Return those of a kind."""
        return [one for one in self._all.values() if one.target.kind == kind]

    def rule(self, name: str, operation: str) -> Any:
        """Return the shipped rule of an operation."""
        return self._manifests[name]["spec"]["customizations"][operation]


def kinds_of(change: Change[Customization]) -> Iterable[str]:
    """Map a changed customization to the kinds to reconcile: another one, if its target changed."""
    return {one.target.kind for one in (change.before, change.after) if one is not None}


class InterpreterReconciler:
    """Reconciles the interpreters of one kind."""

    def __init__(
        self,
        server: ApiServer,
        *,
        customizations: Informer[Customization],
        webhooks: Informer[InterpreterWebhooks],
        engine: Callable[[], Engine],
        fleet: FleetView,
        recorder: EventRecorder,
    ) -> None:
        """Prepare.

        Args:
            server: the control plane.
            customizations: a copy of all customizations.
            webhooks: a copy of all configurations of interpreter webhooks.
            engine: returns the rules in use.
            fleet: the clusters.
            recorder: records Events.
        """
        self._server = server
        self._customizations = customizations
        self._webhooks = webhooks
        self._engine = engine
        self._fleet = fleet
        self._recorder = recorder
        self._native = NativeVersions(server)
        self._shipped = ShippedInterpreters()

    def kinds(self) -> frozenset[str]:
        """Return all kinds that have an interpreter."""
        return self._shipped.kinds | {one.target.kind for one in self._customizations.items.values()}

    async def reconcile(self, kind: str) -> Result:
        """Bring the mirrors and the installation's interpreters of a kind in step with users' interpreters.

        First every operation is removed that has another interpreter now, because Karmada allows only one to have it.
        Karmada checks that with a copy that can be older than our last change. It then refuses the next one, which is
        retried.

        Raises:
            ApiError: a request failed.
        """
        known = {key.name: one for key, one in self._customizations.items.items() if one.target.kind == kind}
        users = [one for one in known.values() if not one.is_mirror and not self._shipped.has(one.name)]
        plan = await self._plan(kind, users)
        stored = {name: one for name, one in known.items() if one.is_mirror}
        for name in sorted(stored.keys() - plan.mirrors.keys()):
            await self._delete(stored[name])
        changes = [*self._changes_of_ours(kind, known, plan), *_changes_of_mirrors(stored, plan)]
        for name, patch in changes:
            await self._patch(name, {field: rule for field, rule in patch.items() if rule is None})
        for name, patch in changes:
            await self._patch(name, {field: rule for field, rule in patch.items() if rule is not None})
        for name in sorted(plan.mirrors.keys() - stored.keys()):
            await self._create(plan.mirrors[name])
        for item in plan.unmirrored:
            await self._recorder.interpreter_not_mirrored(item)
        return Result(NATIVE_SECONDS) if users else DONE

    async def _plan(self, kind: str, users: list[Customization]) -> MirrorPlan:
        engine, clusters = self._engine(), self._fleet.current.values()
        conversions = conversions_of(kind, await self._native(), clusters, engine) if users else []
        shipped = [one.target for one in self._shipped.of(kind)]
        return plan_mirrors(kind, users, self._webhooks.items.values(), conversions, shipped)

    def _changes_of_ours(
        self, kind: str, known: Mapping[str, Customization], plan: MirrorPlan
    ) -> Iterable[tuple[str, dict[str, Any]]]:
        for shipped in self._shipped.of(kind):
            stored = known.get(shipped.name)
            if stored is None:  # not installed
                continue
            handled = plan.handled[shipped.target]
            wanted = {field for field in shipped.scripts if field not in handled and not stored.leaves(field)}
            patch: dict[str, Any] = dict.fromkeys((stored.scripts.keys() & shipped.scripts.keys()) - wanted)
            patch |= {field: self._shipped.rule(shipped.name, field) for field in wanted - stored.scripts.keys()}
            if patch:
                yield shipped.name, patch

    async def _create(self, mirror: Manifest) -> None:
        name, of = mirror["metadata"]["name"], mirror["metadata"]["annotations"][MIRROR_OF_ANNOTATION]
        with contextlib.suppress(AlreadyExistsError):  # created, and its event is on its way
            await self._server.create(CUSTOMIZATIONS.path(), mirror)
            _log.info("mirrored %s %s as %s", CUSTOMIZATION, of, name)

    async def _patch(self, name: str, rules: Mapping[str, Any]) -> None:
        if not rules:
            return
        with contextlib.suppress(NotFoundError):  # deleted, and its event is on its way
            path = CUSTOMIZATIONS.object_path("", name)
            raw = await self._server.patch(path, {"spec": {"customizations": rules}})
            self._customizations.observe(raw)
            _log.info("changed %s %s: %s", CUSTOMIZATION, name, ", ".join(sorted(rules)))

    async def _delete(self, mirror: Customization) -> None:
        with contextlib.suppress(NotFoundError):
            await self._server.delete(CUSTOMIZATIONS.object_path("", mirror.name), uid=mirror.uid)
            _log.info("deleted %s %s, the mirror of %s", CUSTOMIZATION, mirror.name, mirror.mirror_of)


def _changes_of_mirrors(stored: Mapping[str, Customization], plan: MirrorPlan) -> Iterable[tuple[str, dict[str, Any]]]:
    for name, mirror in plan.mirrors.items():
        if name not in stored:
            continue
        rules = mirror["spec"]["customizations"]
        found = stored[name].scripts
        patch: dict[str, Any] = dict.fromkeys(found.keys() - rules.keys())
        patch |= {field: rule for field, rule in rules.items() if found.get(field) != rule["luaScript"]}
        if patch:
            yield name, patch
