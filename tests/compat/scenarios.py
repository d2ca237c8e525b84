"""What a release stores: Works, anchors, overflow objects and bindings, made by the release's own code."""

from __future__ import annotations

import copy
import json
from functools import cache
from types import SimpleNamespace
from typing import Any

import jsonpatch
import msgspec

from converter.admission.bindings import PlacementWebhook
from converter.admission.works import WorkWebhook
from converter.catalog import Release
from converter.clusters import Cluster, Fleet, FleetView
from converter.config import SHIPPED_RULES, Configuration, RuleFile, read_rule_files
from converter.controllers.anchor import desired_anchor
from converter.controllers.drift import Drift, DriftDetector
from converter.engine import Engine
from converter.karmada.names import CONVERSION_DATA_REF_ANNOTATION, SUSPENDED_BEFORE_ANNOTATION
from converter.placement.exclusions import Unavailable
from converter.works.overflow import Suspension, digest_of, is_carrier, overflow_object, read_carrier
from converter.works.policy import Policy
from tests.reviewkit import ask, config_map, cronjob, ingress, review, work
from tests.rulekit import rule_text

FORMAT = 1
"""The version of the golden files' format."""

RULE = rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: v2 knows no zones}")
DENY = """apiVersion: apiconverter.dev/v1alpha1
kind: LossPolicy
spec: {default: {dangerous: deny, degrading: deny, harmless: deny}}
"""
LABELS = {"resourcebinding.karmada.io/permanent-id": "e4873af9-c8f3-44e3-a9d8-e314346b3e59"}
HPA = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web", "namespace": "demo"},
    "spec": {
        "maxReplicas": 4,
        "metrics": [
            {
                "resource": {"name": "cpu", "target": {"averageUtilization": 70, "type": "Utilization"}},
                "type": "Resource",
            }
        ],
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
    },
}
OLD = {
    "a.example/v2": ["Thing"],
    "autoscaling/v2beta2": ["HorizontalPodAutoscaler"],
    "batch/v1beta1": ["CronJob"],
    "networking.k8s.io/v1beta1": ["Ingress"],
    "v1": ["ConfigMap"],
}
NEW = {
    "a.example/v1": ["Thing"],
    "autoscaling/v2": ["HorizontalPodAutoscaler"],
    "batch/v1": ["CronJob"],
    "networking.k8s.io/v1": ["Ingress"],
    "v1": ["ConfigMap"],
}
OLD_RELEASE, NEW_RELEASE = "v1.20", "v1.34"


def thing(zone: Any, name: str = "t") -> dict[str, Any]:
    """A Thing, whose zone the rule drops."""
    metadata = {"name": name, "namespace": "demo"}
    return {"apiVersion": "a.example/v1", "kind": "Thing", "metadata": metadata, "spec": {"size": 1, "zone": zone}}


WORKS: dict[str, list[Any]] = {
    "nothing to convert": [config_map()],
    "converted exactly": [config_map(), cronjob(), ingress()],
    "lost by a conversion": [thing("Mars"), thing({"long": "x" * 200}, "other"), HPA],
    "lost by the release": [cronjob(timeZone="Europe/Berlin", unknown=[1])],
    "lost by both": [thing("Mars"), cronjob(timeZone="UTC")],
    "more losses than fit": [thing("Mars", f"t{number}") for number in range(150)],
    "overflow": [config_map(), thing("x" * (300 << 10)), cronjob(timeZone="UTC")],
}


def cluster(name: str, versions: dict[str, list[str]], release: str) -> Cluster:
    """A cluster of the golden files."""
    return Cluster.from_versions(name, versions, release=Release.parse(release))


@cache
def rules(*texts: str) -> Engine:
    """The shipped rules with others; read once for each process, since a book never changes."""
    files = read_rule_files([SHIPPED_RULES])
    return Engine(Configuration.read([*files, *(RuleFile(f"{at}.yaml", text) for at, text in enumerate(texts))]))


def sent(given: dict[str, Any], where: Cluster, converter: Engine) -> dict[str, Any] | None:
    """The Work as it is stored after it was sent; None if it is denied."""
    fleet = FleetView(Fleet.of([where]))
    hook = WorkWebhook(SimpleNamespace(current=converter), fleet, Policy(), has_overflow_store=True)
    answer = ask(hook, review(given))
    return answer.applied(given) if answer.allowed else None


def drift(stored: dict[str, Any], where: Cluster, converter: Engine, overflow: bytes | None = None) -> Drift:
    """What the controller finds in a stored Work."""
    detector = DriftDetector(lambda: converter, FleetView(Fleet.of([where])), Policy())
    return detector(msgspec.json.encode(stored), overflow)


def placed(binding: dict[str, Any], unreachable: dict[str, str]) -> dict[str, Any]:
    """The binding as it is stored after it was sent."""
    unavailable = {name: Unavailable(why) for name, why in unreachable.items()}
    hook = PlacementWebhook(lambda _version, _kind: unavailable)
    operations = ask(hook, review(binding)).operations  # type: ignore[arg-type]  # any webhook answers bytes
    return jsonpatch.apply_patch(copy.deepcopy(binding), operations)


def _work(manifests: list[Any], converter: Engine) -> dict[str, Any]:
    where = cluster("old", OLD, OLD_RELEASE)
    given = work(*manifests, uid="5e3a1b4c-0000-4000-8000-000000000001", labels=dict(LABELS))
    stored = sent(given, where, converter)
    assert stored is not None
    overflow = None
    held = stored["spec"]["workload"]["manifests"]
    if is_carrier(held[-1]):
        data = read_carrier(json.dumps(held[-1]).encode())
        assert data is not None
        overflow = overflow_object(stored, data)
        annotations = {**stored["metadata"]["annotations"], CONVERSION_DATA_REF_ANNOTATION: digest_of(data)}
        before = Suspension.parse(annotations.pop(SUSPENDED_BEFORE_ANNOTATION))
        assert before is Suspension.ABSENT
        spec = {"workload": {"manifests": held[:-1]}}
        stored = {**stored, "metadata": {**stored["metadata"], "annotations": annotations}, "spec": spec}
    return {"sent": given, "stored": stored, "overflow": overflow, "anchor": desired_anchor(stored, dict(LABELS))}


BINDINGS: dict[str, dict[str, Any]] = {
    "any cluster": {},
    "named clusters": {"clusterAffinity": {"clusterNames": ["new", "old"]}},
    "terms": {"clusterAffinities": [{"affinityName": "one", "clusterNames": ["old"]}, {"affinityName": "two"}]},
}


def _binding(placement: dict[str, Any]) -> dict[str, Any]:
    given = {
        "apiVersion": "work.karmada.io/v1alpha2",
        "kind": "ResourceBinding",
        "metadata": {"name": "web-ingress", "namespace": "demo"},
        "spec": {
            "placement": placement,
            "resource": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "web", "namespace": "demo"},
        },
    }
    unreachable = {"old": "the cluster does not serve networking.k8s.io/v1 Ingress"}
    return {"sent": given, "unreachable": unreachable, "stored": placed(given, unreachable)}


def recorded(release: str) -> dict[str, Any]:
    """Make everything that a golden file holds."""
    converter = rules(RULE)
    return {
        "format": FORMAT,
        "release": release,
        "rule": RULE,
        "old": {"release": OLD_RELEASE, "versions": OLD},
        "new": {"release": NEW_RELEASE, "versions": NEW},
        "works": {name: _work(manifests, converter) for name, manifests in WORKS.items()},
        "bindings": {name: _binding(placement) for name, placement in BINDINGS.items()},
    }
