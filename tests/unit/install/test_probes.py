"""The manifests by which an installation is tried out."""

import pytest

from converter.clusters import Cluster
from converter.install.probes import PROBE, probes, sources
from tests.nonempty import some

NEW = Cluster.from_versions("new", {
    "batch/v1": ["CronJob"], "policy/v1": ["PodDisruptionBudget"], "apps/v1": ["Deployment"],
    "rbac.authorization.k8s.io/v1": ["Role"],
})  # fmt: skip
OLD = Cluster.from_versions("old", {
    "batch/v1beta1": ["CronJob"], "policy/v1beta1": ["PodDisruptionBudget"], "apps/v1": ["Deployment"],
    "rbac.authorization.k8s.io/v1": ["Role"], "rbac.authorization.k8s.io/v1beta1": ["Role"],
})  # fmt: skip
NATIVE = {"batch/v1", "policy/v1", "apps/v1", "rbac.authorization.k8s.io/v1"}


def test_what_users_propagate_comes_first(shipped):
    first = probes(OLD, shipped, NATIVE)[0]
    assert (first.cluster, first.kind, first.source, first.target) == ("old", "CronJob", "batch/v1", "batch/v1beta1")
    assert first.native
    assert not probes(NEW, shipped, NATIVE)[0].native, "a cluster of Karmada's own release needs no such conversion"


@pytest.mark.parametrize("cluster", [NEW, OLD])
def test_each_probe_is_converted_to_what_the_cluster_serves(shipped, cluster):
    for probe in some(probes(cluster, shipped, NATIVE)):
        assert not cluster.serves(probe.source, probe.kind)
        manifest = probe.manifest()
        assert (manifest["apiVersion"], manifest["kind"]) == (probe.source, probe.kind)
        assert manifest["metadata"]["name"] == PROBE
        done = shipped.convert(manifest, probe.served)
        assert done.manifest["apiVersion"] in probe.served
        assert done.losses == ()
        assert probe.source in sources()


def test_a_probe_is_not_shared(shipped):
    probe = probes(NEW, shipped, NATIVE)[0]
    probe.manifest()["spec"].clear()
    assert probe.manifest()["spec"]


def test_a_cluster_that_serves_everything_or_nothing_has_none(shipped):
    assert probes(Cluster.from_versions("none", {}), shipped, NATIVE) == []
