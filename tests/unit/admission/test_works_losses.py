"""What the webhook on Works answers if a value is lost: the policy, what is kept, and what is said."""

from __future__ import annotations

import json
import re

import pytest

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster
from converter.karmada.denial import denied_clusters
from converter.karmada.names import (
    CONVERSION_DATA_ANNOTATION,
    LOSSES_ANNOTATION,
    LOSSES_TEXT_ANNOTATION,
)
from converter.works.policy import Action, Policy
from tests.nonempty import some
from tests.reviewkit import ask, config_map, review, untouched, webhook, work
from tests.rulekit import converter, rule_text

ZONED = rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: v2 knows no zones}")
THING = {"apiVersion": "a.example/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {"size": 1, "zone": "Mars"}}
LESSER = Cluster.from_versions("old", {"a.example/v2": ["Thing"], "v1": ["ConfigMap"]})
BETTER = Cluster.from_versions("old", {"a.example/v1": ["Thing"], "a.example/v2": ["Thing"], "v1": ["ConfigMap"]})


def test_losses_are_reported_kept_and_given_back():
    rules = converter(ZONED)
    given = work(config_map(), THING)
    answer = ask(webhook(rules, LESSER), review(given))
    (warning,) = answer.warnings
    stored = answer.applied(given)
    annotations = stored["metadata"]["annotations"]
    assert stored["spec"]["workload"]["manifests"][1]["spec"] == {"size": 1}
    assert json.loads(annotations[CONVERSION_DATA_ANNOTATION]) == [
        None,
        {"source": "a.example/v1", "values": [{"path": "spec.zone", "value": "Mars"}]},
    ]
    (line,) = annotations[LOSSES_TEXT_ANNOTATION].splitlines()
    assert warning.endswith(line)
    assert 'Thing t: spec.zone = "Mars": v2 knows no zones (degrading)' in line  # the object's and the rule's own words
    assert untouched(ask(webhook(rules, LESSER), review(stored)))
    back = ask(webhook(rules, BETTER), review(stored)).applied(stored)
    assert back["spec"] == given["spec"]
    assert back["metadata"]["annotations"] == back["metadata"]["labels"] == {}


def test_what_is_kept_follows_a_manifest_that_moves():
    rules = converter(ZONED)
    given = work(THING)
    stored = ask(webhook(rules, LESSER), review(given)).applied(given)
    stored["spec"]["workload"]["manifests"].insert(0, config_map())
    moved = ask(webhook(rules, LESSER), review(stored)).applied(stored)
    assert moved["spec"] == stored["spec"]
    assert json.loads(moved["metadata"]["annotations"][CONVERSION_DATA_ANNOTATION])[1]["values"]
    back = ask(webhook(rules, BETTER), review(moved)).applied(moved)
    assert back["spec"]["workload"]["manifests"] == [config_map(), THING]


def test_losses_can_be_refused_or_ignored():
    rules = converter(ZONED)
    denied = ask(webhook(rules, LESSER, policy=Policy(losses=Action.DENY)), review(work(THING)))
    assert not denied.allowed
    assert denied_clusters(denied.message) == {"old"}
    assert 'a.example/v2: spec.zone = "Mars"' in denied.message
    ignored = ask(webhook(rules, LESSER, policy="ignore"), review(work(THING)))
    assert not ignored.warnings
    assert LOSSES_ANNOTATION in ignored.applied(work(THING))["metadata"]["annotations"]


def test_a_refused_value_is_a_denial_with_its_path():
    rules = converter(rule_text("steps:\n  - refuse: {path: spec.zone, side: left, why: v2 has one zone}"))
    answer = ask(webhook(rules, LESSER), review(work(THING)))
    assert not answer.allowed
    assert "Thing t (a.example/v1)" in answer.message
    assert "spec.zone: v2 has one zone" in answer.message
    passed = ask(webhook(rules, LESSER, policy="warn"), review(work(THING)))
    assert passed.allowed
    assert "patch" not in passed.response
    assert "spec.zone" in passed.warnings[0]


def test_what_does_not_fit_into_annotations_is_left_out_and_said():
    rules = converter(ZONED)
    small = {**THING, "metadata": {"name": "small"}}
    large = {**THING, "spec": {"zone": "x" * (300 << 10)}}
    given = work(small, large)
    answer = ask(webhook(rules, LESSER), review(given))
    stored = answer.applied(given)
    annotations = stored["metadata"]["annotations"]
    kept = json.loads(annotations[CONVERSION_DATA_ANNOTATION])
    assert kept[0] is not None
    assert kept[1] is None
    assert sum(len(key) + len(value) for key, value in annotations.items()) < 256 << 10
    of_large = [line for line in annotations[LOSSES_TEXT_ANNOTATION].splitlines() if line.startswith("Thing t:")]
    assert len(of_large) == 2  # the value, and that nothing gives it back
    assert len(answer.warnings) == 3
    assert all(len(warning) <= 256 for warning in some(answer.warnings))
    assert "patch" not in ask(webhook(rules, LESSER), review(stored)).response


def test_warnings_are_bounded_together():
    rules = converter(ZONED)
    given = work(*({**THING, "metadata": {"name": f"thing-{number}"}} for number in range(200)))
    answer = ask(webhook(rules, LESSER), review(given))
    assert sum(map(len, answer.warnings)) <= 4096
    *shown, rest = answer.warnings
    assert re.findall(r"\d+", rest) == [str(200 - len(shown))]
    assert answer.applied(given)["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION].count("\n") == 199


CONDITION = [{"name": "a", "expression": "true"}]
LATER_FIELDS = [
    ("v1.20", "policy/v1", "PodDisruptionBudget", {"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}}),
    ("v1.18", "certificates.k8s.io/v1", "CertificateSigningRequest", {
        "spec": {"signerName": "a.test/b", "usages": ["client auth"], "request": "YQ==", "expirationSeconds": 600},
    }),
    ("v1.15", "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", {
        "webhooks": [{"name": "a.b.test", "sideEffects": "None", "admissionReviewVersions": ["v1beta1"],
                      "clientConfig": {"url": "https://a.test"}, "matchConditions": CONDITION}],
    }),
]  # fmt: skip


@pytest.mark.parametrize(("release", "api_version", "kind", "content"), LATER_FIELDS)
def test_a_field_that_the_source_got_later_is_lost_where_all_releases_of_the_target_agree(
    release, api_version, kind, content, shipped
):
    cluster = Cluster.from_release("old", Release.parse(release), load_catalog())
    manifest = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, **content}
    given = work(manifest)
    answer = ask(webhook(shipped, cluster), review(given))
    assert len(answer.warnings) == 1
    stored = answer.applied(given)
    assert LOSSES_ANNOTATION in stored["metadata"]["annotations"]
    assert stored["spec"]["workload"]["manifests"][0]["apiVersion"] == api_version.replace("v1", "v1beta1")
    assert untouched(ask(webhook(shipped, cluster), review(stored)))


@pytest.mark.parametrize("release", ["v1.18", "v1.30"])
def test_no_release_is_advised_that_converts_in_the_same_way(release, shipped):
    cluster = Cluster.from_release("old", Release.parse(release), load_catalog())
    everyone = {
        "apiVersion": "rbac.authorization.k8s.io/v1alpha1",
        "kind": "RoleBinding",
        "metadata": {"name": "a"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"},
        "subjects": [{"kind": "User", "name": "*"}],
    }
    warnings = ask(webhook(shipped, cluster), review(work(everyone))).warnings
    assert len(warnings) == 2
    assert not re.search(r"v1[.]\d+ would do", " ".join(warnings))


@pytest.mark.parametrize(
    ("release", "kind", "more", "advice"),
    [
        ("v1.16", "VolumeSnapshot", {}, "v1.17"),
        ("v1.18", "Populator", {}, ""),
        ("v1.18", "Populator", {"dataSourceRef": {"apiGroup": "a.test", "kind": "Populator", "name": "a"}}, "v1.24"),
    ],
)
def test_advice_about_a_reference_depends_on_its_kind(release, kind, more, advice, shipped):
    cluster = Cluster.from_release("old", Release.parse(release), load_catalog())
    source = {"apiGroup": "a.test", "kind": kind, "name": "a"}
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "a"},
        "spec": {"accessModes": ["ReadWriteOnce"], "dataSource": source, **more},
    }
    warnings = ask(webhook(shipped, cluster), review(work(claim))).warnings
    (warning,) = [line for line in warnings if "spec.dataSource = " in line]
    assert advice in warning if advice else "would do" not in warning
