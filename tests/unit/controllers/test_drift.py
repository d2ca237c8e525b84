"""A Work whose cluster can hold more than before is sent again, though its manifests are the same."""

from __future__ import annotations

import copy
import json

import pytest

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster, Fleet, FleetView
from converter.controllers.drift import DriftDetector
from converter.conversion import undo
from converter.karmada.names import LOSSES_ANNOTATION, LOSSES_LABEL, LOSSES_TEXT_ANNOTATION
from converter.losses.record import LossRecord
from converter.works.policy import Policy
from tests.reviewkit import ask, cronjob, review, webhook, work


def judge(shipped, release, given):
    cluster = Cluster.from_release("old", Release.parse(release), load_catalog())
    return DriftDetector(lambda: shipped, FleetView(Fleet.of([cluster])), Policy())(json.dumps(given).encode())


@pytest.fixture
def told(shipped):
    """A Work as it stands after it was admitted for v1.22."""
    given = work(cronjob(timeZone="UTC"))
    patch = judge(shipped, "v1.22", given).patch
    assert "spec" not in patch
    given["metadata"] |= patch["metadata"]
    return given


def test_an_upgrade_changes_the_spec_so_that_karmada_sends_it_again(shipped, told):
    patch = judge(shipped, "v1.25", told).patch
    gone = {"annotations": {LOSSES_ANNOTATION: None, LOSSES_TEXT_ANNOTATION: None}, "labels": {LOSSES_LABEL: None}}
    assert patch == {"metadata": gone, "spec": {"suspendDispatching": False}}


def test_what_was_nudged_before_is_nudged_the_other_way(shipped, told):
    told["spec"]["suspendDispatching"] = False
    assert judge(shipped, "v1.25", told).patch["spec"] == {"suspendDispatching": None}


def test_a_suspended_work_stays_suspended(shipped, told):
    told["spec"]["suspendDispatching"] = True
    assert "spec" not in judge(shipped, "v1.25", told).patch


def test_the_same_losses_at_another_release_change_no_spec(shipped, told):
    patch = judge(shipped, "v1.23", told).patch
    record = LossRecord.read(patch["metadata"]["annotations"][LOSSES_ANNOTATION])
    assert record.release == Release(1, 23)
    assert [(loss.path, loss.refused) for loss in record.losses] == [("spec.timeZone", False)]
    assert "spec" not in patch


def test_nothing_to_say_is_not_a_patch(shipped, told):
    assert judge(shipped, "v1.22", told).patch is None


def test_a_work_whose_value_was_refused_is_sent_again_when_the_release_knows_it(shipped):
    given = work(cronjob(jobTemplate={"spec": {"podFailurePolicy": {"rules": [{"action": "FailIndex"}]}}}))
    patch = judge(shipped, "v1.27", given).patch
    (loss,) = LossRecord.read(patch["metadata"]["annotations"][LOSSES_ANNOTATION]).losses
    assert loss.refused
    assert loss.value == "FailIndex"
    given["metadata"]["annotations"] = patch["metadata"]["annotations"]
    upgraded = judge(shipped, "v1.28", given).patch
    gone = {LOSSES_ANNOTATION: None, LOSSES_TEXT_ANNOTATION: None}
    assert upgraded == {"metadata": {"annotations": gone}, "spec": {"suspendDispatching": False}}


# --- what is compared again --------------------------------------------------------------------------------


@pytest.fixture
def converted(shipped, monkeypatch):
    """A detector, Works that admission converted, and the number of conversions that the detector made."""
    cluster = Cluster.from_versions("old", {"batch/v1beta1": ["CronJob"]})
    fleet, undone = FleetView(Fleet.of([cluster])), []
    monkeypatch.setattr(
        "converter.works.conversions.undo", lambda *given: (undone.append(given[1].kind), undo(*given))[1]
    )

    def make(name):
        given = work(cronjob(name=name))
        given["metadata"]["name"] = name
        return ask(webhook(shipped, cluster), review(given)).applied(given)

    rules = [shipped]
    return DriftDetector(lambda: rules[-1], fleet, Policy()), make, undone, rules


def test_a_status_alone_is_not_a_reason_to_convert_again(converted):
    detect, make, undone, rules = converted
    given = make("a")
    for status in ({}, {"conditions": []}, {"manifestStatuses": []}):
        assert detect(json.dumps({**given, "status": status}).encode()).patch is None
    assert len(undone) == 1
    rules.append(copy.copy(rules[0]))
    detect(json.dumps(given).encode())
    assert len(undone) == 2, "but other rules are"
    given["metadata"]["annotations"]["example.org/a"] = "b"
    detect(json.dumps(given).encode())
    assert len(undone) == 3, "and another Work"


def test_what_is_remembered_of_works_has_a_bound(converted, monkeypatch):
    detect, make, undone, _ = converted
    monkeypatch.setattr("converter.controllers.drift._REMEMBERED", 2)
    for name in ("a", "b", "c", "c", "b", "a"):
        detect(json.dumps(make(name)).encode())
    assert len(undone) == 4, "only the oldest was forgotten"
    assert len(detect._good) == 2
