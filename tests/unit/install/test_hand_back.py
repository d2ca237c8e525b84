"""What a Work is when it is handed back: what Karmada sent, and nothing of the converter."""

import copy

import msgspec
import pytest

from converter.clusters import Cluster
from converter.install.hand_back import OverflowMissingError, hand_back, not_applied
from converter.karmada.names import (
    BINDING_LABEL,
    CONVERSION_DATA_REF_ANNOTATION,
    CONVERTED_LABEL,
    LOSSES_ANNOTATION,
    LOSSES_LABEL,
    anchor_name,
)
from converter.karmada.work import decode_work
from converter.kube import canonical_json
from converter.works.patches import merge_patch
from converter.works.plan import plan_work
from converter.works.policy import Policy
from tests.fakes.apiserver import merge
from tests.fakes.karmada import BINDING_ID, CONVERTER, OLD, cluster, new_work

SPEC = {"schedule": "0 1 * * *", "timeZone": "Europe/Madrid", "suspend": False}


def admitted(work, versions=OLD):
    """What the webhook makes of a Work."""
    raw = decode_work(msgspec.json.encode(work))
    plan = plan_work(
        raw, Cluster.from_karmada(cluster("old", versions)), CONVERTER, Policy(), None, has_overflow_store=True
    )
    return merge(copy.deepcopy(work), merge_patch(raw, plan))


def sent():
    work = new_work()
    work["spec"]["workload"]["manifests"][0]["spec"] = dict(SPEC)
    work["metadata"]["uid"] = "w"
    return work


def anchored(work):
    """What the controller makes of a converted Work."""
    work = copy.deepcopy(work)
    reference = {"apiVersion": "work.karmada.io/v1alpha1", "kind": "Work", "uid": "a"}
    work["metadata"]["ownerReferences"] = [{**reference, "name": anchor_name(work["metadata"]["name"])}]
    del work["metadata"]["labels"][BINDING_LABEL]
    return work


def anchor(labels):
    return {"metadata": {"name": "any", "labels": labels}}


def handed_back(work, **others):
    result = hand_back(work, CONVERTER, **others)
    return merge(copy.deepcopy(work), result.patch), result


def without_empty(work):
    """An API server leaves out empty maps and lists."""
    work["metadata"] = {name: value for name, value in work["metadata"].items() if value}
    return work


def test_a_converted_work_is_what_karmada_sent_to_the_byte():
    converted = anchored(admitted(sent()))
    assert converted["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"
    work, result = handed_back(converted, anchor=anchor({BINDING_LABEL: BINDING_ID}))
    assert canonical_json(without_empty(work)) == canonical_json(sent())
    (stays,) = result.unsynchronized
    assert (stays.cluster, stays.kind, stays.namespace, stays.name) == ("old", "CronJob", "shop", "nightly")
    assert (stays.version, stays.source) == ("batch/v1beta1", "batch/v1")


def test_it_is_idempotent():
    work, _ = handed_back(anchored(admitted(sent())), anchor=anchor({BINDING_LABEL: BINDING_ID}))
    again = hand_back(without_empty(work), CONVERTER)
    assert again == (None, None, ())


def test_the_label_comes_from_the_manifest_if_the_anchor_has_none():
    work, _ = handed_back(anchored(admitted(sent())))
    assert work["metadata"]["labels"] == {BINDING_LABEL: BINDING_ID}


def test_a_work_that_karmada_has_sent_again_keeps_its_manifests():
    converted = anchored(admitted(sent()))
    converted["spec"] = sent()["spec"]
    converted["metadata"]["labels"][BINDING_LABEL] = "newer"
    work, result = handed_back(converted, anchor=anchor({BINDING_LABEL: BINDING_ID}))
    assert work["spec"] == sent()["spec"]
    assert work["metadata"]["labels"] == {BINDING_LABEL: "newer"}, "Karmada's own label counts"
    assert not work["metadata"].get("ownerReferences")
    assert [item.version for item in result.unsynchronized] == ["batch/v1beta1"]


def test_other_owners_labels_and_annotations_stay():
    converted = anchored(admitted(sent()))
    other = {"apiVersion": "v1", "kind": "ConfigMap", "name": "mine", "uid": "x"}
    converted["metadata"]["ownerReferences"].insert(0, other)
    converted["metadata"]["labels"]["team"] = "shop"
    work, _ = handed_back(converted)
    assert work["metadata"]["ownerReferences"] == [other]
    assert work["metadata"]["labels"]["team"] == "shop"
    assert work["metadata"]["annotations"] == sent()["metadata"]["annotations"]


def test_a_work_that_only_loses_fields_keeps_its_manifests():
    lossy = sent()
    lossy["metadata"]["labels"][LOSSES_LABEL] = "true"
    lossy["metadata"]["annotations"][LOSSES_ANNOTATION] = "[]"
    work, result = handed_back(lossy)
    assert canonical_json(work) == canonical_json(sent())
    assert result.unsynchronized == ()


def test_the_statuses_are_in_the_version_of_the_template():
    converted = anchored(admitted(sent()))
    identifier = {"ordinal": 0, "group": "batch", "version": "v1beta1", "kind": "CronJob"}
    identifier |= {"namespace": "shop", "name": "nightly"}
    item = {"identifier": identifier, "status": {"lastScheduleTime": "t"}, "health": "Healthy"}
    other = {"identifier": {**identifier, "ordinal": 3}, "status": {}}
    converted["status"] = {"manifestStatuses": [item, other]}
    _, result = handed_back(converted)
    assert result.statuses == [{**item, "identifier": {**identifier, "version": "v1"}}, other]


NOW = "2026-11-26T19:00:00Z"
APPLIED = {
    "type": "Applied",
    "status": "True",
    "reason": "AppliedSuccessful",
    "message": "m",
    "lastTransitionTime": "a",
}
OTHER = {"type": "Dispatching", "status": "True"}


def test_before_it_is_handed_back_its_condition_says_that_the_cluster_cannot_have_it():
    work = admitted(sent())
    work["status"] = {"conditions": [OTHER, APPLIED]}
    objects = hand_back(work, CONVERTER).unsynchronized
    other, applied = not_applied(work, objects, NOW)
    assert other == OTHER
    assert (applied["status"], applied["reason"], applied["lastTransitionTime"]) == ("False", "AppliedFailed", NOW)
    assert "batch/v1" in applied["message"]
    work["status"]["conditions"] = [other, applied]
    assert not_applied(work, objects, NOW) is None, "it says so already"


def test_the_condition_of_a_work_that_its_cluster_can_have_stays():
    work = sent()
    work["status"] = {"conditions": [APPLIED]}
    assert not_applied(work, (), NOW) is None
    assert not_applied(sent(), hand_back(admitted(sent()), CONVERTER).unsynchronized, NOW) is None


def test_data_in_an_overflow_object_has_to_be_there():
    converted = anchored(admitted(sent()))
    converted["metadata"]["annotations"][CONVERSION_DATA_REF_ANNOTATION] = "digest"
    with pytest.raises(OverflowMissingError):
        hand_back(converted, CONVERTER)
    work, _ = handed_back(converted, overflow=b"[null]")
    assert work["spec"] == sent()["spec"]


def test_nothing_to_do_for_a_work_of_karmada():
    assert hand_back(sent(), CONVERTER) == (None, None, ())
    assert CONVERTED_LABEL not in sent()["metadata"]["labels"]
