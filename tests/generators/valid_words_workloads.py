"""Words for workloads, autoscalers and budgets, and those good anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from tests.generators.parts import Json, Table, Words

_MICRO = ("2024-01-02T03:04:05.678901Z", "2024-01-02T03:04:05.000000Z")

_LABELS = ({"app": "web"}, {"app": "web", "tier": "front"})


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


_WORKLOAD: Table = {
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

_SCALED: Table = {
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

WORDS: Words = {
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
    "CronJob": {
        "schedule": ("*/5 * * * *", "0 3 * * 1", "@daily"),
        "timeZone": ("Etc/UTC",),
        "concurrencyPolicy": ("Allow", "Forbid", "Replace"),
        "completionMode": ("NonIndexed", "Indexed"),
        "manualSelector": (False,),
    },
    "HorizontalPodAutoscaler": _SCALED,
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
    "Deployment": _WORKLOAD,
    "DaemonSet": _WORKLOAD,
    "ReplicaSet": _WORKLOAD,
    "StatefulSet": _WORKLOAD,
    "ControllerRevision": {"data": ({"spec": {"a": 1}}, {"kind": "X", "apiVersion": "v1"})},
}
