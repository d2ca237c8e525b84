"""What validators know beyond the types: values and keys that are accepted, by the end of a field's path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

Json = Any

SCALARS: dict[str | None, tuple[Json, ...]] = {
    "string": ("a", "web-0", "x.y", "main"),
    "int": (0, 1, 2, 5, 30, 600),
    "bool": (True, False),
    "number": (0, 1, 0.5),
    "int-or-string": (1, 2, "25%", "100%"),
    "quantity": ("1", "100m", "1Gi", "0.5", "1500m", 3, "2e3"),
    "date-time": ("2024-01-02T03:04:05Z",),
    "bytes": ("aGk=",),
}

#: Keys of maps, by the map's name.
KEYS: dict[str, tuple[str, ...]] = {
    "": ("app", "tier", "example.test/part"),
    "limits": ("cpu", "memory", "example.test/gpu"),
    "requests": ("cpu", "memory"),
    "overhead": ("cpu", "memory"),
    "podFixed": ("cpu", "memory"),
    "capacity": ("cpu", "memory", "a"),
}

#: Fields never grown: finalizers would keep an object, a default class is one in a cluster, and so on.
NEVER = frozenset(
    {
        "finalizers",
        "ownerReferences",
        "managedFields",
        "ephemeralContainers",
        "spec.template.metadata.name",
        "PriorityClass:globalDefault",
        # A pod template with it is one that a server has served; see docs/unreachable.md.
        "Deployment:spec.template.spec.schedulerName",
        "DaemonSet:spec.template.spec.schedulerName",
        "ReplicaSet:spec.template.spec.schedulerName",
        "StatefulSet:spec.template.spec.schedulerName",
    }
)

_MICRO = ("2024-01-02T03:04:05.678901Z", "2024-01-02T03:04:05.000000Z")
_LABELS = ({"app": "web"}, {"app": "web", "tier": "front"})
_CEL = ("true", "has(object.metadata)", "object.metadata.name != 'x'")


def container(rng: random.Random) -> Json:
    """A small container: pod templates are the same in all versions, so they need not be deep."""
    made: Json = {"name": rng.choice(("main", "side", "web")), "image": "example.test/app:1"}
    extras: dict[str, Json] = {
        "ports": [{"containerPort": rng.choice((80, 8080)), "name": "http"}],
        "env": [{"name": "A", "value": "b"}, {"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        "resources": {"limits": {"cpu": rng.choice(("1", "0.5", 2))}, "requests": {"memory": "1Gi", "cpu": "100m"}},
        "imagePullPolicy": rng.choice(("Always", "IfNotPresent")),
        "readinessProbe": {"httpGet": {"path": "/", "port": rng.choice((80, "http"))}, "periodSeconds": 3},
        "livenessProbe": {"exec": {"command": ["true"]}, "initialDelaySeconds": 1},
        "securityContext": {"runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}},
        "command": ["run"],
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "lifecycle": {"preStop": {"exec": {"command": ["stop"]}}},
    }
    return made | {key: value for key, value in extras.items() if rng.random() < 0.25}


def port_number(rng: random.Random) -> int:
    """A port."""
    return rng.choice((80, 443, 8080, 65535))


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


_WEBHOOKS: dict[str, tuple[Json, ...]] = {
    "webhooks[*].name": ("a.example.test", "b.example.test"),
    "url": ("https://hooks.example.test/a",),
    "path": ("/hook",),
    "expression": ("true", "request.operation != 'DELETE'"),
    "timeoutSeconds": (1, 10, 30),
    "matchPolicy": ("Exact", "Equivalent"),
}
_ADMISSION: dict[str, tuple[Json, ...]] = {
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
_DEVICES: dict[str, tuple[Json, ...]] = {
    "expression": ("true", 'device.driver == "gpu.example.test"'),
    "driver": ("gpu.example.test",),
    "allocationMode": ("All", "ExactCount"),
    "count": (1, 2),
    "deviceClassName": ("gpu.example.test",),
    "parameters": ({"any": {"thing": 1}},),
    "requests": ("req-0", ["req-0"]),
    "requests[*].name": ("req-0", "req-1", "req-2"),
    "firstAvailable[*].name": ("sub-0", "sub-1"),
    "matchAttribute": ("gpu.example.test/model",),
    "distinctAttribute": ("gpu.example.test/numa",),
    "key": ("example.test/gpu",),
    "effect": ("NoSchedule", "NoExecute", "None"),
    "operator": ("Exists", "Equal"),
    "pool.name": ("pool-0",),
    "pool": ("pool-0", {"name": "pool-0", "generation": 1, "resourceSliceCount": 1}),
    "device": ("gpu-0",),
    "devices[*].name": ("gpu-0", "gpu-1"),
    "nodeName": ("node-0",),
    "nodeSelector": (
        {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}]},
    ),
    "attributes": (
        {"model": {"string": "x"}, "numa": {"int": 1}},
        {"vendor.example.test/ok": {"bool": True}, "v": {"version": "1.2.3"}},
    ),
    "devices[*].capacity": ({"memory": {"value": "1Gi"}}, {"memory": {"value": "0.5"}, "cores": {"value": 2}}),
    "basic.capacity": ({"memory": {"value": "1Gi"}}, {"cores": {"value": "2"}}),
    "exactly.capacity": ({"requests": {"memory": "1Gi"}},),
    "requests[*].capacity": ({"requests": {"memory": "1Gi"}},),
    "sharedCounters": ([{"name": "shared", "counters": {"memory": {"value": "4Gi"}}}],),
    "consumesCounters": ([{"counterSet": "shared", "counters": {"memory": {"value": "1Gi"}}}],),
    "extendedResourceName": ("example.test/gpu",),
    "taints[*].value": ("x", "y"),
    "resourceSliceCount": (1, 2),
    "bindingConditions": (["example.test/ready"],),
    "bindingFailureConditions": (["example.test/failed"],),
}
_RBAC: dict[str, tuple[Json, ...]] = {
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
_WORKLOAD: dict[str, tuple[Json, ...]] = {
    "strategy": (
        {"type": "Recreate"},
        {"type": "RollingUpdate"},
        {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2}},
        {"rollingUpdate": {"maxUnavailable": "30%", "maxSurge": "10%"}},
        {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
    ),
    "updateStrategy": (
        {"type": "OnDelete"},
        {"type": "RollingUpdate"},
        {"type": "RollingUpdate", "rollingUpdate": {}},
        {"rollingUpdate": {}},
        {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 3}},
        {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}},
    ),
    "template.metadata.labels": ({"app": "web", "tier": "front"},),
    "selector": ({"matchLabels": {"app": "web"}}, {"matchLabels": {"app": "web", "tier": "front"}}),
    "spec.template.spec.restartPolicy": ("Always",),
    "rollbackTo": ({"revision": 3}, {"revision": 0}, {}),
    "podManagementPolicy": ("OrderedReady", "Parallel"),
    "volumeClaimTemplates": (
        [
            {
                "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            }
        ],
    ),
    "minReadySeconds": (0, 5),
    "progressDeadlineSeconds": (600, 700, 2147483647),
    "volumes": ([{"name": "v", "emptyDir": {}}], [{"name": "v", "configMap": {"name": "c", "defaultMode": 256}}]),
    "spec.template.spec.affinity": (
        {
            "nodeAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 1, "preference": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}
                ]
            }
        },
    ),
}
_SCALED: dict[str, tuple[Json, ...]] = {
    "maxReplicas": (3, 10),
    "minReplicas": (1, 2),
    "scaleTargetRef": (
        {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        {"kind": "Deployment", "name": "x"},
    ),
    "describedObject": ({"apiVersion": "v1", "kind": "Service", "name": "web"}, {"kind": "Service", "name": "x"}),
    "object.target.kind": ("Service",),
    "object.target.name": ("web",),
    "object.target.apiVersion": ("v1",),
    "target.type": ("Utilization", "Value", "AverageValue"),
    "type": ("Resource", "Pods", "Object", "External", "ContainerResource"),
    "resource.name": ("cpu", "memory"),
    "containerResource.name": ("cpu", "memory"),
    "container": ("main",),
    "metric.name": ("rps", "queue"),
    "metricName": ("rps", "queue"),
    "averageUtilization": (50, 80),
    "targetAverageUtilization": (50, 80),
    "targetCPUUtilizationPercentage": (50, 80, 85),
    "policies": (
        [{"type": "Pods", "value": 4, "periodSeconds": 15}],
        [{"type": "Percent", "value": 10, "periodSeconds": 60}, {"type": "Pods", "value": 1, "periodSeconds": 30}],
    ),
    "selectPolicy": ("Max", "Min", "Disabled"),
    "stabilizationWindowSeconds": (0, 60, 300),
    "tolerance": ("0.1", "50m"),
}
_REVIEW: dict[str, tuple[Json, ...]] = {
    "resourceAttributes": ({"verb": "get", "resource": "pods", "namespace": "default"}, {"group": "apps", "verb": "*"}),
    "nonResourceAttributes": ({"path": "/healthz", "verb": "get"},),
    "user": ("ann",),
    "groups": (["a", "b"],),
    "group": (["a", "b"],),
    "spec.namespace": ("default",),
}

WORDS: dict[str, dict[str, tuple[Json, ...]]] = {
    "": {
        "namespace": ("default", "team-a"),
        "containers": (lambda rng: [container(rng)],),
        "initContainers": ([{"name": "init", "image": "example.test/init:1"}],),
        "matchLabels": _LABELS,
        "matchExpressions": (
            [{"key": "tier", "operator": "In", "values": ["a", "b"]}],
            [{"key": "tier", "operator": "Exists"}],
            [{"key": "tier", "operator": "NotIn", "values": ["c"]}, {"key": "app", "operator": "DoesNotExist"}],
        ),
        "containerPort": (port_number,),
        "port": (port_number,),
        "protocol": ("TCP", "UDP", "SCTP"),
        "renewTime": _MICRO,
        "acquireTime": _MICRO,
        "pingTime": _MICRO,
        "eventTime": _MICRO,
        "lastObservedTime": _MICRO,
        "restartPolicy": ("Never", "OnFailure"),
        "dnsPolicy": ("ClusterFirst", "Default"),
        "apiGroup": ("apps", "example.test"),
        "cidr": ("10.0.0.0/8", "192.168.1.0/24"),
        "except": (["10.1.0.0/16"],),
        "caBundle": (
            # A certificate's bytes are not looked into where the server has no reason to call.
            "LS0tLS1CRUdJTg==",
        ),
        "operations": (["CREATE"], ["CREATE", "UPDATE"], ["*"]),
        "apiGroups": (["example.test"],),
        "apiVersions": (["v1"], ["v1", "v1beta1"]),
        "resources": (["widgets"], ["widgets", "widgets/status"]),
        "scope": ("*", "Namespaced", "Cluster"),
        "sideEffects": ("None", "NoneOnDryRun"),
        "admissionReviewVersions": (["v1"], ["v1", "v1beta1"], ["v1beta1"]),
        "reinvocationPolicy": ("Never", "IfNeeded"),
        "failurePolicy": ("Fail", "Ignore"),
        "matchPolicy": ("Exact", "Equivalent"),
        "conditions[*].status": ("True", "False", "Unknown"),
        "conditions[*].type": ("Ready", "Progressing"),
        "conditions[*].reason": ("Because",),
        "tolerations": (
            [{"key": "a", "operator": "Exists"}],
            [
                {"key": "a", "value": "b", "effect": "NoSchedule"},
                {"operator": "Exists", "tolerationSeconds": 3, "effect": "NoExecute"},
            ],
        ),
        "nodeSelector": ({"disk": "ssd"}, {"a": "b", "c": "d"}),
        "volumes": ([{"name": "v", "emptyDir": {}}],),
        "topologySpreadConstraints": (
            [
                {
                    "maxSkew": 1,
                    "topologyKey": "zone",
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": {"matchLabels": {"app": "web"}},
                }
            ],
        ),
        "affinity": (
            {
                "podAntiAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "web"}}}
                    ]
                }
            },
        ),
        "priorityClassName": ("high",),
        "preemptionPolicy": ("Never", "PreemptLowerPriority"),
        "spec.nodeName": ("node-0",),
    },
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
    "CronJob": {
        "schedule": ("*/5 * * * *", "0 3 * * 1", "@daily"),
        "timeZone": ("Etc/UTC",),
        "concurrencyPolicy": ("Allow", "Forbid", "Replace"),
        "completionMode": ("NonIndexed", "Indexed"),
        "manualSelector": (False,),
    },
    "EndpointSlice": {
        "addressType": ("IPv4",),
        "addresses": (["10.0.0.1"], ["10.0.0.2", "10.0.0.3"]),
        "ports[*].name": ("http", "https"),
        "appProtocol": ("http", "example.test/x"),
        "hostname": ("web-0",),
        "forZones": ([{"name": "zone-a"}],),
        "zone": ("zone-a",),
        "topology": (
            {"kubernetes.io/hostname": "node-0", "topology.kubernetes.io/zone": "zone-a"},
            {"topology.kubernetes.io/region": "r", "x": "y"},
        ),
        "deprecatedTopology": ({"x": "y"},),
        "nodeName": ("node-0",),
    },
    "Event": {
        "reportingController": ("example.test/controller",),
        "reportingComponent": ("example.test/controller",),
        "action": ("Do",),
        "reason": ("Why",),
        "type": ("Normal", "Warning"),
        "series": ({"count": 2, "lastObservedTime": _MICRO[0]},),
        "involvedObject": ({"kind": "Pod", "namespace": "default", "name": "a"},),
        "regarding": ({"kind": "Pod", "namespace": "default", "name": "a", "fieldPath": "spec"},),
        "reportingInstance": ("i-0",),
        "message": ("what",),
        "note": ("what",),
        "series.state": ("Ongoing",),
    },
    "FlowSchema": {
        "priorityLevelConfiguration": ({"name": "pl"},),
        "distinguisherMethod": ({"type": "ByUser"}, {"type": "ByNamespace"}),
        "matchingPrecedence": (1, 1000, 9999),
        "subjects": (
            [{"kind": "User", "user": {"name": "ann"}}],
            [
                {"kind": "Group", "group": {"name": "g"}},
                {"kind": "ServiceAccount", "serviceAccount": {"name": "s", "namespace": "*"}},
            ],
        ),
        "verbs": (["get"], ["*"]),
        "apiGroups": (["example.test"], [""]),
        "nonResourceURLs": (["/x"],),
        "namespaces": (["default"], ["*"]),
    },
    "HorizontalPodAutoscaler": _SCALED,
    "Ingress": {
        "host": ("example.test", "a.example.test", "*.example.test"),
        "hosts": (["example.test"], ["a.example.test", "b.example.test"]),
        "path": ("/", "/a/b"),
        "pathType": ("Prefix", "Exact", "ImplementationSpecific"),
        "servicePort": (80, "http", "8080"),
        "service.name": ("web",),
        "serviceName": ("web",),
        "port.name": ("http",),
        "service.port": ({"number": 80}, {"name": "http"}),
        "ingressClassName": ("nginx",),
        "backend.resource": ({"apiGroup": "example.test", "kind": "Bucket", "name": "b"},),
        "defaultBackend.resource": ({"apiGroup": "example.test", "kind": "Bucket", "name": "b"},),
        "ingress[*].ip": ("10.0.0.1",),
        "ingress[*].hostname": ("lb.example.test",),
        "secretName": ("tls",),
    },
    "IngressClass": {
        "controller": ("example.test/ingress",),
        "parameters": (
            {"kind": "P", "name": "p"},
            {"apiGroup": "example.test", "kind": "P", "name": "p", "scope": "Cluster"},
            {"kind": "P", "name": "p", "scope": "Namespace", "namespace": "default"},
        ),
    },
    "IPAddress": {
        "parentRef": (
            {"resource": "services", "namespace": "default", "name": "a"},
            {"group": "g.test", "resource": "things", "name": "b"},
        )
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
    "NetworkPolicy": {"port": (80, "http"), "policyTypes": (["Ingress"], ["Egress"], ["Ingress", "Egress"])},
    "PodDisruptionBudget": {
        "minAvailable": (1, "50%", 0),
        "maxUnavailable": (1, "50%"),
        "selector": (
            {},
            None,
            {"matchLabels": {"app": "web"}},
            {"matchExpressions": [{"key": "a", "operator": "Exists"}]},
        ),
    },
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
    "PriorityClass": {"value": (0, 1000, -5)},
    "PriorityLevelConfiguration": {
        "spec.type": ("Limited", "Exempt"),
        "limitResponse": (
            {"type": "Reject"},
            {"type": "Queue"},
            {"type": "Queue", "queuing": {"queues": 8, "handSize": 4, "queueLengthLimit": 10}},
        ),
        "assuredConcurrencyShares": (1, 30),
        "nominalConcurrencyShares": (0, 1, 30),
        "lendablePercent": (0, 50),
        "borrowingLimitPercent": (0, 50),
    },
    "ClusterRole": _RBAC,
    "Role": {**_RBAC},
    "ClusterRoleBinding": _RBAC,
    "RoleBinding": _RBAC,
    "RuntimeClass": {"handler": ("runc", "gvisor"), "runtimeHandler": ("runc", "gvisor")},
    "ServiceCIDR": {"cidrs": (["10.97.0.0/16"], ["192.168.0.0/16", "fd00::/112"], ["10.98.0.0/24"])},
    "StorageClass": {
        "provisioner": ("example.test/disk",),
        "reclaimPolicy": ("Delete", "Retain"),
        "volumeBindingMode": ("Immediate", "WaitForFirstConsumer"),
        "allowedTopologies": ([{"matchLabelExpressions": [{"key": "zone", "values": ["a", "b"]}]}],),
        "mountOptions": (["ro"],),
    },
    "VolumeAttachment": {
        "attacher": ("disk.example.test",),
        "source": ({"persistentVolumeName": "pv"},),
        "nodeName": ("node-0",),
    },
    "VolumeAttributesClass": {"driverName": ("disk.example.test",)},
    "CSIDriver": {
        "volumeLifecycleModes": (["Persistent"], ["Persistent", "Ephemeral"], ["Ephemeral"]),
        "fsGroupPolicy": ("File", "None", "ReadWriteOnceWithFSType"),
        "tokenRequests": ([{"audience": "a"}], [{"audience": "a", "expirationSeconds": 3600}]),
    },
    "CSINode": {
        "drivers[*].name": ("disk.example.test", "net.example.test"),
        "nodeID": ("id-0",),
        "topologyKeys": (["zone"], ["zone", "example.test/rack"]),
    },
    "CSIStorageCapacity": {
        "storageClassName": ("fast",),
        "capacity": ("1Gi", "100"),
        "maximumVolumeSize": ("1Gi", "0.5Gi"),
    },
    "Deployment": _WORKLOAD,
    "DaemonSet": _WORKLOAD,
    "ReplicaSet": _WORKLOAD,
    "StatefulSet": _WORKLOAD,
    "ControllerRevision": {"data": ({"spec": {"a": 1}}, {"kind": "X", "apiVersion": "v1"})},
    "SubjectAccessReview": _REVIEW,
    "LocalSubjectAccessReview": _REVIEW,
    "SelfSubjectAccessReview": _REVIEW,
    "SelfSubjectRulesReview": _REVIEW,
    "TokenReview": {"token": ("secret",), "audiences": (["a"],)},
    "DeviceClass": _DEVICES,
    "DeviceTaintRule": _DEVICES,
    "ResourceClaim": _DEVICES,
    "ResourceClaimTemplate": _DEVICES,
    "ResourceSlice": _DEVICES,
}

#: Annotations that conversions of a kind read or write.
ANNOTATIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "HorizontalPodAutoscaler": {
        "autoscaling.alpha.kubernetes.io/metrics": (
            '[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}}]',
            "[]",
            "junk",
        ),
        "autoscaling.alpha.kubernetes.io/behavior": (
            # As servers write it; one written by hand, with less in it, is in docs/unreachable.md.
            (
                '{"ScaleUp":{"StabilizationWindowSeconds":3,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,'
                '"PeriodSeconds":15}]},"ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Min","Policies":'
                '[{"Type":"Percent","Value":10,"PeriodSeconds":15}]}}'
            ),
            "{}",
            "junk",
        ),
        "autoscaling.alpha.kubernetes.io/conditions": ("[]", '[{"type":"AbleToScale","status":"True"}]'),
        "autoscaling.alpha.kubernetes.io/current-metrics": ("[]",),
    },
    "Deployment": {"deprecated.deployment.rollback.to": ("3", "x")},
    "DaemonSet": {"deprecated.daemonset.template.generation": ("3", "x")},
    "PriorityLevelConfiguration": {"flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares": ("", "x")},
    "Ingress": {"kubernetes.io/ingress.class": ("nginx",)},
}
