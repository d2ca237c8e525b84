"""The copy of Karmada's scheduler with the values of the chart."""

import json

import pytest

from converter.install.release_scheduler import (
    SchedulerMissingError,
    SchedulerSettings,
    SettingsError,
    release_scheduler,
)
from converter.install.scheduler import plain_scheduler, second_scheduler
from tests.nonempty import some

NAMESPACE = "karmada-one"
IMAGE = "registry.example/karmada-scheduler:v1.18.2"
RUNNING = plain_scheduler("docker.io/karmada/karmada-scheduler:v1.17.0", namespace=NAMESPACE)


def made(**settings):
    return release_scheduler(RUNNING, SchedulerSettings(**settings), NAMESPACE)


def test_without_settings_it_is_the_copy_that_converter_install_applies():
    assert made() == second_scheduler(RUNNING, namespace=NAMESPACE, lease_namespace=NAMESPACE)


def test_the_name_is_the_one_that_bindings_have():
    (container,) = made(name="mine")["spec"]["template"]["spec"]["containers"]
    assert "--scheduler-name=mine" in container["args"]


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"image": IMAGE}, ("containers", 0, "image")),
        ({"resources": {"limits": {"memory": "1Gi"}}}, ("containers", 0, "resources")),
        ({"priority_class_name": "high"}, ("priorityClassName",)),
        ({"node_selector": {"a": "b"}}, ("nodeSelector",)),
        ({"tolerations": [{"operator": "Exists"}]}, ("tolerations",)),
        ({"affinity": {"nodeAffinity": {}}}, ("affinity",)),
        ({"termination_grace_period_seconds": 60}, ("terminationGracePeriodSeconds",)),
        ({"runtime_class_name": "gvisor"}, ("runtimeClassName",)),
        ({"dns_policy": "Default"}, ("dnsPolicy",)),
        ({"dns_config": {"nameservers": ["192.0.2.53"]}}, ("dnsConfig",)),
        ({"host_aliases": [{"ip": "192.0.2.5"}]}, ("hostAliases",)),
        ({"pod_security_context": {"runAsUser": 1}}, ("securityContext",)),
        ({"security_context": {"runAsUser": 1}}, ("containers", 0, "securityContext")),
        ({"startup_probe": {"tcpSocket": {"port": 1}}}, ("containers", 0, "startupProbe")),
        ({"liveness_probe": {"tcpSocket": {"port": 1}}}, ("containers", 0, "livenessProbe")),
        ({"readiness_probe": {"exec": {"command": ["true"]}}}, ("containers", 0, "readinessProbe")),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_each_setting_of_the_pod_has_its_place_and_changes_nothing_else(settings, place):
    changed, usual = made(**settings), made()
    found, before = changed["spec"]["template"]["spec"], usual["spec"]["template"]["spec"]
    *above, last = place
    for part in above:
        found, before = found[part], before[part]
    assert found[last] == next(iter(settings.values()))
    before[last] = found[last]
    assert changed == usual


def test_a_probe_without_a_handler_changes_fields_of_the_copied_one():
    (usual,) = made()["spec"]["template"]["spec"]["containers"]
    (container,) = made(liveness_probe={"periodSeconds": 7})["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"] == usual["livenessProbe"] | {"periodSeconds": 7}


def test_constraints_of_spread_select_its_pods():
    deployment = made(topology_spread_constraints=[{"topologyKey": "rack"}, {"topologyKey": "b", "labelSelector": {}}])
    first, second = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert first == {"topologyKey": "rack", "labelSelector": deployment["spec"]["selector"]}
    assert second == {"topologyKey": "b", "labelSelector": {}}


def test_the_strategy_is_replaced():
    assert made(strategy={"type": "Recreate"})["spec"]["strategy"] == {"type": "Recreate"}


def test_variables_volumes_and_mounts_are_added_and_replace_those_of_their_name():
    pod = made(
        extra_env=[{"name": "A", "value": "1"}, {"name": "POD_IP", "value": "192.0.2.1"}],
        extra_volumes=[{"name": "more", "emptyDir": {}}],
        extra_volume_mounts=[{"name": "more", "mountPath": "/more"}],
    )["spec"]["template"]["spec"]
    usual = made()["spec"]["template"]["spec"]
    (container,), (before,) = pod["containers"], usual["containers"]
    assert container["env"] == [{"name": "A", "value": "1"}, {"name": "POD_IP", "value": "192.0.2.1"}]
    assert pod["volumes"] == [*usual["volumes"], {"name": "more", "emptyDir": {}}]
    assert container["volumeMounts"] == [*before["volumeMounts"], {"name": "more", "mountPath": "/more"}]


def test_arguments_are_added_last_so_that_they_win():
    (container,) = made(extra_args=["--v=9"])["spec"]["template"]["spec"]["containers"]
    assert container["args"][-1] == "--v=9"


def test_labels_cannot_take_pods_from_the_selector():
    deployment = made(
        labels={"app.kubernetes.io/name": "theirs", "team": "a"},
        pod_labels={"app.kubernetes.io/component": "theirs", "team": "a"},
        annotations={"x": "y"}, pod_annotations={"x": "y"}, replicas=5,
    )  # fmt: skip
    template = deployment["spec"]["template"]["metadata"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= template["labels"].items()
    assert deployment["metadata"]["labels"]["app.kubernetes.io/name"] == "karmada-api-version-converter"
    for metadata in some([deployment["metadata"], template]):
        assert metadata["labels"]["team"] == "a"
        assert metadata["annotations"]["x"] == "y"
    assert deployment["spec"]["replicas"] == 5


def test_where_karmada_s_does_not_run_an_image_is_enough():
    deployment = release_scheduler(None, SchedulerSettings(image=IMAGE), NAMESPACE)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == IMAGE


def test_without_either_it_is_an_error():
    with pytest.raises(SchedulerMissingError):
        release_scheduler(None, SchedulerSettings(), NAMESPACE)


def test_settings_are_read_as_the_chart_writes_them():
    text = json.dumps({"replicas": 3, "extraArgs": ["--v=9"], "priorityClassName": "high"})
    found = SchedulerSettings.read(text, "mine")
    assert (found.name, found.replicas, found.extra_args, found.priority_class_name) == ("mine", 3, ["--v=9"], "high")
    assert SchedulerSettings.read("", "") == SchedulerSettings(name="")


@pytest.mark.parametrize("text", ["{", "[]", '{"unknown": 1}', '{"replicas": "two"}'])
def test_other_settings_are_refused(text):
    with pytest.raises(SettingsError):
        SchedulerSettings.read(text, "mine")
