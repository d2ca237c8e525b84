"""HorizontalPodAutoscalers: annotations as Kubernetes writes them, and read however people write them."""

import json

import pytest

from converter.errors import ManifestError

ALPHA = "autoscaling.alpha.kubernetes.io/"
METRICS, CURRENT = f"{ALPHA}metrics", f"{ALPHA}current-metrics"
CONDITIONS, BEHAVIOR = f"{ALPHA}conditions", f"{ALPHA}behavior"
CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}
MEMORY = {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}}
NEW = ("autoscaling/v2", "autoscaling/v2beta2")


def hpa(version, **fields):
    return {"apiVersion": f"autoscaling/{version}", "kind": "HorizontalPodAutoscaler", **fields}


def annotations(shipped, manifest):
    return shipped.convert(manifest, to="autoscaling/v1").manifest["metadata"]["annotations"]


def test_names_are_escaped_and_sorted_as_go_does(shipped):
    selector = {"matchLabels": {"z": "<a>", "b": "&\u2028"}, "matchExpressions": [{"operator": "Exists", "key": "k"}]}
    metric = {
        "external": {"target": {"value": 5, "type": "Value"}, "metric": {"selector": selector, "name": "naïve"}},
        "type": "External",
    }
    assert annotations(shipped, hpa("v2", spec={"metrics": [metric]}))[METRICS] == (
        '[{"type":"External","external":{"metricName":"naïve","metricSelector":{"matchLabels":'
        '{"b":"\\u0026\\u2028","z":"\\u003ca\\u003e"},"matchExpressions":[{"key":"k","operator":"Exists"}]},'
        '"targetValue":5}}]'
    )


def test_what_go_cannot_leave_out_is_written(shipped):
    metrics = [{"type": "Object", "object": {"target": {"averageValue": "2"}}}, {"type": "Pods", "pods": {}}]
    assert annotations(shipped, hpa("v2", spec={"metrics": metrics}))[METRICS] == (
        '[{"type":"Object","object":{"target":{"kind":"","name":""},"metricName":"","targetValue":"0",'
        '"averageValue":"2"}},{"type":"Pods","pods":{"metricName":"","targetAverageValue":"0"}}]'
    )


def test_a_zero_beside_an_average_is_none_in_v2_and_stays_in_v2beta2(shipped):
    metric = {"target": {"kind": "S", "name": "m"}, "metricName": "r", "targetValue": "0", "averageValue": "2"}
    text = json.dumps([{"type": "Object", "object": metric}])
    given = hpa("v1", metadata={"annotations": {METRICS: text}}, spec={"maxReplicas": 3})
    targets = [shipped.convert(given, to=new).manifest["spec"]["metrics"][0]["object"]["target"] for new in NEW]
    assert targets == [
        {"type": "AverageValue", "averageValue": "2"},
        {"type": "AverageValue", "averageValue": "2", "value": "0"},
    ]


@pytest.mark.parametrize(
    ("version", "rules", "wanted"),
    [
        ("v2", {"policies": []}, '{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":[]}'),
        (
            "v2",
            {"tolerance": "50m", "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}]},
            (
                '{"StabilizationWindowSeconds":0,"SelectPolicy":"Max",'
                '"Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":15}],"Tolerance":"50m"}'
            ),
        ),
    ],
)
def test_behavior_is_gos_internal_type(shipped, version, rules, wanted):
    text = annotations(shipped, hpa(version, spec={"behavior": {"scaleUp": rules}}))[BEHAVIOR]
    assert text.startswith('{"ScaleUp":' + wanted + ',"ScaleDown":{"StabilizationWindowSeconds":null,')


def test_a_behavior_is_filled_up_where_it_is_a_field(shipped):
    for new in ("v2", "v2beta2"):
        behavior = json.loads(annotations(shipped, hpa(new, spec={"behavior": {}}))[BEHAVIOR])
        assert [policy["Value"] for policy in behavior["ScaleUp"]["Policies"]] == [4, 100]
        assert behavior["ScaleDown"]["SelectPolicy"] == "Max"


@pytest.mark.parametrize("text", ['{"scaleup":{"TOLERANCE":"1"}}', '{"ScaleUp":{"Tolerance":"1"},"ScaleDown":null}'])
def test_a_behavior_is_read_in_any_case(shipped, text):
    given = hpa("v1", metadata={"annotations": {BEHAVIOR: text}})
    assert shipped.convert(given, to="autoscaling/v2").manifest["spec"]["behavior"] == {"scaleUp": {"tolerance": "1"}}


UNREADABLE = ("", "{", '"x"', "[" * 5000, "NaN", 7)
WRONG = {
    METRICS: ("{}", "[5]", '[{"type":5}]', '[{"pods":{"targetAverageValue":"much"}}]', '[{"pods":[]}]'),
    CURRENT: ("{}", "[5]", '[{"resource":{"currentAverageUtilization":"5"}}]'),
    CONDITIONS: ("{}", "[5]", '[{"status":[]}]'),
    BEHAVIOR: ("[5]", '{"ScaleUp":5}', '{"ScaleDown":{"Policies":[{"Value":2147483648}]}}'),
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, wrong in WRONG.items() for text in (*UNREADABLE, *wrong)]
)
def test_what_no_server_reads_is_a_loss(shipped, name, text):
    given = hpa("v1", metadata={"annotations": {name: text}})
    made = shipped.convert(given, to="autoscaling/v2")
    assert made.manifest == hpa("v2")
    assert [loss.path for loss in made.losses] == [f'metadata.annotations["{name}"]']
    assert shipped.convert(made.manifest, to="autoscaling/v1", conversion_data=made.conversion_data).manifest == given


@pytest.mark.parametrize("version", ["v2", "v2beta2", "v2beta1"])
def test_no_metrics_mean_eighty_percent_everywhere(shipped, version):
    for one, two in ((version, "v1"), ("v1", version)):
        made = shipped.convert(hpa(one, spec={"maxReplicas": 4}), to=f"autoscaling/{two}")
        assert made.manifest["spec"] == {"maxReplicas": 4}


def test_the_first_cpu_utilization_is_v1s_own_and_a_second_is_lost(shipped):
    second = {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 90}}}
    made = shipped.convert(hpa("v2", spec={"metrics": [MEMORY, CPU, second]}), to="autoscaling/v1")
    assert made.manifest["spec"] == {"targetCPUUtilizationPercentage": 60}
    assert "spec.metrics[2]" in [loss.path for loss in made.losses]


def test_the_order_of_metrics_is_reported_once(shipped):
    made = shipped.convert(hpa("v2", spec={"metrics": [CPU, MEMORY]}), to="autoscaling/v1")
    assert [loss.path for loss in made.losses] == ["spec.metrics"]
    assert not shipped.convert(hpa("v2", spec={"metrics": [MEMORY, CPU]}), to="autoscaling/v1").losses


def test_a_cpu_value_is_not_a_utilization(shipped):
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "AverageValue", "averageValue": "1"}}}
    made = shipped.convert(hpa("v2", spec={"metrics": [metric]}), to="autoscaling/v1").manifest
    assert made["spec"] == {}
    assert METRICS in made["metadata"]["annotations"]


def test_status(shipped):
    status = {
        "desiredReplicas": 4,
        "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 5}}}],
        "conditions": [{"type": "AbleToScale", "status": "True"}],
    }
    made = shipped.convert(hpa("v2", status=status), to="autoscaling/v1").manifest
    assert made["status"] == {"desiredReplicas": 4, "currentReplicas": 0, "currentCPUUtilizationPercentage": 5}
    assert made["metadata"]["annotations"] == {
        CURRENT: (
            '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":5,"currentAverageValue":"0"}}]'
        ),
        CONDITIONS: '[{"type":"AbleToScale","status":"True","lastTransitionTime":null}]',
    }


def test_a_current_utilization_without_its_annotation(shipped):
    made = shipped.convert(hpa("v1", status={"currentCPUUtilizationPercentage": 7}), to="autoscaling/v2").manifest
    resource = {"name": "cpu", "current": {"averageUtilization": 7}}
    assert made["status"]["currentMetrics"] == [{"type": "Resource", "resource": resource}]


@pytest.mark.parametrize("name", [METRICS, BEHAVIOR, f"{ALPHA}scale-up-tolerance"])
def test_annotations_of_v1_are_strays_elsewhere(shipped, name):
    made = shipped.convert(hpa("v2", metadata={"annotations": {name: "[]", "x": "y"}}), to="autoscaling/v1")
    assert made.manifest["metadata"]["annotations"] == {"x": "y"}
    assert [loss.path for loss in made.losses] == [f'metadata.annotations["{name}"]']


def test_a_tolerance_has_no_place_in_v2beta2(shipped):
    rules = {"selectPolicy": "Max", "tolerance": "1"}
    made = shipped.convert(hpa("v2", spec={"behavior": {"scaleUp": rules}}), to="autoscaling/v2beta2")
    assert made.manifest["spec"]["behavior"] == {"scaleUp": {"selectPolicy": "Max"}}
    assert [loss.path for loss in made.losses] == ["spec.behavior.scaleUp.tolerance"]


@pytest.mark.parametrize(
    ("manifest", "to", "path"),
    [
        (hpa("v1", spec={"metrics": [CPU]}), "v2", "spec.metrics"),
        (hpa("v1", spec={"behavior": {"scaleUp": {"selectPolicy": "Max"}}}), "v2beta1", "spec.behavior"),
        (hpa("v2", spec={"targetCPUUtilizationPercentage": 5}), "v1", "spec.targetCPUUtilizationPercentage"),
        (
            hpa("v2beta2", spec={"metrics": [{"type": "Pods", "pods": {"metricName": "x"}}]}),
            "v2beta1",
            "spec.metrics[0].pods.metricName",
        ),
        (
            hpa("v2beta1", spec={"metrics": [{"type": "Pods", "pods": {"metric": {"name": "x"}}}]}),
            "v2",
            "spec.metrics[0].pods.metric",
        ),
    ],
)
def test_fields_of_the_other_version_are_dropped(shipped, manifest, to, path):
    made = shipped.convert(manifest, to=f"autoscaling/{to}")
    assert [loss.path for loss in made.losses] == [path]
    back = shipped.convert(made.manifest, manifest["apiVersion"], made.conversion_data)
    assert back.manifest == manifest


@pytest.mark.parametrize("to", ["v2beta2", "v2beta1"])
@pytest.mark.parametrize("direction", ["scaleUp", "scaleDown"])
def test_a_behavior_of_a_tolerance_alone_loses_only_the_tolerance(shipped, direction, to):
    """A server fills the behavior in, which is more than no behavior says."""
    given = hpa("v2", spec={"behavior": {direction: {"tolerance": "100m"}}})
    made = shipped.convert(given, to=f"autoscaling/{to}")
    assert [loss.path for loss in made.losses] == [f"spec.behavior.{direction}.tolerance"]
    if to == "v2beta2":
        assert made.manifest["spec"]["behavior"] == {direction: {}}
    else:
        assert BEHAVIOR in made.manifest["metadata"]["annotations"]
    assert shipped.convert(made.manifest, "autoscaling/v2", made.conversion_data).manifest == given


@pytest.mark.parametrize(
    ("metrics", "path"),
    [
        ("x", "spec.metrics"),
        ([5], "spec.metrics[0]"),
        ([{"type": 5}], "spec.metrics[0].type"),
        ([{"type": "Pods", "pods": {"target": 5}}], "spec.metrics[0].pods.target"),
        (
            [{"type": "Pods", "pods": {"target": {"averageValue": "much"}}}],
            "spec.metrics[0].pods.target.averageValue",
        ),
        (
            [{"type": "Resource", "resource": {"name": "x", "target": {"averageUtilization": 2**31}}}],
            "spec.metrics[0].resource.target.averageUtilization",
        ),
    ],
)
def test_wrong_types_are_reported_where_they_stand(shipped, metrics, path):
    with pytest.raises(ManifestError) as caught:
        shipped.convert(hpa("v2", spec={"metrics": metrics}), to="autoscaling/v1")
    assert caught.value.path == path
