"""A suspended Work goes to no member, so nothing in it is denied; resuming it decides."""

from __future__ import annotations

import copy
import json
from types import SimpleNamespace

import pytest

from converter.admission.works import WorkWebhook
from converter.catalog import Release, load_catalog
from converter.clusters import Cluster, Fleet, FleetView
from converter.config import SHIPPED_RULES, Configuration, RuleFile, read_rule_files
from converter.controllers.drift import DriftDetector
from converter.engine import Engine
from converter.karmada.names import BINDING_LABEL, CONVERTED_LABEL, LOSSES_ANNOTATION, SUSPENDED_BEFORE_ANNOTATION
from converter.works.policy import Policy
from tests.nonempty import some
from tests.reviewkit import VAGUE, ask, config_map, cronjob, review, webhook, work
from tests.rulekit import converter, rule_text
from tests.unit.works.test_overflow import admitted as admitted_with_overflow
from tests.unit.works.test_overflow import hook as overflow_hook
from tests.unit.works.test_overflow import manifests, thing

DENY = """apiVersion: apiconverter.dev/v1alpha1
kind: LossPolicy
spec: {default: {dangerous: deny, degrading: deny, harmless: deny}}
"""
LOSSY = rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: v2 knows no zones}")
LESSER = Cluster.from_versions("old", {"a.example/v2": ["Thing"], "v1": ["ConfigMap"]})


def karmada_object(kind, api_version="networking.karmada.io/v1alpha1"):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "web", "namespace": "demo"}, "spec": {}}


def suspended(*of, **metadata):
    made = work(*of, **metadata)
    made["spec"]["suspendDispatching"] = True
    return made


def resumed(stored):
    result = copy.deepcopy(stored)
    result["spec"]["suspendDispatching"] = False
    return result


def resume(hook, stored, given=None):
    """The answer to the write that resumes a stored Work; Karmada sends its manifests again, an admin does not."""
    return ask(hook, review(resumed(stored if given is None else given), oldObject=stored))


class Seen:
    def __init__(self):
        self.refusals, self.losses = [], []

    def converted(self, *_):
        pass

    def refused(self, *what):
        self.refusals.append(what)

    def lost(self, *what):
        self.losses.append(what)


NOT_AVAILABLE = [
    karmada_object("MultiClusterService"),
    karmada_object("Widget", "acme.example/v1"),
    {"kind": "NoVersion"},
]


@pytest.mark.parametrize("operation", ["CREATE", "UPDATE"])
@pytest.mark.parametrize("policy", ["deny", "warn", "ignore"])
@pytest.mark.parametrize("manifest", NOT_AVAILABLE)
def test_a_suspended_work_passes_as_it_is_and_counts_as_no_refusal(shipped, manifest, policy, operation):
    seen = Seen()
    answer = ask(webhook(shipped, policy=policy, observer=seen), review(suspended(manifest), operation))
    assert answer.allowed
    assert answer.operations == []
    assert answer.warnings == []
    assert seen.refusals == []


@pytest.mark.parametrize("suspension", [False, None])
@pytest.mark.parametrize("manifest", NOT_AVAILABLE)
def test_resuming_it_is_denied(shipped, manifest, suspension):
    hook, stored = webhook(shipped), suspended(manifest)
    given = copy.deepcopy(stored)
    given["spec"]["suspendDispatching"] = suspension
    assert not ask(hook, review(given, oldObject=stored)).allowed
    del given["spec"]["suspendDispatching"]
    assert not ask(hook, review(given, oldObject=stored)).allowed


def test_what_can_be_converted_is_and_the_rest_stays(shipped):
    given = suspended(cronjob(), karmada_object("MultiClusterService"), config_map(), labels={BINDING_LABEL: "id"})
    stored = ask(webhook(shipped), review(given)).applied(given)
    assert [item["apiVersion"] for item in manifests(stored)] == ["batch/v1beta1", *(
        item["apiVersion"] for item in manifests(given)[1:])]  # fmt: skip
    assert stored["metadata"]["labels"][CONVERTED_LABEL] == "true"
    assert stored["spec"]["suspendDispatching"] is True
    again = ask(webhook(shipped), review(stored))
    assert again.allowed
    assert again.operations == []


def test_the_controller_finds_nothing_wrong_with_it(shipped):
    detector = DriftDetector(lambda: shipped, FleetView(Fleet.of([VAGUE, LESSER])), Policy.parse("deny"))
    for cluster in some(["vague", "old"]):
        given = suspended(karmada_object("MultiClusterService"), cluster=cluster)
        drift = detector(json.dumps(given).encode())
        assert (drift.patch, drift.denial) == (None, "")
        assert cluster == "vague" or detector(json.dumps(resumed(given)).encode()).denial


def test_it_passes_before_the_clusters_are_known(shipped):
    hook = WorkWebhook(SimpleNamespace(current=shipped), FleetView())
    stored = suspended(cronjob())
    assert ask(hook, review(stored)).allowed
    assert not resume(hook, stored).allowed


class TestDeniedLosses:
    """A loss that the policy denies is neither denied nor let pass while the Work is suspended."""

    rules = converter(LOSSY, DENY)

    def stored(self, *of):
        given = suspended(*of, labels={BINDING_LABEL: "id"})
        answer = ask(webhook(self.rules, LESSER), review(given))
        assert answer.allowed, answer.message
        return answer.applied(given)

    def test_the_manifest_is_converted_and_the_loss_is_not_recorded(self):
        stored = self.stored(thing(3))
        assert manifests(stored)[0]["apiVersion"] == "a.example/v2"
        assert LOSSES_ANNOTATION not in stored["metadata"].get("annotations", {})

    def test_resuming_is_denied_when_karmada_sends_the_original(self):
        given = self.stored(thing(3))
        given["spec"]["workload"]["manifests"] = [thing(3)]
        answer = resume(webhook(self.rules, LESSER), self.stored(thing(3)), given)
        assert not answer.allowed
        assert "spec.zone" in answer.message

    def test_resuming_is_denied_when_an_admin_patches_the_work(self):
        answer = resume(webhook(self.rules, LESSER), self.stored(thing(3)))
        assert not answer.allowed
        assert "spec.zone" in answer.message

    def test_resuming_is_allowed_when_nothing_is_lost(self):
        harmless = thing(3)
        del harmless["spec"]["zone"]
        stored = self.stored(harmless)
        answer = resume(webhook(self.rules, LESSER), stored)
        assert answer.allowed
        assert manifests(answer.applied(resumed(stored)))[0]["apiVersion"] == "a.example/v2"

    def test_what_was_let_pass_before_is_let_pass_when_it_is_resumed(self):
        mild = webhook(converter(LOSSY), LESSER)
        given = suspended(thing(3), labels={BINDING_LABEL: "id"})
        stored = ask(mild, review(given)).applied(given)
        assert resume(webhook(self.rules, LESSER), stored).allowed

    def test_another_update_of_a_dispatched_work_decides_nothing_again(self):
        mild, given = webhook(converter(LOSSY), LESSER), work(thing(3), labels={BINDING_LABEL: "id"})
        stored = ask(mild, review(given)).applied(given)
        assert ask(webhook(self.rules, LESSER), review(stored, oldObject=stored)).allowed


class TestDeniedLossesByRelease:
    """A field that the conversion keeps and the cluster's release drops is found again in the converted manifest."""

    cluster = Cluster.from_release("old", Release.parse("v1.20"), load_catalog())

    @pytest.fixture
    def hook(self):
        return webhook(
            Engine(Configuration.read([*read_rule_files([SHIPPED_RULES]), RuleFile("d.yaml", DENY)])), self.cluster
        )

    def test_no_write_of_the_suspended_work_lets_the_loss_pass(self, hook):
        given = suspended(cronjob(timeZone="Europe/Madrid"), labels={BINDING_LABEL: "id"})
        first = ask(hook, review(given)).applied(given)
        assert manifests(first)[0]["apiVersion"] == "batch/v1beta1"
        again = ask(hook, review(first))  # as when the controller makes the anchor its owner
        assert again.allowed
        stored = again.applied(first)
        assert LOSSES_ANNOTATION not in stored["metadata"]["annotations"]
        for write in some([stored, given]):
            answer = resume(hook, stored, {**write, "metadata": stored["metadata"]})
            assert not answer.allowed
            assert "timeZone" in answer.message


class TestTheConvertersOwnSuspension:
    """A Work that is suspended only while it carries conversion data is about to be dispatched."""

    def test_it_is_denied(self):
        stored = admitted_with_overflow(work(thing()))
        assert stored["spec"]["suspendDispatching"] is True
        assert stored["metadata"]["annotations"][SUSPENDED_BEFORE_ANNOTATION] == "absent"
        stored["spec"]["workload"]["manifests"].insert(0, karmada_object("MultiClusterService"))
        assert not ask(overflow_hook(), review(stored)).allowed

    def test_a_suspension_from_before_counts(self):
        stored = admitted_with_overflow(suspended(thing()))
        assert stored["metadata"]["annotations"][SUSPENDED_BEFORE_ANNOTATION] == "true"
        stored["spec"]["workload"]["manifests"].insert(0, karmada_object("MultiClusterService"))
        assert ask(overflow_hook(), review(stored)).allowed
