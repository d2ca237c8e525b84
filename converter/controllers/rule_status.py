"""Writes into the status of each rule object what became of it: whether it is in use, and what is wrong with it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from converter.client import ApiError, NotFoundError, RejectedError
from converter.client.clock import timestamp
from converter.client.rule_objects import RULE_COLLECTIONS
from converter.controllers.controller import DONE, Result
from converter.controllers.objects import decode, same_version
from converter.errors import ConverterError
from converter.karmada.conditions import find_condition
from converter.rule_objects import RuleKey, RuleState, read_object, rules_of
from converter.rules.rule import KIND

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from converter.client import ApiServer
    from converter.client.clock import Now
    from converter.clusters.crds_of_rules import Proof, RuleProver
    from converter.kube import Manifest
    from converter.rule_objects import Verdict

_log = logging.getLogger(__name__)

ACCEPTED: Final = "Accepted"
"""The condition that says whether the present spec is in use."""

COMPILED: Final = "Compiled"
"""The condition that says whether the present spec is valid on its own, with its examples."""

CONFLICTS: Final = "Conflicts"
"""The condition that says whether the present spec contradicts another rule."""

PROVED: Final = "Proved"
"""The condition that says whether the rule covers each field of the CRD in the control plane. It only warns."""

_LONGEST: Final = 4_096
"""Characters of a message; the CRDs allow 32,768."""


_MORE: Final = "and {} more: `converter rules lint --kubeconfig` lists all"


class Wanted(NamedTuple):
    """A condition as it should be.

    Attributes:
        type: its type.
        status: ``True``, ``False`` or ``Unknown``.
        reason: its reason.
        message: the message, however long.
    """

    type: str
    status: str
    reason: str
    message: str

    @classmethod
    def of(cls, kind: str, is_true: bool, reason: str, message: str) -> Wanted:  # noqa: FBT001  the status
        """Make one that is known."""
        return cls(kind, "True" if is_true else "False", reason, message)


class RuleStatusReconciler:
    """Keeps the status of rule objects in line with the rules in use."""

    def __init__(
        self,
        server: ApiServer,
        verdicts: Callable[[], Mapping[RuleKey, Verdict]],
        now: Now,
        prover: RuleProver | None = None,
    ) -> None:
        """Prepare.

        Args:
            server: the control plane.
            verdicts: returns what became of each object.
            now: the wall clock, for the times of conditions.
            prover: proves rules against the CRDs of the control plane; None to leave that out.
        """
        self._server = server
        self._verdicts = verdicts
        self._prover = prover
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
            raw = await self._server.get(path)
        except NotFoundError:
            return DONE
        found = decode(raw)
        if found["metadata"].get("generation") != verdict.generation:
            return DONE  # it has changed since; it is checked again, and then comes back here
        before: Manifest = found.get("status") or {}
        after = status_of(verdict, before, self._now(), await self._prove(raw, key))
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

    async def _prove(self, raw: bytes, key: RuleKey) -> Wanted | None:
        """Prove the rules of an object, and make the condition about it; None for an object without rules."""
        if self._prover is None or key.kind != KIND:
            return None
        rules = await asyncio.to_thread(rules_of, read_object(raw, key.kind))
        if not rules:
            return Wanted(PROVED, "Unknown", "NotValid", "A spec with a mistake is not compared with CRDs.")
        try:
            proof = await self._prover.prove(rules)
        except RejectedError as error:
            return Wanted(PROVED, "Unknown", "CRDsNotReadable", str(error))
        except ApiError:
            raise
        except ConverterError as error:
            return Wanted(PROVED, "Unknown", "SchemaNotReadable", str(error))
        return of_proof(proof)


def of_proof(proof: Proof) -> Wanted:
    """Make the condition about a proof; it lists as many fields as fit."""
    if not proof.compared:
        text = "No CRD of the control plane has both versions, so their fields are not compared."
        return Wanted(PROVED, "Unknown", "NoSchema", text)
    if not proof.open_fields:
        text = f"{proof.compared} pairs of versions compared: each field is mapped, dropped or identical."
        return Wanted(PROVED, "True", "Proved", text)
    return Wanted(PROVED, "False", "OpenFields", _listed(proof.open_fields))


def _listed(lines: Sequence[str]) -> str:
    """Join lines up to the longest message, and count the rest."""
    shown: list[str] = []
    room = _LONGEST - len(_MORE) - 10
    for line in lines:
        room -= len(line) + 2
        if room < 0:
            break
        shown.append(line)
    left = len(lines) - len(shown)
    return "; ".join([*shown, *([_MORE.format(left)] if left else [])])


def status_of(
    verdict: Verdict, before: Mapping[str, Any], now: dt.datetime, proof: Wanted | None = None
) -> dict[str, Any]:
    """Make the status of an object.

    Args:
        verdict: what became of it.
        before: its status as it is; the times of conditions that do not change are kept.
        now: the present.
        proof: the condition about the fields of CRDs; None for none.
    """
    valid, in_use = not verdict.problems, verdict.state is RuleState.ACCEPTED
    kept = ""
    if not in_use:
        used = verdict.in_use
        kept = f" Generation {used.generation} stays in use." if used is not None else " No generation is in use."
    problems = "; ".join(str(problem) for problem in verdict.problems)
    conflicts = "; ".join(str(problem) for problem in verdict.conflicts)
    contradicts = conflicts or ("It contradicts no other rule." if valid else "It is not compared with other rules.")
    accepted = "It is in use." if in_use else f"{problems or conflicts}.{kept}"
    compiled = problems or "It is valid, and its examples hold."
    wanted = [
        Wanted.of(ACCEPTED, in_use, str(verdict.state), accepted),
        Wanted.of(COMPILED, valid, "Compiled" if valid else "Invalid", compiled),
        Wanted.of(CONFLICTS, bool(conflicts), "Conflict" if conflicts else "NoConflict", contradicts),
        *([proof] if proof is not None else []),
    ]
    conditions = [_condition(one, before, verdict.generation, now) for one in wanted]
    status: dict[str, Any] = {"observedGeneration": verdict.generation, "conditions": conditions}
    if verdict.in_use is not None:
        spec = msgspec.json.decode(verdict.in_use.raw)
        status["accepted"] = {"generation": verdict.in_use.generation, "spec": spec}
    return status


def _condition(wanted: Wanted, before: Mapping[str, Any], generation: int, now: dt.datetime) -> dict[str, Any]:
    kind, status, reason, message = wanted
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
