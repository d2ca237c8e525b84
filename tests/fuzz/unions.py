"""Says where an object sets more than one member of a union, or another one than its type says.

Written from the API reference by type, apart from the table that the converter has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converter.catalog import load_catalog
from converter.kube import GroupVersionKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.catalog import FieldType, ObjectType

_METRIC = ("containerResource", "external", "object", "pods", "resource")

ONE_OF: dict[str, tuple[str, ...]] = {
    "MetricSpec": _METRIC,
    "MetricStatus": _METRIC,
    "MetricTarget": ("averageUtilization", "averageValue", "value"),
    "IngressBackend": ("resource", "service", "serviceName"),
    "PodDisruptionBudgetSpec": ("maxUnavailable", "minAvailable"),
    "WebhookClientConfig": ("service", "url"),
    "ParamRef": ("name", "selector"),
    "PriorityLevelConfigurationSpec": ("exempt", "limited"),
    "DeviceRequest": ("exactly", "firstAvailable"),
    "ResourceSliceSpec": ("allNodes", "nodeName", "nodeSelector", "perDeviceNodeSelection"),
    "DeviceAttribute": ("bool", "int", "string", "version"),
    "Mutation": ("applyConfiguration", "jsonPatch"),
}

BY_TYPE = {"MetricSpec": _METRIC, "MetricStatus": _METRIC, "PriorityLevelConfigurationSpec": ("exempt", "limited")}
"""Types whose ``type`` names the member."""

_JSON = {
    "string": str, "int": int, "bool": bool, "number": (int, float), "int-or-string": (int, str),
    "quantity": (int, float, str), "date-time": str, "bytes": str,
}  # fmt: skip


def faults(manifest: dict[str, Any], release: str) -> set[str]:
    """List what a server of a release cannot accept of a manifest: values of a wrong type, and mixed unions."""
    gvk = GroupVersionKind.of(manifest["apiVersion"], manifest["kind"])
    root = load_catalog().type_of(release, gvk)
    assert root is not None
    return set(_of_object(manifest, root, ""))


def _of_object(node: dict[str, Any], kind: ObjectType, path: str) -> Iterator[str]:
    name = kind.name.lstrip("V0123456789").removeprefix("alpha").removeprefix("beta").lstrip("0123456789")
    members = [member for member in ONE_OF.get(name, ()) if node.get(member) is not None]
    if len(members) > 1:
        yield f"{path} sets {', '.join(members)}"
    if name in BY_TYPE and isinstance(node.get("type"), str):
        others = [member for member in members if member.lower() != node["type"].lower()]
        if others:
            yield f"{path} of type {node['type']} sets {', '.join(others)}"
    for key, value in node.items():
        if key in kind.fields and value is not None:
            yield from _of_value(value, kind.fields[key], f"{path}.{key}")


def _of_value(value: Any, known: FieldType, path: str) -> Iterator[str]:
    if known.kind == "any" or known.loose or value is None:
        return
    if known.kind == "scalar":
        wanted = _JSON[known.scalar or "string"]
        if not isinstance(value, wanted) or (isinstance(value, bool) and known.scalar != "bool"):
            yield f"{path} is a {type(value).__name__}"
    elif known.kind == "list" and known.element is not None and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _of_value(item, known.element, f"{path}[{index}]")
    elif known.kind == "map" and known.element is not None and isinstance(value, dict):
        for key, item in value.items():
            yield from _of_value(item, known.element, f"{path}[{key}]")
    elif known.target is not None and isinstance(value, dict):
        yield from _of_object(value, known.target, path)
    else:
        yield f"{path} is a {type(value).__name__}"
