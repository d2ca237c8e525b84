"""A Work through the life of its cluster."""

from __future__ import annotations

import json
import textwrap
from dataclasses import replace

import pytest

from converter.clusters import Cluster
from converter.conversion import Reason, UnrestoredValue
from converter.karmada.names import (
    CONVERSION_DATA_ANNOTATION,
    CONVERTED_LABEL,
    CRDS_LABEL,
    LOSSES_TEXT_ANNOTATION,
    SOURCES_ANNOTATION,
)
from converter.karmada.work import decode_work
from converter.kube import WHOLE_MANIFEST
from converter.losses import Origin
from converter.rules.pruning import decode_lacking
from converter.works.annotation_changes import ANNOTATIONS_LIMIT
from converter.works.plan import plan_work
from converter.works.policy import Action, Policy
from converter.works.result import IssueReason
from tests.reviewkit import config_map, cronjob, work
from tests.rulekit import converter, rule_text

RULES = converter(
    rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: v2 knows no zones}", name="one"),
    rule_text(
        "steps:\n  - drop: {path: spec.size, side: left, why: v3 knows no sizes}",
        name="two", left="a.example/v2", right="a.example/v3",
    ),
)  # fmt: skip
THING = {"apiVersion": "a.example/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {"size": 1, "zone": "Mars"}}


def serving(*versions, complete=True):
    return Cluster.from_versions("old", {version: ["Thing"] for version in versions}, complete=complete)


def after(given, cluster, rules=RULES, policy=None):
    """The outcome, and the Work it makes."""
    outcome = plan_work(decode_work(json.dumps(given).encode()), cluster, rules, policy or Policy())
    result = json.loads(json.dumps(given))
    for index, encoded in outcome.manifests.items():
        result["spec"]["workload"]["manifests"][index] = json.loads(encoded)
    for field in ("labels", "annotations"):
        stored = result["metadata"].setdefault(field, {})
        for name, value in getattr(outcome, field).items():
            if value is None:
                del stored[name]
            else:
                stored[name] = value
    return outcome, result


@pytest.mark.parametrize("first", ["a.example/v2", "a.example/v3"])
@pytest.mark.parametrize("second", ["a.example/v1", "a.example/v2", "a.example/v3"])
def test_a_cluster_that_changes_gets_what_it_would_have_got_at_once(first, second):
    given = work(THING)
    _, converted = after(given, serving(first))
    _, moved = after(converted, serving(second))
    _, direct = after(given, serving(second))
    assert moved["spec"] == direct["spec"]
    for field in ("labels", "annotations"):
        assert moved["metadata"][field] == direct["metadata"][field]


def test_an_upgrade_keeps_and_tells_in_the_order_in_which_karmada_sends():
    """Or else the annotations would change once more when Karmada sends the original, whose keys are in order."""
    drops = ["a", "b", "c"]
    rules = converter(
        rule_text("steps: [{drop: {path: spec.b, side: left, why: no b}}]", name="one"),
        rule_text(
            f"steps: [{', '.join(f'{{drop: {{path: spec.{name}, side: left, why: none}}}}' for name in drops)}]",
            name="two",
            right="a.example/v3",
        ),
    )
    given = work({**THING, "spec": dict.fromkeys([*drops, "rest"], 1)})
    _, converted = after(given, serving("a.example/v2"), rules)
    _, moved = after(converted, serving("a.example/v3"), rules)
    _, direct = after(given, serving("a.example/v3"), rules)
    assert moved == direct


def test_a_cluster_that_serves_more_than_before_moves_to_the_nearest():
    _, converted = after(work(THING), serving("a.example/v3"))
    outcome, moved = after(converted, serving("a.example/v2", "a.example/v3"))
    assert moved["spec"]["workload"]["manifests"][0] == {**THING, "apiVersion": "a.example/v2", "spec": {"size": 1}}
    assert [(item.source, item.target) for item in outcome.converted] == [("a.example/v1", "a.example/v2")]


def test_a_version_lost_for_good_is_refused_and_a_version_unknown_is_not():
    _, converted = after(work(THING), serving("a.example/v2"))
    lost, _ = after(converted, serving("b.example/v1"))
    assert lost.denial
    assert [(issue.reason, issue.action) for issue in lost.issues] == [(IssueReason.NOT_SERVED, Action.DENY)]
    outcome, same = after(converted, serving(complete=False))
    assert same == converted
    assert not outcome.changes
    assert [(issue.reason, issue.action) for issue in outcome.issues] == [(IssueReason.UNKNOWN, Action.WARN)]
    assert len(outcome.warnings) == 1


def test_rules_that_are_gone_leave_a_work_as_it_is():
    _, converted = after(work(THING), serving("a.example/v2"))
    outcome, _ = after(converted, serving("a.example/v2"), converter())
    assert not outcome.changes
    assert not outcome.denial
    refused, _ = after(converted, serving("a.example/v1"), converter())
    assert refused.denial
    assert [(issue.reason, issue.action) for issue in refused.issues] == [(IssueReason.IRREVERSIBLE, Action.DENY)]


@pytest.mark.parametrize(
    "kept", ["", "nonsense", "[1]", '[{"source":"b/v1"}]', "[null]", '[{"source":"a.example/v1"}]']
)
def test_what_was_kept_and_is_spoilt_is_gone_but_the_way_back_is_not(kept):
    _, converted = after(work(THING), serving("a.example/v2"))
    converted["metadata"]["annotations"][CONVERSION_DATA_ANNOTATION] = kept
    _, back = after(converted, serving("a.example/v1"))
    assert back["spec"]["workload"]["manifests"] == [{**THING, "spec": {"size": 1}}]
    assert not back["metadata"]["annotations"]


def test_what_was_edited_in_between_stays_edited():
    _, converted = after(work(THING), serving("a.example/v2"))
    converted["spec"]["workload"]["manifests"][0]["spec"]["size"] = 7
    _, back = after(converted, serving("a.example/v1"))
    assert back["spec"]["workload"]["manifests"][0]["spec"] == {"size": 7, "zone": "Mars"}


def test_a_template_in_another_version_is_converted_from_that():
    _, converted = after(work(THING), serving("a.example/v3"))
    converted["spec"]["workload"]["manifests"] = [{**THING, "apiVersion": "a.example/v2"}]
    _, again = after(converted, serving("a.example/v3"))
    (entry,) = json.loads(again["metadata"]["annotations"][SOURCES_ANNOTATION])
    assert (entry["from"], entry["to"]) == ("a.example/v2", "a.example/v3")


def test_losses_of_what_stays_are_still_reported_when_something_else_changes():
    _, converted = after(work(THING), serving("a.example/v2"))
    line = converted["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION]
    converted["spec"]["workload"]["manifests"].append({**THING, "metadata": {"name": "other"}})
    outcome, more = after(converted, serving("a.example/v2"))
    assert list(outcome.manifests) == [1]
    assert (
        more["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION] == f"{line}\n{line.replace('Thing t', 'Thing other')}"
    )
    assert more["metadata"]["labels"] == {CONVERTED_LABEL: "true"}


def test_a_manifest_taken_out_takes_its_bookkeeping_with_it():
    _, converted = after(work(THING, {**THING, "metadata": {"name": "other"}}), serving("a.example/v2"))
    del converted["spec"]["workload"]["manifests"][0]
    outcome, less = after(converted, serving("a.example/v2"))
    assert not outcome.manifests
    (entry,) = json.loads(less["metadata"]["annotations"][SOURCES_ANNOTATION])
    assert entry["name"] == "other"
    assert len(json.loads(less["metadata"]["annotations"][CONVERSION_DATA_ANNOTATION])) == 1
    assert "Thing t:" not in less["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION]


def test_others_annotations_leave_less_room_for_what_is_kept():
    large = {**THING, "spec": {"zone": "x" * (100 << 10)}}
    stored, fits = after(work(large), serving("a.example/v2"))
    assert stored.unstored == ()
    assert CONVERSION_DATA_ANNOTATION in fits["metadata"]["annotations"]
    outcome, full = after(work(large, annotations={"other": "y" * (150 << 10)}), serving("a.example/v2"))
    assert CONVERSION_DATA_ANNOTATION not in full["metadata"]["annotations"]
    (data,) = outcome.unstored
    assert (data.manifest.name, data.target, data.limit, data.overflow) == (
        "t", "a.example/v2", ANNOTATIONS_LIMIT, False
    )  # fmt: skip
    assert data.size > 100 << 10
    assert len(outcome.warnings) == len(stored.warnings) + 1


def test_the_outcome_depends_on_nothing_else():
    given = json.dumps(work(THING, config_map(), cronjob())).encode()
    clusters = [serving("a.example/v2", complete=False) for _ in range(2)]
    one, two = (plan_work(decode_work(given), cluster, RULES, Policy()) for cluster in clusters)
    assert one == two


LASTING = {**THING, "spec": {**THING["spec"], "colour": "red"}}


@pytest.mark.parametrize("second", ["a.example/v1", "a.example/v2"])
def test_an_edit_of_a_converted_manifest_wins_and_a_warning_names_what_it_keeps_out(second):
    _, converted = after(work(LASTING), serving("a.example/v3"))
    converted["spec"]["workload"]["manifests"][0]["spec"] = {"colour": "blue", "zone": "Venus"}
    outcome, moved = after(converted, serving(second))
    edited = {"colour": "blue"} if second == "a.example/v2" else {"colour": "blue", "zone": "Venus"}
    wanted = {**LASTING, "apiVersion": second, "spec": {"size": 1, **edited}}
    assert moved["spec"]["workload"]["manifests"] == [wanted]
    zone = UnrestoredValue("spec.zone", "Mars", Reason.CHANGED)
    (unrestored,) = outcome.unrestored.values()
    assert unrestored.count(zone) == 1
    assert sum("t: spec.zone: " in one for one in outcome.warnings) == 1
    assert "Mars" not in "".join(outcome.warnings)


def test_an_edit_that_the_source_version_cannot_hold_is_a_loss_of_the_work():
    rules = converter(rule_text("steps:\n  - drop: {path: spec.new, side: right, why: v1 has none}"))
    _, converted = after(work(LASTING), serving("a.example/v2"), rules)
    converted["spec"]["workload"]["manifests"][0]["spec"]["new"] = 5
    outcome, moved = after(converted, serving("a.example/v1"), rules)
    assert moved["spec"]["workload"]["manifests"] == [LASTING]
    (found,) = outcome.losses
    assert [(item.loss.path, item.loss.value) for item in found.decisions] == [("spec.new", 5)]


LACKS_ZONE = {("a.example/v1", "Thing"): decode_lacking({"f": {"spec": {"f": {"zone": 1}}}})}


def lacking_zone(*versions):
    return replace(serving(*versions), lacking=LACKS_ZONE)


def test_a_field_that_the_clusters_own_schema_lacks_is_reported_and_stays_in_the_work():
    outcome, stored = after(work(THING), lacking_zone("a.example/v1"))
    (found,) = outcome.losses
    assert [(item.loss.path, item.loss.value, item.loss.by_release.schema) for item in found.decisions] == [
        ("spec.zone", "Mars", "a.example/v1")
    ]
    assert stored["spec"]["workload"]["manifests"] == [THING]
    again, _ = after(stored, lacking_zone("a.example/v1"))
    assert not again.changes


def test_it_is_sent_again_once_the_schema_has_the_field():
    _, stored = after(work(THING), lacking_zone("a.example/v1"))
    upgraded, plain = after(stored, serving("a.example/v1"))
    assert upgraded.resend
    assert not plain["metadata"]["annotations"]


def test_what_a_conversion_drops_is_not_reported_twice():
    lacking = {("a.example/v2", "Thing"): LACKS_ZONE["a.example/v1", "Thing"]}
    outcome, _ = after(work(THING), replace(serving("a.example/v2"), lacking=lacking))
    assert [item.loss.origin for found in outcome.losses for item in found.decisions] == [Origin.CONVERSION]


def test_more_fields_than_are_named_are_one_loss():
    many = {**THING, "spec": {f"field{number}": number for number in range(10_000)}}
    lacking = {("a.example/v1", "Thing"): decode_lacking({"f": {"spec": {"o": 1}}})}
    outcome, _ = after(work(many), replace(serving("a.example/v1"), lacking=lacking))
    (found,) = outcome.losses
    assert [item.loss.path for item in found.decisions] == [WHOLE_MANIFEST]


def test_a_policy_decides_about_it():
    denying = converter(
        textwrap.dedent("""\
        apiVersion: apiconverter.dev/v1alpha1
        kind: LossPolicy
        metadata: {name: p}
        spec: {default: {degrading: deny}}
        """)
    )
    outcome, _ = after(work(THING), lacking_zone("a.example/v1"), denying)
    assert outcome.denial


def test_a_work_with_a_crd_has_a_label_as_long_as_it_has_one():
    served = Cluster.from_versions(
        "old", {"apiextensions.k8s.io/v1": ["CustomResourceDefinition"], "v1": ["ConfigMap"]}
    )
    crd = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "a.b"}}
    given = work(config_map(), crd)
    outcome, labelled = after(given, served)
    assert outcome.labels == {CRDS_LABEL: "true"}
    assert not after(labelled, served)[0].changes
    labelled["spec"]["workload"]["manifests"].pop()
    assert after(labelled, served)[0].labels == {CRDS_LABEL: None}
    assert not after(work(config_map()), served)[0].changes
