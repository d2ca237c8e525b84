"""Karmada's finalizer stays on a Work until the object is deleted in a version that the member serves."""

from __future__ import annotations

import json

import pytest

from converter.admission.deletion import FINALIZER_KEPT
from converter.clusters import Cluster
from converter.karmada.names import CONVERTED_LABEL, EXECUTION_FINALIZER
from tests.nonempty import some
from tests.reviewkit import CAPTURED, DATA, OLD, ask, config_map, cronjob, review, webhook, work

SINCE = "2026-11-23T18:06:28Z"


def deleted(*manifests, finalizers=(EXECUTION_FINALIZER,), **metadata):
    return work(*manifests, deletionTimestamp=SINCE, finalizers=list(finalizers), **metadata)


def without_karmadas(given):
    """The Work as Karmada writes it when the member has answered 404."""
    left = [name for name in given["metadata"]["finalizers"] if name != EXECUTION_FINALIZER]
    metadata = {**given["metadata"], "finalizers": left}
    if not left:
        del metadata["finalizers"]
    return {**given, "metadata": metadata}


def finish(hook, given):
    """Have Karmada remove its finalizer; return the Work as it is stored, and the answer."""
    wanted = without_karmadas(given)
    answer = ask(hook, review(wanted, "UPDATE", oldObject=given))
    assert answer.allowed
    return answer.applied(wanted), answer


@pytest.mark.parametrize("others", [[], ["example.org/backup"]])
def test_the_finalizer_stays_once_while_the_member_lacks_the_version(shipped, others):
    hook = webhook(shipped)
    given = deleted(config_map(), cronjob(), finalizers=[EXECUTION_FINALIZER, *others])
    stored, answer = finish(hook, given)
    assert sorted(stored["metadata"]["finalizers"]) == sorted([EXECUTION_FINALIZER, *others])
    assert [one["apiVersion"] for one in stored["spec"]["workload"]["manifests"]] == ["v1", "batch/v1beta1"]
    assert FINALIZER_KEPT in answer.warnings
    assert CONVERTED_LABEL not in stored["metadata"].get("labels", {})
    stored, answer = finish(hook, stored)
    assert stored["metadata"].get("finalizers", []) == others
    assert answer.warnings == []


def test_a_converted_work_stays_once_when_its_cluster_was_upgraded(shipped):
    given = deleted(cronjob())
    converted = ask(webhook(shipped), review(work(cronjob()))).applied(work(cronjob()))
    given = {**converted, "metadata": {**converted["metadata"], **given["metadata"]}}
    upgraded = webhook(shipped, Cluster.from_versions(OLD.name, {"batch/v1": ["CronJob"]}))
    stored, _ = finish(upgraded, given)
    assert stored["metadata"]["finalizers"] == [EXECUTION_FINALIZER]
    assert stored["spec"]["workload"]["manifests"] == work(cronjob())["spec"]["workload"]["manifests"]
    stored, _ = finish(upgraded, stored)
    assert "finalizers" not in stored["metadata"]


def test_the_labels_of_a_work_that_is_being_deleted_stay(shipped):
    """The controller selects converted Works by their label, and must see them go."""
    given = {**work(cronjob("batch/v1beta1"), labels={CONVERTED_LABEL: "true"})}
    given["metadata"]["deletionTimestamp"] = SINCE
    answer = ask(webhook(shipped), review(given))
    assert answer.applied(given)["metadata"]["labels"] == {CONVERTED_LABEL: "true"}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (deleted(cronjob("batch/v1beta1")), None),
        (deleted(cronjob(), finalizers=["example.org/backup"]), deleted(cronjob(), finalizers=[])),
        (deleted(cronjob()), deleted(cronjob())),
        (work(cronjob(), finalizers=[EXECUTION_FINALIZER]), work(cronjob(), finalizers=[])),
    ],
    ids=["served", "not Karmada's", "still there", "not deleted"],
)
def test_other_finalizers_are_as_they_are_sent(shipped, given, wanted):
    wanted = wanted or without_karmadas(given)
    answer = ask(webhook(shipped), review(wanted, "UPDATE", oldObject=given))
    assert answer.applied(wanted)["metadata"].get("finalizers") == wanted["metadata"].get("finalizers")
    assert FINALIZER_KEPT not in answer.warnings


@pytest.mark.parametrize("old", [None, {}, {"metadata": 5}, {"metadata": {"finalizers": "all"}}])
def test_an_old_work_that_cannot_be_read_changes_nothing(shipped, old):
    wanted = without_karmadas(deleted(cronjob()))
    answer = ask(webhook(shipped), review(wanted, "UPDATE", oldObject=old))
    assert answer.allowed
    assert "finalizers" not in answer.applied(wanted)["metadata"]


def test_a_kind_that_the_cluster_has_in_no_version_holds_up_no_deletion(shipped):
    widget = {"apiVersion": "acme.example/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "demo"}}
    stored, _ = finish(webhook(shipped), deleted(widget))
    assert "finalizers" not in stored["metadata"]


def test_what_a_real_karmada_sent(shipped):
    """Before there was a converter: an autoscaler in a version that v1.20 lacks."""
    clusters = [json.loads((DATA / f"clusters/{name}.json").read_bytes()) for name in ("old", "new")]
    hook = webhook(shipped, *map(Cluster.from_karmada, clusters))
    kept = []
    for path in some(CAPTURED):
        sent = json.loads(path.read_bytes())
        stored = ask(hook, sent).applied(sent["request"]["object"])
        if stored["metadata"].get("finalizers") != sent["request"]["object"]["metadata"].get("finalizers"):
            kept.append((path.stem, stored["metadata"]["finalizers"]))
    assert kept == [("update-works-old-horizontalpodautoscaler", [EXECUTION_FINALIZER])]
