"""Ties what guards an API server: policies, webhooks, roles, reviews, certificates, API services, events."""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.generators.parts import object_at

if TYPE_CHECKING:
    import random

    from tests.generators.parts import Json, Tie


def _apiservice(rng: random.Random, manifest: Json) -> None:
    """Its name says its group and version; without a service, it is one that the server itself serves."""
    spec = object_at(manifest, "spec")
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
    spec = object_at(manifest, "spec")
    spec["request"] = _certificate_request()
    if manifest["apiVersion"].endswith("/v1"):
        spec.setdefault("signerName", "example.test/signer")
        spec.setdefault("usages", ["client auth"])


def _policy(rng: random.Random, manifest: Json) -> None:
    """An admission policy matches only what no test creates, so that it never acts."""
    spec = object_at(manifest, "spec")
    rule = {
        "apiGroups": ["example.test"],
        "apiVersions": ["v1"],
        "operations": ["CREATE"],
        "resources": rng.choice((["widgets"], ["widgets", "gadgets"])),
    }
    if manifest["kind"].endswith("Policy"):
        match = object_at(spec, "matchConstraints")
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


TIES: dict[str, Tie] = {
    "APIService": _apiservice,
    "CertificateSigningRequest": _csr,
    "ValidatingAdmissionPolicy": _policy,
    "ValidatingAdmissionPolicyBinding": _policy,
    "MutatingAdmissionPolicy": _policy,
    "MutatingAdmissionPolicyBinding": _policy,
    "ValidatingWebhookConfiguration": _webhooks,
    "MutatingWebhookConfiguration": _webhooks,
    "ClusterRole": _role,
    "Role": _role,
    "Event": _event,
}
