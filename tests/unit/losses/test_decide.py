"""What a cluster's release drops of a Work that is not converted, or converted: told, refused, let pass."""

from __future__ import annotations

import json
import re

import pytest

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster
from converter.config import SHIPPED_RULES, Configuration, RuleFile, read_rule_files
from converter.conversion import LostValue
from converter.engine import Engine
from converter.karmada.names import (
    CONVERSION_DATA_ANNOTATION,
    LOSSES_ANNOTATION,
    LOSSES_LABEL,
    LOSSES_TEXT_ANNOTATION,
    SOURCES_ANNOTATION,
)
from converter.karmada.work import decode_work
from converter.kube import GroupVersionKind
from converter.kube.partial_object import POLICY_ANNOTATION
from converter.losses import Origin
from converter.works.plan import plan_work
from converter.works.policy import Policy
from tests.nonempty import some
from tests.reviewkit import config_map, work


@pytest.fixture(scope="module")
def book():
    return read_rule_files([SHIPPED_RULES])


def rules(book, policy=None):
    text = f"apiVersion: apiconverter.dev/v1alpha1\nkind: LossPolicy\n{policy}"
    sources = book if policy is None else [*book, RuleFile("policy.yaml", text)]
    return Engine(Configuration.read(sources, load_catalog()))


@pytest.fixture(scope="module")
def shipped(book):
    return rules(book)


@pytest.fixture(scope="module")
def denying(book):
    return rules(book, "spec: {default: {dangerous: deny}}")


def cluster(release, name="old", **labels):
    return Cluster.from_release(name, Release.parse(release), load_catalog(), labels=labels)


def cron(version="batch/v1", annotations=None, **spec):
    return {
        "apiVersion": version,
        "kind": "CronJob",
        "metadata": {"name": "report", "namespace": "demo", **({"annotations": annotations} if annotations else {})},
        "spec": {"schedule": "@daily", "timeZone": "Europe/Berlin", "jobTemplate": {"spec": {}}, **spec},
    }


def told(given, where, converter, policy="deny"):
    return plan_work(decode_work(json.dumps(given).encode()), where, converter, Policy.parse(policy))


def applied(given, outcome):
    result = json.loads(json.dumps(given))
    for index, encoded in outcome.manifests.items():
        result["spec"]["workload"]["manifests"][index] = json.loads(encoded)
    for field in ("labels", "annotations"):
        stored = result["metadata"].setdefault(field, {})
        stored.update(getattr(outcome, field))
        result["metadata"][field] = {name: value for name, value in stored.items() if value is not None}
    return result


FACTS = 'CronJob demo/report: spec.timeZone = "Europe/Berlin": '


def told_line(outcome):
    (line,) = outcome.annotations[LOSSES_TEXT_ANNOTATION].splitlines()
    return line


def test_a_field_that_the_release_drops_is_reported_at_the_same_version(shipped):
    outcome = told(work(config_map(), cron()), cluster("v1.22"), shipped)
    assert told_line(outcome).startswith(FACTS)
    assert {"v1.22", "v1.25", "(dangerous)"} <= set(re.findall(r"v1\.\d+|\(\w+\)$", told_line(outcome)))
    (warning,) = outcome.warnings
    assert warning.endswith(f" old: {told_line(outcome)}")
    assert set(outcome.annotations) == {LOSSES_ANNOTATION, LOSSES_TEXT_ANNOTATION}
    assert not outcome.manifests
    assert outcome.labels == {LOSSES_LABEL: "true"}


def test_the_same_again_is_not_a_change_and_an_upgrade_takes_the_line_away(shipped):
    given = work(cron())
    stored = applied(given, told(given, cluster("v1.22"), shipped))
    assert not told(stored, cluster("v1.22"), shipped).changes
    upgraded = told(stored, cluster("v1.25"), shipped)
    assert upgraded.annotations == {LOSSES_ANNOTATION: None, LOSSES_TEXT_ANNOTATION: None}
    assert upgraded.warnings == ()


def test_lines_are_the_same_whatever_the_order_of_fields(shipped):
    """The API server stores what was just converted with its keys in order; a second look must find nothing to do."""
    spec = {"suspend": False, "unknown": 1, "another": 2}
    given = work(cron(**spec))
    stored = json.loads(json.dumps(applied(given, told(given, cluster("v1.20"), shipped)), sort_keys=True))
    assert stored["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION].count("\n") == 2
    assert not told(stored, cluster("v1.20"), shipped).changes


def test_a_release_that_is_not_known_says_nothing(shipped):
    where = Cluster.from_versions("old", {"batch/v1": ["CronJob"]})
    assert not told(work(cron()), where, shipped).changes


def test_what_is_dropped_after_a_conversion_is_reported_and_stays_in_the_manifest(shipped):
    given = work(cron())
    outcome = told(given, cluster("v1.20"), shipped)
    (manifest,) = (json.loads(encoded) for encoded in outcome.manifests.values())
    assert manifest["apiVersion"] == "batch/v1beta1"
    assert manifest["spec"]["timeZone"] == "Europe/Berlin"
    assert told_line(outcome).startswith(FACTS)
    assert {"v1.20", "v1.25", "batch/v1"} <= set(re.findall(r"v1\.\d+|batch/v1\b", told_line(outcome)))  # no v1beta1
    assert CONVERSION_DATA_ANNOTATION not in outcome.annotations


def test_a_converted_work_is_reported_again_when_only_the_release_changes(shipped):
    given = work(cron())
    stored = applied(given, told(given, cluster("v1.19"), shipped))
    again = applied(stored, told(stored, cluster("v1.20"), shipped))
    assert again == applied(given, told(given, cluster("v1.20"), shipped))
    assert not told(again, cluster("v1.20"), shipped).changes


def test_an_upgrade_brings_the_source_back_with_what_was_lost(shipped):
    given = work(cron())
    stored = applied(given, told(given, cluster("v1.20"), shipped))
    back = applied(stored, told(stored, cluster("v1.25"), shipped))
    assert back["spec"] == given["spec"]
    assert LOSSES_ANNOTATION not in back["metadata"]["annotations"]
    assert SOURCES_ANNOTATION not in back["metadata"]["annotations"]


@pytest.mark.parametrize("release", ["v1.22", "v1.20"])
def test_a_denial_names_the_field_the_cluster_its_release_and_the_one_that_would_do(denying, release):
    outcome = told(work(cron()), cluster(release), denying)
    for words in (
        "CronJob demo/report",
        "spec.timeZone",
        release,
        "v1.25",
        "docs/reference/losses.md",
    ):
        assert words in outcome.denial
    assert not outcome.changes
    assert not told(work(cron()), cluster("v1.25"), denying).denial


def test_only_what_is_severe_enough_is_refused(denying):
    given = cron(timeZone=None, jobTemplate={"spec": {"podReplacementPolicy": "Failed"}})
    outcome = told(work(given), cluster("v1.22"), denying)
    assert not outcome.denial
    assert "(degrading)" in outcome.annotations[LOSSES_TEXT_ANNOTATION]


def test_what_the_work_lost_already_is_not_refused_later(shipped, denying):
    given = work(cron())
    stored = applied(given, told(given, cluster("v1.22"), shipped))
    assert not told(stored, cluster("v1.22"), denying).denial
    stored["spec"]["workload"]["manifests"][0]["spec"]["timeZone"] = "Europe/Paris"
    assert told(stored, cluster("v1.22"), denying).denial


def test_a_work_being_deleted_is_never_refused(denying):
    given = work(cron())
    given["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert not told(given, cluster("v1.22"), denying).denial


def test_an_object_may_ask_for_less_only_where_the_policy_lets_it(book, denying):
    asking = work(cron(annotations={POLICY_ANNOTATION: "warn"}))
    assert told(asking, cluster("v1.22"), denying).denial
    lenient = rules(book, "spec: {default: {dangerous: deny}, objectsMayLoosen: [dangerous]}")
    assert not told(asking, cluster("v1.22"), lenient).denial
    assert told(work(cron(annotations={POLICY_ANNOTATION: "deny"})), cluster("v1.22"), lenient).denial
    assert told(work(cron()), cluster("v1.22"), lenient).denial


def test_ignored_losses_leave_no_trace(shipped):
    asking = work(cron(annotations={POLICY_ANNOTATION: "ignore"}))
    outcome = told(asking, cluster("v1.22"), shipped)
    assert not outcome.changes
    assert outcome.warnings == ()


def test_the_policy_knows_clusters_labels_and_namespaces(book):
    converter = rules(
        book,
        """spec:
  rules:
    - {clusters: ["prod-*"], actions: {dangerous: deny}}
    - {clusterLabels: {tier: gold}, actions: {dangerous: deny}}
    - {namespaces: [demo], clusters: [prod-lab], actions: {dangerous: ignore}}
""",
    )
    given = work(cron())
    assert told(given, cluster("v1.22", "prod-1"), converter).denial
    assert told(given, cluster("v1.22", "other", tier="gold"), converter).denial
    assert not told(given, cluster("v1.22", "other", tier="tin"), converter).denial
    assert told(given, cluster("v1.22", "other"), converter).warnings
    assert not told(given, cluster("v1.22", "prod-lab"), converter).warnings


def test_status_and_metadata_are_not_what_a_work_carries(shipped):
    given = cron(timeZone=None)
    given["status"] = {"lastSuccessfulTime": "2026-01-01T00:00:00Z", "nonsense": 1}
    given["metadata"]["nonsense"] = 1
    assert not told(work(given), cluster("v1.22"), shipped).changes


def test_counts_say_what_was_made_of_each(shipped):
    (lost,) = told(work(cron()), cluster("v1.22"), shipped).losses
    assert lost.manifest == ("batch", "CronJob", "demo", "report")
    assert [(item.loss.path, item.loss.severity, item.action) for item in lost.decisions] == [
        ("spec.timeZone", "dangerous", "warn")
    ]


JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "import", "namespace": "demo"},
    "spec": {"podFailurePolicy": {"rules": [{"action": "FailIndex"}]}},
}
REFUSED = 'Job demo/import: spec.podFailurePolicy.rules[0].action = "FailIndex": '


def test_a_value_that_the_release_refuses_is_denied_and_can_be_let_pass(shipped):
    given = work(JOB)
    assert told(given, cluster("v1.27"), shipped).denial
    outcome = told(given, cluster("v1.27"), shipped, "warn")
    assert told_line(outcome).startswith(REFUSED)
    assert "v1.29" in told_line(outcome)  # v1.28 knows it, and drops it
    (warning,) = outcome.warnings
    assert warning.endswith(f" old: {told_line(outcome)}")
    stored = applied(given, outcome)
    assert not told(stored, cluster("v1.27"), shipped).changes
    assert told(stored, cluster("v1.29"), shipped).annotations == {
        LOSSES_ANNOTATION: None,
        LOSSES_TEXT_ANNOTATION: None,
    }


def test_a_value_that_the_release_refuses_is_denied_by_the_policy(denying):
    denial = told(work(JOB), cluster("v1.27"), denying).denial
    assert REFUSED.partition(": ")[2] in denial
    assert not told(work(JOB), cluster("v1.29"), denying).denial


def test_a_refused_value_after_a_conversion_goes_with_an_upgrade_and_what_was_converted_away_stays(shipped):
    metric = {"type": "ContainerResource"}
    hpa = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "demo"},
        "spec": {"maxReplicas": 2, "scaleTargetRef": {"kind": "Deployment", "name": "web"}, "metrics": [metric]},
    }
    given = work(hpa)
    stored = applied(given, told(given, cluster("v1.19"), shipped, "warn"))
    lines = stored["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION]
    assert 'metrics[0].type = "ContainerResource": ' in lines
    assert "v1.20" in lines
    again = applied(stored, told(stored, cluster("v1.20"), shipped))
    assert again["spec"]["workload"]["manifests"][0]["apiVersion"] == "autoscaling/v2beta2"
    assert LOSSES_ANNOTATION not in again["metadata"]["annotations"]


@pytest.mark.parametrize("minor", [16, 20, 24, 27, 34])
def test_every_loss_says_what_loses_it(shipped, minor):
    pod = {"tolerations": [{"operator": "Gt"}], "hostUsers": False, "nonsense": 1, "deprecatedServiceAccount": "a"}
    pod["containers"] = [{"name": "a", "restartPolicy": "Never"}]
    lost = shipped.losses.of_release(
        {"apiVersion": "v1", "kind": "Pod", "spec": pod}, GroupVersionKind.of("v1", "Pod"), Release(1, minor)
    )
    assert any(loss.refused for loss in lost)
    assert all(loss.origin is Origin.RELEASE for loss in some(lost))
    gone = LostValue("spec.x", "FailIndex", "v1beta1", "the old operator reads it and refuses it")
    weighed = shipped.losses.of_conversion([gone], GroupVersionKind.of("v1", "Pod"), Release(1, minor))
    assert [loss.origin for loss in weighed] == [Origin.CONVERSION]


def test_lines_about_a_release_go_where_the_cluster_can_have_the_object_no_more(shipped):
    """They speak of the release that it had; and where there is no room for all, they would not be found anew."""
    given = work(cron())
    there = applied(given, told(given, cluster("v1.20"), shipped))
    assert "v1.20" in there["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION]
    nothing = Cluster.from_versions("old", {"v1": ["ConfigMap"]}, release=Release.parse("v1.12"))
    outcome = plan_work(decode_work(json.dumps(there).encode()), nothing, shipped, Policy.parse("warn"))
    gone = applied(there, outcome)
    assert LOSSES_ANNOTATION not in gone["metadata"]["annotations"]
    assert SOURCES_ANNOTATION in gone["metadata"]["annotations"]
    assert not plan_work(decode_work(json.dumps(gone).encode()), nothing, shipped, Policy.parse("warn")).changes
