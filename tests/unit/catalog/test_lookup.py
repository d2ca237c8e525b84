"""What the shipped catalog says, against facts that stand in Kubernetes' own sources and in real clusters."""

import json
from pathlib import Path

import pytest

from converter.catalog import Release, UnknownReleaseError
from converter.kube import GroupVersionKind

# What Karmada recorded of two real clusters (Cluster.status.apiEnablements): group/version, kind and plural.
CLUSTERS = sorted((Path(__file__).parent / "clusters").glob("*.json"))


def gvk(text):
    version, kind = text.split()
    return GroupVersionKind.of(version, kind)


def minors(releases):
    return [release.minor for release in releases]


def test_every_release_from_v1_12_on_is_there(catalog):
    assert minors(catalog.releases) == list(range(12, 38))
    assert [source.release for source in catalog.sources] == [str(release) for release in catalog.releases]


@pytest.mark.parametrize("cluster", CLUSTERS, ids=lambda path: path.stem)
def test_real_clusters_serve_exactly_what_the_catalog_says(catalog, cluster):
    reported = {
        GroupVersionKind.of(version, kind): plural
        for version, kinds in json.loads(cluster.read_bytes()).items()
        for kind, plural in kinds.items()
    }
    assert {kind: found.plural for kind, found in catalog.served(cluster.stem).items()} == reported


def test_two_real_clusters_were_recorded():
    assert [path.stem for path in CLUSTERS] == ["v1.20", "v1.36"]


# Kubernetes: pkg/controlplane/instance.go and pkg/master/master.go of each release, api/openapi-spec/swagger.json.
@pytest.mark.parametrize(
    ("kind", "known", "on"),
    [
        ("batch/v2alpha1 CronJob", range(12, 21), range(0)),
        ("batch/v1beta1 CronJob", range(12, 25), range(12, 25)),
        ("batch/v1 CronJob", range(21, 38), range(21, 38)),
        ("apps/v1beta1 Deployment", range(12, 18), range(12, 16)),
        ("apps/v1beta2 Deployment", range(12, 18), range(12, 16)),
        ("extensions/v1beta1 Deployment", range(12, 18), range(12, 16)),
        ("extensions/v1beta1 NetworkPolicy", range(12, 18), range(12, 16)),
        ("extensions/v1beta1 PodSecurityPolicy", range(12, 18), range(12, 16)),
        ("extensions/v1beta1 Ingress", range(12, 22), range(12, 22)),
        ("networking.k8s.io/v1beta1 Ingress", range(14, 22), range(14, 22)),
        ("networking.k8s.io/v1 Ingress", range(19, 38), range(19, 38)),
        ("policy/v1beta1 PodDisruptionBudget", range(12, 25), range(12, 25)),
        ("autoscaling/v2beta2 HorizontalPodAutoscaler", range(12, 26), range(12, 26)),
        ("flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema", range(26, 32), range(26, 32)),
        ("storage.k8s.io/v1beta1 CSIStorageCapacity", range(21, 27), range(21, 27)),
        ("networking.k8s.io/v1beta1 IPAddress", range(31, 37), range(0)),
        ("discovery.k8s.io/v1beta1 EndpointSlice", range(17, 25), range(17, 25)),
    ],
)
def test_known_and_served_by_default(catalog, kind, known, on):
    assert minors(catalog.releases_of(gvk(kind))) == list(known)
    assert minors(catalog.releases_of(gvk(kind), default_only=True)) == list(on)


@pytest.mark.parametrize(
    ("kind", "path", "known"),
    [
        ("batch/v1 CronJob", "spec.timeZone", range(24, 38)),
        ("batch/v1beta1 CronJob", "spec.timeZone", range(24, 25)),
        ("policy/v1 PodDisruptionBudget", "spec.unhealthyPodEvictionPolicy", range(26, 38)),
        ("networking.k8s.io/v1beta1 Ingress", "spec.rules[*].http.paths[*].pathType", range(18, 22)),
        ("networking.k8s.io/v1beta1 Ingress", "spec.ingressClassName", range(18, 22)),
        ("v1 ConfigMap", "immutable", range(18, 38)),
        ("apps/v1 StatefulSet", "spec.minReadySeconds", range(22, 38)),
        ("apps/v1 Deployment", "spec.template.spec.topologySpreadConstraints[0].maxSkew", range(16, 38)),
        ("apps/v1 Deployment", "spec.nonsense", range(0)),
    ],
)
def test_the_releases_that_know_a_field(catalog, kind, path, known):
    assert minors(catalog.fields_ever(gvk(kind), path)) == list(known)
    assert catalog.has_field(gvk(kind), path) is bool(known)


@pytest.mark.parametrize(
    ("kind", "path", "said"),
    [
        ("v1 Service", "spec.ports[name=web].targetPort", "int-or-string"),
        ("networking.k8s.io/v1beta1 Ingress", "spec.backend.servicePort", "int-or-string"),
        ("v1 Pod", "spec.containers[0].resources.limits.cpu", "quantity"),
        ("v1 Secret", "data[*]", "bytes"),
        ("v1 Pod", "metadata.creationTimestamp", "date-time"),
        ("v1 Pod", 'metadata.annotations["a.b/c"]', "string"),
        ("apps/v1 ControllerRevision", "data.anything[3].at.all", "any"),
        ("apiextensions.k8s.io/v1 CustomResourceDefinition",
         "spec.versions[*].schema.openAPIV3Schema.properties[*].items.properties.x.$ref", "string"),
        ("apiextensions.k8s.io/v1 CustomResourceDefinition",
         "spec.versions[*].schema.openAPIV3Schema.x-kubernetes-preserve-unknown-fields", "bool"),
        ("apiextensions.k8s.io/v1 CustomResourceDefinition",
         "spec.versions[*].schema.openAPIV3Schema.items[0].type", "any"),
        ("v1 Pod", "spec.containers.name", None),
        ("v1 Pod", "spec[*]", None),
        ("v1 Pod", "spec.hostname.x", None),
        ("v1 Pod", "metadata.labels[0]", None),
        ("v9 Pod", "spec", None),
    ],
)  # fmt: skip
def test_types_along_a_path(catalog, kind, path, said):
    found = catalog.field_at("v1.20", gvk(kind), path)
    assert (None if found is None else str(found)) == said


def test_a_map_has_items_of_its_elements_type(catalog):
    field = catalog.field_at("v1.20", gvk("v1 ConfigMap"), "data")
    assert (field.kind, field.element.scalar) == ("map", "string")


def test_scope_and_subresources(catalog):
    served = catalog.served("v1.36")
    deployment = served[gvk("apps/v1 Deployment")]
    assert (deployment.plural, deployment.namespaced) == ("deployments", True)
    assert deployment.subresources == ("scale", "status")
    assert not served[gvk("v1 Namespace")].namespaced
    assert "finalize" in served[gvk("v1 Namespace")].subresources
    assert not served[gvk("networking.k8s.io/v1 IngressClass")].namespaced


def test_kinds_have_their_own_names_where_the_clients_prefix_them(catalog):
    names = {kind.kind for kind in catalog.kinds()}
    assert not [name for name in names if name.startswith(("V1", "Core", "Extensions", "Apps", "Networking"))]
    assert {"v1 Event", "events.k8s.io/v1 Event"} <= {str(kind) for kind in catalog.kinds()}


def test_a_release_newer_than_all_is_answered_by_the_newest(catalog):
    assert catalog.nearest("v1.99.1") == catalog.releases[-1]
    assert catalog.served("v2.0") == catalog.served(catalog.releases[-1])


def test_a_release_older_than_all_is_refused(catalog):
    with pytest.raises(UnknownReleaseError) as caught:
        catalog.served("v1.11.10")
    assert (caught.value.release, caught.value.oldest) == (Release(1, 11), Release(1, 12))


def test_releases_that_agree_share_the_type(catalog):
    config_map = gvk("v1 ConfigMap")
    assert catalog.type_of("v1.25", config_map) is catalog.type_of("v1.37", config_map)
    assert catalog.type_of("v1.17", config_map) is not catalog.type_of("v1.18", config_map)
    assert catalog.type_of("v1.20", gvk("batch/v1 CronJob")) is None


def test_answers_cannot_be_changed(catalog):
    with pytest.raises(TypeError):
        catalog.served("v1.20")[gvk("v1 Pod")] = None
    with pytest.raises(TypeError):
        catalog.type_of("v1.20", gvk("v1 Pod")).fields["x"] = None
