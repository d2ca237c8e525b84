"""What a cluster is known to refuse is denied with the reason, unless a policy or the stored Work lets it pass."""

from __future__ import annotations

import json

import pytest

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster
from converter.config import SHIPPED_RULES, Configuration, RuleFile, read_rule_files
from converter.engine import Engine
from converter.karmada.denial import denied_clusters
from converter.karmada.names import LOSSES_ANNOTATION, LOSSES_TEXT_ANNOTATION
from converter.losses.record import LossRecord
from tests.generators.refused import CASES, container, crd, fields, hook, pods, webhooks
from tests.nonempty import some
from tests.reviewkit import ask, review, webhook, work

POLICY = """\
apiVersion: apiconverter.dev/v1alpha1
kind: LossPolicy
metadata: {name: test}
spec:
"""


def cluster(release):
    return Cluster.from_release("old", Release.parse(release), load_catalog())


def with_policy(spec):
    files = [*read_rule_files([SHIPPED_RULES]), RuleFile("policy.yaml", POLICY + spec)]
    return Engine(Configuration.read(files))


BAD = webhooks("v1beta1", hook(sideEffects=None, admissionReviewVersions=["v1beta1"]))
GOOD = webhooks("v1beta1", hook(admissionReviewVersions=["v1beta1"]))


def answer(converter, release, manifest, *, old=None, policy="deny", annotations=None, suspended=None, deleting=False):
    metadata = {"annotations": annotations} if annotations else {}
    if deleting:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    asked = work(manifest, **metadata)
    if suspended is not None:
        asked["spec"]["suspendDispatching"] = suspended
    hook_ = webhook(converter, cluster(release), policy=policy)
    return ask(hook_, review(asked, "CREATE" if old is None else "UPDATE", oldObject=old)), asked


def test_a_refused_manifest_is_denied_with_the_cluster_and_the_place(shipped):
    denied, _ = answer(shipped, "v1.24", BAD)
    assert not denied.allowed
    assert denied_clusters(denied.message) == {"old"}
    assert "webhooks[0].sideEffects" in denied.message


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_refusal_is_denied_and_what_is_repaired_passes(shipped, case):
    served = [release for release in some(case.refusing) if serves(release, case)]
    for release in served:  # may be empty: no release serves that version by default
        assert not answer(shipped, release, case.manifest)[0].allowed, release
        assert answer(shipped, release, case.mended)[0].allowed, release


def serves(release, case):
    return cluster(release).serves(case.manifest["apiVersion"], case.manifest["kind"])


def test_a_default_for_a_server_that_has_only_v1beta1_is_denied(shipped):
    """`--runtime-config=apiextensions.k8s.io/v1=false`, and every release before v1.16."""
    only = Cluster.from_versions(
        "old", {"apiextensions.k8s.io/v1beta1": ["CustomResourceDefinition"]}, release=Release(1, 16)
    )
    for place in some([only, cluster("v1.15")]):
        for default, allowed in ((None, True), ("b", False), (0, False), ([], False), (False, False)):
            schema = fields(a={"type": "string"} | ({"default": default} if default is not None else {}))
            found = ask(webhook(shipped, place), review(work(crd("v1", schema)), "CREATE"))
            assert found.allowed == allowed, default


def test_a_work_that_is_suspended_or_deleted_is_not_denied(shipped):
    assert answer(shipped, "v1.24", BAD, suspended=True)[0].allowed
    assert answer(shipped, "v1.24", BAD, deleting=True)[0].allowed


def test_a_resumed_work_is_denied(shipped):
    suspended = work(BAD)
    suspended["spec"]["suspendDispatching"] = True
    stored = ask(webhook(shipped, cluster("v1.24")), review(suspended, "CREATE")).applied(suspended)
    resumed = json.loads(json.dumps(stored))
    del resumed["spec"]["suspendDispatching"]
    assert not ask(webhook(shipped, cluster("v1.24")), review(resumed, oldObject=stored)).allowed


def test_what_the_stored_work_has_already_passes_with_a_warning(shipped):
    """A server does not refuse an update for a fault that the object had before: a cluster's upgrade locks nothing."""
    stored = work(BAD)
    again, asked = answer(shipped, "v1.24", BAD, old=stored)
    assert again.allowed
    assert again.warnings
    assert again.applied(asked)["spec"]["workload"]["manifests"][0]["apiVersion"] == "admissionregistration.k8s.io/v1"


def test_a_fault_that_an_update_brings_is_denied(shipped):
    assert not answer(shipped, "v1.24", BAD, old=work(GOOD))[0].allowed
    probe = container(readinessProbe={"grpc": {"port": 1}})
    assert not answer(shipped, "v1.20", pods(probe), old=work(pods()))[0].allowed
    assert answer(shipped, "v1.20", pods(probe), old=work(pods(probe)))[0].allowed


def test_the_word_warn_lets_it_pass_and_records_it(shipped):
    passed, asked = answer(shipped, "v1.24", BAD, policy="warn")
    stored = passed.applied(asked)["metadata"]["annotations"]
    (loss,) = LossRecord.read(stored[LOSSES_ANNOTATION]).losses
    assert (loss.path, loss.refused) == ("webhooks[0].sideEffects", True)
    assert loss.path in stored[LOSSES_TEXT_ANNOTATION]
    assert answer(shipped, "v1.24", BAD, annotations={"apiconverter.dev/policy": "ignore"})[0].allowed


def test_what_passed_before_passes_again_under_a_stricter_policy(shipped):
    passed, asked = answer(shipped, "v1.24", BAD, policy="warn")
    stored = passed.applied(asked)
    assert ask(webhook(shipped, cluster("v1.24")), review(stored, oldObject=stored)).allowed


@pytest.mark.parametrize(
    ("spec", "policy", "annotation", "allowed"),
    [
        ("  default: {refused: warn}\n", "deny", None, True),
        ("  default: {refused: deny}\n", "warn", None, False),
        ("  default: {refused: deny}\n", "deny", "warn", False),
        ("  default: {refused: deny}\n  objectsMayLoosen: [refused]\n", "deny", "warn", True),
        ("  rules: [{clusters: [old], actions: {refused: ignore}}]\n", "deny", None, True),
        ("  rules: [{clusters: [new], actions: {refused: ignore}}]\n", "deny", None, False),
        ("  default: {dangerous: warn}\n", "deny", None, False),
        ("  default: {dangerous: deny}\n", "warn", None, True),
    ],
)
def test_a_loss_policy_decides_about_refusals(spec, policy, annotation, allowed):
    annotations = {"apiconverter.dev/policy": annotation} if annotation else None
    found, _ = answer(with_policy(spec), "v1.24", BAD, policy=policy, annotations=annotations)
    assert found.allowed == allowed


def test_a_stateful_set_whose_pods_are_refused_follows_the_severity(shipped):
    probe = container(readinessProbe={"grpc": {"port": 1}})
    assert answer(shipped, "v1.20", pods(probe, kind="StatefulSet"))[0].allowed
    assert answer(shipped, "v1.20", pods(probe, kind="StatefulSet"))[0].warnings
    strict = with_policy("  default: {dangerous: deny}\n")
    assert not answer(strict, "v1.20", pods(probe, kind="StatefulSet"))[0].allowed
