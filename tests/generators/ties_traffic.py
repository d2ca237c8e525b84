"""Ties traffic and devices: backends, addresses, pools and places."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.generators.parts import object_at

if TYPE_CHECKING:
    from tests.generators.parts import Json, Tie


def _ingress(rng: random.Random, manifest: Json) -> None:
    """Something must be served: a default backend, or a rule."""
    spec = object_at(manifest, "spec")
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


def _endpoint_slice(rng: random.Random, manifest: Json) -> None:
    manifest["addressType"] = "IPv4"
    for number, endpoint in enumerate(manifest.get("endpoints") or ()):
        endpoint["addresses"] = endpoint.get("addresses") or [f"10.0.0.{number + 1}"]
    for number, port in enumerate(manifest.get("ports") or ()):
        if port.get("name"):
            port["name"] = f"p{number}"


def _ip(rng: random.Random, manifest: Json) -> None:
    """An IPAddress is named by the address."""
    name = manifest["metadata"]["name"]
    if not name.startswith("10."):
        number = random.Random(name).getrandbits(24)
        manifest["metadata"]["name"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _service_cidr(rng: random.Random, manifest: Json) -> None:
    spec = object_at(manifest, "spec")
    if not spec.get("cidrs"):
        spec["cidrs"] = ["10.99.0.0/16"]


def _slice(rng: random.Random, manifest: Json) -> None:
    """A pool is on one node, on some, on all, or each device says where it is; a slice has devices or counters."""
    spec = object_at(manifest, "spec")
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


def _taint_rule(rng: random.Random, manifest: Json) -> None:
    taint = object_at(object_at(manifest, "spec"), "taint")
    taint["key"] = taint.get("key") or "example.test/broken"
    taint["effect"] = taint.get("effect") or rng.choice(("NoSchedule", "NoExecute"))


def _attachment(rng: random.Random, manifest: Json) -> None:
    spec = object_at(manifest, "spec")
    spec["attacher"] = spec.get("attacher") or "disk.example.test"
    spec["nodeName"] = spec.get("nodeName") or "node-0"
    spec["source"] = {"persistentVolumeName": "pv"}


TIES: dict[str, Tie] = {
    "Ingress": _ingress,
    "EndpointSlice": _endpoint_slice,
    "IPAddress": _ip,
    "ServiceCIDR": _service_cidr,
    "ResourceSlice": _slice,
    "DeviceTaintRule": _taint_rule,
    "VolumeAttachment": _attachment,
}
