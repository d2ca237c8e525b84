"""Writes into the status of each rule object what became of it: whether it is in use, and what is wrong with it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.client import NotFoundError
from converter.client.clock import timestamp
from converter.client.rule_objects import RULE_COLLECTIONS
from converter.controllers.controller import DONE, Result
from converter.controllers.objects import decode, same_version
from converter.karmada.conditions import find_condition
from converter.rule_objects import RuleKey, RuleState

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from converter.client import ApiServer
    from converter.client.clock import Now
    from converter.kube import Manifest
    from converter.rule_objects import Verdict

_log = logging.getLogger(__name__)

ACCEPTED: Final = "Accepted"
"""The condition that says whether the present spec is in use."""

COMPILED: Final = "Compiled"
"""The condition that says whether the present spec is valid on its own, with its examples."""

CONFLICTS: Final = "Conflicts"
"""The condition that says whether the present spec contradicts another rule."""

_LONGEST: Final = 4_096
"""Characters of a message; the CRDs allow 32,768."""


class RuleStatusReconciler:
    """Keeps the status of rule objects in line with the rules in use."""

    def __init__(self, server: ApiServer, verdicts: Callable[[], Mapping[RuleKey, Verdict]], now: Now) -> None:
        """Prepare.

        Args:
            server: the control plane.
            verdicts: returns what became of each object.
            now: the wall clock, for the times of conditions.
        """
        self._server = server
        self._verdicts = verdicts
        self._now = now

    async def reconcile(self, key: RuleKey) -> Result:
        """Write the status of one object, if it differs.

        Raises:
            ApiError: a request failed.
        """
        verdict = self._verdicts().get(key)
        if verdict is None:
            return DONE
        path = RULE_COLLECTIONS[key.kind].object_path("", key.name)
        try:
            found = decode(await self._server.get(path))
        except NotFoundError:
            return DONE
        if found["metadata"].get("generation") != verdict.generation:
            return DONE  # it has changed since; it is checked again, and then comes back here
        before: Manifest = found.get("status") or {}
        after = status_of(verdict, before, self._now())
        if after == before:
            return DONE
        patch = [
            {"op": "test", "path": "/metadata/resourceVersion", "value": same_version(found)["resourceVersion"]},
            {"op": "add", "path": "/status", "value": after},
        ]
        try:
            await self._server.patch(f"{path}/status", patch, "application/json-patch+json")
        except NotFoundError:
            return DONE
        _report(key, verdict)
        return DONE


def status_of(verdict: Verdict, before: Mapping[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Make the status of an object.

    Args:
        verdict: what became of it.
        before: its status as it is; the times of conditions that do not change are kept.
        now: the present.
    """
    valid, in_use = not verdict.problems, verdict.state is RuleState.ACCEPTED
    kept = ""
    if not in_use:
        used = verdict.in_use
        kept = f" Generation {used.generation} stays in use." if used is not None else " No generation is in use."
    problems = "; ".join(str(problem) for problem in verdict.problems)
    conflicts = "; ".join(str(problem) for problem in verdict.conflicts)
    wanted = [
        (ACCEPTED, in_use, str(verdict.state), ("It is in use." if in_use else f"{problems or conflicts}.{kept}")),
        (COMPILED, valid, "Compiled" if valid else "Invalid", problems or "It is valid, and its examples hold."),
        (CONFLICTS, bool(conflicts), "Conflict" if conflicts else "NoConflict",
         conflicts or ("It contradicts no other rule." if valid else "It is not compared with other rules.")),
    ]  # fmt: skip
    conditions = [_condition(one, before, verdict.generation, now) for one in wanted]
    status: dict[str, Any] = {"observedGeneration": verdict.generation, "conditions": conditions}
    if verdict.in_use is not None:
        spec = msgspec.json.decode(verdict.in_use.raw)
        status["accepted"] = {"generation": verdict.in_use.generation, "spec": spec}
    return status


def _condition(
    wanted: tuple[str, bool, str, str], before: Mapping[str, Any], generation: int, now: dt.datetime
) -> dict[str, Any]:
    kind, is_true, reason, message = wanted
    status = "True" if is_true else "False"
    known = find_condition(before.get("conditions") or [], kind)
    since = known["lastTransitionTime"] if known is not None and known["status"] == status else timestamp(now)
    text = message if len(message) <= _LONGEST else f"{message[: _LONGEST - 1]}…"
    return {
        "type": kind, "status": status, "reason": reason, "message": text, "observedGeneration": generation,
        "lastTransitionTime": since,
    }  # fmt: skip


def _report(key: RuleKey, verdict: Verdict) -> None:
    if verdict.state is RuleState.ACCEPTED:
        _log.info("%s is in use", key, extra={"generation": verdict.generation})
    for problem in verdict.all_problems:
        _log.error("%s is not in use: %s", key, problem, extra={"generation": verdict.generation})
