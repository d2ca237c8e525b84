"""All values of the chart, in the order of values.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.chart import model
from tools.chart.model import Group, Value
from tools.chart.pods import Component, budget, component, scheduling, security

if TYPE_CHECKING:
    from typing import Any

ADMISSION = Component(
    "admission", "The admission webhooks. Without a ready Pod, Karmada cannot write Works.", 8443, 8081,
    2, {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
    serves=True,
)  # fmt: skip
CONTROLLER = Component(
    "controller", "The controllers: anchors, statuses, re-conversion, APIServices, certificates.", None, 8080,
    5, {"requests": {"cpu": "100m", "memory": "192Mi"}, "limits": {"memory": "1Gi"}},
    serves=False,
)  # fmt: skip
DISCOVERY = Component(
    "discovery", "The discovery-only API server. Without a ready Pod, converted Works cannot be applied.", 8444,
    8082, 2,
    {"requests": {"cpu": "50m", "memory": "96Mi"}, "limits": {"memory": "256Mi"}}, serves=True,
)  # fmt: skip
COMPONENTS = (ADMISSION, CONTROLLER, DISCOVERY)
DASHBOARD = Component(
    "dashboard",
    "The dashboard: pages that show the fleet. It can only read, and viewers log in with a token of Karmada.",
    8090, 8091, 5,
    {"requests": {"cpu": "50m", "memory": "192Mi"}, "limits": {"memory": "512Mi"}},
    serves=False, replicas=1, optional=True,
)  # fmt: skip
_POLICIES: dict[str, Any] = {"networkPolicies.enabled": True}
_OBJECT = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}, "data": {"of": "{{ .Release.Name }}"}}
_DIGEST = "sha256:" + "0123456789abcdef" * 4


def _image() -> Group:
    return Group("The image of all Pods of the chart.", {
        "repository": Value("Registry and repository.", "karmada-api-version-converter", model.STRING,
                            "registry.example/converter"),
        "tag": Value("Tag. Empty means the chart's appVersion.", "",
                     {"type": "string", "pattern": "^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$"}, "nightly"),
        "digest": Value("Digest, such as sha256:0123. It wins over the tag: Pods then run exactly that image.", "",
                        {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"}, _DIGEST),
        "pullPolicy": Value("Pull policy. Empty leaves it to Kubernetes.", "",
                            {"enum": ["", "Always", "IfNotPresent", "Never"]}, "Always"),
        "pullSecrets": Value("Secrets with credentials of the registry, as [{name: NAME}].", [],
                             model.listing(model.closed(name=model.NAME) | {"required": ["name"]}),
                             [{"name": "registry"}]),
    })  # fmt: skip


def _karmada() -> Group:
    return Group("The Karmada that this release works for.", {
        "kubeconfig": Group("The kubeconfig of an administrator of Karmada. Only the Jobs use it: they mount it.", {
            "secretName": Value(
                "Secret in the namespace of the release. karmadactl and Karmada's chart (release name karmada) call it "
                "karmada-kubeconfig; the operator calls it NAME-admin-config.",
                "karmada-kubeconfig", model.NAME, "one-admin-config"),
            "key": Value("Key in that Secret. The operator's is karmada.config.", "kubeconfig",
                         {"type": "string", "minLength": 1}, "karmada.config"),
            "context": Value("Context of that kubeconfig. Empty means its current context.", "", model.STRING, "one"),
        }),
        "server": Value("Where Pods reach the Karmada API server. Empty means the address in the kubeconfig.", "",
                        {"type": "string", "pattern": "^(https://.+)?$"}, "https://192.0.2.9:5443"),
        "webhookURL": Value("Where the Karmada API server reaches the admission webhooks. Empty means their Service.",
                            "", {"type": "string", "pattern": "^(https://.+)?$"}, "https://192.0.2.7:8443"),
        "discoveryHost": Value("DNS name by which the Karmada API server reaches discovery. Empty means its Service.",
                               "", model.STRING, "discovery.example"),
    })  # fmt: skip


def _conversion() -> dict[str, Value | Group]:
    return {
        "policy": Value("What to do with a manifest that its cluster certainly cannot get.", "deny",
                        {"enum": ["deny", "warn", "ignore"]}, "warn"),
        "memberSchemas": Group("What each member really serves, by its OpenAPI documents (docs/how-to/crds.md).", {
            "enabled": Value("Whether the controller reads them through Karmada's cluster proxy. Jobs apply the rights "
                             "of deploy/member-schemas to Karmada.", False, model.BOOLEAN, True),
        }),
        "rules": Group("Rules, loss policies and severities of your own.", {
            "configMapName": Value("ConfigMap that holds them. It need not exist.", "converter-rules", model.NAME,
                                   "my-rules"),
            "files": Value("Rule files by name. If there are any, the chart creates the ConfigMap with them.", {},
                           model.MAP, {"mine.yaml": "kind: ConversionRules\n"}),
        }),
        "logging": Group("The log of all processes.", {
            "format": Value("Format of the lines.", "json", {"enum": ["json", "text"]}, "text"),
            "level": Value("Lowest level that is logged.", "info", {"enum": ["debug", "info", "warning", "error"]},
                           "warning"),
        }),
        "certificates": Group("The serving certificates of admission and discovery.", {
            "secretName": Value("Secret that holds tls.crt, tls.key and ca.crt.", "converter-tls", model.NAME,
                                "my-tls"),
            "managed": Value(
                "Whether the controller issues and rotates them. If not, you fill the Secret: for example by a "
                "cert-manager Certificate for the names of both Services.", True, model.BOOLEAN, False),
            "extraNames": Value("DNS names and IP addresses to add to managed certificates.", [], model.STRINGS,
                                ["192.0.2.7"]),
        }),
        "clientCertificates": Group("Answer webhook calls only to clients with a certificate.", {
            "secretName": Value("Secret with the CA of such clients. Empty answers everyone.", "", model.NAME,
                                "webhook-clients"),
            "key": Value("Key of the CA in that Secret.", "ca.crt", {"type": "string", "minLength": 1}, "clients.pem",
                         {"clientCertificates.secretName": "webhook-clients"}),
            "names": Value("Names in the certificates to accept. Empty accepts every certificate of the CA.", [],
                           model.STRINGS, ["karmada-apiserver"],
                           {"clientCertificates.secretName": "webhook-clients"}),
        }),
    }  # fmt: skip


def _dashboard() -> Group:
    on: dict[str, Any] = {"dashboard.enabled": True}
    served = on | {"dashboard.ingress.enabled": True}
    pods = component(DASHBOARD)
    return Group(pods.text, {
        "enabled": Value("Whether there is one.", False, model.BOOLEAN, True),
        "sessionKey": Group("The key of the sessions, which all replicas share.", {
            "secretName": Value("Secret with the key. Empty means a random one for each Pod: use one Pod then.", "",
                                model.NAME, "dashboard-sessions", on),
            "key": Value("Key in that Secret.", "key", {"type": "string", "minLength": 1}, "session.key",
                         on | {"dashboard.sessionKey.secretName": "dashboard-sessions"}),
        }),
        "ingress": Group("An Ingress that terminates TLS.", {
            "enabled": Value("Whether there is one.", False, model.BOOLEAN, True, on),
            "className": Value("IngressClass. Empty means the cluster's default.", "", model.NAME, "nginx", served),
            "host": Value("Name under which people open the dashboard.", "converter.example.com",
                          {"type": "string", "minLength": 1}, "fleet.example.com", served),
            "tlsSecretName": Value("Secret with the certificate. Empty leaves it to the Ingress controller.", "",
                                   model.NAME, "fleet-tls", served),
            "annotations": Value("Annotations of the Ingress.", {}, model.MAP,
                                 {"cert-manager.io/cluster-issuer": "mine"}, served),
        }),
        **pods.members,
    })  # fmt: skip


def _scheduler() -> Group:
    return Group(
        "The converter's own scheduler: a Job copies the Deployment of Karmada's scheduler, which stays as it is. "
        "Values that are empty leave what Karmada's has.",
        {
            "enabled": Value(
                "Whether there is one. If not, set --plugins=*,-APIEnablement on Karmada's own scheduler.", True,
                model.BOOLEAN, False),
            "name": Value("The name that bindings get in spec.schedulerName.", "apiconverter",
                          {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}, "mine"),
            "image": Value(
                "Image of karmada-scheduler. It is needed only where Karmada's does not run in the namespace, as with "
                "a managed control plane.", "", model.STRING, "registry.example/karmada-scheduler:v1.18.2"),
            "replicas": Value("Number of Pods.", 0, model.COUNT, 3),
            "extraArgs": Value("Arguments to add.", [], model.STRINGS, ["--v=6"]),
            "resources": Value("Requests and limits of the container.", {}, model.RESOURCES,
                               {"requests": {"cpu": "150m"}}),
            "strategy": Value("How an update replaces Pods.", {}, model.ANY_OBJECT, {"type": "Recreate"}),
            "terminationGracePeriodSeconds": Value("How long a Pod may take to stop.", 0, model.COUNT, 60),
            "priorityClassName": Value("PriorityClass of the Pods.", "", model.NAME, "my-scheduler-priority"),
            "topologySpreadConstraints": Value(
                "How Pods spread over nodes and zones, instead of one constraint for each of the two.", [],
                model.SPREAD, [{"maxSkew": 4, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule"}],
            ),
            **scheduling(),
            "podSecurityContext": Value("Security context of the Pods.", {}, model.ANY_OBJECT, {"runAsUser": 1234}),
            "securityContext": Value("Security context of the container.", {}, model.ANY_OBJECT, {"runAsUser": 1234}),
            "startupProbe": Value("Startup probe.", {}, model.PROBE, {"periodSeconds": 7}),
            "livenessProbe": Value("Liveness probe.", {}, model.PROBE, {"periodSeconds": 7}),
            "readinessProbe": Value("Readiness probe.", {}, model.PROBE, {"periodSeconds": 7}),
            "extraEnv": Value("Environment variables to add.", [], model.ENVIRONMENT, [{"name": "A", "value": "b"}]),
            "extraVolumes": Value("Volumes to add to the Pods.", [], model.VOLUMES, [{"name": "more", "emptyDir": {}}]),
            "extraVolumeMounts": Value("Mounts to add to the container.", [], model.MOUNTS,
                                       [{"name": "more", "mountPath": "/more"}]),
            "podDisruptionBudget": budget(there=True, needs={}),
            "labels": Value("Labels to add to the Deployment.", {}, model.MAP, {"team": "platform"}),
            "annotations": Value("Annotations to add to the Deployment.", {}, model.MAP, {"example.com/owner": "me"}),
            "podLabels": Value("Labels to add to the Pods.", {}, model.MAP, {"team": "scheduling"}),
            "podAnnotations": Value("Annotations to add to the Pods.", {}, model.MAP, {"example.com/owner": "us"}),
        },
    )  # fmt: skip


def _network_policies() -> Group:
    return Group("NetworkPolicies for the Pods.", {
        "enabled": Value("Whether there are any.", False, model.BOOLEAN, True),
        "apiServerPeers": Value(
            "Peers in addition to the Pods of the namespace: addresses of a Karmada API server that runs elsewhere.",
            [], model.PEERS, [{"ipBlock": {"cidr": "192.0.2.10/32"}}], _POLICIES),
        "metricsNamespaceLabels": Value("Labels of the namespaces that may read metrics.",
                                        {"apiconverter.dev/metrics": "true"}, model.MAP, {"team": "monitoring"},
                                        _POLICIES),
    })  # fmt: skip


def _monitoring() -> Group:
    on: dict[str, Any] = {"monitoring.enabled": True}
    return Group("Objects of the Prometheus Operator and a dashboard for Grafana, as in deploy/monitoring.", {
        "enabled": Value("Whether there are any. The cluster needs the operator's CRDs.", False, model.BOOLEAN, True),
        "labels": Value("Labels to add to them, by which your Prometheus selects.", {}, model.MAP,
                        {"release": "kube-prometheus-stack"}, on),
        "interval": Value("How often Prometheus reads the metrics.", "30s",
                          {"type": "string", "pattern": "^[0-9]+(ms|s|m)$"}, "15s", on),
        "rules": Value("Whether to create alerts and recording rules.", True, model.BOOLEAN, False, on),
        "dashboard": Value("Whether to create the ConfigMap with the dashboard.", True, model.BOOLEAN, False, on),
    })  # fmt: skip


def _objects() -> dict[str, Value | Group]:
    return {
        "revisionHistoryLimit": Value("Old ReplicaSets to keep of each Deployment.", 3, model.COUNT, 5),
        "commonLabels": Value("Labels to add to every object.", {}, model.MAP, {"team": "platform"}),
        "commonAnnotations": Value("Annotations to add to every object.", {}, model.MAP, {"example.com/owner": "me"}),
        "extraObjects": Value(
            "Objects to add to the release. Strings in them may be templates, such as {{ .Release.Name }}.", [],
            model.listing({"type": "object", "required": ["apiVersion", "kind", "metadata"]}), [_OBJECT]),
    }  # fmt: skip


def _jobs() -> Group:
    members: dict[str, Value | Group] = {
        "enabled": Value(
            "Whether Jobs apply the Karmada part. If not, run `converter hook before` and `after` yourself.", True,
            model.BOOLEAN, False),
        "timeout": Value("How long a Job waits for a condition, such as 90s or 5m.", "4m",
                         {"type": "string", "pattern": "^([0-9]+h)?([0-9]+m)?([0-9]+s)?$", "minLength": 2}, "10m"),
        "activeDeadlineSeconds": Value(
            "After how long Kubernetes stops a Job. Helm itself waits for --timeout, by default 5 minutes.", 290,
            {"type": "integer", "minimum": 1}, 900),
        "backoffLimit": Value("How often a Job that failed is tried again.", 3, model.COUNT, 0),
        "refuseUnsynchronized": Value(
            "Whether `helm uninstall` fails while a workload would no longer be synchronized without the converter. "
            "If not, the Job lists these workloads and continues: they keep running.", False, model.BOOLEAN, True),
        "resources": Value("Requests and limits of the Jobs.",
                           {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
                           model.RESOURCES, {"requests": {"cpu": "1"}}),
        "priorityClassName": Value("PriorityClass of the Jobs' Pods.", "", model.NAME, "my-priority"),
        "hostNetwork": Value("Use the network of the node.", False, model.BOOLEAN, True),
        **scheduling(),
        **security(),
        "extraEnv": Value("Environment variables to add.", [], model.ENVIRONMENT, [{"name": "A", "value": "b"}]),
        "extraVolumes": Value("Volumes to add to the Pods.", [], model.VOLUMES, [{"name": "more", "emptyDir": {}}]),
        "extraVolumeMounts": Value("Mounts to add to the container.", [], model.MOUNTS,
                                   [{"name": "more", "mountPath": "/more"}]),
        "podLabels": Value("Labels to add to the Pods.", {}, model.MAP, {"sidecar.istio.io/inject": "false"}),
        "podAnnotations": Value("Annotations of the Pods.", {}, model.MAP, {"example.com/owner": "platform"}),
    }  # fmt: skip
    return Group(
        "The Jobs that apply the Karmada part before and after the host part, and remove it before `helm uninstall`; "
        "and the Pod of `helm test`.", members,
    )  # fmt: skip


VALUES = Group(
    "Values of the chart karmada-api-version-converter.",
    {
        "image": _image(),
        "karmada": _karmada(),
        **_conversion(),
        **{one.name: component(one) for one in COMPONENTS},
        "dashboard": _dashboard(),
        "scheduler": _scheduler(),
        "networkPolicies": _network_policies(),
        "monitoring": _monitoring(),
        "jobs": _jobs(),
        **_objects(),
    },
)
