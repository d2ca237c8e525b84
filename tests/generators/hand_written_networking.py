"""Makers of Ingress, IngressClass, NetworkPolicy and PodDisruptionBudget."""

from __future__ import annotations

from tests.generators.hand_written_parts import (
    INT32,
    INT_OR_STRING,
    NAMES,
    TEXTS,
    Json,
    Maker,
    any_of,
    conditions,
    fields,
    manifest,
    mapping,
    nullable,
    one_of,
    selector,
    several,
)

BUDGET_LABEL = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match"
_PATH_TYPES = one_of("Prefix", "Exact", "ImplementationSpecific", None)
_RESOURCE = fields({"apiGroup": NAMES}, need={"kind": NAMES, "name": NAMES})


def ingresses(version: str) -> Maker:
    """Ingresses of a version."""
    backend: dict[str, Json] = {"resource": _RESOURCE}
    if version == "networking.k8s.io/v1":
        port = fields({"number": nullable(INT32), "name": TEXTS})
        backend["service"] = nullable(fields({"name": NAMES, "port": nullable(port)}))
    else:
        backend |= {"serviceName": nullable(TEXTS), "servicePort": nullable(any_of(INT_OR_STRING, one_of("")))}
    backends = fields(backend)
    path = fields({"path": TEXTS, "pathType": _PATH_TYPES, "backend": nullable(backends)})
    rule = fields({"host": NAMES, "http": nullable(fields({"paths": nullable(several(path))}))})
    default = "defaultBackend" if version == "networking.k8s.io/v1" else "backend"
    spec = fields(
        {
            default: nullable(backends),
            "rules": nullable(several(rule)),
            "ingressClassName": NAMES,
            "tls": several(fields({"hosts": several(NAMES, 1), "secretName": NAMES}), 1),
        }
    )
    address = fields({"ip": one_of("10.0.0.1"), "hostname": NAMES})
    return manifest(version, "Ingress", spec, fields({"loadBalancer": fields({"ingress": several(address, 1)})}))


def ingress_classes(version: str) -> Maker:
    """IngressClasses of a version."""
    parameters = fields({"scope": one_of("Cluster", "Namespace"), "namespace": NAMES})
    return manifest(version, "IngressClass", fields({"controller": NAMES, "parameters": nullable(parameters)}))


def network_policies(version: str) -> Maker:
    """NetworkPolicies of a version."""
    peer = fields({"podSelector": selector(), "namespaceSelector": selector(), "ipBlock": fields({"cidr": TEXTS})})
    port = fields({"protocol": one_of("TCP", "UDP"), "port": INT_OR_STRING, "endPort": INT32})
    ingress = fields({"ports": several(port, 1), "from": nullable(several(peer, 1))})
    egress = fields({"ports": several(port, 1), "to": several(peer, 1)})
    spec = fields(
        {
            "podSelector": selector(),
            "ingress": nullable(several(ingress, 1)),
            "egress": nullable(several(egress, 1)),
            "policyTypes": several(one_of("Ingress", "Egress")),
        }
    )
    return manifest(version, "NetworkPolicy", spec)


def budgets(version: str) -> Maker:
    """PodDisruptionBudgets of a version, many with an empty selector or one on Kubernetes' own label."""
    operator = one_of("Exists", "DoesNotExist", "In")
    own = fields({"values": several(TEXTS, 1)}, need={"key": one_of(BUDGET_LABEL), "operator": operator})
    special = fields({"matchExpressions": nullable(several(own)), "matchLabels": mapping((), TEXTS)})
    spec = fields(
        {
            "selector": nullable(any_of(one_of({}), special, selector())),
            "minAvailable": INT_OR_STRING,
            "maxUnavailable": INT_OR_STRING,
            "unhealthyPodEvictionPolicy": one_of("AlwaysAllow"),
        }
    )
    return manifest(version, "PodDisruptionBudget", spec, fields({"conditions": conditions("DisruptionAllowed")}))
