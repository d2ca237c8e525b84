"""Workloads, autoscalers, ingresses and their kin: A → B → A for every ordered pair of versions, whatever they hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.fuzz import strategies_autoscaling as autoscaling
from tests.fuzz import strategies_networking as networking
from tests.fuzz import strategies_workloads as workloads
from tests.fuzz.roundtrip import assert_round_trip

APPS = ("apps/v1", "apps/v1beta2", "apps/v1beta1")
EXTENSIONS = "extensions/v1beta1"
NETWORKING = ("networking.k8s.io/v1", "networking.k8s.io/v1beta1")

KINDS = {
    "Deployment": (workloads.deployments, (*APPS, EXTENSIONS)),
    "DaemonSet": (workloads.daemon_sets, ("apps/v1", "apps/v1beta2", EXTENSIONS)),
    "StatefulSet": (workloads.stateful_sets, APPS),
    "ReplicaSet": (workloads.replica_sets, ("apps/v1", "apps/v1beta2", EXTENSIONS)),
    "ControllerRevision": (workloads.controller_revisions, APPS),
    "CronJob": (workloads.cron_jobs, ("batch/v1", "batch/v1beta1", "batch/v2alpha1")),
    "HorizontalPodAutoscaler": (
        autoscaling.autoscalers,
        ("autoscaling/v2", "autoscaling/v2beta2", "autoscaling/v2beta1", "autoscaling/v1"),
    ),
    "Ingress": (networking.ingresses, (*NETWORKING, EXTENSIONS)),
    "IngressClass": (networking.ingress_classes, NETWORKING),
    "NetworkPolicy": (networking.network_policies, ("networking.k8s.io/v1", EXTENSIONS)),
    "PodDisruptionBudget": (networking.budgets, ("policy/v1", "policy/v1beta1")),
}


@pytest.mark.parametrize(
    ("kind", "source"), [(kind, source) for kind, (_, versions) in KINDS.items() for source in versions]
)
def test_there_and_back_again(shipped, kind, source):
    """Each of the 1,000 manifests of a version goes to every other version: as many examples a pair."""
    strategy, versions = KINDS[kind]
    targets = [version for version in versions if version != source]

    @settings(parent=settings(), database=None)
    @given(strategy(source))
    def there_and_back(manifest):
        for target in targets:
            assert_round_trip(shipped, manifest, target)

    there_and_back()


@pytest.mark.parametrize("kind", KINDS)
def test_the_versions_are_those_of_the_book(shipped, kind):
    assert set(KINDS[kind][1]) == set(shipped.book.versions(kind))
