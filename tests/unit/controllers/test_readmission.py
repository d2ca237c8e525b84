"""What a cluster dropped is sent twice when the cluster can hold it."""

import pytest

from converter.controllers import readmission
from converter.karmada.names import LOSSES_ANNOTATION
from tests.fakes.karmada import NEW, OLD, WORK, new_work

pytestmark = pytest.mark.virtual_time

OTHER = WORK + "-other"


def zoned(name=None):
    made = new_work()
    made["spec"]["workload"]["manifests"][0]["spec"]["timeZone"] = "Europe/Madrid"
    if name is not None:
        made["metadata"]["name"] = name
    return made


def generation(karmada, path=WORK):
    return karmada.server.objects[path]["metadata"]["generation"]


@pytest.mark.parametrize(
    ("versions", "release"), [(NEW, "v1.22.3"), (OLD, "v1.20.15")], ids=["as it came", "converted"]
)
async def test_what_was_dropped_is_sent_twice_after_an_upgrade(karmada, versions, release):
    await karmada.started(versions, release=release)
    karmada.server.put(WORK, zoned())
    await karmada.quiet()
    assert karmada.work["metadata"]["annotations"][LOSSES_ANNOTATION]
    before = generation(karmada)
    karmada.serve("old", NEW, "v1.36.0")
    await karmada.quiet(10)
    assert LOSSES_ANNOTATION not in karmada.work["metadata"].get("annotations", {})
    assert generation(karmada) == before + 1
    await karmada.quiet(60)
    assert generation(karmada) == before + 2
    assert karmada.work["spec"]["workload"]["manifests"] == zoned()["spec"]["workload"]["manifests"]
    await karmada.quiet(600)
    assert generation(karmada) == before + 2


async def test_nothing_is_sent_again_if_nothing_was_dropped(karmada):
    await karmada.started(NEW, release="v1.22.3")
    karmada.server.put(WORK, new_work())
    await karmada.quiet()
    before = generation(karmada)
    karmada.serve("old", NEW, "v1.36.0")
    await karmada.quiet(600)
    assert generation(karmada) == before


async def test_a_suspended_work_is_sent_when_it_is_resumed(karmada):
    await karmada.started(NEW, release="v1.22.3")
    suspended = zoned()
    suspended["spec"]["suspendDispatching"] = True
    karmada.server.put(WORK, suspended)
    await karmada.quiet()
    before = generation(karmada)
    karmada.serve("old", NEW, "v1.36.0")
    await karmada.quiet(600)
    assert generation(karmada) == before
    assert karmada.work["spec"]["suspendDispatching"] is True


async def test_of_very_many_the_oldest_are_sent_once(karmada, monkeypatch):
    monkeypatch.setattr(readmission, "MOST_SENT", 1)
    await karmada.started(NEW, release="v1.22.3")
    karmada.server.put(WORK, zoned())
    karmada.server.put(OTHER, zoned(OTHER.rpartition("/")[2]))
    await karmada.quiet()
    before = generation(karmada) + generation(karmada, OTHER)
    karmada.serve("old", NEW, "v1.36.0")
    await karmada.quiet(600)
    assert generation(karmada) + generation(karmada, OTHER) == before + 3
