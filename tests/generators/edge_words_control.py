"""Values worth trying in webhooks, policies, CRDs, certificates, leases, endpoint slices and events.

`any_values.AnyValues` makes manifests of the catalog's types. These words make the interesting ones frequent:
fields left out that versions fill in, versions of a CRD that share a schema or almost do, topologies with and without a
node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converter.kube import split_api_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Words = dict[str, "Sequence[Any]"]

_WEBHOOK: Words = {
    "webhooks[*].failurePolicy": (None, "Fail", "Ignore"),
    "webhooks[*].matchPolicy": (None, "Exact", "Equivalent"),
    "webhooks[*].timeoutSeconds": (None, 10, 30),
    "webhooks[*].sideEffects": (None, "Unknown", "None"),
    "webhooks[*].admissionReviewVersions": (None, [], ["v1"]),
}
_BINDING: Words = {
    "spec.paramRef": (None, {}, {"name": "p"}, {"name": "p", "parameterNotFoundAction": "Allow"}),
}
_SCHEMAS: Sequence[Any] = (
    None,
    {},
    {"openAPIV3Schema": {}},
    {"openAPIV3Schema": {"type": "object"}},
    {"openAPIV3Schema": {"type": "object", "nullable": False, "required": [], "properties": {}}},
    {"openAPIV3Schema": {"type": "object", "properties": {"default": {"default": {}}, "properties": {}}}},
)
_SUBRESOURCES: Sequence[Any] = (None, {}, {"status": {}}, {"status": {}, "scale": None})
_FIELDS: Sequence[Any] = (None, [], [{"jsonPath": ".spec.a"}])


def _crd(version: str) -> Words:
    path = "JSONPath" if version == "v1beta1" else "jsonPath"
    columns = (None, [], [{"name": "A", path: ".a"}], [{"name": "A", path: ".a", "priority": 0}])
    words: Words = {
        "spec.versions[*].schema": _SCHEMAS,
        "spec.versions[*].subresources": _SUBRESOURCES,
        "spec.versions[*].additionalPrinterColumns": columns,
        "spec.versions[*].selectableFields": _FIELDS,
        "spec.preserveUnknownFields": (None, True, False),
        "spec.scope": (None, "Cluster", "Namespaced"),
        "spec.conversion.strategy": (None, "None", "Webhook"),
    }
    if version == "v1beta1":
        words |= {
            "spec.validation": (None, None, *_SCHEMAS),
            "spec.subresources": (None, None, *_SUBRESOURCES),
            "spec.additionalPrinterColumns": (None, None, *columns),
            "spec.version": (None, "v1"),
            "spec.conversion.conversionReviewVersions": (None, [], ["v1"]),
        }
    return words


_NODE, _ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
_TOPOLOGIES: Sequence[Any] = (
    None,
    {},
    {_NODE: "n1"},
    {_NODE: "", _ZONE: ""},
    {_NODE: "n2", _ZONE: "z1"},
    {_ZONE: "z1", "rack": "7"},
)
_SLICE: Words = {
    "endpoints[*].nodeName": (None, "n1"),
    "endpoints[*].zone": (None, "z1", ""),
    "endpoints[*].topology": _TOPOLOGIES,
    "endpoints[*].deprecatedTopology": _TOPOLOGIES,
}
_EVENT: Words = {
    "reportingComponent": (None, "", "kubelet"),
    "reportingController": (None, "", "kubelet"),
    "reportingInstance": (None, "", "node-1"),
    "series.count": (None, 0, 2),
    "series.state": (None, "", "Ongoing"),
}


def words_of(api_version: str, kind: str, requests: Sequence[str]) -> Mapping[str, Sequence[Any]]:
    """The words for a kind in a version; of ``requests`` (base64) certificate signing requests have one."""
    if kind == "CustomResourceDefinition":
        return _crd(split_api_version(api_version)[1])
    signing: Words = {
        "spec.request": (*requests, "not base64!", ""),
        "spec.usages": (None, [], ["digital signature", "client auth"], ["server auth", "digital signature"]),
        "spec.signerName": (None, None, "", "acme.io/own"),
        "status.conditions[*].status": (None, "", "True", "False"),
    }
    words = {
        "MutatingWebhookConfiguration": _WEBHOOK,
        "ValidatingWebhookConfiguration": _WEBHOOK,
        "ValidatingAdmissionPolicyBinding": _BINDING,
        "MutatingAdmissionPolicyBinding": _BINDING,
        "CertificateSigningRequest": signing,
        "PodCertificateRequest": {"spec.stubPKCS10Request": (None, "", "Q0E=")},
        "LeaseCandidate": {"spec.preferredStrategies": (None, [], ["Oldest"], ["Oldest", "Best"])},
        "EndpointSlice": _SLICE,
        "Event": _EVENT,
    }
    return words.get(kind, {})
