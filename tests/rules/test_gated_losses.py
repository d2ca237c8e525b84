"""Losses behind feature gates, and values that servers replace or take off."""

from __future__ import annotations

import json

import pytest

from converter.catalog import GateSettings, Release
from converter.kube import gvk_of


def lost_in(shipped, manifest, release, gates=""):
    settings = GateSettings.parse(gates)
    return shipped.losses.of_release(manifest, gvk_of(manifest), Release.parse(release), gates=settings)


CRON = {"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"timeZone": "UTC"}}


def test_a_field_behind_a_gate_that_is_off_is_lost_and_names_the_gate(shipped):
    (loss,) = lost_in(shipped, CRON, "v1.24")
    assert loss.cause.gates == ("CronJobTimeZone",)
    assert loss.cause.default_off
    assert loss.since == Release(1, 25)


def test_a_cluster_that_sets_the_gate_keeps_the_field_and_one_that_clears_it_does_not(shipped):
    assert lost_in(shipped, CRON, "v1.24", "CronJobTimeZone=true") == ()
    assert not lost_in(shipped, CRON, "v1.25")
    (loss,) = lost_in(shipped, CRON, "v1.25", "CronJobTimeZone=false")
    assert loss.cause.gates == ("CronJobTimeZone",)
    assert not loss.cause.default_off


def test_the_fast_answer_follows_the_gates(shipped):
    raw = json.dumps(CRON).encode()
    on = GateSettings.parse("CronJobTimeZone=true")
    assert not shipped.losses.accepts(raw, "batch/v1", "CronJob", Release(1, 24))
    assert shipped.losses.accepts(raw, "batch/v1", "CronJob", Release(1, 24), on)
    assert shipped.losses.may_lose(Release(1, 24), "batch/v1", "CronJob", on)


def test_a_value_that_the_server_replaces_is_lost(shipped):
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"securityContext": {"procMount": "Unmasked"}}]}}
    (loss,) = lost_in(shipped, pod, "v1.24")
    assert loss.cause.instead == "Default"
    assert loss.cause.gates == ("ProcMountType",)
    assert lost_in(shipped, pod, "v1.24", "ProcMountType=true") == ()
    pod["spec"]["containers"][0]["securityContext"]["procMount"] = "Default"
    assert lost_in(shipped, pod, "v1.24") == ()


@pytest.mark.parametrize("key", ["pod.alpha.kubernetes.io/init-containers", "pod.beta.kubernetes.io/init-containers"])
@pytest.mark.parametrize("release", ["v1.16", "v1.37"])
def test_an_annotation_that_servers_take_off_is_lost(shipped, key, release):
    template = {"metadata": {"annotations": {key: "[]", "kept": "x"}}, "spec": {}}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": template}}
    (loss,) = lost_in(shipped, deployment, release)
    assert loss.path == f'spec.template.metadata.annotations["{key}"]'
    assert not shipped.losses.accepts(json.dumps(deployment).encode(), "apps/v1", "Deployment", Release.parse(release))


def test_a_claim_from_a_snapshot_is_restored_empty_where_the_gate_is_off(shipped):
    source = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "a"}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": {"dataSource": source}}
    (loss,) = lost_in(shipped, claim, "v1.16")
    assert (loss.path, loss.value, loss.cause.gates) == ("spec.dataSource", source, ("VolumeSnapshotDataSource",))
    assert lost_in(shipped, claim, "v1.17") == ()


MOUNTS = [{"name": "data", "mountPath": "/data"}, {"name": "models", "mountPath": "/models"}]
CONTAINERS = [{"name": "a", "image": "a", "volumeMounts": MOUNTS}]
IMAGE_VOLUME = {"name": "models", "image": {"reference": "registry.example/models:1"}}


@pytest.mark.parametrize("release", ["v1.31", "v1.32", "v1.33", "v1.34"])
def test_a_volume_that_a_server_drops_as_a_whole_is_lost_as_a_whole(shipped, release):
    spec = {"containers": CONTAINERS, "volumes": [{"name": "data", "emptyDir": {}}, IMAGE_VOLUME]}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": spec}}}
    (loss,) = lost_in(shipped, deployment, release)  # its mounts go with it: nothing is refused
    assert (loss.path, loss.value) == ("spec.template.spec.volumes[1]", IMAGE_VOLUME)
    assert (loss.refused, loss.severity, loss.since) == (False, "dangerous", Release(1, 35))
    assert (loss.cause.gates, loss.cause.default_off) == (("ImageVolume",), True)
    assert not shipped.losses.accepts(json.dumps(deployment).encode(), "apps/v1", "Deployment", Release.parse(release))
    assert lost_in(shipped, deployment, release, "ImageVolume=true") == ()


@pytest.mark.parametrize("release", ["v1.35", "v1.36", "v1.37"])
def test_a_volume_that_a_cluster_has_switched_off_is_lost_there_only(shipped, release):
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": CONTAINERS[:1], "volumes": [IMAGE_VOLUME]}}
    assert lost_in(shipped, pod, release) == ()
    (loss,) = lost_in(shipped, pod, release, "ImageVolume=false")
    assert (loss.path, loss.cause.gates, loss.cause.default_off) == ("spec.volumes[0]", ("ImageVolume",), False)


def test_a_rule_that_a_server_drops_for_one_value_is_lost_as_a_whole(shipped):
    rules = [{"action": "Ignore", "onPodConditions": []}, {"action": "FailIndex", "onPodConditions": []}]
    job = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"podFailurePolicy": {"rules": rules}}}
    (loss,) = lost_in(shipped, job, "v1.28")
    assert (loss.path, loss.value) == ("spec.podFailurePolicy.rules[1]", rules[1])
    assert (loss.refused, loss.severity, loss.since) == (False, "dangerous", Release(1, 29))
    assert loss.cause.gates == ("JobBackoffLimitPerIndex",)
    assert not shipped.losses.accepts(json.dumps(job).encode(), "batch/v1", "Job", Release(1, 28))
    assert lost_in(shipped, job, "v1.28", "JobBackoffLimitPerIndex=true") == lost_in(shipped, job, "v1.29") == ()
    (loss,) = lost_in(shipped, job, "v1.36", "JobBackoffLimitPerIndex=false")
    assert loss.path == "spec.podFailurePolicy.rules[1]"


def test_the_second_address_of_a_service_is_lost_where_servers_keep_one(shipped):
    service = {"apiVersion": "v1", "kind": "Service", "spec": {"clusterIPs": ["192.0.2.1", "2001:db8::1"]}}
    (loss,) = lost_in(shipped, service, "v1.20")
    assert (loss.path, loss.value) == ("spec.clusterIPs[1]", "2001:db8::1")
    assert (loss.cause.gates, loss.since) == (("IPv6DualStack",), Release(1, 21))
    assert lost_in(shipped, service, "v1.20", "IPv6DualStack=true") == lost_in(shipped, service, "v1.21") == ()
    assert not shipped.losses.accepts(json.dumps(service).encode(), "v1", "Service", Release(1, 20))
    service["spec"]["clusterIPs"].pop()
    assert lost_in(shipped, service, "v1.20") == ()


def test_no_release_is_promised_for_a_claim_from_another_namespace(shipped):
    source = {"kind": "Snapshot", "name": "a", "namespace": "b"}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": {"dataSourceRef": source}}
    (loss,) = lost_in(shipped, claim, "v1.26")
    assert (loss.path, loss.value) == ("spec.dataSourceRef", source)
    assert loss.since is None  # the gate is off in every release


def test_a_stray_field_of_another_version_is_not_promised_by_a_later_release(shipped):
    ingress = {"apiVersion": "networking.k8s.io/v1beta1", "kind": "Ingress", "spec": {"defaultBackend": {}}}
    (loss,) = lost_in(shipped, ingress, "v1.20")
    assert loss.since is None


def test_what_servers_fill_in_is_not_a_loss(shipped):
    job = {"suspend": False, "completionMode": "NonIndexed", "podReplacementPolicy": "TerminatingOrFailed"}
    service = {"internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}
    policy = {"whenDeleted": "Retain", "whenScaled": "Retain"}
    assert lost_in(shipped, {"apiVersion": "batch/v1", "kind": "Job", "spec": job}, "v1.16") == ()
    assert lost_in(shipped, {"apiVersion": "v1", "kind": "Service", "spec": service}, "v1.16") == ()
    stateful = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "spec": {"persistentVolumeClaimRetentionPolicy": policy},
    }
    assert lost_in(shipped, stateful, "v1.16") == ()


def test_the_name_of_a_union_s_member_is_promised_by_the_release_that_stores_the_member(shipped):
    """v1.20 knows the type ContainerResource, but drops what belongs to it, and refuses the metric."""
    metric = {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "app"}}
    scaler = {"apiVersion": "autoscaling/v2beta2", "kind": "HorizontalPodAutoscaler", "spec": {"metrics": [metric]}}
    losses = lost_in(shipped, scaler, "v1.18")
    assert {loss.path for loss in losses} == {"spec.metrics[0].type", "spec.metrics[0].containerResource"}
    assert {loss.since for loss in losses} == {Release(1, 27)}
