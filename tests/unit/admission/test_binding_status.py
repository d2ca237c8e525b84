"""The webhook on bindings' statuses, with the requests that a real Karmada sent."""

import base64
import copy
import json
import tracemalloc
import zlib
from pathlib import Path

import jsonpatch
import pytest

from converter.admission.binding_status import BindingStatusWebhook
from converter.errors import ConverterError
from converter.karmada.carried_status import LONGEST_MESSAGE, CarriedStatus, ManifestReport, pack
from converter.karmada.names import STATUS_MARKER

NOW = "2026-11-23T20:00:00Z"
RESOURCE = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "namespace": "demo", "name": "web"}
STATUS = {"currentHealthy": 3, "desiredHealthy": 2, "disruptionsAllowed": 1, "expectedPods": 3}


def carried(*, applied=True, message="", status=STATUS, health="Healthy"):
    report = ManifestReport("policy/v1", "PodDisruptionBudget", "web", "demo", health, status)
    return pack(CarriedStatus(applied=applied, message=message, manifests=(report,) if applied else ()))


def condition(status, since="2026-11-23T18:05:59Z"):
    said = "All works have been successfully applied"
    failed = "Failed to apply all works, see status.aggregatedStatus for details"
    return {
        "type": "FullyApplied",
        "status": status,
        "reason": "FullyAppliedSuccess" if status == "True" else "FullyAppliedFailed",
        "message": said if status == "True" else failed,
        "lastTransitionTime": since,
    }


def binding(items, conditions, clusters=("new", "old"), **spec):
    return {
        "apiVersion": "work.karmada.io/v1alpha2",
        "kind": "ResourceBinding",
        "metadata": {"name": "web-poddisruptionbudget", "namespace": "demo"},
        "spec": {"resource": RESOURCE, "clusters": [{"name": name} for name in clusters], **spec},
        "status": {"aggregatedStatus": items, "conditions": conditions},
    }


def review(new, old=None):
    request = {"uid": "u-1", "operation": "UPDATE", "subResource": "status", "object": new, "oldObject": old}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def answered(asked):
    response = json.loads(BindingStatusWebhook(lambda: NOW).answer(json.dumps(asked).encode()))["response"]
    assert response["uid"] == asked["request"]["uid"]
    assert response["allowed"] is True
    if "patch" not in response:
        return asked["request"]["object"], response
    assert response["patchType"] == "JSONPatch"
    patch = json.loads(base64.b64decode(response["patch"]))
    return jsonpatch.apply_patch(asked["request"]["object"], patch), response


def test_an_item_that_carries_a_status_is_replaced_by_it():
    new_item = {"applied": True, "clusterName": "new", "health": "Healthy", "status": STATUS}
    items = [new_item, {"appliedMessage": carried(), "clusterName": "old", "health": "Unknown"}]
    result, _ = answered(review(binding(items, [condition("False")]), binding([], [condition("False")])))
    assert result["status"]["aggregatedStatus"] == [
        new_item,
        {"applied": True, "clusterName": "old", "health": "Healthy", "status": STATUS},
    ]
    assert result["status"]["conditions"] == [condition("True", NOW)]


def test_what_is_stored_already_comes_out_the_same_so_that_nothing_is_written():
    """Karmada computes False, now, on each write; the stored condition has been True for long."""
    stored = binding(
        [{"applied": True, "clusterName": "old", "health": "Healthy", "status": STATUS}],
        [condition("True", "2026-11-01T00:00:00Z")],
        clusters=["old"],
    )
    sent = copy.deepcopy(stored)
    sent["status"]["aggregatedStatus"] = [{"clusterName": "old", "appliedMessage": carried(), "health": "Unknown"}]
    sent["status"]["conditions"] = [condition("False", "2026-11-23T19:59:59Z")]
    result, _ = answered(review(sent, stored))
    assert result == stored


def test_a_failure_keeps_its_message_and_its_time():
    stored = binding([], [condition("False", "2026-11-01T00:00:00Z")], clusters=["old"])
    sent = copy.deepcopy(stored)
    sent["status"]["aggregatedStatus"] = [
        {"clusterName": "old", "appliedMessage": carried(applied=False, message="no such host"), "health": "Unknown"}
    ]
    result, _ = answered(review(sent, stored))
    assert result["status"]["aggregatedStatus"] == [
        {"clusterName": "old", "appliedMessage": "no such host", "health": "Unknown"}
    ]
    assert result["status"]["conditions"] == stored["status"]["conditions"]


def test_a_condition_that_changes_to_false_says_since_when():
    stored = binding([], [condition("True", "2026-11-01T00:00:00Z")], clusters=["old"])
    sent = copy.deepcopy(stored)
    sent["status"]["conditions"] = [condition("False", "2026-11-23T19:59:59Z")]
    sent["status"]["aggregatedStatus"] = [{"clusterName": "old", "appliedMessage": carried(applied=False)}]
    result, _ = answered(review(sent, stored))
    assert result["status"]["conditions"] == [condition("False", "2026-11-23T19:59:59Z")]


@pytest.mark.parametrize(
    ("spec", "clusters", "fully"),
    [
        ({}, ["old"], True),
        ({}, ["old", "new"], False),
        ({}, [], False),
        ({"requiredBy": [{"clusters": [{"name": "old"}]}]}, [], True),
        ({"requiredBy": [{"clusters": [{"name": "other"}]}]}, ["old"], False),
        ({"gracefulEvictionTasks": [{"fromCluster": "other", "purgeMode": "Gracefully"}]}, ["old"], False),
        ({"gracefulEvictionTasks": [{"fromCluster": "other"}]}, ["old"], False),
        ({"gracefulEvictionTasks": [{"fromCluster": "other", "purgeMode": "Directly"}]}, ["old"], True),
        ({"gracefulEvictionTasks": [{"fromCluster": "other", "purgeMode": "Immediately"}]}, ["old"], True),
        ({}, ["elsewhere"], False),
    ],
)
def test_fully_applied_counts_the_clusters_that_karmada_counts(spec, clusters, fully):
    items = [{"clusterName": "old", "appliedMessage": carried(), "health": "Unknown"}]
    result, _ = answered(review(binding(items, [condition("False")], clusters, **spec)))
    assert result["status"]["conditions"][0]["status"] == ("True" if fully else "False")


def test_foreign_conditions_and_messages_stay():
    scheduled = {"type": "Scheduled", "status": "True", "reason": "Success", "message": "m"}
    failed = {"clusterName": "new", "appliedMessage": "Failed to apply all manifests (0/1)", "health": "Unknown"}
    items = [failed, {"clusterName": "old", "appliedMessage": carried(), "health": "Unknown"}]
    result, _ = answered(review(binding(items, [scheduled, condition("False")])))
    assert result["status"]["aggregatedStatus"][0] == failed
    assert result["status"]["conditions"] == [scheduled, condition("False")]


def test_a_note_beside_a_status_stays():
    items = [{"clusterName": "old", "appliedMessage": carried(message="[left out]", status={}), "health": "Unknown"}]
    result, _ = answered(review(binding(items, [condition("False")], ["old"])))
    assert result["status"]["aggregatedStatus"] == [
        {"clusterName": "old", "applied": True, "appliedMessage": "[left out]", "health": "Healthy", "status": {}}
    ]


def test_of_several_manifests_the_binding_gets_its_own():
    others = tuple(
        ManifestReport(version, kind, "web", "demo", "Unhealthy", {"other": 1})
        for version, kind in (("v1", "Service"), ("policy/v1beta1", "PodDisruptionBudget"))
    )
    mine = ManifestReport("policy/v1", "PodDisruptionBudget", "web", "demo", "Healthy", STATUS)
    message = pack(CarriedStatus(applied=True, manifests=(*others, mine)))
    result, _ = answered(review(binding([{"clusterName": "old", "appliedMessage": message}], [], ["old"])))
    assert result["status"]["aggregatedStatus"][0]["status"] == STATUS


def test_an_unreadable_status_is_left_as_it_is_and_said():
    items = [{"clusterName": "old", "appliedMessage": f"{STATUS_MARKER}nonsense", "health": "Unknown"}]
    sent = binding(items, [condition("False")])
    result, response = answered(review(sent))
    assert result == sent
    (warning,) = response["warnings"]
    assert "old" in warning


CAPTURED = Path(__file__).parents[2] / "data" / "reviews"


@pytest.mark.parametrize("kind", ["cronjob", "deployment", "horizontalpodautoscaler", "ingress", "poddisruptionbudget"])
def test_what_carries_nothing_passes_untouched(kind):
    asked = json.loads((CAPTURED / f"update-resourcebindings-status-{kind}.json").read_text())
    _, response = answered(asked)
    assert response == {"uid": asked["request"]["uid"], "allowed": True}


@pytest.mark.parametrize("empty", [{}, {"status": {}}, {"status": {"aggregatedStatus": None, "conditions": None}}])
def test_bindings_without_a_status_pass(empty):
    _, response = answered(review(empty))
    assert set(response) == {"uid", "allowed"}


def test_a_null_object_passes():
    _, response = answered(review(None))
    assert set(response) == {"uid", "allowed"}


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"request":{}}'])
def test_what_is_not_a_review_is_an_error(body):
    with pytest.raises(ConverterError):
        BindingStatusWebhook().answer(body)


def bomb(size):
    """A status that is small in the message, and as many small lists as fit into a size."""
    lists = b"[" + b",".join([b"[]"] * (size // 3)) + b"]"
    report = (
        b'{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","namespace":"demo","name":"web","status":%b}' % lists
    )
    packed = base64.b64encode(zlib.compress(b'{"applied":true,"manifests":[%b]}' % report, 9)).decode()
    return f"{STATUS_MARKER}z:{packed}"


def test_statuses_that_unpack_to_gigabytes_cost_little_memory():
    """643 KB of such messages took 2.6 GB; a compromised member can send one."""
    large, small = bomb(8 << 20), bomb(15 << 10)
    items = [{"clusterName": f"m{number}", "appliedMessage": large} for number in range(50)]
    items += [{"clusterName": f"k{number}", "appliedMessage": small} for number in range(200)]
    body = json.dumps(review(binding([*items, {"clusterName": "old", "appliedMessage": carried()}], []))).encode()
    tracemalloc.start()
    try:
        answer = BindingStatusWebhook(lambda: NOW).answer(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    print(f"{len(body) >> 10} KiB of bombs: {peak >> 20} MiB at most")
    assert json.loads(answer)["response"]["allowed"] is True
    assert peak < 48 << 20


def test_one_large_status_takes_no_room_from_the_others():
    items = [{"clusterName": "bad", "appliedMessage": bomb(8 << 20)}]
    items += [{"clusterName": f"m{number}", "appliedMessage": carried()} for number in range(100)]
    stored, response = answered(review(binding(items, [])))
    first, *others = stored["status"]["aggregatedStatus"]
    assert first == items[0]
    assert [item["status"] for item in others] == [STATUS] * 100
    assert len(response["warnings"]) == 1


def test_a_message_that_is_longer_than_any_stays_packed():
    item = {"clusterName": "bad", "appliedMessage": STATUS_MARKER + "{" + " " * LONGEST_MESSAGE + "}"}
    stored, response = answered(review(binding([item], [])))
    assert stored["status"]["aggregatedStatus"] == [item]
    assert len(response["warnings"]) == 1
