"""Which fields of a version have another place or shape in another one."""

import pytest

from converter.rules.moved_fields import moved_fields

ROUTES = {
    ("CronJob", "batch/v1", "batch/v1beta1"): set(),
    ("Ingress", "networking.k8s.io/v1", "networking.k8s.io/v1beta1"): {
        frozenset({"defaultBackend"}),
        frozenset({"service", "name"}),
        frozenset({"service", "port", "name"}),
        frozenset({"service", "port", "number"}),
    },
    ("EndpointSlice", "discovery.k8s.io/v1", "discovery.k8s.io/v1beta1"): {
        frozenset({"zone"}),
        frozenset({"deprecatedTopology"}),
        frozenset({"nodeName"}),
    },
    ("PodDisruptionBudget", "policy/v1", "policy/v1beta1"): {frozenset({"selector"})},
}


@pytest.mark.parametrize(("route", "moved"), ROUTES.items())
def test_the_moved_fields_of_a_route(shipped, route, moved):
    kind, source, target = route
    found = moved_fields(shipped.route(kind, source, target).edges)
    assert {words - {"backend", "endpoints"} for words in found} == moved


def test_the_way_back_names_the_fields_of_its_own_source(shipped):
    back = shipped.route("Ingress", "networking.k8s.io/v1beta1", "networking.k8s.io/v1")
    assert frozenset({"serviceName"}) in moved_fields(back.edges)


def test_a_metric_of_an_autoscaler_keeps_its_place_and_changes_its_shape(shipped):
    route = shipped.route("HorizontalPodAutoscaler", "autoscaling/v2", "autoscaling/v2beta1")
    assert frozenset({"metrics"}) in moved_fields(route.edges)
