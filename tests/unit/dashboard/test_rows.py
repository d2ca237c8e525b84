"""What the dashboard stores of each object."""

from __future__ import annotations

import json

import msgspec
import pytest

from converter.dashboard.rows import stored_work
from converter.errors import ManifestError
from converter.karmada.names import ANCHOR_LABEL, ANCHOR_OF_ANNOTATION
from converter.losses.severity import Severity
from tests.dashboardkit import NEW, OLD, config_map, cronjob, work_of


def read(work):
    return stored_work(msgspec.json.encode(work))


def test_a_converted_object_has_both_versions_and_its_losses(shipped):
    (row,) = read(work_of(cronjob(), OLD, shipped)).rows
    assert (row.kind, row.namespace, row.name, row.cluster) == ("CronJob", "a", "report", "old")
    assert (row.source, row.delivered, row.converted) == ("batch/v1", "batch/v1beta1", True)
    assert [(fact.path, fact.severity) for fact in row.losses] == [("spec.timeZone", Severity.DANGEROUS)]
    assert row.worst is Severity.DANGEROUS


def test_an_object_that_stays_has_one_version(shipped):
    (row,) = read(work_of(config_map(), NEW, shipped)).rows
    assert (row.source, row.delivered, row.converted, row.losses, row.worst) == ("v1", "v1", False, (), None)


def test_the_state_is_that_of_the_work(shipped):
    status = {
        "conditions": [{"type": "Applied", "status": "False", "message": "no"}],
        "manifestStatuses": [{"identifier": {"ordinal": 0}, "health": "Healthy"}],
    }
    (row,) = read(work_of(config_map(), NEW, shipped, status=status)).rows
    assert (row.applied, row.why, row.health) == ("False", "no", "Healthy")


def test_an_anchor_names_its_work_and_has_no_objects(shipped):
    work = work_of(config_map(), OLD, shipped)
    work["metadata"] |= {"labels": {ANCHOR_LABEL: "true"}, "annotations": {ANCHOR_OF_ANNOTATION: "web"}}
    assert (read(work).rows, read(work).anchor_of) == ((), "web")


def test_a_work_elsewhere_has_no_objects(shipped):
    work = work_of(config_map(), OLD, shipped)
    work["metadata"]["namespace"] = "default"
    assert read(work).rows == ()


def test_the_whole_work_can_be_read_again(shipped):
    work = work_of(cronjob(), OLD, shipped)
    assert json.loads(read(work).raw) == work


def test_a_value_of_a_secret_is_not_in_a_loss(shipped):
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "immutable": True, "data": {}}
    older = type(OLD).from_versions("old", {"v1": ["Secret"]}, release=type(OLD.release)(1, 17))
    (row,) = read(work_of(secret, older, shipped)).rows
    assert [fact.path for fact in row.losses] == ["immutable"]
    assert "true" not in row.losses[0].text.lower()


def test_what_is_not_a_work_is_refused():
    with pytest.raises(ManifestError):
        stored_work(b"[]")
