"""Uninstalling a control plane in memory, interrupted after each write: nothing is left, and nothing is deleted."""

import copy

import pytest

from converter.client.collections import BINDINGS, WORKS
from converter.install.hand_back_works import WorkReturner, WorksLeftError
from converter.install.uninstall import Uninstallation
from converter.karmada.names import (
    ANCHOR_LABEL,
    CONVERTED_LABEL,
    CRDS_LABEL,
    EXCLUDED_ANNOTATION,
    EXCLUDED_LABEL,
    GROUP,
    OVERFLOW_LABEL,
    SCHEDULER_LABEL,
    WORK_REFUSED,
    anchor_reference,
)
from tests.fakes.apiserver import CrashError, FakeApiServer
from tests.fakes.karmada import ANCHOR, CONVERTER, LEASE, NS, WORK, Karmada
from tests.nonempty import some
from tests.rulekit import converter
from tests.unit.controllers.test_overflow_store import LESSER, RULES, large, overflow, sent
from tests.unit.install.conftest import ADDRESSES, WEBHOOK_PATH, configure
from tests.waiting import until

pytestmark = pytest.mark.virtual_time

BINDING = BINDINGS.object_path("shop", "nightly-cronjob")


async def converted(karmada):
    await karmada.started()
    karmada.binding_controller()
    await until(lambda: karmada.anchor and anchor_reference(karmada.work["metadata"]))
    await karmada.quiet()


def uninstallation(karmada, lines=None, engine=CONVERTER):
    report = (lines if lines is not None else []).append
    return Uninstallation(karmada.server, None, engine, ADDRESSES, report)


def snapshot(server):
    """Every object, without what changes with each write."""
    found = copy.deepcopy(server.objects)
    for thing in found.values():
        for field in ("resourceVersion", "generation", "uid"):
            thing["metadata"].pop(field, None)
        thing["metadata"] = {name: value for name, value in thing["metadata"].items() if value}
    return {path: thing for path, thing in found.items() if not path.endswith("/namespaces/karmada-system")}


async def before(karmada):
    """The control plane without the converter: the same Work as Karmada sends it."""
    plain = Karmada()
    plain.server.webhooks = []
    plain.serve("old", {"batch/v1beta1": ["CronJob"], "v1": ["ConfigMap"]})
    plain.binding_controller()
    return snapshot(plain.server)


async def test_nothing_is_left_and_the_work_is_as_karmada_sent_it(karmada):
    wanted = await before(karmada)
    await converted(karmada)
    uid = karmada.work["metadata"]["uid"]
    lines = []
    await uninstallation(karmada, lines).run()
    await karmada.stop_all()
    karmada.server.collect_garbage()
    assert snapshot(karmada.server) == wanted
    assert karmada.work["metadata"]["uid"] == uid
    assert "deletionTimestamp" not in karmada.work["metadata"]
    assert some(lines)


async def test_a_work_says_that_it_is_not_applied_before_it_is_handed_back(karmada):
    """Otherwise Karmada waits two minutes for an informer of a version that the cluster does not serve."""
    await converted(karmada)
    applied = {"type": "Applied", "status": "True", "reason": "AppliedSuccessful", "message": "m"}
    karmada.server.apply(WORK, lambda work: work.update(status={"conditions": [applied]}))
    await karmada.quiet()
    before = len(karmada.server.writes)
    await uninstallation(karmada).run()
    written = [write for write in karmada.server.writes[before:] if write.partition(" ")[2].startswith(WORK)]
    assert written[:2] == [f"PATCH {WORK}/status", f"PATCH {WORK}"]
    (condition,) = karmada.work["status"]["conditions"]
    assert (condition["type"], condition["status"]) == ("Applied", "False")


@pytest.mark.parametrize("crash_after", range(1, 13))
async def test_interrupted_after_any_write_and_run_again(karmada, crash_after):
    wanted = await before(karmada)
    await converted(karmada)
    karmada.server.crash_after = len(karmada.server.writes) + crash_after
    with pytest.raises(CrashError):
        await uninstallation(karmada).run()
    await karmada.stop_all()
    karmada.server.collect_garbage()
    assert "deletionTimestamp" not in karmada.work["metadata"], "no moment after which the Work would be deleted"
    karmada.server.crash_after = None
    await uninstallation(karmada).run()
    karmada.server.collect_garbage()
    assert snapshot(karmada.server) == wanted


async def test_the_controller_acts_no_more_once_its_lease_is_held(karmada):
    await converted(karmada)
    karmada.server.fail = lambda method, path: (500, "down") if (method, path) == ("PATCH", WEBHOOK_PATH) else None
    with pytest.raises(Exception, match="down"):
        await uninstallation(karmada).run()
    assert not karmada.replicas[0][0].manager.leading
    writes = karmada.writes
    karmada.server.apply(WORK, lambda work: work["metadata"]["annotations"].update(other="change"))
    await karmada.quiet(600)
    assert karmada.writes == writes


async def test_what_karmada_sends_again_meanwhile_is_handed_back_too(karmada):
    await converted(karmada)
    lines = []

    def sends(line):
        if not lines:
            with karmada.without_webhooks():
                karmada.binding_controller()
        lines.append(line)

    made = Uninstallation(karmada.server, None, CONVERTER, ADDRESSES, sends)
    await made.run()
    await karmada.stop_all()
    karmada.server.collect_garbage()
    assert karmada.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1"
    assert anchor_reference(karmada.work["metadata"]) is None
    assert karmada.anchor is None


async def test_conversion_data_comes_back_from_the_overflow_object():
    karmada = Karmada(converter(*RULES))
    await configure(karmada)
    await karmada.started(LESSER)
    sent(karmada)
    await until(lambda: overflow(karmada) and karmada.anchor)
    await uninstallation(karmada, engine=converter(*RULES)).run()
    await karmada.stop_all()
    assert karmada.work["spec"]["workload"]["manifests"] == [large()]
    assert not [path for path, thing in karmada.server.objects.items() if OVERFLOW_LABEL in str(thing)]
    assert karmada.broken == []


async def test_a_work_that_a_user_has_deleted_is_not_brought_back(karmada):
    await converted(karmada)
    await karmada.stop_all()
    karmada.server.remove(ANCHOR)  # the template is gone; the garbage collector has not come by yet
    with pytest.raises(WorksLeftError) as caught:
        await WorkReturner(karmada.server, CONVERTER).run(lambda _: None)
    assert caught.value.works == [f"{NS}/{karmada.work['metadata']['name']}"]
    assert CONVERTED_LABEL in karmada.work["metadata"]["labels"]
    karmada.server.collect_garbage()
    karmada.execution_controller()
    assert karmada.work is None
    await uninstallation(karmada).run()
    assert GROUP not in str(karmada.server.objects)


async def test_an_anchor_without_a_work_goes(karmada):
    await converted(karmada)
    await karmada.stop_all()
    karmada.server.objects[WORK]["metadata"]["finalizers"] = []
    karmada.server.remove(WORK)
    await WorkReturner(karmada.server, CONVERTER).run(lambda _: None)
    assert karmada.anchor is None


async def test_works_with_crds_lose_their_label(karmada):
    await converted(karmada)
    await karmada.stop_all()
    karmada.server.webhooks.clear()
    path = f"/apis/work.karmada.io/v1alpha1/namespaces/{NS}/works"
    labels = {CRDS_LABEL: "true", "mine": "stays"}
    manifest = {"kind": "CustomResourceDefinition", "metadata": {"name": "a.b"}}
    spec = {"workload": {"manifests": [manifest]}}
    await karmada.server.create(path, {"metadata": {"name": "crd", "namespace": NS, "labels": labels}, "spec": spec})
    await WorkReturner(karmada.server, CONVERTER).run(lambda _: None)
    assert karmada.server.objects[f"{path}/crd"]["metadata"]["labels"] == {"mine": "stays"}


async def test_the_survey_says_what_stays_and_changes_nothing(karmada):
    await converted(karmada)
    await karmada.stop_all()
    writes = list(karmada.server.writes)
    survey = await WorkReturner(karmada.server, CONVERTER).survey()
    assert [(item.cluster, item.kind, item.source) for item in survey.unsynchronized] == [
        ("old", "CronJob", "batch/v1")
    ]
    assert survey.unrestorable == ()
    assert karmada.server.writes == writes


async def test_the_survey_names_works_whose_rules_are_missing(karmada):
    await converted(karmada)
    await karmada.stop_all()
    survey = await WorkReturner(karmada.server, converter(*RULES)).survey()
    (lost,) = survey.unrestorable
    assert lost.work == f"{NS}/{karmada.work['metadata']['name']}"


async def test_bindings_are_released(karmada):
    note = '{"old":{"why":"unreachable","in":["clusterAffinity"]}}'
    binding = {
        "apiVersion": "work.karmada.io/v1alpha2",
        "kind": "ResourceBinding",
        "metadata": {
            "name": "nightly-cronjob",
            "namespace": "shop",
            "labels": {EXCLUDED_LABEL: "true", SCHEDULER_LABEL: "apiconverter", "team": "shop"},
            "annotations": {EXCLUDED_ANNOTATION: note},
        },
        "spec": {
            "resource": {"apiVersion": "batch/v1", "kind": "CronJob", "namespace": "shop", "name": "nightly"},
            "schedulerName": "apiconverter",
            "placement": {"clusterAffinity": {"exclude": ["mine", "old"]}},
        },
    }
    with karmada.without_webhooks():
        karmada.server.put(BINDING, binding)
        conditions = [{"type": WORK_REFUSED, "status": "True"}, {"type": "Scheduled", "status": "True"}]
        karmada.server.objects[BINDING]["status"] = {"conditions": conditions}
    await uninstallation(karmada).run()
    stored = karmada.server.objects[BINDING]
    assert stored["spec"]["schedulerName"] == "default-scheduler"
    assert stored["spec"]["placement"] == {"clusterAffinity": {"exclude": ["mine"]}}
    assert stored["status"]["conditions"] == conditions[1:]
    assert stored["metadata"]["labels"] == {"team": "shop"}
    assert not stored["metadata"].get("annotations")


async def test_apiservices_events_and_leases_go(karmada):
    await converted(karmada)
    service = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.batch"
    karmada.server.put(service, {"metadata": {"name": "v1beta1.batch", "labels": {f"{GROUP}/discovery": "true"}}})
    assert some(karmada.events())
    theirs = "/api/v1/namespaces/shop/events/theirs"
    karmada.server.put(theirs, {"metadata": {"name": "theirs", "namespace": "shop"}, "source": {"component": "x"}})
    scheduled = {"metadata": {"name": "scheduled", "namespace": "shop"}, "source": {"component": "apiconverter"}}
    karmada.server.put("/api/v1/namespaces/shop/events/scheduled", scheduled)
    await uninstallation(karmada).run()
    await karmada.stop_all()
    left = karmada.server.objects
    assert not {service, LEASE, WEBHOOK_PATH} & left.keys()
    assert theirs in left
    assert [path for path in left if "/events/" in path] == [theirs]
    assert not [path for path, thing in left.items() if ANCHOR_LABEL in str(thing)]
    assert [path for path in left if path.startswith(WORKS.prefix)] == [WORK]


async def test_nothing_is_installed_not_even_the_namespace():
    server = FakeApiServer()
    server.collections |= {"apiservices"}
    server.fail = lambda method, path: (404, "NotFound") if (method, path[-7:]) == ("POST", "/leases") else None
    await Uninstallation(server, None, CONVERTER, ADDRESSES, lambda _: None).run()
    assert server.objects == {}
