"""Ties together what validators want to agree: selectors and labels, names and groups, schemas and versions.

Run after growing and after each mending, so what a mending took apart is whole again.
"""

from __future__ import annotations

import base64
import random
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.integration.words import container, schema

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any


def tie(rng: random.Random, manifest: Json) -> None:
    """Make the parts of a manifest agree; kinds without a rule here are left alone."""
    tied = _TIES.get(manifest["kind"])
    if tied is not None:
        tied(rng, manifest)


def _workload(rng: random.Random, manifest: Json) -> None:
    spec = _object(manifest, "spec")
    template = _object(spec, "template")
    _object(template, "metadata")["labels"] = {"app": "web", "tier": "front"}
    _pod(rng, _object(template, "spec"), ("Always",))
    old = manifest["apiVersion"] in ("apps/v1beta1", "extensions/v1beta1")
    if not spec.get("selector") and (not old or rng.random() < 0.5):
        spec["selector"] = {"matchLabels": {"app": "web"}}
    if not spec.get("selector"):
        spec.pop("selector", None)
    if manifest["kind"] == "StatefulSet":
        spec.setdefault("serviceName", "web")


def _pod(rng: random.Random, spec: Json, policies: tuple[str, ...]) -> None:
    if not spec.get("containers"):
        spec["containers"] = [container(rng)]
    if spec.get("restartPolicy") not in policies:
        spec["restartPolicy"] = rng.choice(policies)
    if policies == ("Always",):
        spec.pop("activeDeadlineSeconds", None)
        if rng.random() < 0.5:
            spec.pop("restartPolicy")


def _cronjob(rng: random.Random, manifest: Json) -> None:
    job = _object(_object(_object(manifest, "spec"), "jobTemplate"), "spec")
    for chosen_by_the_server in ("selector", "manualSelector"):
        job.pop(chosen_by_the_server, None)
    _pod(rng, _object(_object(job, "template"), "spec"), ("Never", "OnFailure"))


def _crd(rng: random.Random, manifest: Json) -> None:
    """A CRD is written rather than grown: nearly every field of it must agree with another."""
    if "crd" in _object(_object(manifest, "metadata"), "labels"):
        return
    manifest["metadata"]["labels"]["crd"] = "written"
    word = "w" + manifest["metadata"]["name"].replace("-", "").replace(".", "")
    manifest["metadata"]["name"] = f"{word}s.example.test"
    names: Json = {"plural": f"{word}s", "kind": word.capitalize()}
    if rng.random() < 0.5:
        names |= {"singular": word, "shortNames": [f"{word}x"], "listKind": f"{word.capitalize()}Items"}
    if rng.random() < 0.3:
        names["categories"] = ["all"]
    new = manifest["apiVersion"].endswith("/v1")
    count = rng.choice((1, 1, 2, 3))
    versions = [_crd_version(rng, name, new) for name in ("v1", "v1beta1", "v1alpha1")[:count]]
    versions[0]["storage"] = True
    spec: Json = {"group": "example.test", "scope": rng.choice(("Namespaced", "Cluster")), "names": names}
    if new:
        spec["versions"] = versions
        if rng.random() < 0.5:
            spec["conversion"] = {"strategy": "None"}
        if rng.random() < 0.2:
            hook = {"url": "https://hooks.example.test/convert"}
            spec["conversion"] = {
                "strategy": "Webhook",
                "webhook": {"clientConfig": hook, "conversionReviewVersions": ["v1", "v1beta1"]},
            }
    else:
        _crd_v1beta1(rng, spec, versions)
    manifest["spec"] = spec
    manifest.pop("status", None)


def _crd_version(rng: random.Random, name: str, new: bool) -> Json:  # noqa: FBT001 - private, two calls
    made: Json = {"name": name, "served": rng.random() < 0.9, "storage": False}
    if new:
        made["schema"] = {"openAPIV3Schema": schema(rng)}
        if rng.random() < 0.2:
            made["schema"]["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"] = True
        made |= _crd_extras(rng, "jsonPath")
    return made


def _crd_extras(rng: random.Random, path: str) -> Json:
    made: Json = {}
    if rng.random() < 0.5:
        made["subresources"] = rng.choice(
            ({"status": {}}, {"scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}})
        )
    if rng.random() < 0.5:
        column = {"name": "Size", "type": "integer", path: ".spec.size"}
        made["additionalPrinterColumns"] = [column | rng.choice(({}, {"priority": 1, "description": "how large"}))]
    return made


def _crd_v1beta1(rng: random.Random, spec: Json, versions: list[Json]) -> None:
    """Version, versions or both; one schema for all or one for each; unknown fields kept or not."""
    style = rng.choice(("version", "versions", "both"))
    per_version = style != "version" and len(versions) > 1 and rng.random() < 0.6
    if style == "version":
        spec["version"] = "v1"
    else:
        versions[0]["served"] = True
        spec["versions"] = versions
        if style == "both":
            spec["version"] = "v1"
    if per_version:
        for version in versions:
            version |= {"schema": {"openAPIV3Schema": schema(rng)}, **_crd_extras(rng, "JSONPath")}
    else:
        if rng.random() < 0.7:
            spec["validation"] = {"openAPIV3Schema": schema(rng)}
        spec |= _crd_extras(rng, "JSONPath")
    if rng.random() < 0.5:
        spec["preserveUnknownFields"] = rng.choice((True, False))
    if rng.random() < 0.3:
        spec["conversion"] = {"strategy": "None"}
    if spec.get("preserveUnknownFields") is False and rng.random() < 0.4:
        spec["conversion"] = {
            "strategy": "Webhook",
            "webhookClientConfig": {"url": "https://hooks.example.test/convert"},
        }
        if rng.random() < 0.5:
            spec["conversion"]["conversionReviewVersions"] = ["v1beta1"]


def _apiservice(rng: random.Random, manifest: Json) -> None:
    """Its name says its group and version; without a service, it is one that the server itself serves."""
    spec = _object(manifest, "spec")
    spec["version"] = spec.get("version") or "v1"
    label = manifest["metadata"]["name"].split(".")[-1].lower()
    if not str(spec.get("group", "")).startswith("g-"):
        spec["group"] = f"{label}.example.test"
        manifest["metadata"]["name"] = f"{spec['version']}.{spec['group']}"
    spec.setdefault("groupPriorityMinimum", 100)
    spec.setdefault("versionPriority", 10)
    if spec.get("caBundle"):
        spec.pop("insecureSkipTLSVerify", None)
    if not spec.get("service"):
        for field in ("caBundle", "insecureSkipTLSVerify", "service"):
            spec.pop(field, None)
    elif not spec.get("caBundle"):
        spec["insecureSkipTLSVerify"] = True


@cache
def _certificate_request() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ann")])
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name)
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    return base64.b64encode(request.public_bytes(serialization.Encoding.PEM)).decode()


def _csr(rng: random.Random, manifest: Json) -> None:
    spec = _object(manifest, "spec")
    spec["request"] = _certificate_request()
    if manifest["apiVersion"].endswith("/v1"):
        spec.setdefault("signerName", "example.test/signer")
        spec.setdefault("usages", ["client auth"])


def _hpa(rng: random.Random, manifest: Json) -> None:
    """A metric has the source that its type names, and values that controllers and validation agree with."""
    spec = _object(manifest, "spec")
    spec.setdefault("maxReplicas", 10)
    spec.setdefault("scaleTargetRef", {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"})
    if spec.get("metrics") == []:
        del spec["metrics"]
    for metric in spec.get("metrics") or ():
        field = _one_source(rng, metric)
        if manifest["apiVersion"] == "autoscaling/v2beta1":
            _hpa_flat_target(rng, field, metric[field])
        else:
            _hpa_target(rng, field, metric[field])
    for metrics in (spec.get("metrics"), (manifest.get("status") or {}).get("currentMetrics")):
        # v1 has a field of its own for the CPU, and puts it behind the others on the way back.
        if metrics:
            metrics.sort(key=lambda metric: (metric.get("resource") or {}).get("name") == "cpu")
    for metric in (manifest.get("status") or {}).get("currentMetrics") or ():
        field = _one_source(rng, metric)
        if manifest["apiVersion"] != "autoscaling/v2beta1":
            _hpa_current(rng, field, metric[field])
        elif field in ("resource", "containerResource", "pods"):
            metric[field].setdefault("currentAverageValue", "5")
        else:
            metric[field].setdefault("currentValue", "5")


_SOURCES = {
    "Resource": "resource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
    "ContainerResource": "containerResource",
}


def _one_source(rng: random.Random, metric: Json) -> str:
    there = [name for name in _SOURCES.values() if metric.get(name)]
    named = _SOURCES.get(str(metric.get("type")))
    field = named if named in there else there[0] if there else "resource"
    for name in there:
        if name != field:
            del metric[name]
    metric["type"] = next(kind for kind, name in _SOURCES.items() if name == field)
    source = _object(metric, field)
    if field in ("resource", "containerResource"):
        source.setdefault("name", rng.choice(("cpu", "memory")))
    return field


def _hpa_target(rng: random.Random, field: str, source: Json) -> None:
    target = _object(source, "target")
    kinds = {"pods": ("AverageValue",), "object": ("Value", "AverageValue"), "external": ("Value", "AverageValue")}
    kind = target.get("type")
    if kind not in kinds.get(field, ("Utilization", "AverageValue")):
        kind = rng.choice(kinds.get(field, ("Utilization", "AverageValue")))
    name = {"Utilization": "averageUtilization", "Value": "value", "AverageValue": "averageValue"}[kind]
    value = target.get(name) or (rng.choice((50, 80)) if kind == "Utilization" else rng.choice(("5", "100m", "1Gi")))
    target.clear()
    target.update({"type": kind, name: value})


def _hpa_flat_target(rng: random.Random, field: str, source: Json) -> None:
    """In v2beta1 the target's values stand in the metric itself."""
    value = rng.choice(("5", "100m", "1Gi"))
    if field == "object":
        source.setdefault("target", {"kind": "Service", "name": "web", "apiVersion": "v1"})
        source.setdefault("targetValue", value)
        return
    first, second = {
        "pods": ("targetAverageValue", "targetAverageValue"),
        "external": ("targetValue", "targetAverageValue"),
    }.get(field, ("targetAverageUtilization", "targetAverageValue"))
    if source.get(first):
        if first != second:
            source.pop(second, None)
    elif not source.get(second):
        source[second] = value


def _hpa_current(rng: random.Random, field: str, source: Json) -> None:
    current = _object(source, "current")
    if field in ("object", "external"):
        current.setdefault("value", rng.choice(("5", "1500m")))
        current.pop("averageUtilization", None)
        return
    current.setdefault("averageValue", rng.choice(("5", "1500m")))
    current.pop("value", None)
    if field == "pods":
        current.pop("averageUtilization", None)


def _pdb(rng: random.Random, manifest: Json) -> None:
    spec = _object(manifest, "spec")
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        del spec[rng.choice(("minAvailable", "maxUnavailable"))]


def _event(rng: random.Random, manifest: Json) -> None:
    """events.k8s.io refuses new events that use its deprecated fields, and reads them in old ones."""
    manifest.pop("type", None) if manifest.get("type") not in ("Normal", "Warning") else None
    for name in ("regarding", "involvedObject"):
        if name in manifest:
            manifest[name] = {**manifest[name], "namespace": "default"} if manifest[name] else manifest[name]
    if manifest["apiVersion"] == "v1":
        manifest.setdefault("involvedObject", {"kind": "Pod", "namespace": "default", "name": "a"})
    if manifest["apiVersion"] == "events.k8s.io/v1":
        for name in [name for name in manifest if name.startswith("deprecated")]:
            del manifest[name]
        manifest.setdefault("regarding", {"kind": "Pod", "namespace": "default", "name": "a"})
    if manifest["apiVersion"].startswith("events.k8s.io") or rng.random() < 0.5:
        manifest.setdefault("eventTime", "2024-01-02T03:04:05.678901Z")
        new = "reportingController" if "events" in manifest["apiVersion"] else "reportingComponent"
        manifest.setdefault(new, "example.test/controller")
        manifest.setdefault("reportingInstance", "i-0")
        manifest.setdefault("action", "Do")
        manifest.setdefault("reason", "Why")
        manifest.setdefault("type", "Normal")


def _ip(rng: random.Random, manifest: Json) -> None:
    """An IPAddress is named by the address."""
    name = manifest["metadata"]["name"]
    if not name.startswith("10."):
        number = random.Random(name).getrandbits(24)
        manifest["metadata"]["name"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _service_cidr(rng: random.Random, manifest: Json) -> None:
    spec = _object(manifest, "spec")
    if not spec.get("cidrs"):
        spec["cidrs"] = ["10.99.0.0/16"]


def _slice(rng: random.Random, manifest: Json) -> None:
    """A pool is on one node, on some, on all, or each device says where it is; a slice has devices or counters."""
    spec = _object(manifest, "spec")
    homes = [name for name in ("nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection") if spec.get(name)]
    for name in homes[1:]:
        del spec[name]
    if not homes:
        spec["nodeName"] = "node-0"
    spec["pool"] = {"name": "pool-0", "generation": 1, "resourceSliceCount": 1}
    spec.setdefault("driver", "gpu.example.test")
    for device in spec.get("devices") or ():
        where = device.get("basic") if "v1beta1" in manifest["apiVersion"] else device
        if isinstance(where, dict) and not spec.get("perDeviceNodeSelection"):
            for name in ("nodeName", "nodeSelector", "allNodes"):
                where.pop(name, None)
    if spec.get("sharedCounters") and spec.get("devices"):
        del spec["sharedCounters" if rng.random() < 0.8 else "devices"]


def _review(rng: random.Random, manifest: Json) -> None:
    """A question has no name, and is about a resource or a path."""
    manifest.pop("metadata", None)
    manifest.pop("status", None)
    if manifest["kind"] == "LocalSubjectAccessReview":
        manifest["metadata"] = {"namespace": "default"}
    if not manifest["kind"].endswith("AccessReview"):
        return
    spec = _object(manifest, "spec")
    if manifest["kind"] == "LocalSubjectAccessReview":
        spec.pop("nonResourceAttributes", None)
        spec["resourceAttributes"] = {**(spec.get("resourceAttributes") or {"verb": "get"}), "namespace": "default"}
    elif bool(spec.get("resourceAttributes")) == bool(spec.get("nonResourceAttributes")):
        spec.pop("resourceAttributes", None)
        spec["nonResourceAttributes"] = {"path": "/healthz", "verb": "get"}
    if manifest["kind"] != "SelfSubjectAccessReview" and not spec.get("user"):
        spec["user"] = "ann"


def _policy(rng: random.Random, manifest: Json) -> None:
    """An admission policy matches only what no test creates, so that it never acts."""
    spec = _object(manifest, "spec")
    rule = {
        "apiGroups": ["example.test"],
        "apiVersions": ["v1"],
        "operations": ["CREATE"],
        "resources": rng.choice((["widgets"], ["widgets", "gadgets"])),
    }
    if manifest["kind"].endswith("Policy"):
        match = _object(spec, "matchConstraints")
        if not match.get("resourceRules"):
            match["resourceRules"] = [rule]
        if manifest["kind"] == "MutatingAdmissionPolicy":
            spec.setdefault("reinvocationPolicy", rng.choice(("Never", "IfNeeded")))
            if not spec.get("mutations"):
                spec["mutations"] = [
                    {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{}"}}
                ]
        elif not spec.get("validations") and not spec.get("auditAnnotations"):
            spec["validations"] = [{"expression": "true", "message": "no"}]
        return
    spec.setdefault("policyName", "policy.example.test")
    if manifest["kind"] == "ValidatingAdmissionPolicyBinding" and not spec.get("validationActions"):
        spec["validationActions"] = ["Deny"]


def _webhooks(rng: random.Random, manifest: Json) -> None:
    for number, hook in enumerate(manifest.get("webhooks") or ()):
        hook["name"] = f"h{number}.example.test"
        place = hook.get("clientConfig") or {}
        if bool(place.get("url")) == bool(place.get("service")):
            place.pop("service", None)
            place["url"] = "https://hooks.example.test/a"
        if place.get("service"):
            place["service"] = {**place["service"], "name": "s", "namespace": "default"}
        hook["clientConfig"] = place
        new = manifest["apiVersion"].endswith("/v1")
        if new:
            hook.setdefault("sideEffects", "None")
            hook.setdefault("admissionReviewVersions", ["v1", "v1beta1"])


def _priority_level(rng: random.Random, manifest: Json) -> None:
    spec = _object(manifest, "spec")
    spec["type"] = "Limited"
    _object(spec, "limited")
    spec.pop("exempt", None)


def _role(rng: random.Random, manifest: Json) -> None:
    """A rule is about resources or about paths, and a namespaced one only about resources."""
    for rule in manifest.get("rules") or ():
        rule.setdefault("verbs", ["get"])
        if rule.get("nonResourceURLs") and (manifest["kind"] == "Role" or rng.random() < 0.5):
            del rule["nonResourceURLs"]
        if rule.get("nonResourceURLs"):
            for name in ("apiGroups", "resources", "resourceNames"):
                rule.pop(name, None)
        else:
            rule["apiGroups"] = rule.get("apiGroups") or [""]
            rule["resources"] = rule.get("resources") or ["pods"]


def _endpoint_slice(rng: random.Random, manifest: Json) -> None:
    manifest["addressType"] = "IPv4"
    for number, endpoint in enumerate(manifest.get("endpoints") or ()):
        endpoint["addresses"] = endpoint.get("addresses") or [f"10.0.0.{number + 1}"]
    for number, port in enumerate(manifest.get("ports") or ()):
        if port.get("name"):
            port["name"] = f"p{number}"


def _ingress(rng: random.Random, manifest: Json) -> None:
    """Something must be served: a default backend, or a rule."""
    spec = _object(manifest, "spec")
    new = manifest["apiVersion"] == "networking.k8s.io/v1"
    backend = {"service": {"name": "web", "port": {"number": 80}}} if new else {"serviceName": "web", "servicePort": 80}
    for rule in spec.get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            if not path.get("backend"):
                path["backend"] = dict(backend)
            _one_backend(rng, path["backend"])
            if new:
                path.setdefault("pathType", "ImplementationSpecific")
        if "http" in rule and not (rule["http"] or {}).get("paths"):
            del rule["http"]
    name = "defaultBackend" if new else "backend"
    if not spec.get("rules") and not spec.get(name):
        spec[name] = backend
    if spec.get(name):
        _one_backend(rng, spec[name])


def _one_backend(rng: random.Random, backend: Json) -> None:
    service = [name for name in ("service", "serviceName", "servicePort") if name in backend]
    if "servicePort" in backend:
        backend["serviceName"] = backend.get("serviceName") or "web"
    if service and backend.get("resource"):
        for name in service if rng.random() < 0.5 else ["resource"]:
            del backend[name]
    port = (backend.get("service") or {}).get("port")
    if port and len(port) > 1:
        del port["name"]


def _object(parent: Json, name: str) -> Json:
    if not isinstance(parent.get(name), dict):
        parent[name] = {}
    return parent[name]


def _taint_rule(rng: random.Random, manifest: Json) -> None:
    taint = _object(_object(manifest, "spec"), "taint")
    taint["key"] = taint.get("key") or "example.test/broken"
    taint["effect"] = taint.get("effect") or rng.choice(("NoSchedule", "NoExecute"))


def _attachment(rng: random.Random, manifest: Json) -> None:
    spec = _object(manifest, "spec")
    spec["attacher"] = spec.get("attacher") or "disk.example.test"
    spec["nodeName"] = spec.get("nodeName") or "node-0"
    spec["source"] = {"persistentVolumeName": "pv"}


_TIES: dict[str, Callable[[random.Random, Json], None]] = {
    "Deployment": _workload,
    "DaemonSet": _workload,
    "ReplicaSet": _workload,
    "StatefulSet": _workload,
    "CronJob": _cronjob,
    "CustomResourceDefinition": _crd,
    "APIService": _apiservice,
    "CertificateSigningRequest": _csr,
    "HorizontalPodAutoscaler": _hpa,
    "PodDisruptionBudget": _pdb,
    "Event": _event,
    "IPAddress": _ip,
    "ServiceCIDR": _service_cidr,
    "ResourceSlice": _slice,
    "ValidatingAdmissionPolicy": _policy,
    "ValidatingAdmissionPolicyBinding": _policy,
    "MutatingAdmissionPolicy": _policy,
    "MutatingAdmissionPolicyBinding": _policy,
    "ValidatingWebhookConfiguration": _webhooks,
    "MutatingWebhookConfiguration": _webhooks,
    "PriorityLevelConfiguration": _priority_level,
    "ClusterRole": _role,
    "Role": _role,
    "EndpointSlice": _endpoint_slice,
    "Ingress": _ingress,
    "VolumeAttachment": _attachment,
    "DeviceTaintRule": _taint_rule,
    **dict.fromkeys(
        (
            "TokenReview",
            "SubjectAccessReview",
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SelfSubjectReview",
        ),
        _review,
    ),
}
