"""Clocks that differ: of either API server, of the controller; either way."""

import datetime as dt

import pytest

from converter.client.clock import micro_timestamp, utc_now
from converter.doctor.clocks import check_clocks
from converter.doctor.finding import Trouble
from converter.install.held_lease import HOLDER
from tests.unit.doctor.conftest import LEASES


def off(seconds):
    return lambda: (utc_now() + dt.timedelta(seconds=seconds)).replace(microsecond=0)


async def test_clocks_that_agree(patient, karmada, host):
    karmada.wall_clock, host.wall_clock = off(0), off(-2)
    assert await check_clocks(patient) == []


@pytest.mark.parametrize("seconds", [-90, 90])
@pytest.mark.parametrize("which", ["karmada", "host"])
async def test_an_api_server_that_is_off(patient, which, seconds):
    getattr(patient, which).wall_clock = off(seconds)
    found = await check_clocks(patient)
    assert Trouble.CLOCK_SKEW in {item.trouble for item in found}
    (fact,) = found[0].facts.items()
    assert abs(int(fact[1]) - 90) <= 2
    assert (fact[0] == "secondsAhead") == (seconds > 0)


async def test_a_controller_that_is_ahead(patient, karmada):
    spec = karmada.objects[f"{LEASES}/apiconverter"]["spec"]
    spec["renewTime"] = micro_timestamp(utc_now() + dt.timedelta(seconds=60))
    (finding,) = await check_clocks(patient)
    assert finding.thing == ("Lease", "apiconverter", "karmada-system")
    spec["holderIdentity"] = HOLDER
    assert await check_clocks(patient) == []


async def test_the_fraction_that_a_server_cuts_off_makes_no_controller_more_ahead_than_it_is(patient, karmada):
    second = utc_now().replace(microsecond=0)
    karmada.wall_clock = lambda: second
    spec = karmada.objects[f"{LEASES}/apiconverter"]["spec"]
    spec["renewTime"] = micro_timestamp(second + dt.timedelta(seconds=60, milliseconds=950))
    found = await check_clocks(patient)
    (fact,) = (item.facts for item in found if item.thing.kind == "Lease")
    assert fact == {"secondsAhead": "60"}


async def test_a_server_that_does_not_say(patient, karmada):
    karmada.wall_clock = lambda: None
    assert await check_clocks(patient) == []
