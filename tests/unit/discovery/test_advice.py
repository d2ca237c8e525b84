"""What the discovery-only API server advises to those who send it objects."""

import json

import pytest

from converter.catalog import load_catalog
from converter.discovery import Discovery, named_resources
from converter.discovery.advice import version_to_write
from converter.kube import GroupVersionKind
from tests.nonempty import some
from tests.shipped import shipped_engine

CATALOG = load_catalog()
BOOK = shipped_engine().book

OLD = {
    ("batch", "v1beta1", "CronJob"): "batch/v1",
    ("policy", "v1beta1", "PodDisruptionBudget"): "policy/v1",
    ("extensions", "v1beta1", "Ingress"): "networking.k8s.io/v1",
    ("networking.k8s.io", "v1beta1", "Ingress"): "networking.k8s.io/v1",
    ("extensions", "v1beta1", "Deployment"): "apps/v1",
    ("autoscaling", "v2beta1", "HorizontalPodAutoscaler"): "autoscaling/v2",
    ("apiextensions.k8s.io", "v1beta1", "CustomResourceDefinition"): "apiextensions.k8s.io/v1",
}


@pytest.mark.parametrize(("gvk", "wanted"), OLD.items())
def test_an_old_version_is_written_in_the_one_that_a_new_control_plane_stores(gvk, wanted):
    assert version_to_write(GroupVersionKind(*gvk), BOOK, CATALOG) == wanted


def test_a_kind_that_no_rule_knows_has_no_other_version():
    assert version_to_write(GroupVersionKind("example.dev", "v1", "Ingress"), BOOK, CATALOG) == ""


def test_every_resource_that_can_be_registered_names_a_version_that_is_not_its_own():
    for resource in some(named_resources(BOOK, CATALOG)):
        has_way = (resource.gvk.api_version, resource.gvk.kind) in BOOK.edges
        assert bool(resource.stored_as) == has_way, resource
        assert resource.stored_as != resource.gvk.api_version, resource


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET"])
@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/apis/batch/v1beta1/namespaces/x/cronjobs", "batch/v1"),
        ("/apis/policy/v1beta1/namespaces/x/poddisruptionbudgets/one/status", "policy/v1"),
        ("/apis/networking.k8s.io/v1beta1/ingressclasses/nginx", "networking.k8s.io/v1"),
    ],
)
def test_every_answer_to_a_request_for_an_object_names_the_version_to_write(method, path, version):
    answer = Discovery(named_resources(BOOK, CATALOG)).answer(method, path, {})
    assert answer.status >= 400
    assert version in json.loads(answer.body)["message"]
