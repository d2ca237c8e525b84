"""What a release is known to refuse is found with its place, and what is mended is not."""

from __future__ import annotations

import json

import pytest

from converter.catalog import DEFAULT_GATES, GateSettings, Release
from converter.kube import gvk_of
from converter.refusals import RefusalReason
from converter.refusals.table import RULES
from tests.generators.refused import CASES, Case, crd, fields, hpa, webhooks
from tests.nonempty import some


def refusals(shipped, manifest, release, gates=""):
    """The refusals of a manifest as the commands find them: by checks, and by what is dropped."""
    gvk, settings, of = gvk_of(manifest), GateSettings.parse(gates), Release.parse(release)
    found = (
        *shipped.losses.of_release(manifest, gvk, of, gates=settings),
        *shipped.losses.refused_by(manifest, gvk, of, gates=settings),
    )
    return [(loss.cause.refusal.reason, loss.path) for loss in found if loss.refused]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_refusal_is_found_with_its_place_and_only_where_it_applies(shipped, case: Case):
    for release in some(case.refusing):
        assert (case.reason, case.path) in refusals(shipped, case.manifest, release), release
        assert refusals(shipped, case.mended, release) == []
    for release in case.taking:  # may be empty
        assert refusals(shipped, case.manifest, release) == [], release


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_sign_in_the_json_of_a_manifest_hides_its_refusal(shipped, case: Case):
    manifest, gvk = case.manifest, gvk_of(case.manifest)
    for text in some(case.refusing):
        release = Release.parse(text)
        raw = json.dumps(manifest).encode()
        assert shipped.losses.doubts(release, DEFAULT_GATES)[gvk.api_version, gvk.kind](raw)


def test_every_check_has_a_case():
    dropped = {
        RefusalReason.NO_MEMBER_LEFT,
        RefusalReason.NO_ROLLING_UPDATE,
        RefusalReason.NO_SIDECAR,
        RefusalReason.INIT_LIFECYCLE,
    }
    events = {RefusalReason.EVENT_TIME, RefusalReason.DEPRECATED_EVENT_FIELD}
    metric = {RefusalReason.SCALE_TO_ZERO_METRIC}  # needs a gate
    tried = {case.reason for case in CASES}
    assert tried >= dropped
    assert {rule.refusal.reason for rule in RULES} - tried == events | metric


def test_a_gate_that_a_cluster_switches_on_allows_zero_replicas_with_a_metric(shipped):
    zero = hpa("v2", minReplicas=0, metrics=[{"type": "External"}])
    on = "HPAScaleToZero=true"
    assert refusals(shipped, zero, "v1.24") == [(RefusalReason.SCALE_TO_ZERO, "spec.minReplicas")]
    assert refusals(shipped, zero, "v1.24", on) == []
    zero["spec"]["metrics"] = []
    assert refusals(shipped, zero, "v1.24", on) == [(RefusalReason.SCALE_TO_ZERO_METRIC, "spec.minReplicas")]
    assert refusals(shipped, hpa("v1", minReplicas=0), "v1.37") == [
        (RefusalReason.SCALE_TO_ZERO_METRIC, "spec.minReplicas")
    ]


def test_new_events_of_events_v1_need_their_time_and_no_deprecated_fields(shipped):
    event = {"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "a"}, "deprecatedCount": 2}
    assert refusals(shipped, event, "v1.24") == [
        (RefusalReason.EVENT_TIME, "eventTime"),
        (RefusalReason.DEPRECATED_EVENT_FIELD, "deprecatedCount"),
    ]


def test_a_stateful_set_is_taken_and_its_pods_are_refused(shipped):
    probe = {"name": "a", "readinessProbe": {"grpc": {"port": 1}}}
    pods = {"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {"template": {"spec": {"containers": [probe]}}}}
    (loss,) = shipped.losses.of_release(pods, gvk_of(pods), Release(1, 20))
    assert loss.refused
    assert not loss.certainly_refused
    (loss,) = shipped.losses.of_release(
        {**pods, "kind": "Deployment"}, gvk_of({**pods, "kind": "Deployment"}), Release(1, 20)
    )
    assert loss.certainly_refused


def test_a_hook_that_the_server_takes_off_whole_is_lost_and_not_refused(shipped):
    """v1.29 knows sleep behind a gate that is off, and drops the whole hook with it."""
    hook = {"name": "a", "lifecycle": {"preStop": {"sleep": {"seconds": 1}}}}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": {"containers": [hook]}}}}
    assert refusals(shipped, deployment, "v1.28") != []
    (loss,) = shipped.losses.of_release(deployment, gvk_of(deployment), Release(1, 29))
    assert not loss.refused
    assert refusals(shipped, deployment, "v1.30") == []


def test_rules_of_wildcard_hosts_are_checked_in_v1_alone(shipped):
    rule = {"host": "*.example.test", "http": {"paths": [{"path": "a", "backend": {"resource": {"kind": "A"}}}]}}
    old = {"apiVersion": "networking.k8s.io/v1beta1", "kind": "Ingress", "spec": {"rules": [rule]}}
    assert refusals(shipped, old, "v1.16") == []
    assert refusals(shipped, {**old, "apiVersion": "networking.k8s.io/v1"}, "v1.20") != []
    del rule["host"]
    assert len(refusals(shipped, old, "v1.16")) == 2


def test_places_are_counted_and_cut(shipped):
    schema = fields(**{f"a{number}": {} for number in range(1000)})
    assert 0 < len(refusals(shipped, crd("v1", schema), "v1.24")) < 50


@pytest.mark.parametrize("release", [None, Release(1, 5)])
def test_a_release_that_is_not_known_refuses_nothing(shipped, release):
    hooks = webhooks("v1", {})
    assert shipped.losses.refused_by(hooks, gvk_of(hooks), release) == ()


@pytest.mark.parametrize(
    "wrong", [None, 1, "a", [], [1], {}, {"a": 1}, {"versions": 1}, {"versions": [1, {"schema": 1}]}]
)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.refusal.reason)
def test_no_shape_of_a_manifest_breaks_a_check(shipped, rule, wrong):
    for api_version in some(rule.versions):
        for kind in some(rule.kinds):
            manifest = {"apiVersion": api_version, "kind": kind, "metadata": wrong, "spec": wrong, "webhooks": wrong}
            refusals(shipped, manifest, "v1.20")
            deep = {"rules": wrong, "ports": wrong, "tls": wrong, "metrics": wrong, "conversion": wrong, "group": wrong}
            refusals(shipped, {**manifest, "spec": {**deep, "strategy": "Webhook", "usages": wrong}}, "v1.20")
