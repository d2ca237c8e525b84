"""Worst cases by hand: what `worst_cases` does not reach, because it fills one list at a time."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any, Final

from converter.karmada.names import LOSSES_ANNOTATION, SOURCES_ANNOTATION, STATUS_MARKER
from tests.generators.worst_cases import Case

if TYPE_CHECKING:
    from collections.abc import Mapping

_CRD: Final = "CustomResourceDefinition"


def _cronjob(number: int, **spec: Any) -> dict[str, Any]:
    template = {"spec": {"template": {"spec": {"containers": [{"name": "a"}]}}}}
    metadata = {"name": f"c{number}", "namespace": "d"}
    body = {"schedule": "* * * * *", "jobTemplate": template, **spec}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": body}


def _service(number: int) -> dict[str, Any]:
    spec = {"internalTrafficPolicy": "Local", "x": 1, "y": 1}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"s{number}"}, "spec": spec}


def _unknown(number: int) -> dict[str, Any]:
    return {"apiVersion": f"g{number}.example/v1", "kind": f"Kind{number}", "metadata": {"name": "a"}}


def _crd(version: str, schema: dict[str, Any]) -> dict[str, Any]:
    versions = [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]
    spec = {"group": "a.example", "names": {"plural": "as", "kind": "A"}, "scope": "Cluster", "versions": versions}
    return {"apiVersion": f"apiextensions.k8s.io/{version}", "kind": _CRD, "metadata": {"name": "a"}, "spec": spec}


def _properties(count: int, **each: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {f"property{number}": each for number in range(count)}}


def _nested(count: int, depth: int, around: str = "properties") -> dict[str, Any]:
    schema = _properties(count, type="string", nullable=False, unknown=1)
    for _ in range(depth):
        schema = {around: {"a": schema} if around == "properties" else [schema]}
    return schema


SHAPES: Final = (
    Case("many CronJobs, converted", "v20", lambda n: [_cronjob(i) for i in range(n)]),
    Case("many CronJobs, with losses", "v20", lambda n: [_cronjob(i, timeZone="UTC", x=1) for i in range(n)]),
    Case("many Services, with losses", "v16", lambda n: [_service(i) for i in range(n)]),
    Case("many kinds that do not exist", "v20", lambda n: [_unknown(i) for i in range(n)]),
    Case("many that are not manifests", "v20", lambda n: [{} for _ in range(n)]),
    Case("unknown fields", "v20", lambda n: [_cronjob(0, **{f"unknown{i}": i for i in range(n)})]),
    Case("unknown fields with long names", "v20", lambda n: [_cronjob(0, **{"k" * 900 + str(i): i for i in range(n)})]),
    Case("properties of a CRD", "v24", lambda n: [_crd("v1", _properties(n, type="string", description="text"))]),
    Case("properties with a default", "v16", lambda n: [_crd("v1", _properties(n, type="string", default="a"))]),
    Case("properties with validations", "v20", lambda n: [
        _crd("v1", _properties(n, **{"type": "string", "x-kubernetes-validations": [{"rule": "true"}]}))
    ]),
    Case("properties of an old CRD", "v36", lambda n: [_crd("v1beta1", _properties(n, type="string"))]),
    Case("nested properties", "v20", lambda n: [_crd("v1", _nested(n, 100))]),
    Case("nested properties of an old CRD", "v36", lambda n: [_crd("v1beta1", _nested(n, 80))]),
    Case("nested allOf of an old CRD", "v36", lambda n: [_crd("v1beta1", _nested(n, 80, "allOf"))]),
)  # fmt: skip
"""Works."""


def review(case: Case, count: int, annotations: Mapping[str, str] | None = None, *, update: bool = False) -> bytes:
    """Make the review of a case.

    Args:
        case: the case.
        count: how many items it has.
        annotations: of the Work.
        update: whether the Work was stored before, as it is.
    """
    work = {
        "apiVersion": "work.karmada.io/v1alpha1", "kind": "Work",
        "metadata": {"name": "w", "namespace": f"karmada-es-{case.cluster}", "annotations": dict(annotations or {})},
        "spec": {"workload": {"manifests": case.make(count)}},
    }  # fmt: skip
    request = {
        "uid": "u", "operation": "UPDATE" if update else "CREATE", "namespace": f"karmada-es-{case.cluster}",
        "object": work, "oldObject": work if update else None,
    }  # fmt: skip
    return _encode({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})


def stored(count: int) -> bytes:
    """Make the review of a Work whose annotations name as many manifests, at other places, as it has."""
    cases = Case("", "v20", lambda n: [{**_cronjob(i), "apiVersion": "batch/v1beta1"} for i in range(n)])
    entries = [
        {"from": "batch/v1", "kind": "CronJob", "name": f"c{i}", "namespace": "d", "to": "batch/v1beta1"}
        for i in reversed(range(count))
    ]
    losses = [
        {"kind": "CronJob", "group": "batch", "namespace": "d", "name": f"c{i}", "losses": []} for i in range(count)
    ]
    annotations = {
        SOURCES_ANNOTATION: json.dumps(entries),
        LOSSES_ANNOTATION: json.dumps({"format": 1, "release": "v1.20", "manifests": losses}),
    }
    return review(cases, count, annotations)


def binding(count: int) -> bytes:
    """Make the review of a binding with many clusters."""
    names = [f"member{number}" for number in range(count)]
    spec = {
        "resource": {"apiVersion": "batch/v1", "kind": "Nothing", "name": "a"},
        "clusters": [{"name": name} for name in names],
        "placement": {"clusterAffinity": {"clusterNames": names}},
    }
    return _binding_review({"spec": spec, "metadata": {"name": "b"}}, "")


def statuses(count: int) -> bytes:
    """Make the review of a binding with many statuses that unpack to far more."""
    lists = b'{"applied":true,"message":"%b"}' % (b"a" * 200_000)
    message = f"{STATUS_MARKER}z:{base64.b64encode(zlib.compress(lists, 9)).decode()}"
    items = [{"clusterName": f"member{number}", "appliedMessage": message} for number in range(count)]
    return _binding_review({"spec": {}, "metadata": {"name": "b"}, "status": {"aggregatedStatus": items}}, "status")


def _binding_review(made: dict[str, Any], sub_resource: str) -> bytes:
    request = {"uid": "u", "operation": "UPDATE", "subResource": sub_resource, "object": made, "oldObject": made}
    return _encode({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})


def _encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
