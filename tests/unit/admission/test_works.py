"""What the webhook on Works answers in each situation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from converter.clusters import Cluster, FleetView
from converter.karmada.denial import denied_clusters
from converter.karmada.names import (
    ANCHOR_LABEL,
    BINDING_LABEL,
    CLUSTER_BINDING_LABEL,
    CONVERSION_DATA_ANNOTATION,
    CONVERTED_LABEL,
    LOSSES_ANNOTATION,
    SOURCES_ANNOTATION,
    anchor_name,
)
from converter.kube.partial_object import POLICY_ANNOTATION
from tests.reviewkit import OLD, ask, config_map, cronjob, ingress, review, source_entry, untouched, webhook, work

if TYPE_CHECKING:
    from converter.admission.works import WorkWebhook
    from converter.engine import Engine

SERVED_NOWHERE = {"apiVersion": "acme.example/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "demo"}}
ANCHORED = {
    "name": "shop-549f78bcbc",
    "labels": {BINDING_LABEL: "a-b-c", "karmada.io/managed": "true"},
    "ownerReferences": [
        {"apiVersion": "work.karmada.io/v1alpha1", "kind": "Work", "name": anchor_name("shop-549f78bcbc"), "uid": "u"}
    ],
}


@pytest.fixture
def hook(shipped: Engine) -> WorkWebhook:
    return webhook(shipped)


@pytest.mark.parametrize("operation", ["DELETE", "CONNECT"])
def test_other_operations_pass(hook, operation):
    assert untouched(ask(hook, review(None, operation, oldObject=work(cronjob()))))
    assert untouched(ask(hook, review(work(cronjob()), operation)))


@pytest.mark.parametrize("operation", ["CREATE", "UPDATE"])
def test_null_object_passes(hook, operation):
    assert untouched(ask(hook, review(None, operation)))


def test_status_updates_pass(hook):
    assert untouched(ask(hook, review(work(cronjob()), subResource="status")))


def test_dry_run_gets_the_same_answer(hook):
    given = review(work(cronjob()))
    assert hook.answer(json.dumps(given).encode()) == hook.answer(
        json.dumps(review(work(cronjob()), dryRun=True)).encode()
    )


@pytest.mark.parametrize("spec", [None, {}, {"workload": None}, {"workload": {}}, {"workload": {"manifests": None}}])
def test_a_work_without_manifests_passes(hook, spec):
    given = {**work(), "spec": spec}
    assert untouched(ask(hook, review(given)))
    del given["spec"]
    assert untouched(ask(hook, review(given)))


def test_only_what_has_to_change_is_changed(hook):
    given = work(config_map(), cronjob(), cronjob("batch/v1beta1", "other"), ingress())
    answer = ask(hook, review(given))
    assert [(item["op"], item["path"]) for item in answer.operations] == [
        ("replace", "/spec/workload/manifests/1"),
        ("replace", "/spec/workload/manifests/3"),
        ("add", "/metadata/labels"),
        ("add", "/metadata/annotations"),
    ]
    stored = answer.applied(given)
    before, after = given["spec"]["workload"]["manifests"], stored["spec"]["workload"]["manifests"]
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1] == {**before[1], "apiVersion": "batch/v1beta1"}
    assert after[3]["spec"]["backend"] == {"serviceName": "web", "servicePort": 80}
    assert json.loads(stored["metadata"]["annotations"][SOURCES_ANNOTATION]) == [
        None,
        source_entry(before[1], after[1]),
        None,
        source_entry(before[3], after[3]),
    ]


def test_names_with_slashes_and_tildes_are_escaped_in_the_patch(hook):
    given = work(cronjob(), labels={"a/b~c": "1"}, annotations={})
    answer = ask(hook, review(given))
    assert {item["path"] for item in answer.operations[1:]} == {
        "/metadata/labels/apiconverter.dev~1converted",
        "/metadata/annotations/apiconverter.dev~1source-versions",
    }
    assert answer.applied(given)["metadata"]["labels"] == {"a/b~c": "1", CONVERTED_LABEL: "true"}


def test_cluster_scoped_content(shipped: Engine):
    scoped = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "nginx"}}
    cluster = Cluster.from_versions("old", {"networking.k8s.io/v1beta1": ["IngressClass"]})
    stored = ask(webhook(shipped, cluster), review(work(scoped))).applied(work(scoped))
    assert stored["spec"]["workload"]["manifests"][0]["apiVersion"] == "networking.k8s.io/v1beta1"
    assert json.loads(stored["metadata"]["annotations"][SOURCES_ANNOTATION]) == [
        source_entry(scoped, stored["spec"]["workload"]["manifests"][0])
    ]


@pytest.mark.parametrize("namespace", ["default", "", "karmada-system", "my-karmada-es-old"])
def test_namespaces_that_are_no_execution_space_pass(hook, namespace):
    assert untouched(ask(hook, review(work(cronjob(), SERVED_NOWHERE), namespace=namespace)))


def test_unknown_cluster_passes_with_a_warning(hook):
    answer = ask(hook, review(work(cronjob(), cluster="brand-new")))
    assert answer.allowed
    assert not answer.operations
    (warning,) = answer.warnings
    assert "brand-new" in warning


def test_until_the_clusters_are_known_nothing_passes_unjudged(shipped: Engine):
    hook = webhook(shipped)
    hook._fleet = FleetView()
    refused = ask(hook, review(work(cronjob())))
    assert not refused.allowed
    assert not refused.operations
    assert "old" in denied_clusters(refused.message)
    assert ask(hook, review(work(cronjob(), deletionTimestamp="2026-11-23T18:06:28Z"))).allowed


def test_a_kind_that_the_cluster_certainly_lacks_is_refused(hook):
    answer = ask(hook, review(work(config_map(), SERVED_NOWHERE, cronjob("batch/v2"))))
    assert not answer.allowed
    assert not answer.operations
    for fact in (
        "Widget demo/w (acme.example/v1)",
        "CronJob demo/report (batch/v2)",
        "batch/v1beta1",
        "docs/reference/rules.md",
    ):
        assert fact in answer.message
    assert denied_clusters(answer.message) == {"old"}
    assert answer.response["status"]["code"] == 422


def test_no_work_is_half_converted(hook):
    answer = ask(hook, review(work(cronjob(), SERVED_NOWHERE)))
    assert not answer.allowed
    assert "patch" not in answer.response


def test_policy_warn_lets_it_pass_and_converts_the_rest(shipped: Engine):
    given = work(cronjob(), SERVED_NOWHERE)
    answer = ask(webhook(shipped, policy="warn"), review(given))
    assert answer.allowed
    assert answer.applied(given)["spec"]["workload"]["manifests"][1] == SERVED_NOWHERE
    (warning,) = answer.warnings
    assert "Widget demo/w (acme.example/v1)" in warning


def test_policy_ignore_says_nothing(shipped: Engine):
    assert untouched(ask(webhook(shipped, policy="ignore"), review(work(SERVED_NOWHERE))))


def asking(word, where, manifest=SERVED_NOWHERE):
    """A Work whose own annotation, or whose manifest's, asks for a policy."""
    noted = {"annotations": {POLICY_ANNOTATION: word}}
    metadata = {**manifest["metadata"], **(noted if where == "template" else {})}
    return work({**manifest, "metadata": metadata}, **(noted if where == "work" else {}))


@pytest.mark.parametrize("word", ["warn", "ignore"])
@pytest.mark.parametrize("where", ["work", "template"])
def test_no_annotation_lets_a_version_pass_that_the_cluster_lacks(hook, where, word):
    """It cannot be applied there; from Karmada v1.19 on, it would leave an informer that fails forever."""
    assert not ask(hook, review(asking(word, where))).allowed
    port = {"number": 80, "name": "http"}  # the conversion refuses both at once
    changed = {**ingress(), "spec": {"defaultBackend": {"service": {"name": "web", "port": port}}}}
    assert not ask(hook, review(asking(word, where, changed))).allowed


@pytest.mark.parametrize("where", ["work", "template"])
def test_the_annotation_decides_for_one_object_if_the_administrator_lets_versions_pass(shipped, where):
    lenient = webhook(shipped, policy="warn")
    assert not ask(lenient, review(asking("deny", where))).allowed
    assert ask(lenient, review(asking("ignore", where))).warnings == []
    answer = ask(lenient, review(asking("warn", where)))
    assert answer.allowed
    assert "Widget demo/w" in answer.warnings[0]


@pytest.mark.parametrize("word", ["deny", "warn", "ignore"])
def test_what_is_not_known_of_a_joining_cluster_passes(hook, word):
    given = work(SERVED_NOWHERE, cluster="vague", annotations={POLICY_ANNOTATION: word})
    assert ask(hook, review(given)).allowed


def test_an_annotation_that_is_not_a_policy_is_reported(hook):
    answer = ask(hook, review(work(SERVED_NOWHERE, annotations={POLICY_ANNOTATION: "maybe"})))
    assert not answer.allowed
    assert POLICY_ANNOTATION in answer.warnings[0]
    assert "maybe" not in answer.warnings[0], "on a Secret it may be anything"


def test_incomplete_enablements_convert_what_they_can_and_warn_of_the_rest(hook):
    given = work(cronjob(), SERVED_NOWHERE, cluster="vague")
    answer = ask(hook, review(given))
    assert answer.allowed
    stored = answer.applied(given)["spec"]["workload"]["manifests"]
    assert stored[0]["apiVersion"] == "batch/v1beta1"
    assert stored[1] == SERVED_NOWHERE
    (warning,) = answer.warnings
    assert "Widget demo/w (acme.example/v1)" in warning


def test_a_work_being_deleted_is_converted_where_possible_and_never_refused(hook):
    given = work(cronjob(), SERVED_NOWHERE, deletionTimestamp="2026-11-23T18:06:28Z")
    answer = ask(hook, review(given))
    assert answer.allowed
    assert answer.applied(given)["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"
    misshapen = work(deletionTimestamp="2026-11-23T18:06:28Z")
    misshapen["spec"]["workload"]["manifests"] = "all"
    assert ask(hook, review(misshapen)).allowed


def test_an_anchor_is_never_touched(hook):
    given = work(cronjob(), labels={ANCHOR_LABEL: "true", BINDING_LABEL: "x"})
    assert untouched(ask(hook, review(given)))
    assert untouched(ask(hook, review(work(SERVED_NOWHERE, labels={ANCHOR_LABEL: "true", CONVERTED_LABEL: "true"}))))


@pytest.mark.parametrize("manifest", [cronjob(), config_map()], ids=["converted", "served"])
@pytest.mark.parametrize("label", [BINDING_LABEL, CLUSTER_BINDING_LABEL])
def test_the_binding_label_goes_where_an_anchor_owns_the_work(hook, manifest, label):
    given = work(manifest, **{**ANCHORED, "labels": {label: "a-b-c", "karmada.io/managed": "true"}})
    stored = ask(hook, review(given)).applied(given)
    assert label not in stored["metadata"]["labels"]
    assert stored["metadata"]["labels"]["karmada.io/managed"] == "true"
    assert "patch" not in ask(hook, review(stored)).response


@pytest.mark.parametrize(
    "owner",
    [
        [],
        [{"apiVersion": "v1", "kind": "Work", "name": anchor_name("shop-549f78bcbc"), "uid": "u"}],
        [{"apiVersion": "work.karmada.io/v1alpha1", "kind": "Work", "name": "another", "uid": "u"}],
    ],
)
def test_the_binding_label_stays_otherwise(hook, owner):
    given = work(cronjob(), **{**ANCHORED, "ownerReferences": owner})
    stored = ask(hook, review(given)).applied(given)
    assert stored["metadata"]["labels"][BINDING_LABEL] == "a-b-c"


def test_karmada_sending_the_source_again_changes_nothing(hook):
    """It sends the original at every reconcile, and leaves our labels and annotations as they are."""
    given = work(cronjob())
    stored = ask(hook, review(given)).applied(given)
    resent = {**stored, "spec": given["spec"]}
    assert ask(hook, review(resent)).applied(resent) == stored


def test_stale_bookkeeping_is_cleared(hook):
    given = work(
        config_map(),
        labels={CONVERTED_LABEL: "true", "a": "b"},
        annotations={
            SOURCES_ANNOTATION: "not json",
            CONVERSION_DATA_ANNOTATION: "[]",
            LOSSES_ANNOTATION: "x",
            "a": "b",
        },
    )
    stored = ask(hook, review(given)).applied(given)
    assert stored["metadata"]["labels"] == {"a": "b"}
    assert stored["metadata"]["annotations"] == {"a": "b"}


def test_everything_is_reported_to_the_observer(shipped: Engine):
    class Listener:
        def __init__(self):
            self.heard = []

        def converted(self, *facts):
            self.heard.append(facts)

        def refused(self, *facts):
            self.heard.append(facts[:4])

    listener = Listener()
    hook = webhook(shipped, policy="warn", observer=listener)
    ask(hook, review(work(cronjob(), SERVED_NOWHERE)))
    assert listener.heard == [
        ("old", "CronJob", "demo/report", "batch/v1", "batch/v1beta1", 0),
        ("old", "Widget", "demo/w", "acme.example/v1"),
    ]
    listener.heard.clear()
    ask(webhook(shipped, OLD, observer=listener), review(work(cronjob(), SERVED_NOWHERE)))
    assert listener.heard == [("old", "Widget", "demo/w", "acme.example/v1")]  # a refused Work converts nothing
