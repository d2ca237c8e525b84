"""Words for traffic, storage and devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.generators.parts import Table, Words

_DEVICES: Table = {
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

WORDS: Words = {
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
    "NetworkPolicy": {"port": (80, "http"), "policyTypes": (["Ingress"], ["Egress"], ["Ingress", "Egress"])},
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
    "DeviceClass": _DEVICES,
    "DeviceTaintRule": _DEVICES,
    "ResourceClaim": _DEVICES,
    "ResourceClaimTemplate": _DEVICES,
    "ResourceSlice": _DEVICES,
}
