"""Templates as people write them, in the versions that the newest Kubernetes prefers."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from converter.karmada.names import FEATURE_GATES_ANNOTATION

if TYPE_CHECKING:
    from tests.controlplanes.client import Client, Json

NAMESPACE = "shop"

_POD = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "app", "image": "registry.example/shop/web:1.4"}]},
}

_ALL: dict[str, Json] = {
    "Ingress": {
        "apiVersion": "networking.k8s.io/v1",
        "spec": {
            "defaultBackend": {"service": {"name": "fallback", "port": {"name": "http"}}},
            "rules": [
                {
                    "host": "shop.example.org",
                    "http": {
                        "paths": [
                            {
                                "path": "/cart",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "cart", "port": {"number": 8080}}},
                            }
                        ]
                    },
                }
            ],
        },
    },
    "CronJob": {
        "apiVersion": "batch/v1",
        "spec": {
            "schedule": "15 2 * * *",
            "concurrencyPolicy": "Forbid",
            "jobTemplate": {
                "spec": {"template": {**_POD, "spec": {**_POD["spec"], "restartPolicy": "Never"}}},
            },
        },
    },
    "PodDisruptionBudget": {
        "apiVersion": "policy/v1",
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
    },
    "HorizontalPodAutoscaler": {
        "apiVersion": "autoscaling/v2",
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 2,
            "maxReplicas": 8,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}},
                }
            ],
        },
    },
    "Deployment": {
        "apiVersion": "apps/v1",
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": _POD},
    },
    "IngressClass": {
        "apiVersion": "networking.k8s.io/v1",
        "spec": {"controller": "example.org/ingress"},
    },
}

CLUSTER_SCOPED = {"IngressClass"}
KINDS = tuple(_ALL)


def template(kind: str, name: str) -> Json:
    """Return a new copy of one of them."""
    metadata = {"name": name, **({} if kind in CLUSTER_SCOPED else {"namespace": NAMESPACE})}
    body = copy.deepcopy(_ALL[kind])
    return {"apiVersion": body.pop("apiVersion"), "kind": kind, "metadata": metadata, **body}


def switch_gates(client: Client, cluster: str, gates: str) -> None:
    """State a member's feature gates for the converter, which cannot read them from the member."""
    annotations = {FEATURE_GATES_ANNOTATION: gates}
    client.patch("cluster.karmada.io/v1alpha1", "Cluster", cluster, {"metadata": {"annotations": annotations}})
