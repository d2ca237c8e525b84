"""Looks for troubles on a fleet as `converter doctor` does, and waits for one to come and to go."""

import asyncio
import contextlib

from converter.client import ApiServer
from converter.doctor.examine import examine
from converter.doctor.messages import as_data
from converter.doctor.patient import Commands, Patient
from tests.controlplanes.karmada import NAMESPACE
from tests.controlplanes.waiting import wait_until
from tests.shipped import shipped_engine

SECONDS = 60
ENGINE = shipped_engine()


def doctor(fleet, *, host=False, scheduler=""):
    """The findings by trouble, as `converter doctor` prints them as JSON.

    Args:
        host: whether Karmada's API server is also the one of the host cluster, whose objects it serves as well.
        scheduler: the name of the converter's scheduler.
    """

    async def examined():
        async with await ApiServer.connect(fleet.karmada.apiserver.kubeconfig) as karmada:
            patient = Patient(karmada, karmada if host else None, NAMESPACE, Commands(), scheduler)
            patient.rules = ENGINE  # which takes a second to make
            return await examine(patient)

    diagnosis = asyncio.run(examined())
    assert not diagnosis.failed, diagnosis.unchecked
    return {item["trouble"]: item for item in as_data(diagnosis)["findings"]}


def karmada_only(fleet):
    return doctor(fleet)


def with_host(fleet):
    return doctor(fleet, host=True)


def found(fleet, trouble, look=karmada_only):
    """Wait for a trouble, and return it."""

    def is_found():
        fleet.world.run.check()
        everything = look(fleet)
        item = everything.get(trouble)
        assert item is not None, f"found only {everything}"
        assert item["facts"]
        assert item["command"]
        return item

    return wait_until(f"the finding {trouble}", is_found, SECONDS)


def gone(fleet, trouble, look=karmada_only):
    def is_gone():
        assert trouble not in look(fleet)
        return True

    wait_until(f"the end of {trouble}", is_gone, SECONDS)


@contextlib.contextmanager
def broken(fleet, trouble, look=karmada_only):
    """Check that a trouble is not there, then (after the body broke something) that it is, and that it goes."""
    gone(fleet, trouble, look)
    with contextlib.ExitStack() as mending:
        yield mending
        found(fleet, trouble, look)
    gone(fleet, trouble, look)
