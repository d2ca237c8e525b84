"""What the versions of workloads fill in, and where the old ones keep rollbacks and template generations."""

import pytest

from converter.errors import ManifestError

LABELED = {"template": {"metadata": {"labels": {"app": "web"}}}}
ROLLBACK = "deprecated.deployment.rollback.to"
GENERATION = "deprecated.daemonset.template.generation"


def convert(shipped, kind, source, target, **fields):
    return shipped.convert({"apiVersion": source, "kind": kind, **fields}, to=target)


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("Deployment", "extensions/v1beta1"),
        ("Deployment", "apps/v1beta1"),
        ("DaemonSet", "extensions/v1beta1"),
        ("ReplicaSet", "extensions/v1beta1"),
        ("StatefulSet", "apps/v1beta1"),
    ],
)
def test_selector_and_labels_come_from_the_template(shipped, kind, source):
    made = convert(shipped, kind, source, "apps/v1", spec=LABELED).manifest
    assert made["spec"]["selector"] == {"matchLabels": {"app": "web"}}
    assert made["metadata"]["labels"] == {"app": "web"}


def test_what_a_server_has_served_gets_no_labels(shipped):
    """The server had its say when the object was written, in a version that takes no labels from the template."""
    template = {**LABELED["template"], "spec": {"schedulerName": "default-scheduler"}}
    made = convert(shipped, "Deployment", "extensions/v1beta1", "apps/v1", spec={"template": template}).manifest
    assert "metadata" not in made


def test_a_selector_and_labels_that_are_there_stay(shipped):
    given = {"metadata": {"labels": {"own": "1"}}, "spec": {**LABELED, "selector": {"matchExpressions": []}}}
    made = convert(shipped, "Deployment", "extensions/v1beta1", "apps/v1", **given).manifest
    assert made["metadata"]["labels"] == {"own": "1"}
    assert made["spec"]["selector"] == {"matchExpressions": []}


@pytest.mark.parametrize(
    ("source", "target", "wanted"),
    [
        ("apps/v1", "apps/v1beta1", {"revisionHistoryLimit": 10}),
        ("apps/v1beta1", "apps/v1", {"revisionHistoryLimit": 2}),
        (
            "extensions/v1beta1",
            "apps/v1",
            {
                "revisionHistoryLimit": 2147483647,
                "progressDeadlineSeconds": 2147483647,
                "strategy": {"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 1}},
            },
        ),
        (
            "apps/v1",
            "extensions/v1beta1",
            {
                "revisionHistoryLimit": 10,
                "progressDeadlineSeconds": 600,
                "strategy": {"rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
            },
        ),
        ("apps/v1", "apps/v1beta2", {}),
    ],
)
def test_what_a_deployment_leaves_to_its_version(shipped, source, target, wanted):
    made = convert(shipped, "Deployment", source, target, spec={"replicas": 3})
    assert made.manifest["spec"] == {"replicas": 3, **wanted}
    back = shipped.convert(made.manifest, to=source, conversion_data=made.conversion_data)
    assert back.manifest["spec"] == {"replicas": 3}


def test_a_deployment_that_recreates_has_no_rolling_update(shipped):
    made = convert(shipped, "Deployment", "extensions/v1beta1", "apps/v1", spec={"strategy": {"type": "Recreate"}})
    assert made.manifest["spec"]["strategy"] == {"type": "Recreate"}


def test_a_status_alone_gets_no_spec(shipped):
    status = {"observedGeneration": 3, "replicas": 2}
    for target in ("extensions/v1beta1", "apps/v1beta1"):
        assert "spec" not in convert(shipped, "Deployment", "apps/v1", target, status=status).manifest


@pytest.mark.parametrize(("annotation", "field"), [("3", {"revision": 3}), ("0", {}), ("-1", {"revision": -1})])
@pytest.mark.parametrize("old", ["apps/v1beta1", "extensions/v1beta1"])
def test_a_rollback_is_an_annotation_in_v1(shipped, annotation, field, old):
    given = {"metadata": {"name": "a", "annotations": {ROLLBACK: annotation, "x": "y"}}, "spec": {"paused": True}}
    made = convert(shipped, "Deployment", "apps/v1", old, **given)
    assert made.manifest["spec"]["rollbackTo"] == field
    assert made.manifest["metadata"]["annotations"] == {"x": "y"}
    assert not made.losses
    back = shipped.convert(made.manifest, to="apps/v1").manifest
    assert back["metadata"] == given["metadata"]


def test_an_annotation_that_is_not_a_number_stays(shipped):
    made = convert(shipped, "Deployment", "apps/v1", "apps/v1beta1", metadata={"annotations": {ROLLBACK: "two"}})
    assert made.manifest["metadata"]["annotations"] == {ROLLBACK: "two"}


def test_a_template_generation_is_an_annotation_in_v1(shipped):
    spec = {"updateStrategy": {"type": "OnDelete"}}
    made = convert(shipped, "DaemonSet", "extensions/v1beta1", "apps/v1", spec={**spec, "templateGeneration": 4})
    assert made.manifest["metadata"]["annotations"] == {GENERATION: "4"}
    assert made.manifest["spec"] == spec


def test_a_field_of_the_old_version_in_the_new_one_is_dropped(shipped):
    made = convert(shipped, "DaemonSet", "apps/v1", "extensions/v1beta1", spec={"templateGeneration": 4})
    assert [loss.path for loss in made.losses] == ["spec.templateGeneration"]
    assert "templateGeneration" not in made.manifest["spec"]


def test_a_stray_annotation_in_the_old_version_is_a_loss(shipped):
    made = convert(shipped, "DaemonSet", "extensions/v1beta1", "apps/v1", metadata={"annotations": {GENERATION: "9"}})
    assert "annotations" not in made.manifest.get("metadata", {})
    assert [loss.path for loss in made.losses] == [f'metadata.annotations["{GENERATION}"]']


@pytest.mark.parametrize(
    ("source", "target", "given", "wanted"),
    [
        ("apps/v1", "apps/v1beta1", None, {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}),
        ("apps/v1", "apps/v1beta1", {"type": "RollingUpdate"}, {"type": "RollingUpdate"}),
        ("apps/v1", "apps/v1beta1", {"type": "OnDelete"}, {"type": "OnDelete"}),
        ("apps/v1beta1", "apps/v1", None, {"type": "OnDelete"}),
        ("apps/v1beta1", "apps/v1", {"type": ""}, {"type": "OnDelete"}),
        ("apps/v1", "apps/v1beta1", {"type": ""}, {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}),
    ],
)
def test_how_a_stateful_set_updates(shipped, source, target, given, wanted):
    spec = {"serviceName": "db"} | ({"updateStrategy": given} if given else {})
    made = convert(shipped, "StatefulSet", source, target, spec=spec)
    assert made.manifest["spec"]["updateStrategy"] == wanted


def test_an_observed_generation_of_zero_is_written_by_v1beta1_alone(shipped):
    status = {"replicas": 0, "observedGeneration": 0}
    made = convert(shipped, "StatefulSet", "apps/v1beta1", "apps/v1", status=status)
    assert made.manifest["status"] == {"replicas": 0}
    back = shipped.convert(made.manifest, to="apps/v1beta1").manifest
    assert back["status"] == status


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ("text", "spec"),
        (5, "spec"),
        ([1], "spec"),
        ({"template": "text"}, "spec.template"),
        ({"strategy": [1]}, "spec.strategy"),
    ],
)
def test_wrong_types_are_reported(shipped, spec, path):
    with pytest.raises(ManifestError) as caught:
        convert(shipped, "Deployment", "extensions/v1beta1", "apps/v1", spec=spec)
    assert caught.value.path == path
