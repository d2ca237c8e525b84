"""Checks the clocks: tokens, certificates and Leases are valid only where clocks agree."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from converter.client import find_object
from converter.client.leader_election import LEASES
from converter.doctor.finding import Finding, Result, Thing, Trouble
from converter.install.held_lease import CONTROLLER_LEASE, is_held

if TYPE_CHECKING:
    from converter.client import ApiServer
    from converter.doctor.patient import Patient

MOST: Final = dt.timedelta(seconds=5)
"""A difference that does no harm; the ``Date`` of an answer has whole seconds, and answers take time."""

_WHOLE_SECOND = dt.timedelta(seconds=1)
"""By how much the time that a server says can be behind its clock: the fraction is cut off."""


async def check_clocks(patient: Patient) -> Result:
    """Find an API server or a controller whose clock differs from the one here.

    Raises:
        ApiError: a request failed.
    """
    result: Result = []
    servers = {"karmada": patient.karmada, "host": patient.host}
    for name, server in servers.items():
        off = await _difference(patient, server) if server is not None else None
        if off is not None and abs(off) > MOST:
            result.append(_finding(Thing("ApiServer", name), off))
    lease = await find_object(patient.karmada, LEASES.object_path(patient.namespace, CONTROLLER_LEASE))
    renewed = ((lease or {}).get("spec") or {}).get("renewTime")
    clock = await patient.karmada.clock()
    if renewed and clock is not None and not is_held(lease):
        ahead = dt.datetime.fromisoformat(renewed) - (clock + _WHOLE_SECOND)
        if ahead > MOST:  # a Lease of the past is one that nobody renews
            result.append(_finding(Thing("Lease", CONTROLLER_LEASE, patient.namespace), ahead))
    return result


async def _difference(patient: Patient, server: ApiServer) -> dt.timedelta | None:
    """Return by how much a server's clock is ahead, at least: the time of the request does not count."""
    before = patient.now()
    clock = await server.clock()
    after = patient.now()
    if clock is None:
        return None
    if clock > after:
        return clock - after
    return min(dt.timedelta(0), clock + _WHOLE_SECOND - before)


def _finding(thing: Thing, off: dt.timedelta) -> Finding:
    seconds = round(off.total_seconds())
    facts = {"secondsAhead" if seconds > 0 else "secondsBehind": str(abs(seconds))}
    return Finding(Trouble.CLOCK_SKEW, thing, facts, ("chronyc", "makestep"))
