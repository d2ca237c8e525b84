"""What a check finds: a trouble with its evidence and the command that mends it, or that it could not look."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Trouble(StrEnum):
    """The known troubles."""

    APISERVICE_UNAVAILABLE = "apiservice-unavailable"
    CA_MISMATCH = "ca-mismatch"
    CLOCK_SKEW = "clock-skew"
    DISCOVERY_DOWN = "discovery-down"
    IDENTITY_REFUSED = "identity-refused"
    KARMADA_TOO_OLD = "karmada-too-old"
    NOT_INSTALLED = "not-installed"
    PAUSED = "paused"
    REPLICAS_DIFFER = "replicas-differ"
    RIGHTS_MISSING = "rights-missing"
    RULE_CRDS_OUTDATED = "rule-crds-outdated"
    RULE_NOT_IN_USE = "rule-not-in-use"
    RULE_NOT_SEEN = "rule-not-seen"
    SCHEDULER_MISSING = "scheduler-missing"
    WATCH_LIST_ON = "watch-list-on"
    WEBHOOK_UNDONE = "webhook-undone"
    WEBHOOK_UNREACHABLE = "webhook-unreachable"


class Thing(NamedTuple):
    """What a trouble is about.

    Attributes:
        kind: the kind of an object; or ``ApiServer``, ``Webhook``, ``User`` or ``Release``.
        name: its name.
        namespace: its namespace; empty if it is in none.
    """

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A trouble.

    Attributes:
        trouble: which one.
        thing: what it is about.
        facts: the evidence: what was read, by short names.
        command: the words of the command that mends it.
    """

    trouble: Trouble
    thing: Thing
    facts: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A check that could not be made, wholly or in part.

    Attributes:
        check: its name.
        why: the reason, for people.
        failed: whether a request failed. Otherwise, something is just not there to look at.
    """

    check: str
    why: str
    failed: bool = False


Result = list[Finding | Unchecked]
"""What a check returns."""
