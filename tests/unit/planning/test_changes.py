"""What a change of the fleet does to each object."""

from __future__ import annotations

import pytest

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster
from converter.losses.model import ManifestId
from converter.planning import WORSE, ChangeKind, Scenario, SentObject, joining, plan_change, with_release
from tests.reviewkit import config_map, cronjob
from tests.rulekit import converter, rule_text

CATALOG = load_catalog()
OLD, NEW = Release(1, 20), Release(1, 30)
EDGE = Cluster.from_release("edge", OLD, CATALOG)
CORE = Cluster.from_release("core", NEW, CATALOG)


def sent(manifest, cluster="edge", name="a"):
    group, slash, _ = manifest["apiVersion"].rpartition("/")
    identity = ManifestId(group if slash else "", manifest["kind"], "demo", name)
    return SentObject(manifest, identity, cluster, "", manifest["apiVersion"])


def zoned(**spec):
    job = cronjob()
    return {**job, "spec": {**job["spec"], "timeZone": "UTC", **spec}}


def upgrade(release=NEW, cluster=EDGE):
    return Scenario(cluster.name, cluster, with_release(cluster, release, CATALOG))


def changes(scenario, rules, *objects):
    return [plan.changes for plan in plan_change(scenario, objects, rules)]


def test_an_upgrade_ends_a_loss_and_changes_the_version(shipped):
    (plan,) = plan_change(upgrade(), [sent(zoned())], shipped)
    assert plan.changes == (ChangeKind.VERSION, ChangeKind.LOSS_ENDS)
    assert [loss.path for loss in plan.end] == ["spec.timeZone"]
    assert (plan.version_before, plan.after.api_version) == ("batch/v1beta1", "batch/v1")
    assert not WORSE.intersection(plan.changes)


def test_a_downgrade_begins_a_loss(shipped):
    (plan,) = plan_change(upgrade(OLD, CORE), [sent(zoned(), "core")], shipped)
    assert plan.changes == (ChangeKind.VERSION, ChangeKind.LOSS_BEGINS)
    assert [loss.path for loss in plan.begin] == ["spec.timeZone"]


def test_what_no_version_can_hold_becomes_unreachable_and_back(shipped):
    policy = {"apiVersion": "policy/v1beta1", "kind": "PodSecurityPolicy", "metadata": {"name": "a"}, "spec": {}}
    assert changes(upgrade(), shipped, sent(policy)) == [(ChangeKind.UNREACHABLE,)]
    assert changes(upgrade(OLD, CORE), shipped, sent(policy, "core")) == [(ChangeKind.REACHABLE,)]


def test_an_object_that_stays_has_no_changes(shipped):
    assert changes(upgrade(), shipped, sent(config_map())) == [()]


def test_objects_of_other_clusters_are_left_out(shipped):
    assert changes(upgrade(), shipped, sent(zoned(), "core")) == []


def test_a_removed_cluster_can_be_the_last_that_has_an_object(shipped):
    scenario = Scenario("edge", EDGE, None)
    objects = [sent(config_map()), sent(config_map(), "core"), sent(config_map(), name="b")]
    both, alone = plan_change(scenario, objects, shipped)
    assert (both.changes, both.elsewhere) == ((ChangeKind.LEAVES,), ("core",))
    assert (alone.changes, alone.elsewhere) == ((ChangeKind.LAST,), ())


def test_a_new_cluster_is_planned_with_each_object_of_the_fleet_once(shipped):
    scenario = Scenario("new", None, joining("new", OLD, CATALOG))
    objects = [sent(zoned(), "core"), sent(zoned(), "edge"), sent(config_map(), "edge")]
    plain, job = plan_change(scenario, objects, shipped)
    assert plain.changes == ()
    assert job.changes == (ChangeKind.VERSION, ChangeKind.LOSS_BEGINS)
    assert job.elsewhere == ("core", "edge")


def test_whether_a_new_cluster_has_a_custom_resource_is_not_certain(shipped):
    thing = {"apiVersion": "a.example/v1", "kind": "Thing", "metadata": {"name": "a"}}
    scenario = Scenario("new", None, joining("new", NEW, CATALOG))
    (plan,) = plan_change(scenario, [sent(thing)], shipped)
    assert plan.changes == (ChangeKind.UNREACHABLE,)
    assert not plan.after.certain


def test_a_loss_policy_can_deny_from_then_on():
    rules = converter(
        rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: v2 knows no zones}"),
        "apiVersion: apiconverter.dev/v1alpha1\nkind: LossPolicy\nmetadata: {name: strict}\n"
        "spec: {default: {dangerous: deny, degrading: deny, harmless: deny}}\n",
    )
    thing = {"apiVersion": "a.example/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": {"size": 1, "zone": "M"}}
    full, lesser = (Cluster.from_versions("edge", {f"a.example/v{number}": ["Thing"]}) for number in (1, 2))
    lost = (ChangeKind.VERSION, ChangeKind.LOSS_BEGINS, ChangeKind.DENIED)
    assert changes(Scenario("edge", full, lesser), rules, sent(thing)) == [lost]
    ended = (ChangeKind.VERSION, ChangeKind.LOSS_ENDS, ChangeKind.ALLOWED)
    assert changes(Scenario("edge", lesser, full), rules, sent(thing)) == [ended]


def test_an_object_with_a_value_of_a_wrong_type_is_unreachable(shipped):
    older = Cluster.from_release("new", Release(1, 16), CATALOG)
    broken = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "a"},
        "spec": {"rules": [{"http": {"paths": "all"}}]},
    }
    (plan,) = plan_change(Scenario("new", None, older), [sent(broken, "core")], shipped)
    assert plan.changes == (ChangeKind.UNREACHABLE,)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_objects_does_not_matter(shipped, seed):
    objects = [sent(zoned(), name=name) for name in "abc"]
    turned = objects[seed:] + objects[:seed]
    assert plan_change(upgrade(), turned, shipped) == plan_change(upgrade(), objects, shipped)
