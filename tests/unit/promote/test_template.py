"""What a template keeps of the object that runs on a member."""

import copy

import pytest

from converter.promote.policy import make_policy, policy_name
from converter.promote.template import CONFLICT_RESOLUTION, MANAGED, OVERWRITE, make_template, why_not
from tests.fakes.promotion import thing

RUNNING = {
    "uid": "u",
    "resourceVersion": "7",
    "generation": 3,
    "creationTimestamp": "2020-01-01T00:00:00Z",
    "managedFields": [{"manager": "kubectl"}],
    "selfLink": "/apis",
    "finalizers": ["a/b"],
    "ownerReferences": [{"kind": "Shop", "name": "s", "uid": "u"}],
}


def running(kind, **fields):
    made = thing("v1", kind, "one", **fields)
    made["metadata"] |= copy.deepcopy(RUNNING)
    made["metadata"]["labels"] = {"app": "shop"}
    return made


def test_what_belongs_to_the_member_is_removed_and_the_object_is_not_changed():
    before = running("ConfigMap", data={"a": "b"}, status={"x": 1})
    given = copy.deepcopy(before)
    template = make_template(given)
    assert given == before
    assert template == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "one",
            "namespace": "demo",
            "labels": {"app": "shop"},
            "annotations": {CONFLICT_RESOLUTION: OVERWRITE},
        },
        "data": {"a": "b"},
    }


def test_annotations_of_users_stay_and_those_of_controllers_go():
    deployment = running("Deployment")
    deployment["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "4", "mine": "yes"}
    assert make_template(deployment)["metadata"]["annotations"] == {"mine": "yes", CONFLICT_RESOLUTION: OVERWRITE}


@pytest.mark.parametrize(("address", "stays"), [("10.0.0.1", False), ("None", True)])
def test_the_address_of_a_service_stays_only_if_it_has_none(address, stays):
    spec = {"clusterIP": address, "clusterIPs": [address], "ports": [{"port": 80, "nodePort": 30000}]}
    template = make_template(running("Service", spec=spec))
    assert ("clusterIP" in template["spec"]) == ("clusterIPs" in template["spec"]) == stays
    assert template["spec"]["ports"] == [{"port": 80, "nodePort": 30000}]


@pytest.mark.parametrize(("manual", "left"), [(None, {"app": "shop"}), (True, {"app": "shop", "controller-uid": "u"})])
def test_the_labels_that_a_member_gives_a_job_go_unless_the_user_made_them(manual, left):
    labels = {"app": "shop", "controller-uid": "u"}
    spec = {"selector": {"matchLabels": dict(labels)}, "template": {"metadata": {"labels": dict(labels)}}}
    template = make_template(running("Job", spec={**spec, "manualSelector": manual}))
    assert template["spec"]["selector"]["matchLabels"] == left
    assert template["spec"]["template"]["metadata"]["labels"] == left


def test_an_account_loses_the_tokens_of_its_member():
    account = running("ServiceAccount", secrets=[{"name": "one-token-x7"}, {"name": "mine"}])
    assert make_template(account)["secrets"] == [{"name": "mine"}]


SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}


@pytest.mark.parametrize(
    "manifest",
    [
        {**SECRET, "type": "kubernetes.io/service-account-token"},
        {**SECRET, "type": "helm.sh/release.v1"},
        {**SECRET, "metadata": {"name": "s", "deletionTimestamp": "now"}},
        {**SECRET, "metadata": {"name": "s", "ownerReferences": [{"kind": "A", "name": "a", "controller": True}]}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt"}},
    ],
)
def test_what_is_not_promoted_has_a_reason(manifest):
    assert why_not(manifest) not in {"", MANAGED}


def test_what_karmada_manages_is_not_promoted_again():
    assert why_not({**SECRET, "metadata": {"name": "s", "labels": {"karmada.io/managed": "true"}}}) == MANAGED


def test_an_owner_that_does_not_control_is_not_an_obstacle():
    assert why_not({**SECRET, "metadata": {"name": "s", "ownerReferences": [{"kind": "A", "name": "a"}]}}) == ""


def test_the_policy_adopts_what_runs_and_never_deletes_it():
    policy = make_policy("p", "demo", "old", [thing("batch/v1", "CronJob", "report")])
    assert policy["kind"] == "PropagationPolicy"
    assert policy["metadata"] == {"name": "p", "namespace": "demo"}
    assert policy["spec"] == {
        "resourceSelectors": [{"apiVersion": "batch/v1", "kind": "CronJob", "name": "report"}],
        "placement": {"clusterAffinity": {"clusterNames": ["old"]}},
        "conflictResolution": "Overwrite",
        "preserveResourcesOnDeletion": True,
    }
    assert make_policy("p", "", "old", [])["kind"] == "ClusterPropagationPolicy"


def test_a_long_name_is_cut_and_stays_unique():
    one, two = policy_name("CronJob", "a" * 253), policy_name("CronJob", "a" * 252 + "b")
    assert len(one) == len(two) == 253
    assert one != two
    assert policy_name("CronJob", "report") == "promote-cronjob-report"
