"""Fields that a release does not know, found at any depth, and nothing else."""

import pytest

from converter.catalog import Release, load_catalog
from converter.kube import EACH, GroupVersionKind
from converter.losses.field_history import FieldHistories
from converter.losses.unknown_fields import UnknownFieldFinder


@pytest.fixture(scope="module")
def check():
    return UnknownFieldFinder(load_catalog())


@pytest.fixture(scope="module")
def histories():
    return FieldHistories(load_catalog())


def unknown(check, manifest, release):
    gvk = GroupVersionKind.of(manifest["apiVersion"], manifest["kind"])
    return [str(field) for field in check.unknown(manifest, gvk, Release.parse(release))]


def cron(**spec):
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "x"},
        "spec": {"schedule": "@daily", **spec},
    }


def deployment(pod):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": pod}}}


@pytest.mark.parametrize(
    ("release", "told"), [("v1.23", ["spec.timeZone"]), ("v1.24", ["spec.timeZone"]), ("v1.25", []), ("v1.37", [])]
)
def test_a_field_is_unknown_before_the_release_that_has_it_on_by_default(check, release, told):
    assert unknown(check, cron(timeZone="Europe/Berlin"), release) == told


def test_a_field_deep_inside_lists_is_found_with_its_place(check):
    pod = {"containers": [{"name": "a"}, {"name": "b", "resizePolicy": [{"resourceName": "cpu"}]}]}
    assert unknown(check, deployment(pod), "v1.20") == ["spec.template.spec.containers[1].resizePolicy"]
    assert unknown(check, deployment(pod), "v1.32") == ["spec.template.spec.containers[1].resizePolicy"]
    assert unknown(check, deployment(pod), "v1.33") == []


def test_maps_and_free_form_fields_are_left_alone(check):
    manifest = deployment({"nodeSelector": {"anything": "goes"}, "containers": []})
    manifest["metadata"] = {"annotations": {"any.thing/at-all": "x"}, "labels": {"a": "b"}}
    assert unknown(check, manifest, "v1.16") == []


def test_null_says_nothing(check):
    assert unknown(check, cron(timeZone=None), "v1.20") == []


def test_an_empty_object_says_something(check):
    volume = {"name": "v", "ephemeral": {}}
    assert unknown(check, deployment({"volumes": [volume]}), "v1.16") == ["spec.template.spec.volumes[0].ephemeral"]


def test_a_schema_within_a_schema_is_followed(check):
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "spec": {
            "versions": [
                {
                    "schema": {
                        "openAPIV3Schema": {
                            "properties": {"a": {"items": {"x-kubernetes-validations": [{"rule": "true"}]}}}
                        }
                    }
                }
            ]
        },
    }
    place = "spec.versions[0].schema.openAPIV3Schema.properties.a.items.x-kubernetes-validations"
    assert unknown(check, crd, "v1.20") == [place]
    assert unknown(check, crd, "v1.25") == []


@pytest.mark.parametrize("wrong", ["text", 5, [], [5], {"containers": "text"}])
def test_wrong_types_are_not_its_business(check, wrong):
    assert unknown(check, deployment(wrong), "v1.20") == []


def test_a_kind_that_the_release_does_not_know_has_none(check):
    assert unknown(check, {"apiVersion": "acme.io/v1", "kind": "Widget", "spec": {}}, "v1.20") == []


def test_the_release_that_would_do_is_named(histories):
    gvk = GroupVersionKind.of("batch/v1", "CronJob")
    assert histories.find(gvk, ("spec", "timeZone"), Release.parse("v1.21")).since == Release.parse("v1.25")
    assert histories.find(gvk, ("spec", "nonsense"), Release.parse("v1.21")).since is None


def quota(**spec):
    return {"apiVersion": "v1", "kind": "ResourceQuota", "spec": spec}


@pytest.mark.parametrize(("release", "told"), [("v1.20", ["spec.scopes[1]"]), ("v1.21", []), ("v1.14", [])])
def test_a_value_in_a_list_is_found_with_its_place(check, release, told):
    assert unknown(check, quota(scopes=["BestEffort", "CrossNamespacePodAffinity"]), release) == told


def test_a_value_deep_inside_differs_from_a_field(check):
    pod = {"tolerations": [{"operator": "Exists"}, {"operator": "Gt"}], "hostUsers": True}
    gvk = GroupVersionKind.of("apps/v1", "Deployment")
    found = check.unknown(deployment(pod), gvk, Release.parse("v1.24"))
    assert [(str(each), each.value, each.refused) for each in found] == [
        ("spec.template.spec.tolerations[1].operator", "Gt", True),
        ("spec.template.spec.hostUsers", True, False),
    ]


def test_a_value_below_a_field_that_is_unknown_itself_is_not_reported(check):
    rules = [{"action": "FailIndex"}]
    job = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"podFailurePolicy": {"rules": rules}}}
    assert unknown(check, job, "v1.24") == ["spec.podFailurePolicy"]
    assert unknown(check, job, "v1.25") == ["spec.podFailurePolicy"]  # JobPodFailurePolicy is off by default
    assert unknown(check, job, "v1.26") == ["spec.podFailurePolicy.rules[0].action"]


@pytest.mark.parametrize("wrong", [None, "", "Misspelt", 5, ["Gt"], {"Gt": "Gt"}, [["Gt"]], True])
def test_what_is_not_a_value_of_any_release_is_left_to_the_server(check, wrong):
    assert unknown(check, deployment({"tolerations": [{"operator": wrong}]}), "v1.24") == []
    assert unknown(check, quota(scopes=[wrong]), "v1.20") == []
    assert unknown(check, quota(scopes=wrong), "v1.20") == []


def test_the_release_that_knows_a_value_is_named(histories):
    gvk = GroupVersionKind.of("v1", "ResourceQuota")
    path = ("spec", "scopes", EACH)
    release = Release.parse("v1.22")
    assert histories.find(gvk, path, release, "VolumeAttributesClass").since == Release.parse("v1.33")
    assert histories.find(gvk, path, release, "Misspelt").since is None
