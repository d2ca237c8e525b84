"""What is told of a converted Work's status, and what is not."""

import msgspec
import pytest

from converter.controllers.work_status import carried_status
from converter.karmada.names import SOURCES_ANNOTATION
from tests.shipped import shipped_engine

CONVERTER = shipped_engine()


def work(*, applied="True", statuses=(), sources=None, version="batch/v1beta1", message=""):
    entry = {"kind": "CronJob", "name": "n", "namespace": "s", "from": "batch/v1", "to": "batch/v1beta1"}
    annotation = msgspec.json.encode([entry]).decode() if sources is None else sources
    conditions = [{"type": "Applied", "status": applied, "message": message}] if applied else []
    manifest = {"apiVersion": version, "kind": "CronJob", "metadata": {"name": "n", "namespace": "s"}, "spec": {}}
    return {
        "metadata": {"name": "w", "namespace": "karmada-es-old", "annotations": {SOURCES_ANNOTATION: annotation}},
        "spec": {"workload": {"manifests": [manifest]}},
        "status": {"conditions": conditions, "manifestStatuses": list(statuses)},
    }


def item(status, *, version="v1beta1", ordinal=0, name="n", health="Healthy"):
    identifier = {
        "ordinal": ordinal,
        "group": "batch",
        "version": version,
        "kind": "CronJob",
        "namespace": "s",
        "name": name,
    }
    return {"identifier": identifier, "status": status, "health": health}


def test_an_applied_work_is_reported_in_the_templates_version():
    carried = carried_status(work(statuses=[item({"lastScheduleTime": "t"})]), CONVERTER)
    report = carried.of("batch/v1", "CronJob", "s", "n")
    assert (carried.applied, carried.message) == (True, "")
    assert (report.status, report.health) == ({"lastScheduleTime": "t"}, "Healthy")


@pytest.mark.parametrize(("applied", "message"), [("False", "no"), ("Unknown", "perhaps"), (None, "")])
def test_what_is_not_applied_has_a_message_and_no_status(applied, message):
    carried = carried_status(work(applied=applied, message=message, statuses=[item({})]), CONVERTER)
    assert (carried.applied, carried.message, carried.manifests) == (False, message, ())


@pytest.mark.parametrize(
    "stale", [item({}, version="v1"), item({}, ordinal=3), item({}, ordinal=-1), item({}, name="other"), {"status": {}}]
)
def test_a_status_of_what_was_there_before_is_not_reported(stale):
    assert carried_status(work(statuses=[stale]), CONVERTER).manifests == ()


def test_a_manifest_that_was_not_converted_is_reported_as_it_is():
    carried = carried_status(work(sources="[null]", statuses=[item({"x": 1})]), CONVERTER)
    assert carried.of("batch/v1beta1", "CronJob", "s", "n").status == {"x": 1}


def test_a_spoilt_annotation_counts_as_none():
    carried = carried_status(work(sources="{", statuses=[item({"x": 1})]), CONVERTER)
    assert carried.of("batch/v1beta1", "CronJob", "s", "n").status == {"x": 1}


def test_a_status_that_cannot_be_converted_is_left_out_and_that_is_said():
    class Stubborn:
        def convert(self, manifest, _to):
            return CONVERTER.convert(manifest, "nowhere/v9")

    carried = carried_status(work(statuses=[item({"lastScheduleTime": "t"})]), Stubborn())
    report = carried.of("batch/v1", "CronJob", "s", "n")
    assert carried.applied
    assert report.status is msgspec.UNSET
    assert report.health == "Healthy"
    assert "batch/v1beta1" in carried.message


def test_a_status_that_was_never_collected_is_unset_not_empty():
    collected = item(None)
    del collected["status"]
    carried = carried_status(work(statuses=[collected]), CONVERTER)
    assert carried.of("batch/v1", "CronJob", "s", "n").status is msgspec.UNSET
