"""What does not fit into annotations: carried while the Work is suspended, then on a shelf, and never at a member."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from converter.admission.works import WorkWebhook
from converter.clusters import Cluster, Fleet, FleetView
from converter.karmada.names import (
    CONVERSION_DATA_ANNOTATION,
    CONVERSION_DATA_REF_ANNOTATION,
    CONVERTED_LABEL,
    LOSSES_ANNOTATION,
    OVERFLOW_LABEL,
    SUSPENDED_BEFORE_ANNOTATION,
)
from converter.karmada.work import decode_work
from converter.losses.record import LossRecord
from converter.works.overflow import (
    OVERFLOW_LIMIT,
    Suspension,
    digest_of,
    is_carrier,
    overflow_name,
    overflow_object,
    read_carrier,
)
from converter.works.plan import plan_work
from converter.works.policy import Policy
from tests.reviewkit import ask, config_map, review, work
from tests.rulekit import converter, rule_text

RULES = converter(rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: v2 knows no zones}"))
LESSER = Cluster.from_versions("old", {"a.example/v2": ["Thing"], "v1": ["ConfigMap"]})
BETTER = Cluster.from_versions("old", {"a.example/v1": ["Thing"], "a.example/v2": ["Thing"], "v1": ["ConfigMap"]})
LARGE = 300 << 10


def thing(size=LARGE, name="t", letter="x"):
    zone = {"text": letter * size, "number": 1.0, "quote": '"<&>"'}
    return {
        "apiVersion": "a.example/v1",
        "kind": "Thing",
        "metadata": {"name": name},
        "spec": {"size": 1, "zone": zone},
    }


def hook(cluster=LESSER):
    return WorkWebhook(SimpleNamespace(current=RULES), FleetView(Fleet.of([cluster])), has_overflow_store=True)


def admitted(given, cluster=LESSER):
    """The Work as it is stored."""
    return ask(hook(cluster), review(given)).applied(given)


def manifests(stored):
    return stored["spec"]["workload"]["manifests"]


def stored_away(held):
    """The Work once its shelf stands: what the controller writes, and admission makes of that."""
    kept = read_carrier(json.dumps(manifests(held)[-1]).encode())
    annotations = {**held["metadata"]["annotations"], CONVERSION_DATA_REF_ANNOTATION: digest_of(kept)}
    before = Suspension.parse(annotations.pop(SUSPENDED_BEFORE_ANNOTATION))
    spec = {"workload": {"manifests": manifests(held)[:-1]}}
    if before.json is not None:
        spec["suspendDispatching"] = before.json
    return admitted({**held, "metadata": {**held["metadata"], "annotations": annotations}, "spec": spec}), kept


def test_what_does_not_fit_is_carried_by_a_work_that_is_held_back():
    stored = admitted(work(config_map(), thing()))
    small, converted, carrier = manifests(stored)
    assert small == config_map()
    assert converted == {**thing(), "apiVersion": "a.example/v2", "spec": {"size": 1}}
    assert is_carrier(carrier)
    assert carrier["metadata"]["labels"] == {OVERFLOW_LABEL: "true"}
    nothing, kept = json.loads(read_carrier(json.dumps(carrier).encode()))
    assert nothing is None
    assert kept["values"][0]["value"] == thing()["spec"]["zone"]
    assert stored["spec"]["suspendDispatching"] is True
    assert stored["metadata"]["annotations"][SUSPENDED_BEFORE_ANNOTATION] == "absent"
    assert stored["metadata"]["labels"] == {CONVERTED_LABEL: "true"}
    assert CONVERSION_DATA_ANNOTATION not in stored["metadata"]["annotations"]
    assert LossRecord.read(stored["metadata"]["annotations"][LOSSES_ANNOTATION]).unstored == ()


def test_a_held_work_stays_as_it_is_however_often_it_is_sent():
    held = admitted(work(thing()))
    assert admitted(held) == held
    again = {**held, "spec": work(thing())["spec"]}  # Karmada replaces the spec, and leaves our annotations
    assert admitted(again) == held


def test_once_the_overflow_object_exists_the_work_is_sent_and_names_it():
    stored, kept = stored_away(admitted(work(thing())))
    assert [manifest["apiVersion"] for manifest in manifests(stored)] == ["a.example/v2"]
    assert "suspendDispatching" not in stored["spec"]
    assert stored["metadata"]["annotations"][CONVERSION_DATA_REF_ANNOTATION] == digest_of(kept)
    assert SUSPENDED_BEFORE_ANNOTATION not in stored["metadata"]["annotations"]
    assert admitted(stored) == stored
    again = {**stored, "spec": work(thing())["spec"]}
    assert admitted(again) == stored, "what is sent again needs no carrier"


@pytest.mark.parametrize("suspended", [True, False, None])
def test_a_suspension_of_ones_own_comes_back(suspended):
    given = work(thing())
    given["spec"]["suspendDispatching"] = suspended
    held = admitted(given)
    assert held["spec"]["suspendDispatching"] is True
    assert json.loads(held["metadata"]["annotations"][SUSPENDED_BEFORE_ANNOTATION]) is suspended
    fits = {**held, "spec": {**held["spec"], "workload": {"manifests": [*manifests(held)]}}}
    back = admitted(fits, BETTER)
    assert back["spec"] == given["spec"]
    assert back["metadata"]["annotations"] == back["metadata"]["labels"] == {}


def test_other_contents_are_carried_again_and_forget_the_old_shelf():
    stored, _ = stored_away(admitted(work(thing())))
    changed = admitted({**stored, "spec": work(thing(letter="y"))["spec"]})
    assert is_carrier(manifests(changed)[-1])
    assert CONVERSION_DATA_REF_ANNOTATION not in changed["metadata"]["annotations"]
    smaller = admitted({**changed, "spec": work(thing(size=10))["spec"]})
    assert [manifest["kind"] for manifest in manifests(smaller)] == ["Thing"]
    assert SUSPENDED_BEFORE_ANNOTATION not in smaller["metadata"]["annotations"]
    assert CONVERSION_DATA_ANNOTATION in smaller["metadata"]["annotations"]


def test_a_carrier_never_leaves_whoever_takes_the_suspension_off():
    held = admitted(work(thing()))
    for freed in ({"suspendDispatching": False}, {}):
        spec = {"workload": held["spec"]["workload"], **freed}
        assert admitted({**held, "spec": spec}) == held


def test_a_held_work_that_lost_its_mark_is_held_all_the_same():
    held = admitted(work(thing()))
    marks = {
        name: value for name, value in held["metadata"]["annotations"].items() if name != SUSPENDED_BEFORE_ANNOTATION
    }
    spec = {**held["spec"], "suspendDispatching": False}
    stored = admitted({**held, "metadata": {**held["metadata"], "annotations": marks}, "spec": spec})
    assert is_carrier(manifests(stored)[-1])
    assert stored["spec"]["suspendDispatching"] is True


def test_a_held_work_that_lost_its_other_marks_still_sends_no_carrier():
    held = admitted(work(thing()))
    marks = {SUSPENDED_BEFORE_ANNOTATION: held["metadata"]["annotations"][SUSPENDED_BEFORE_ANNOTATION]}
    spec = {"workload": held["spec"]["workload"]}
    stored = admitted({**held, "metadata": {**held["metadata"], "annotations": marks, "labels": {}}, "spec": spec})
    assert not any(map(is_carrier, manifests(stored)))
    assert SUSPENDED_BEFORE_ANNOTATION not in stored["metadata"]["annotations"]


def test_a_cluster_that_can_have_the_source_waits_for_who_can_read_the_shelf():
    stored, kept = stored_away(admitted(work(thing())))
    assert admitted(stored, BETTER) == stored, "admission cannot read it"
    read = decode_work(json.dumps(stored).encode())
    assert plan_work(read, BETTER, RULES, Policy(), has_overflow_store=True).needs_overflow
    outcome = plan_work(read, BETTER, RULES, Policy(), kept, has_overflow_store=True)
    assert json.loads(outcome.manifests[0]) == thing()
    assert outcome.annotations[CONVERSION_DATA_REF_ANNOTATION] is None


def test_a_held_work_for_an_upgraded_cluster_is_itself_again():
    given = work(config_map(), thing())
    back = admitted(admitted(given), BETTER)
    assert back["spec"] == given["spec"]
    assert back["metadata"]["annotations"] == back["metadata"]["labels"] == {}


def test_a_work_being_deleted_takes_no_carrier_on_and_puts_none_off():
    given = work(thing(), deletionTimestamp="2026-11-23T18:06:28Z")
    assert not any(map(is_carrier, manifests(admitted(given))))
    held = admitted(work(thing()))
    held["metadata"]["deletionTimestamp"] = "2026-11-23T18:06:28Z"
    assert admitted(held) == held


def test_what_no_shelf_holds_is_left_out_and_said():
    answer = ask(hook(), review(work(thing(size=OVERFLOW_LIMIT), thing(size=10, name="small"))))
    stored = answer.applied(work(thing(size=OVERFLOW_LIMIT), thing(size=10, name="small")))
    assert not any(map(is_carrier, manifests(stored)))
    (data,) = LossRecord.read(stored["metadata"]["annotations"][LOSSES_ANNOTATION]).unstored
    assert (data.manifest.name, data.limit, data.overflow) == ("t", OVERFLOW_LIMIT, True)
    assert sum(str(data.size) in warning for warning in answer.warnings) == 1
    assert json.loads(stored["metadata"]["annotations"][CONVERSION_DATA_ANNOTATION])[1]["values"]


def test_a_controller_revision_of_a_user_is_not_a_carrier():
    own = {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "r"}, "revision": 1}
    assert not is_carrier(own)
    assert read_carrier(json.dumps({**own, "data": {"conversionData": "[]"}}).encode()) is None


def test_a_shelf_is_owned_by_its_work_and_named_for_it_and_its_content():
    given = {**work(thing()), "metadata": {"name": "w" * 253, "namespace": "karmada-es-old", "uid": "one"}}
    made = overflow_object(given, b"[null]")
    assert made["metadata"]["ownerReferences"][0]["uid"] == "one"
    assert made["metadata"]["name"] == overflow_name(given, digest_of(b"[null]"))
    assert len(made["metadata"]["name"]) <= 253
    other = {**given, "metadata": {**given["metadata"], "uid": "two"}}
    names = {overflow_name(one, digest) for one in (given, other) for digest in ("a", "b")}
    assert len(names) == 4
    assert read_carrier(json.dumps(made).encode()) == b"[null]"
