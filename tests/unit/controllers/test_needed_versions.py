"""Which versions have to be registered: those that admission would convert to, and the control plane does not serve."""

import pytest

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster
from converter.controllers.needed_versions import needed_versions
from converter.discovery import named_resources

NATIVE = {
    "CronJob": frozenset({"batch/v1"}),
    "PodDisruptionBudget": frozenset({"policy/v1"}),
    "Ingress": frozenset({"networking.k8s.io/v1"}),
}


@pytest.fixture
def need(shipped):
    catalog = load_catalog()
    resources = named_resources(shipped.book, catalog)

    def ask(*releases, in_use=()):
        clusters = [Cluster.from_release(name, Release.parse(name), catalog) for name in releases]
        return needed_versions(shipped, clusters, NATIVE, resources, in_use)

    return ask


def test_a_fleet_that_serves_what_the_control_plane_does_needs_nothing(need):
    assert need("v1.24", "v1.36") == frozenset()


def test_what_an_old_member_gets_is_needed_and_nothing_else(need):
    assert need("v1.20", "v1.36") == {("batch", "v1beta1"), ("policy", "v1beta1")}
    assert ("networking.k8s.io", "v1beta1") in need("v1.18")


def test_what_works_have_stays_until_they_have_it_no_more(need):
    assert need("v1.36", in_use=["batch/v1beta1"]) == {("batch", "v1beta1")}


def test_what_the_control_plane_serves_itself_is_never_needed(need):
    assert need("v1.36", in_use=["batch/v1"]) == frozenset()
