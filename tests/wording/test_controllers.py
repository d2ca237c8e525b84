"""What the controllers say in statuses, Events and errors."""

from __future__ import annotations

import datetime as dt
import random

import msgspec
import pytest

from converter.controllers.controller import RequeueError
from converter.controllers.event_recorder import EventRecorder
from converter.controllers.mirrors import Unmirrored
from converter.controllers.overflow_store import OverflowConflictError
from converter.discovery import Discovery, Named
from converter.karmada.carried_status import pack, unpack
from converter.karmada.interpreters import Customization, Target
from converter.kube import GroupVersionKind
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.karmada import ANCHOR, NAME, NS, OLD, WORK, Karmada, Process
from tests.unit.controllers.test_work_status import CONVERTER, carried_status, item, work
from tests.unit.karmada.test_carried_status import status_of


def test_a_status_that_does_not_fit():
    noise = random.Random(7)
    status = status_of({"noise": "".join(noise.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=200_000))})
    assert "status omitted" in unpack(pack(status)).message


def test_a_status_that_cannot_be_converted():
    class Stubborn:
        def convert(self, manifest, _to):
            return CONVERTER.convert(manifest, "nowhere/v9")

    carried = carried_status(work(statuses=[item({"lastScheduleTime": "t"})]), Stubborn())
    assert "cannot be converted from batch/v1beta1 to batch/v1" in carried.message


@pytest.fixture
async def karmada():
    made = Karmada()
    yield made
    await made.stop_all()


@pytest.mark.virtual_time
async def test_a_converted_manifest(karmada):
    karmada.serve("old", OLD)
    karmada.binding_controller()
    process = Process(karmada)
    await process.start()
    await process.settle()
    await process.stop()
    assert {event["message"] for event in karmada.events("VersionConverted")} == {
        "CronJob nightly goes to cluster old as batch/v1beta1 instead of batch/v1"
    }


async def test_an_excluded_cluster():
    server = FakeApiServer()
    binding = {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "b", "namespace": "shop", "uid": "u"}}
    await EventRecorder(server, lambda: dt.datetime(2026, 3, 1, tzinfo=dt.UTC)).clusters_excluded(
        binding, {"old": "it is small", "third": "it is far"}
    )
    (event,) = server.objects.values()
    assert event["message"] == "cluster old is left out: it is small; cluster third is left out: it is far"


async def test_a_token_that_cannot_be_renewed():
    server = FakeApiServer()
    recorder = EventRecorder(server, lambda: dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    await recorder.token_not_renewed("karmada-system", "converter-admission", "u", "ends soon: 503")
    (event,) = server.objects.values()
    assert event["message"] == "the token of converter-admission ends soon: 503"


@pytest.mark.virtual_time
async def test_a_foreign_work_with_the_name_of_an_anchor(karmada):
    karmada.serve("old", OLD)
    karmada.binding_controller()
    foreign = {"metadata": {"name": f"{NAME}-anchor", "namespace": NS}, "spec": {"workload": {"manifests": []}}}
    karmada.server.put(ANCHOR, foreign)
    process = Process(karmada)
    await process.start()
    with pytest.raises(RequeueError, match="rename it"):
        await process.reconcile()
    await process.stop()
    assert karmada.bound() == [WORK]


def test_an_overflow_object_whose_name_is_taken():
    assert str(OverflowConflictError("ns", "w")) == "ControllerRevision ns/w holds other data; delete it"


@pytest.mark.parametrize(("method", "code", "reason"), [("POST", 405, "MethodNotAllowed"), ("GET", 404, "NotFound")])
def test_objects_in_a_version_that_only_members_serve(method, code, reason):
    named = Named(GroupVersionKind("batch", "v1beta1", "CronJob"), "cronjobs", namespaced=True, stored_as="batch/v1")
    answer = Discovery([named]).answer(method, "/apis/batch/v1beta1/namespaces/demo/cronjobs", {})
    status = msgspec.json.decode(answer.body)
    assert (answer.status, status["reason"]) == (code, reason)
    assert "only members serve CronJob in batch/v1beta1, and this control plane does not" in status["message"]
    assert "`converter convert -f FILE --to batch/v1 | kubectl apply -f -`" in status["message"]
    assert "`converter promote CronJob NAME -n NAMESPACE -C CLUSTER`" in status["message"]


def test_objects_that_no_rule_converts():
    named = Named(GroupVersionKind("a.dev", "v1", "Gadget"), "gadgets", namespaced=False)
    answer = Discovery([named]).answer("POST", "/apis/a.dev/v1/gadgets", {})
    assert "No rule converts that version" in msgspec.json.decode(answer.body)["message"]


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_path_that_the_discovery_server_does_not_know(method):
    answer = Discovery([]).answer(method, "/apis/a.dev/v1/gadgets", {})
    assert "this server answers discovery only" in msgspec.json.decode(answer.body)["message"]


async def test_an_interpreter_that_is_not_mirrored(karmada):
    mine = Customization("mine", "u", Target("networking.k8s.io/v1", "Ingress"), {})
    item = Unmirrored(mine, "networking.k8s.io/v1beta1", "retention", ("defaultBackend",))
    await EventRecorder(karmada.server, lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC)).interpreter_not_mirrored(item)
    (event,) = karmada.events("InterpreterNotMirrored")
    assert "the script names the field defaultBackend, which is in another place there" in event["message"]
    assert "write a customization for networking.k8s.io/v1beta1" in event["message"]
