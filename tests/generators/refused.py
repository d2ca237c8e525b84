"""Manifests that some releases refuse and others take, each beside one that is mended.

Unit tests hold the converter against them, and `tests/integration/test_refusals.py` holds real servers against them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from converter.refusals import RefusalReason
from tests.generators.signing_requests import signing_request

ALL = ("1.16", "1.20", "1.24", "1.30", "1.36")


class Case(NamedTuple):
    """One manifest that is refused.

    Attributes:
        name: what is wrong.
        manifest: the manifest.
        reason: the check that refuses it.
        path: where it is refused.
        mended: the same without the fault.
        refusing: the releases that refuse it.
        taking: the releases that take it as it is.
    """

    name: str
    manifest: dict[str, Any]
    reason: RefusalReason
    path: str
    mended: dict[str, Any]
    refusing: tuple[str, ...]
    taking: tuple[str, ...] = ()


def made(api_version: str, kind: str, name: str = "a", annotations: dict | None = None, **fields: Any) -> dict:
    metadata = {"name": name} | ({"annotations": annotations} if annotations else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def case(  # noqa: PLR0917  the table is read in this order
    reason: RefusalReason, path: str, refusing: Any, wrong: dict, mended: dict, taking: Any = ()
) -> Case:
    name = f"{wrong['kind']} {wrong['apiVersion']} {path}"
    return Case(name, wrong, reason, path, mended, tuple(refusing), tuple(taking))


def webhooks(version: str, *hooks: dict, kind: str = "ValidatingWebhookConfiguration") -> dict:
    return made(f"admissionregistration.k8s.io/{version}", kind, webhooks=[*hooks])


def hook(**fields: Any) -> dict:
    whole = {
        "name": "a.example.test", "clientConfig": {"url": "https://example.test/a"}, "sideEffects": "None",
        "admissionReviewVersions": ["v1", "v1beta1"], **fields,
    }  # fmt: skip
    return {key: value for key, value in whole.items() if value is not None}


def crd(
    version: str, schema: Any, *, group: str = "example.test", annotations: dict | None = None, **spec: Any
) -> dict:
    one = {"name": "v1", "served": True, "storage": True}
    if schema is not None and version == "v1beta1":
        spec["validation"] = {"openAPIV3Schema": schema}
    elif schema is not None:
        one["schema"] = {"openAPIV3Schema": schema}
    names = {"plural": "widgets", "kind": "Widget", "singular": "widget", "listKind": "WidgetList"}
    whole = {"group": group, "names": names, "scope": "Namespaced", "versions": [one], **spec}
    return made(
        f"apiextensions.k8s.io/{version}", "CustomResourceDefinition", f"widgets.{group}", annotations, spec=whole
    )


OBJECT = {"type": "object"}


def fields(**properties: Any) -> dict:
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}


def converted_by(version: str, versions: list[str], **spec: Any) -> dict:
    client = {"url": "https://example.test/a"}
    if version == "v1":
        conversion = {"strategy": "Webhook", "webhook": {"clientConfig": client, "conversionReviewVersions": versions}}
    else:
        conversion = {"strategy": "Webhook", "webhookClientConfig": client, "conversionReviewVersions": versions}
    return crd(version, OBJECT, conversion=conversion, **spec)


def hpa(version: str, **spec: Any) -> dict:
    scaled = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}
    return made(
        f"autoscaling/{version}", "HorizontalPodAutoscaler", spec={"scaleTargetRef": scaled, "maxReplicas": 3, **spec}
    )


BACKEND = {"service": {"name": "a", "port": {"number": 80}}}
OLD_BACKEND = {"serviceName": "a", "servicePort": 80}


def ingress(
    version: str = "networking.k8s.io/v1", annotations: dict | None = None, path: Any = None, **spec: Any
) -> dict:
    if path is not None:
        spec["rules"] = [{"host": "a.example.test", "http": {"paths": [path]}}]
    return made(version, "Ingress", annotations=annotations, spec=spec)


def step(**other: Any) -> dict:
    return {"path": "/", "pathType": "Prefix", "backend": BACKEND, **other}


def cron(version: str = "batch/v1", **spec: Any) -> dict:
    return made(
        version, "CronJob", spec={"schedule": "0 1 * * *", "jobTemplate": {"spec": {"template": once()}}, **spec}
    )


def once() -> dict:
    return {"metadata": {"labels": {"a": "b"}}, "spec": {"restartPolicy": "Never", "containers": [container()]}}


def container(**other: Any) -> dict:
    return {"name": "a", "image": "example.test/a:1", **other}


def pods(*containers: dict, kind: str = "Deployment", update: Any = None, **spec: Any) -> dict:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": list(containers or [container()]), **spec}}
    strategy = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": update}} if update else {}
    service = {"serviceName": "a"} if kind == "StatefulSet" else {}
    selector = {"matchLabels": {"a": "b"}}
    return made("apps/v1", kind, spec={"selector": selector, "template": template, **strategy, **service})


def signing(version: str, **spec: Any) -> dict:
    usages = ["digital signature", "key encipherment", "client auth"]
    whole = {"request": signing_request("a", ()), "usages": usages, "signerName": "example.test/a", **spec}
    return made(
        f"certificates.k8s.io/{version}",
        "CertificateSigningRequest",
        spec={k: v for k, v in whole.items() if v is not None},
    )


def policy(expression: str) -> dict:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    spec = {"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": expression}]}
    return made("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", spec=spec)


def hits(**target: Any) -> dict:
    target |= {"type": "AverageValue", "averageValue": "1"}
    return {"type": "Object", "object": {"metric": {"name": "a"}, "describedObject": SERVICE, "target": target}}


SERVICE = {"apiVersion": "v1", "kind": "Service", "name": "a"}
OLD_HITS = {"type": "Object", "object": {"metricName": "a", "target": SERVICE, "targetValue": "1"}}
TEXT = {"type": "string", "maxLength": 64}
R = RefusalReason
HTTP = {"httpGet": {"path": "/", "port": 80}}
GRPC = {"grpc": {"port": 80}}
HOOK = "webhooks[0]"
SCHEMA = "spec.versions[0].schema.openAPIV3Schema"
TEMPLATE = "spec.template.spec"
BOTH = ("1.16", "1.20")
SET = {"type": "array", "x-kubernetes-list-type": "set", "items": OBJECT}
ATOMIC = {**SET, "items": {**OBJECT, "x-kubernetes-map-type": "atomic"}}
MAP = {
    "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
    "items": {"type": "object", "properties": {"name": {"type": "string"}}},
}  # fmt: skip
KEYED = {**MAP, "items": {**MAP["items"], "required": ["name"]}}
CLASS = {"kubernetes.io/ingress.class": "nginx"}
MIXED = [{"name": "a", "port": 53, "protocol": "UDP"}, {"name": "b", "port": 53, "protocol": "TCP"}]
EXTERNAL = {"type": "External", "external": {"metric": {"name": "a"}, "target": {"type": "Value", "value": "1"}}}
CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}
IN_CONTAINER = {
    "type": "ContainerResource",
    "containerResource": {"name": "cpu", "container": "a", "target": {"type": "Utilization", "averageUtilization": 50}},
}
OWN = {"name": "own", "ephemeral": {"volumeClaimTemplate": {"spec": {
    "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}}}  # fmt: skip
EMPTY = {"name": "a", "emptyDir": {}}
FROM_FILE = [{"name": "A", "valueFrom": {"fileKeyRef": {"volumeName": "a", "path": "a", "key": "a"}}}]
FROM_FIELD = [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
SIDECAR = {"name": "b", "image": "example.test/b:1", "restartPolicy": "Always"}

CASES = (
    case(R.SIDE_EFFECTS, f"{HOOK}.sideEffects", ALL, webhooks("v1", hook(sideEffects="Unknown")),
         webhooks("v1", hook())),
    case(R.SIDE_EFFECTS, f"{HOOK}.sideEffects", ALL,
         webhooks("v1", hook(sideEffects=None), kind="MutatingWebhookConfiguration"),
         webhooks("v1", hook(sideEffects="NoneOnDryRun"), kind="MutatingWebhookConfiguration")),
    case(R.REVIEW_VERSIONS, f"{HOOK}.admissionReviewVersions", ("1.16",),
         webhooks("v1", hook(admissionReviewVersions=["v1"])), webhooks("v1", hook()), ALL[1:]),
    case(R.REVIEW_VERSIONS, f"{HOOK}.admissionReviewVersions", ("1.16",),
         webhooks("v1beta1", hook(admissionReviewVersions=["v1"])),
         webhooks("v1beta1", hook(admissionReviewVersions=None)), ("1.20",)),
    case(R.REVIEW_VERSIONS, f"{HOOK}.admissionReviewVersions", ALL,
         webhooks("v1", hook(admissionReviewVersions=None)), webhooks("v1", hook())),
    case(R.WEBHOOK_NAMES, "webhooks[1].name", ALL, webhooks("v1", hook(), hook()),
         webhooks("v1", hook(), hook(name="b.example.test"))),
    case(R.WEBHOOK_TIMEOUT, f"{HOOK}.timeoutSeconds", ALL, webhooks("v1", hook(timeoutSeconds=31)),
         webhooks("v1", hook(timeoutSeconds=30))),
    case(R.PRESERVES_UNKNOWN_FIELDS, "spec.preserveUnknownFields", ALL,
         crd("v1", OBJECT, preserveUnknownFields=True), crd("v1", OBJECT, preserveUnknownFields=False)),
    case(R.SCHEMA_MISSING, "spec.versions[0].schema", ALL, crd("v1", None),
         crd("v1", {"type": "object", "x-kubernetes-preserve-unknown-fields": True})),
    case(R.NOT_STRUCTURAL, f"{SCHEMA}.type", ALL, crd("v1", {"description": "a"}), crd("v1", OBJECT)),
    case(R.NOT_STRUCTURAL, f"{SCHEMA}.properties.spec.properties.a.type", ALL,
         crd("v1", fields(a={"description": "a"})),
         crd("v1", fields(a={"x-kubernetes-preserve-unknown-fields": True}))),
    case(R.NOT_STRUCTURAL, f"{SCHEMA}.properties.spec.properties.a.items", ALL,
         crd("v1", fields(a={"type": "array"})), crd("v1", fields(a={"type": "array", "items": {"type": "string"}}))),
    case(R.NOT_STRUCTURAL, f"{SCHEMA}.properties.spec.properties.a.anyOf[0].type", ALL,
         crd("v1", fields(a={"type": "string", "anyOf": [{"type": "string"}, {"minLength": 1}]})),
         crd("v1", fields(a={"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}))),
    case(R.NOT_STRUCTURAL, f"{SCHEMA}.properties.spec.properties.a.not.description", ALL,
         crd("v1", fields(a={"type": "string", "not": {"description": "a"}})),
         crd("v1", fields(a={"type": "string", "not": {"minLength": 9}}))),
    case(R.NOT_STRUCTURAL, f"{SCHEMA}.oneOf[0].properties.other", ALL,
         crd("v1", {**fields(), "oneOf": [{"properties": {"other": {"minLength": 1}}}]}),
         crd("v1", {**fields(), "oneOf": [{"properties": {"spec": {"minProperties": 1}}}]})),
    case(R.NOT_STRUCTURAL, f"{SCHEMA}.properties.metadata", ALL,
         crd("v1", {"type": "object", "properties": {"metadata": {
             "type": "object", "properties": {"labels": {"type": "object"}}}}}),
         crd("v1", {"type": "object", "properties": {"metadata": {
             "type": "object", "properties": {"name": {"type": "string"}}}}})),
    case(R.DEFAULT_IN_SCHEMA, "spec.validation.openAPIV3Schema.properties.spec.properties.a.default", BOTH,
         crd("v1beta1", fields(a={"type": "string", "default": "b"}), preserveUnknownFields=False),
         crd("v1beta1", fields(a={"type": "string"}), preserveUnknownFields=False)),
    case(R.LIST_OF_OBJECTS_AS_SET, f"{SCHEMA}.properties.spec.properties.a.x-kubernetes-list-type", ALL,
         crd("v1", fields(a=SET)), crd("v1", fields(a={**SET, "items": {"type": "string"}}))),
    case(R.LIST_OF_OBJECTS_AS_SET, f"{SCHEMA}.properties.spec.properties.a.x-kubernetes-list-type", ("1.16",),
         crd("v1", fields(a=ATOMIC)), crd("v1", fields(a={**SET, "items": {"type": "string"}})), ALL[1:]),
    case(R.LIST_MAP_KEYS, f"{SCHEMA}.properties.spec.properties.a.items.properties.name", ALL[1:],
         crd("v1", fields(a=MAP)), crd("v1", fields(a=KEYED)), ("1.16",)),
    case(R.NOT_APPROVED, "spec.group", ALL, crd("v1", OBJECT, group="a.k8s.io"),
         crd("v1", OBJECT, group="a.k8s.io", annotations={"api-approved.kubernetes.io": "unapproved, a test"})),
    case(R.CONVERSION_REVIEW_VERSIONS, "spec.conversion.webhook.conversionReviewVersions", ("1.16",),
         converted_by("v1", ["v1"]), converted_by("v1", ["v1", "v1beta1"]), ALL[1:]),
    case(R.CONVERSION_REVIEW_VERSIONS, "spec.conversion.conversionReviewVersions", ("1.16",),
         converted_by("v1beta1", ["v1"], preserveUnknownFields=False),
         converted_by("v1beta1", ["v1beta1"], preserveUnknownFields=False), ("1.20",)),
    case(R.CONVERSION_NEEDS_PRUNING, "spec.conversion.strategy", BOTH,
         converted_by("v1beta1", ["v1beta1"]), converted_by("v1beta1", ["v1beta1"], preserveUnknownFields=False)),
    case(R.SCALE_TO_ZERO, "spec.minReplicas", ALL, hpa("v1", minReplicas=0), hpa("v1", minReplicas=1)),
    case(R.SCALE_TO_ZERO, "spec.minReplicas", ALL[:3], hpa("v2beta2", minReplicas=0, metrics=[EXTERNAL]),
         hpa("v2beta2", minReplicas=1, metrics=[EXTERNAL])),
    case(R.METRIC_VALUE, "spec.metrics[0].object.target.value", ALL[:3],
         hpa("v2beta2", metrics=[hits(value="0")]), hpa("v2beta2", metrics=[hits()])),
    case(R.METRIC_VALUE, "spec.metrics[0].object.target.value", ALL[2:],
         hpa("v2", metrics=[hits(value="0")]), hpa("v2", metrics=[hits()])),
    case(R.METRIC_VALUE, "spec.metrics[0].object.targetValue", ALL[:3],
         hpa("v2beta1", metrics=[OLD_HITS | {"object": OLD_HITS["object"] | {"targetValue": "0"}}]),
         hpa("v2beta1", metrics=[OLD_HITS])),
    case(R.PATH_TYPE, "spec.rules[0].http.paths[0].pathType", ALL[1:],
         ingress(path={"path": "/", "backend": BACKEND}), ingress(path=step())),
    case(R.INGRESS_PATH, "spec.rules[0].http.paths[0].path", ALL[1:],
         ingress(path=step(path="a", pathType="ImplementationSpecific")), ingress(path=step(path="/a"))),
    case(R.INGRESS_BACKEND, "spec.rules[0].http.paths[0].backend.service.port", ALL[1:],
         ingress(path=step(backend={"service": {"name": "a"}})), ingress(path=step())),
    case(R.INGRESS_BACKEND, "spec.defaultBackend", ALL[1:], ingress(defaultBackend={}),
         ingress(defaultBackend=BACKEND)),
    case(R.INGRESS_PORT_NAME, "spec.defaultBackend.service.port.name", ALL[1:],
         ingress(defaultBackend={"service": {"name": "a", "port": {"name": "8080"}}}), ingress(defaultBackend=BACKEND)),
    case(R.INGRESS_SECRET_NAME, "spec.tls[0].secretName", ALL[1:],
         ingress(defaultBackend=BACKEND, tls=[{"secretName": "A_b"}]),
         ingress(defaultBackend=BACKEND, tls=[{"secretName": "a.b"}])),
    case(R.INGRESS_CLASS_TWICE, "spec.ingressClassName", ("1.20", "1.24"),
         ingress(annotations=CLASS, ingressClassName="nginx", defaultBackend=BACKEND),
         ingress(ingressClassName="nginx", defaultBackend=BACKEND), ("1.30", "1.36")),
    case(R.INGRESS_CLASS_TWICE, "spec.ingressClassName", ALL[1:],
         ingress(annotations=CLASS, ingressClassName="other", defaultBackend=BACKEND),
         ingress(annotations=CLASS, defaultBackend=BACKEND)),
    case(R.MIXED_PROTOCOLS, "spec.ports", BOTH,
         made("v1", "Service", spec={"type": "LoadBalancer", "ports": MIXED}),
         made("v1", "Service", spec={"type": "LoadBalancer", "ports": MIXED[:1]}), ALL[2:]),
    case(R.ZONE_IN_SCHEDULE, "spec.schedule", ("1.30", "1.36"), cron(schedule="CRON_TZ=UTC 0 1 * * *"),
         cron(timeZone="UTC"), ("1.24",)),
    case(R.SIGNER_NAME, "spec.signerName", ALL[1:], signing("v1", signerName="kubernetes.io/legacy-unknown"),
         signing("v1")),
    case(R.SIGNER_NAME, "spec.signerName", ALL[1:], signing("v1", signerName=None), signing("v1")),
    case(R.KEY_USAGES, "spec.usages", ALL[1:], signing("v1", usages=[]), signing("v1")),
    case(R.NEW_FUNCTION, f"{SCHEMA}.properties.spec.properties.a.x-kubernetes-validations[0].rule", ("1.30",),
         crd("v1", fields(a={**TEXT, "x-kubernetes-validations": [{"rule": "isIP(self)"}]})),
         crd("v1", fields(a={**TEXT, "x-kubernetes-validations": [{"rule": "self != 'isIP(a)'"}]})), ("1.36",)),
    case(R.NEW_FUNCTION, "spec.validations[0].expression", ("1.30",), policy("isSemver(object.metadata.name)"),
         policy("isQuantity(object.metadata.name)"), ("1.36",)),
    case(R.NEW_FUNCTION, "spec.validations[0].expression", ("1.30",), policy("!format.named('uri').hasValue()"),
         policy("sets.contains([1], [1])"), ("1.36",)),
    case(R.NEW_FUNCTION, "webhooks[0].matchConditions[0].expression", ("1.30",),
         webhooks("v1", hook(matchConditions=[{"name": "a", "expression": "cidr('10.0.0.0/8').prefixLength() == 8"}])),
         webhooks("v1", hook(matchConditions=[{"name": "a", "expression": "object.spec.ip == 'cidr(a)'"}])), ("1.36",)),
    case(R.NO_MEMBER_LEFT, f"{TEMPLATE}.containers[0].readinessProbe.grpc", BOTH,
         pods(container(readinessProbe=GRPC)), pods(container(readinessProbe=HTTP)), ("1.24", "1.36")),
    case(R.NO_MEMBER_LEFT, f"{TEMPLATE}.containers[0].startupProbe.grpc", ("1.20",),
         pods(container(startupProbe=GRPC), kind="DaemonSet"), pods(container(startupProbe=HTTP), kind="DaemonSet"),
         ("1.24",)),
    case(R.NO_MEMBER_LEFT, f"{TEMPLATE}.containers[0].lifecycle.preStop.sleep", ALL[:3],
         pods(container(lifecycle={"preStop": {"sleep": {"seconds": 1}}})),
         pods(container(lifecycle={"preStop": HTTP})),
         ("1.30", "1.36")),
    case(R.NO_MEMBER_LEFT, f"{TEMPLATE}.containers[0].env[0].valueFrom.fileKeyRef", ALL[:4],
         pods(container(env=FROM_FILE), volumes=[EMPTY]), pods(container(env=FROM_FIELD)), ("1.36",)),
    case(R.NO_MEMBER_LEFT, f"{TEMPLATE}.volumes[0].ephemeral", ("1.20",), pods(volumes=[OWN]),
         pods(volumes=[{"name": "own", "emptyDir": {}}]), ("1.16", "1.24", "1.36")),
    case(R.NO_MEMBER_LEFT, "spec.backend.resource", ("1.16",),
         ingress("networking.k8s.io/v1beta1", backend={"resource": {"kind": "A", "name": "a", "apiGroup": "b.test"}}),
         ingress("networking.k8s.io/v1beta1", backend=OLD_BACKEND), ("1.20",)),
    case(R.NO_MEMBER_LEFT, "spec.metrics[0].containerResource", ALL[:3],
         hpa("v2beta2", metrics=[IN_CONTAINER]), hpa("v2beta2", metrics=[CPU])),
    case(R.NO_ROLLING_UPDATE, "spec.updateStrategy.rollingUpdate.maxSurge", BOTH,
         pods(kind="DaemonSet", update={"maxSurge": 1, "maxUnavailable": 0}),
         pods(kind="DaemonSet", update={"maxUnavailable": 1}), ("1.24", "1.36")),
    case(R.INIT_LIFECYCLE, f"{TEMPLATE}.initContainers[0].lifecycle.stopSignal", ALL[:4],
         pods(initContainers=[container(name="b", lifecycle={"stopSignal": "SIGUSR1"})], os={"name": "linux"}),
         pods(initContainers=[container(name="b")]), ("1.36",)),
    case(R.NO_SIDECAR, f"{TEMPLATE}.initContainers[0].restartPolicy", ALL[:3],
         pods(initContainers=[{**SIDECAR, "readinessProbe": HTTP}]),
         pods(initContainers=[{"name": "b", "image": "example.test/b:1"}]), ("1.30", "1.36")),
)  # fmt: skip
