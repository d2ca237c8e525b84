"""Prints what an installation would do and what it did, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.cli.streams import announce
from converter.install.apply import Change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.install.apply import Step
    from converter.install.flow import Plan

_VERBS = {
    Change.CREATED: "create",
    Change.CHANGED: "change",
    Change.REFUSED: "leave out",
    Change.UNSERVED: "leave out",
}


def print_plan(plan: Plan) -> None:
    """Print each object that would be written or deleted; those that stay as they are, as a number."""
    for side, steps in (("Karmada", plan.karmada), ("host cluster", plan.host)):
        written = [step for step in steps if step.change is not Change.UNCHANGED]
        announce(f"{side}: {_summary(steps)}")
        for step in written:
            announce(f"  {_VERBS[step.change]:9} {step.kind} {step.name}{f' ({step.detail})' if step.detail else ''}")
        for step in steps:
            if step.theirs:
                announce(f"  {step.kind} {step.name} leaves out what another interpreter does: {step.theirs}")
        if side == "host cluster":
            for identity in plan.identities:
                if identity.problem is not None:
                    announce(f"  {'write':9} a token of {identity.account} to Secret {identity.secret}")
        for one in plan.stale_karmada if side == "Karmada" else plan.stale_host:
            announce(f"  {'delete':9} {one.kind} {one.name}, which this release does not have")


def print_done(namespace: str, plan: Plan, *, good: bool) -> None:
    """Print what was done, and what to do next."""
    announce(f"done: Karmada {_summary(plan.karmada)}; host cluster {_summary(plan.host)}")
    if not good:
        announce("Some checks failed. Run `converter verify` again in a minute; `converter doctor` finds the cause.")
        return
    announce(f"""
The converter is installed in namespace {namespace}. What to do next:
  propagate an object to a cluster that does not serve its version, such as a CronJob of batch/v1 to a v1.20 cluster,
  and see what became of it:  kubectl get works -A -l apiconverter.dev/converted
  converter status     shows processes, tokens, certificates and the number of converted Works
  converter uninstall  removes the converter, and leaves every workload running""")


def _summary(steps: Iterable[Step]) -> str:
    counts = dict.fromkeys(Change, 0)
    for step in steps:
        counts[step.change] += 1
    return ", ".join(f"{number} {change}" for change, number in counts.items() if number) or "nothing"
