"""Kueue: what the other version does not allow is refused, and all else is converted."""

import pytest

from converter.errors import RefusedError

OLD, NEW = "kueue.x-k8s.io/v1beta1", "kueue.x-k8s.io/v1beta2"
SECRET = {"location": "west", "locationType": "Secret"}


def of(kind, version, **spec):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "west"}, "spec": spec}


@pytest.mark.parametrize(
    ("given", "to", "path"),
    [
        (of("ClusterQueue", OLD, admissionScope={"admissionMode": "Other"}), NEW, "spec.admissionScope.admissionMode"),
        (of("ClusterQueue", OLD, admissionScope={"admissionMode": ""}), NEW, "spec.admissionScope.admissionMode"),
        (of("MultiKueueCluster", NEW, clusterSource={"clusterProfileRef": {"name": "w"}}), OLD, "spec.kubeConfig"),
    ],
)
def test_what_the_other_version_does_not_allow_is_refused(shipped, given, to, path):
    with pytest.raises(RefusedError) as error:
        shipped.convert(given, to=to)
    assert error.value.path == path


@pytest.mark.parametrize("mode", ["UsageBasedAdmissionFairSharing", "NoAdmissionFairSharing"])
def test_a_known_admission_mode_passes(shipped, mode):
    given = of("ClusterQueue", OLD, admissionScope={"admissionMode": mode})
    assert shipped.convert(given, to=NEW).manifest["spec"]["admissionScope"] == {"admissionMode": mode}


def test_a_cluster_with_a_kubeconfig_comes_back(shipped):
    given = of("MultiKueueCluster", NEW, clusterSource={"kubeConfig": SECRET})
    there = shipped.convert(given, to=OLD)
    assert there.manifest["spec"] == {"kubeConfig": SECRET}
    assert shipped.convert(there.manifest, to=NEW).manifest == given


def test_the_status_of_a_cluster_needs_no_kubeconfig(shipped):
    status = {"conditions": [{"type": "Active", "status": "True"}]}
    bare = {"apiVersion": NEW, "kind": "MultiKueueCluster", "metadata": {"name": "west"}, "status": status}
    assert shipped.convert(bare, to=OLD).manifest["status"] == status
