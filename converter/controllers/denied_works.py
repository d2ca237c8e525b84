"""Shows on a binding that admission denied one of its Works, and makes Karmada retry when a retry can succeed.

Karmada records a denied Work in an Event on the binding, and retries after up to 1,000 seconds. An Event expires soon,
so the reason is also shown in a condition of the binding, for as long as it applies. When the cluster, the rules or
the policy change, Karmada has to retry at once.

Karmada's Events are the only source: any webhook replica may have denied the Work, and a denied Work is not stored
(pkg/controllers/binding/binding_controller.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from converter.client import NotFoundError
from converter.client.clock import timestamp
from converter.client.collections import EVENTS
from converter.client.pager import decode_page
from converter.controllers.controller import DONE, Result
from converter.controllers.karmada_events import SUCCEEDED, event_version
from converter.controllers.objects import decode, same_version
from converter.karmada.conditions import find_condition
from converter.karmada.names import WORK_REFUSED
from converter.karmada.touch import touch_patch

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from converter.client import ApiServer, Change, Informer, Key
    from converter.client.clock import Now
    from converter.controllers.karmada_events import BindingKey, Denial
    from converter.kube import Manifest

CONDITION: Final = WORK_REFUSED

CHECK_SECONDS: Final = 20.0
"""How often to check whether a denied Work has been accepted."""

_LONGEST_PAUSE: Final = 1100.0
"""Seconds after which Karmada must have retried (its rate limiter waits 1,000 seconds) and recorded the result."""


def binding_of(_key: Key, denial: Denial) -> BindingKey | None:
    """Return the index value of a denial: its binding."""
    return denial.binding


def bindings_of(change: Change[Denial]) -> Iterable[BindingKey]:
    """Map a changed Event to the bindings to reconcile."""
    found = (change.before, change.after)
    return {denial.binding for denial in found if denial is not None and denial.binding is not None}


def is_shown(binding: Manifest) -> bool:
    """Whether a binding has the condition."""
    return find_condition(_conditions(binding), CONDITION) is not None


class DeniedWorks:
    """The denials that apply now. Only the leader uses it."""

    def __init__(self, server: ApiServer, events: Informer[Denial], now: Now) -> None:
        """Prepare.

        Args:
            server: the control plane.
            events: Karmada's Events about failures (`FAILED`), indexed by `binding_of`.
            now: the wall clock.
        """
        self._server = server
        self._events = events
        self._now = now

    async def current(self, binding: BindingKey, uid: str) -> Denial | None:
        """Return the latest denial of a binding, if it still applies.

        Raises:
            ApiError: the Events could not be read.
        """
        found = [denial for denial in self._events.by_index(binding).values() if denial.uid == uid]
        latest = max(found, key=lambda denial: denial.version, default=None)
        return None if latest is None or await self._is_over(latest) else latest

    def bindings(self, cluster: str) -> list[BindingKey]:
        """Return the bindings that have a denial for a cluster, whether it still applies or not."""
        denials = self._events.items.values()
        found = {item.binding for item in denials if item.binding is not None and cluster in item.clusters}
        return sorted(found, key=str)

    async def _is_over(self, denial: Denial) -> bool:
        """Whether Karmada recorded a success since, or must have recorded another failure."""
        if denial.at is None or (self._now() - denial.at).total_seconds() > _LONGEST_PAUSE:
            return True
        fields = {"fieldSelector": f"reason={SUCCEEDED},involvedObject.uid={denial.uid}"}
        page = decode_page(await self._server.get(EVENTS.path(), fields))
        return any(event_version(raw) > denial.version for raw in page.items or ())


class DeniedBindingReconciler:
    """Keeps the condition of a binding in line with the denial that applies to it."""

    def __init__(self, server: ApiServer, denied: DeniedWorks, now: Now) -> None:
        """Prepare.

        Args:
            server: the control plane.
            denied: the denials.
            now: the wall clock, for the time of the condition.
        """
        self._server = server
        self._denied = denied
        self._now = now

    async def reconcile(self, key: BindingKey) -> Result:
        """Set, change or remove the condition; check again as long as a denial applies.

        Raises:
            ApiError: a request failed.
        """
        try:
            binding = decode(await self._server.get(key.collection.object_path(*key.key)))
        except NotFoundError:
            return DONE
        denial = await self._denied.current(key, binding["metadata"]["uid"])
        patch = _condition_patch(binding, denial.why if denial is not None else "", self._now())
        if patch is not None:
            await self._server.patch(key.collection.object_path(*key.key, "status"), patch)
        return DONE if denial is None else Result(requeue_after=CHECK_SECONDS)


class DenialRetrier:
    """Makes Karmada retry the denied Works of a cluster. Other denied Works wait for Karmada's own retry."""

    def __init__(self, server: ApiServer, denied: DeniedWorks) -> None:
        """Prepare.

        Args:
            server: the control plane.
            denied: the denials.
        """
        self._server = server
        self._denied = denied

    async def retry(self, cluster: str) -> None:
        """Touch each binding to which a denial for the cluster applies.

        Raises:
            ApiError: a request failed.
        """
        for key in self._denied.bindings(cluster):
            path = key.collection.object_path(*key.key)
            try:
                binding = decode(await self._server.get(path))
            except NotFoundError:
                continue
            denial = await self._denied.current(key, binding["metadata"]["uid"])
            patch = touch_patch(binding) if denial is not None and cluster in denial.clusters else None
            if patch is not None:
                await self._server.patch(path, patch)


def _conditions(binding: Manifest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (binding.get("status") or {}).get("conditions") or []
    return found


def _condition_patch(binding: Manifest, why: str, now: dt.datetime) -> Manifest | None:
    """Make the patch of a binding's status that shows a reason, or none; None if it does so already."""
    conditions = _conditions(binding)
    shown = find_condition(conditions, CONDITION)
    if (shown or {}).get("message", "") == why:
        return None
    others: list[dict[str, Any]] = [item for item in conditions if item is not shown]
    if why:
        since = shown["lastTransitionTime"] if shown is not None else timestamp(now)
        others.append(
            {"type": CONDITION, "status": "True", "reason": "WorkRefused", "message": why, "lastTransitionTime": since}
        )
    return {"metadata": same_version(binding), "status": {"conditions": others}}
