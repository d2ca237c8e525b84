"""Renders a diagnosis, last and only for people; programs read `as_data`."""

from __future__ import annotations

import shlex
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from converter.doctor.finding import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from converter.doctor.examine import Diagnosis
    from converter.doctor.finding import Finding

TITLES: Final[Mapping[Trouble, str]] = MappingProxyType(
    {
        Trouble.APISERVICE_UNAVAILABLE: "an APIService is not available: namespaces cannot be deleted meanwhile",
        Trouble.CA_MISMATCH: "Karmada does not trust the certificate of the converter's processes",
        Trouble.CLOCK_SKEW: "clocks differ: tokens, certificates and Leases end early, or are not valid yet",
        Trouble.DISCOVERY_DOWN: "the discovery server does not answer: Karmada cannot map the members' versions",
        Trouble.IDENTITY_REFUSED: "a process has no token that Karmada accepts and somebody renews",
        Trouble.KARMADA_TOO_OLD: "a release is older than the converter needs",
        Trouble.NOT_INSTALLED: "the Karmada part is not installed: nothing is converted",
        Trouble.PAUSED: "the converter is paused: what is converted stays as it is",
        Trouble.REPLICAS_DIFFER: "replicas differ: each request is answered by one or the other",
        Trouble.RIGHTS_MISSING: "an account lacks rights that the installation grants",
        Trouble.RULE_CRDS_OUTDATED: "the CRD of rule objects is not that of this release",
        Trouble.RULE_NOT_IN_USE: "the present spec of a rule object is not in use",
        Trouble.RULE_NOT_SEEN: "the controller has not looked at the present spec of a rule object",
        Trouble.SCHEDULER_MISSING: "the converter's scheduler does not run: nothing schedules its bindings",
        Trouble.WATCH_LIST_ON: "Karmada asks a member older than v1.19 for watch-lists, and waits forever",
        Trouble.WEBHOOK_UNDONE: "a Work does not come back converted: another webhook changes it after ours",
        Trouble.WEBHOOK_UNREACHABLE: "the Karmada API server does not get an answer from the webhook",
    }
)


def render(diagnosis: Diagnosis) -> Iterator[str]:
    """Write the lines of a diagnosis."""
    for finding in diagnosis.findings:
        yield f"{finding.trouble}: {finding.thing}: {TITLES[finding.trouble]}"
        for name, value in finding.facts.items():
            yield f"  {name}: {value}"
        yield f"  mend it: {shlex.join(finding.command)}"
    for item in diagnosis.unchecked:
        yield f"not checked: {item.check}: {item.why}"
    found = len(diagnosis.findings)
    yield (
        f"{found} trouble{'s' if found > 1 else ''} found by {len(diagnosis.checked)} checks"
        if found
        else (f"no trouble found by {len(diagnosis.checked)} checks")
    )


def as_data(diagnosis: Diagnosis) -> dict[str, Any]:
    """Make JSON of a diagnosis."""
    return {
        "findings": [_data(finding) for finding in diagnosis.findings],
        "unchecked": [{"check": item.check, "why": item.why, "failed": item.failed} for item in diagnosis.unchecked],
        "checked": list(diagnosis.checked),
    }


def _data(finding: Finding) -> dict[str, Any]:
    return {
        "trouble": finding.trouble.value,
        "object": finding.thing._asdict(),
        "facts": dict(finding.facts),
        "command": shlex.join(finding.command),
    }
