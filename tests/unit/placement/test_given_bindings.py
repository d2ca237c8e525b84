"""Which bindings wait for the converter's scheduler."""

import copy

import msgspec
import pytest

from converter.karmada.names import SCHEDULER_LABEL
from converter.placement.given_bindings import given_binding
from tests.fakes.requests import merge

BINDING = {
    "apiVersion": "work.karmada.io/v1alpha2",
    "kind": "ResourceBinding",
    "metadata": {
        "name": "b", "namespace": "shop", "uid": "u", "generation": 3, "labels": {SCHEDULER_LABEL: "apiconverter"},
    },
    "spec": {"schedulerName": "apiconverter", "placement": {}, "clusters": [{"name": "new"}]},
    "status": {"schedulerObservedGeneration": 2, "conditions": [{"type": "Scheduled", "status": "True"}]},
}  # fmt: skip


def read(change=None):
    return given_binding(msgspec.json.encode(merge(copy.deepcopy(BINDING), change or {})))


def test_a_generation_that_no_scheduler_has_seen_waits():
    found = read()
    assert (found.waits, found.lost, found.name, found.uid, found.kind) == (
        True,
        False,
        "shop/b",
        "u",
        "ResourceBinding",
    )
    assert read({"status": None}).waits


@pytest.mark.parametrize(
    "change",
    [
        {"status": {"schedulerObservedGeneration": 3}},
        {"status": {"conditions": [{"type": "Scheduled", "status": "False"}]}},
        {"spec": {"suspension": {"scheduling": True}}},
        {"spec": {"placement": None}},
        {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}},
    ],
)
def test_others_do_not(change):
    assert not read(change).waits


def test_suspended_dispatching_does_not_suspend_scheduling():
    assert read({"spec": {"suspension": {"dispatching": True}}}).waits


def test_another_name_than_the_label_is_lost():
    found = read({"spec": {"schedulerName": "default-scheduler"}})
    assert (found.lost, found.waits) == (True, False)
    assert read({"spec": {"schedulerName": None}}).lost


def test_a_cluster_wide_binding():
    assert read({"metadata": {"namespace": None}}).name == "b"
