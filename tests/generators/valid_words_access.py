"""Words for what guards an API server: webhooks, policies, roles, reviews, leases, events, CRDs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from tests.generators.parts import Json, Table, Words

_CEL = ("true", "has(object.metadata)", "object.metadata.name != 'x'")


def schema(rng: random.Random) -> Json:
    """A structural schema of a CRD, as both of its versions accept it."""
    fields: dict[str, Json] = {
        "size": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 9.5, "description": "how large"},
        "names": {"type": "array", "items": {"type": "string", "maxLength": 3}, "minItems": 1},
        "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        "map": {"type": "object", "additionalProperties": {"type": "string", "nullable": True}},
        "mode": {"type": "string", "enum": ["a", "b"], "pattern": "^[ab]$"},
        "deep": {"type": "object", "required": ["x"], "properties": {"x": {"type": "boolean"}}},
    }
    chosen = {name: value for name, value in fields.items() if rng.random() < 0.4}
    spec: Json = {"type": "object", "properties": chosen} if chosen else {"type": "object"}
    return {"type": "object", "properties": {"spec": spec, "status": {"type": "object"}}}


_WEBHOOKS: Table = {
    "webhooks[*].name": ("a.example.test", "b.example.test"),
    "url": ("https://hooks.example.test/a",),
    "path": ("/hook",),
    "expression": ("true", "request.operation != 'DELETE'"),
    "timeoutSeconds": (1, 10, 30),
    "matchPolicy": ("Exact", "Equivalent"),
}

_ADMISSION: Table = {
    "expression": _CEL,
    "valueExpression": ("'text'", "string(object.metadata.name)"),
    "messageExpression": ("'why'",),
    "mutations": (
        [
            {
                "patchType": "ApplyConfiguration",
                "applyConfiguration": {"expression": "Object{metadata: Object.metadata{labels: {'a': 'b'}}}"},
            }
        ],
        [
            {
                "patchType": "JSONPatch",
                "jsonPatch": {"expression": "[JSONPatch{op: 'add', path: '/metadata/labels/a', value: 'b'}]"},
            }
        ],
    ),
    "paramKind": ({"apiVersion": "v1", "kind": "ConfigMap"}, {"apiVersion": "example.test/v1", "kind": "Widget"}),
    "validationActions": (["Deny"], ["Warn", "Audit"], ["Audit"]),
    "parameterNotFoundAction": ("Allow", "Deny"),
    "policyName": ("policy.example.test",),
    "reason": ("Forbidden", "Invalid", "Unauthorized", "RequestEntityTooLarge"),
    "variables[*].name": ("a", "b"),
    "auditAnnotations[*].key": ("k", "note"),
    "operations": (["CREATE"], ["CREATE", "UPDATE"]),
}

_RBAC: Table = {
    "subjects": (
        [{"kind": "User", "name": "ann"}],
        [{"kind": "User", "apiVersion": "rbac.authorization.k8s.io/v1alpha1", "name": "*"}],
        [{"kind": "ServiceAccount", "apiVersion": "v1", "name": "robot", "namespace": "default"}],
        [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "all"}, {"kind": "User", "name": "bob"}],
        [{"kind": "ServiceAccount", "name": "robot", "namespace": "default"}],
    ),
    "verbs": (["get"], ["get", "list"], ["*"]),
    "apiGroups": ([""], ["apps", "batch"], ["*"]),
    "nonResourceURLs": (["/healthz"], ["/metrics", "/api/*"]),
    "roleRef": (
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        {"kind": "ClusterRole", "name": "edit"},
    ),
}

WORDS: Words = {
    "APIService": {
        "spec.group": ("a.example.test", "b.example.test"),
        "spec.version": ("v1", "v1alpha1"),
        "groupPriorityMinimum": (10, 2000),
        "versionPriority": (10, 15),
        "service": ({"name": "s", "namespace": "default"}, {"name": "s", "namespace": "default", "port": 8443}),
    },
    "CertificateSigningRequest": {
        "signerName": ("example.test/signer", "kubernetes.io/kube-apiserver-client"),
        "usages": (["digital signature", "client auth"], ["any"]),
        "conditions[*].type": ("Approved", "Denied", "Failed"),
        "expirationSeconds": (600, 86400),
    },
    "CustomResourceDefinition": {},
    "Event": {
        "reportingController": ("example.test/controller",),
        "reportingComponent": ("example.test/controller",),
        "action": ("Do",),
        "reason": ("Why",),
        "type": ("Normal", "Warning"),
        "series": ({"count": 2, "lastObservedTime": "2024-01-02T03:04:05.678901Z"},),
        "involvedObject": ({"kind": "Pod", "namespace": "default", "name": "a"},),
        "regarding": ({"kind": "Pod", "namespace": "default", "name": "a", "fieldPath": "spec"},),
        "reportingInstance": ("i-0",),
        "message": ("what",),
        "note": ("what",),
        "series.state": ("Ongoing",),
    },
    "Lease": {
        "leaseDurationSeconds": (1, 15),
        "leaseTransitions": (0, 3),
        "strategy": ("OldestEmulationVersion",),
        "preferredHolder": ("h",),
    },
    "LeaseCandidate": {
        "strategy": ("OldestEmulationVersion", "example.test/mine"),
        "binaryVersion": ("1.36.0", "1.35.1"),
        "emulationVersion": ("1.35.0",),
        "leaseName": ("lease",),
    },
    "MutatingWebhookConfiguration": _WEBHOOKS,
    "ValidatingWebhookConfiguration": _WEBHOOKS,
    "ValidatingAdmissionPolicy": _ADMISSION,
    "ValidatingAdmissionPolicyBinding": _ADMISSION,
    "MutatingAdmissionPolicy": _ADMISSION,
    "MutatingAdmissionPolicyBinding": _ADMISSION,
    "PodSecurityPolicy": {
        "rule": ("RunAsAny",),
        "volumes": (["*"], ["configMap", "secret"]),
        "hostPorts": ([{"min": 1, "max": 80}],),
        "allowedCapabilities": (["NET_ADMIN"],),
        "defaultAddCapabilities": (["CHOWN"],),
        "requiredDropCapabilities": (["KILL"],),
        "allowedUnsafeSysctls": (["kernel.msg*"],),
        "forbiddenSysctls": (["net.ipv4.x"],),
        "allowedHostPaths": ([{"pathPrefix": "/a", "readOnly": True}],),
        "allowedProcMountTypes": (["Default"],),
    },
    "ClusterRole": _RBAC,
    "Role": {**_RBAC},
    "ClusterRoleBinding": _RBAC,
    "RoleBinding": _RBAC,
}
