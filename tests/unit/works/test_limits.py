"""The bounds of one review: what is beyond them is denied, or is one dangerous loss, and is decided alike later."""

import json

import pytest

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster, Fleet, FleetView
from converter.config import SHIPPED_RULES, Configuration, RuleFile, read_rule_files
from converter.controllers.drift import DriftDetector
from converter.engine import Engine
from converter.karmada.names import LOSSES_ANNOTATION
from converter.kube import WHOLE_MANIFEST, gvk_of
from converter.losses.record import LossRecord
from converter.losses.severity import Severity
from converter.works.limits import (
    LONGEST_KEY,
    MOST_BYTES,
    MOST_LOSSES,
    MOST_MANIFESTS,
    MOST_VALUES,
    LongKeyError,
    TooLargeError,
    count_values,
    has_long_key,
    limits_of,
)
from converter.works.policy import Policy
from tests.reviewkit import ask, cronjob, review, webhook, work

OLD = Cluster.from_release("old", Release.parse("v1.20"), load_catalog())
DENY = """apiVersion: apiconverter.dev/v1alpha1
kind: LossPolicy
spec: {default: {dangerous: deny, degrading: ignore, harmless: ignore}}
"""


@pytest.fixture(scope="module")
def denying():
    files = read_rule_files([SHIPPED_RULES])
    return Engine(Configuration.read([*files, RuleFile("deny.yaml", DENY)]))


def deployment(**unknown):
    """A Deployment that the cluster serves, and of which it drops fields."""
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template, **unknown}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "demo"}, "spec": spec}


def unknown_fields(count):
    return {f"unknown{number}": number for number in range(count)}


def stored_losses(answer, given):
    return LossRecord.read(answer.applied(given)["metadata"]["annotations"][LOSSES_ANNOTATION]).losses


@pytest.mark.parametrize("make", [deployment, cronjob], ids=["by the release", "after a conversion"])
def test_more_losses_than_are_named_are_one_dangerous_loss(shipped, make):
    given = work(make(**unknown_fields(MOST_LOSSES + 1)))
    (loss,) = stored_losses(ask(webhook(shipped, OLD), review(given)), given)
    assert loss.path == WHOLE_MANIFEST
    assert loss.severity is Severity.DANGEROUS


def test_as_many_losses_as_are_named_are_named(shipped):
    manifest = deployment(**unknown_fields(MOST_LOSSES))
    losses = shipped.losses.of_release(manifest, gvk_of(manifest), OLD.release, limit=MOST_LOSSES)
    assert len({loss.path for loss in losses}) == MOST_LOSSES


def test_losses_that_are_not_named_are_denied_as_dangerous_ones(denying):
    few = work(deployment(**unknown_fields(3)))
    many = work(deployment(**unknown_fields(MOST_LOSSES + 1)))
    assert ask(webhook(denying, OLD), review(few)).allowed
    assert not ask(webhook(denying, OLD), review(many)).allowed


def test_losses_that_are_not_named_are_not_denied_later(shipped, denying):
    given = work(deployment(**unknown_fields(MOST_LOSSES + 1)))
    stored = ask(webhook(shipped, OLD), review(given)).applied(given)
    again = ask(webhook(denying, OLD), review(stored))
    assert again.allowed
    assert again.operations == []
    drift = DriftDetector(lambda: denying, FleetView(Fleet.of([OLD])), Policy())(json.dumps(stored).encode())
    assert (drift.denial, drift.patch) == ("", None)


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_the_manifests_does_not_change_what_is_named(shipped, order):
    lossy, plain = cronjob(name="a", **unknown_fields(300)), cronjob(name="b", timeZone="UTC")
    given = work(*[lossy, plain][::order])
    losses = stored_losses(ask(webhook(shipped, OLD), review(given)), given)
    assert {(loss.manifest.name, loss.path) for loss in losses} == {("a", WHOLE_MANIFEST), ("b", "spec.timeZone")}


def test_a_manifest_with_too_many_values_is_denied(shipped):
    answer = ask(webhook(shipped, OLD), review(work(cronjob(list=[0] * MOST_VALUES))))
    assert not answer.allowed
    with pytest.raises(TooLargeError) as caught:
        limits_of(2).check(json.dumps([0] * MOST_VALUES).encode())
    assert (caught.value.values, caught.value.limit) == (MOST_VALUES + 1, MOST_VALUES // 2)


def test_a_manifest_that_needs_no_conversion_may_have_any_number_of_values(shipped):
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"list": "," * MOST_VALUES}}
    assert ask(webhook(shipped, OLD), review(work(manifest))).operations == []


def test_a_key_that_is_too_long_is_not_converted(shipped):
    given = work(cronjob(list=[0] * 20_000, **{"k" * (LONGEST_KEY + 1): {}}))
    assert not ask(webhook(shipped, OLD), review(given)).allowed
    with pytest.raises(LongKeyError):
        limits_of(1).check(json.dumps({"k" * (LONGEST_KEY + 1): " " * (16 << 10)}).encode())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"%s":1}' % (b"k" * LONGEST_KEY), False),
        (b'{"%s" : 1}' % (b"k" * (LONGEST_KEY + 1)), True),
        (b'{"%s":1}' % (b'\\"' * LONGEST_KEY), True),
        (b'{"a":"%s","b":"\\\\","%s":1}' % (b"v" * 9000, b"k" * 9000), True),
        (b'{"a":"%s"}' % (b"v" * 9000), False),
        (b'["%s", "%s"]' % (b"v" * 9000, b":" * 9000), False),
    ],
)
def test_long_keys_are_reported_from_long_values(data, expected):
    assert has_long_key(data) is expected


def test_a_work_with_too_many_manifests_is_denied_unless_all_stay_as_they_are(shipped):
    plain = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    assert ask(webhook(shipped, OLD), review(work(*[plain] * (MOST_MANIFESTS + 1)))).operations == []
    given = work(*[plain] * MOST_MANIFESTS, cronjob())
    assert not ask(webhook(shipped, OLD), review(given)).allowed
    assert ask(webhook(shipped, OLD, policy="warn"), review(given)).operations == []
    drift = DriftDetector(lambda: shipped, FleetView(Fleet.of([OLD])), Policy())
    assert drift(json.dumps(given).encode()).denial
    given["spec"]["suspendDispatching"] = True
    suspended = ask(webhook(shipped, OLD), review(given))
    assert suspended.allowed
    assert suspended.operations == []


def test_a_work_with_too_many_bytes_is_denied_unless_all_stay_as_they_are(shipped):
    plain = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "x" * MOST_BYTES}}
    assert ask(webhook(shipped, OLD), review(work(plain))).operations == []
    assert not ask(webhook(shipped, OLD), review(work(plain, cronjob()))).allowed


def test_values_are_never_counted_too_low():
    for value in ({}, [], {"a": 1}, [1, 2, 3], {"a": {"b": [1, {}]}, "c": ","}):
        assert count_values(json.dumps(value).encode()) >= _values(value)


def _values(value):
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_values, inside))
