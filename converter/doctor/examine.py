"""Makes all checks of an installation, and gathers what they find."""

from __future__ import annotations

import asyncio
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from converter.doctor.authorities import check_authorities
from converter.doctor.clocks import check_clocks
from converter.doctor.discovery import check_discovery
from converter.doctor.finding import Finding, Unchecked
from converter.doctor.identities import check_identities, check_rights
from converter.doctor.members import check_members
from converter.doctor.releases import check_releases
from converter.doctor.replicas import check_replicas
from converter.doctor.rule_objects import check_rule_objects
from converter.doctor.scheduler import check_scheduler
from converter.doctor.webhooks import check_webhooks
from converter.errors import ConverterError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from converter.doctor.finding import Result
    from converter.doctor.patient import Patient

CHECKS: Final[Mapping[str, Callable[[Patient], Awaitable[Result]]]] = MappingProxyType(
    {
        "authorities": check_authorities,
        "clocks": check_clocks,
        "discovery": check_discovery,
        "identities": check_identities,
        "members": check_members,
        "releases": check_releases,
        "replicas": check_replicas,
        "rights": check_rights,
        "rule objects": check_rule_objects,
        "scheduler": check_scheduler,
        "webhooks": check_webhooks,
    }
)
"""Every check by its name."""


class Diagnosis(NamedTuple):
    """What all checks found.

    Attributes:
        findings: the troubles.
        unchecked: what could not be checked.
        checked: the names of the checks that were made.
    """

    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]
    checked: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Whether a request of a check failed, so that troubles may be hidden."""
        return any(item.failed for item in self.unchecked)


async def examine(patient: Patient) -> Diagnosis:
    """Make all checks. A check that fails is reported as one that could not be made; the others are made."""

    async def one(name: str) -> Result:
        try:
            return await CHECKS[name](patient)
        except ConverterError as error:
            return [Unchecked(name, str(error), failed=True)]

    results = dict(zip(CHECKS, await asyncio.gather(*map(one, CHECKS)), strict=True))
    findings = tuple(item for result in results.values() for item in result if isinstance(item, Finding))
    unchecked = tuple(item for result in results.values() for item in result if isinstance(item, Unchecked))
    failed = {item.check for item in unchecked if item.failed}
    return Diagnosis(findings, unchecked, tuple(name for name in CHECKS if name not in failed))
