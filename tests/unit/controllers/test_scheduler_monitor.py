"""Whether the converter's scheduler acts: by its Lease, and by the bindings that wait for it."""

import datetime as dt

import pytest

from converter.client.clock import micro_timestamp
from converter.client.collections import BINDINGS
from converter.controllers.scheduler_monitor import CHECK_SECONDS, PATIENCE_SECONDS
from converter.install.scheduler import LEASE
from converter.karmada.names import SCHEDULER_LABEL
from tests.fakes.karmada import NEW, OLD, Karmada, now
from tests.fakes.virtual_time import advance
from tests.nonempty import some
from tests.waiting import until

pytestmark = pytest.mark.virtual_time

OURS = "apiconverter"
PATH = f"/apis/coordination.k8s.io/v1/namespaces/karmada-system/leases/{LEASE}"
ONE = BINDINGS.object_path("shop", "one")


@pytest.fixture
async def karmada():
    made = Karmada(own_scheduler=OURS)
    made.serve("new", NEW)
    yield made
    await made.stop_all()


def renew(karmada, ago=0.0):
    renewed = micro_timestamp(now() - dt.timedelta(seconds=ago))
    spec = {"holderIdentity": "a", "leaseDurationSeconds": 15, "renewTime": renewed}
    if PATH in karmada.server.objects:
        karmada.server.apply(PATH, lambda stored: stored.update(spec=spec))
    else:
        karmada.server.put(PATH, {"metadata": {"name": LEASE, "namespace": "karmada-system"}, "spec": spec})


async def renewed_for(karmada, seconds):
    for _ in range(int(seconds / 2)):
        renew(karmada)
        await advance(2)


def binding(karmada, *, seen):
    generation = karmada.server.objects[ONE]["metadata"]["generation"]
    status = {"schedulerObservedGeneration": generation if seen else generation - 1}
    karmada.server.apply(f"{ONE}/status", lambda stored: stored.update(status=status))


def put_binding(karmada):
    spec = {"resource": {"apiVersion": "batch/v1", "kind": "CronJob"}, "placement": {}, "clusters": [{"name": "new"}]}
    metadata = {"name": "one", "namespace": "shop"}
    karmada.server.put(
        ONE, {"apiVersion": "work.karmada.io/v1alpha2", "kind": "ResourceBinding", "metadata": metadata, "spec": spec}
    )
    assert karmada.server.objects[ONE]["metadata"]["labels"] == {SCHEDULER_LABEL: OURS}


async def test_a_scheduler_that_renews_its_lease_is_available(karmada):
    renew(karmada)
    monitor = (await karmada.started(OLD)).scheduler
    await renewed_for(karmada, 60)
    assert (monitor.available, monitor.waiting, monitor.notes()) == (True, (), [])


async def test_without_a_lease_or_a_holder_it_is_not(karmada):
    monitor = (await karmada.started(OLD)).scheduler
    assert monitor.available is False
    assert len(monitor.notes()) == 1
    renew(karmada)
    await until(lambda: monitor.available)
    karmada.server.apply(PATH, lambda stored: stored["spec"].update(holderIdentity=""))
    await until(lambda: monitor.available is False)


async def test_one_that_stops_is_noticed_and_comes_back(karmada):
    renew(karmada)
    monitor = (await karmada.started(OLD)).scheduler
    await renewed_for(karmada, 30)
    await advance(15 + 5 + 2 * CHECK_SECONDS)
    assert monitor.available is False
    await renewed_for(karmada, 10)
    assert monitor.available


async def test_a_lease_that_an_earlier_installation_left_is_not_a_scheduler(karmada):
    renew(karmada, ago=3600)
    assert (await karmada.started(OLD)).scheduler.available is False


@pytest.mark.parametrize("ago", [3600, -3600])
async def test_the_clock_of_the_schedulers_machine_does_not_matter(karmada, ago):
    renew(karmada, ago)
    monitor = (await karmada.started(OLD)).scheduler
    assert monitor.available is False
    for _ in range(10):
        renew(karmada, ago)
        await advance(2)
    assert monitor.available


async def test_bindings_that_wait_are_reported_and_get_one_event(karmada):
    karmada.serve("old", OLD)
    put_binding(karmada)
    binding(karmada, seen=True)
    renew(karmada)
    monitor = (await karmada.started(OLD)).scheduler
    binding(karmada, seen=False)
    await renewed_for(karmada, PATIENCE_SECONDS / 2)
    assert monitor.waiting == ()
    await renewed_for(karmada, PATIENCE_SECONDS)
    assert monitor.waiting == ("shop/one",)
    assert monitor.available  # it renews its Lease, and has perhaps another name
    assert len(monitor.notes()) == 1
    await renewed_for(karmada, PATIENCE_SECONDS)
    (event,) = some(karmada.events("SchedulerUnavailable"))
    assert event["involvedObject"]["name"] == "one"
    binding(karmada, seen=True)
    await renewed_for(karmada, 2 * CHECK_SECONDS)
    assert monitor.waiting == ()


async def test_the_lease_cannot_be_read(karmada):
    renew(karmada)
    monitor = (await karmada.started(OLD)).scheduler
    await renewed_for(karmada, 10)
    karmada.server.fail = lambda _method, path: (403, "Forbidden") if path == PATH else None
    await renewed_for(karmada, 10)
    assert monitor.available  # nothing new is known
    karmada.server.fail = lambda _method, _path: None


async def test_a_replica_that_does_not_lead_knows_nothing(karmada):
    renew(karmada)
    await karmada.started(OLD)
    other = karmada.start("b").scheduler
    await renewed_for(karmada, 20)
    assert (other.available, other.notes()) == (None, [])


async def test_the_old_way_has_no_scheduler_to_watch():
    karmada = Karmada()
    karmada.serve("new", NEW)
    assert (await karmada.started(OLD)).scheduler is None
    await karmada.stop_all()
