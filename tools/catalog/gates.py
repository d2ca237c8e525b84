"""Which fields a server does not store as they were sent: behind which feature gate, or rewritten by its strategies.

What `tools/catalog/gosource` finds in the internal types is carried over to the published types and from them to the
client's models. The tables below hold what the program cannot see; each entry names its source.

A mark is written behind a field's type, after ``@``: gates that all have to be on, joined by ``&``, where ``A|B`` is
one of two; ``A=Default`` where the server writes a value instead; ``A^`` where it drops what holds the field, and
``A^FailIndex`` where it does so for one value; ``A#1`` where it keeps the first item of a list; ``!`` where it always
drops the field; and ``kind:A=G,B,*=H`` where it depends on the value's ``kind``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tools.catalog.gotypes import Module, Place
from tools.catalog.pairing import Types, paired

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from tools.catalog.gosource import Drop, Sources

Marks = dict[tuple[Place, str], str]

# Internal groups whose types are published in other groups, too (pkg/apis/*/install).
_PUBLISHED_IN = {
    "apps": ("apps", "extensions"),
    "networking": ("networking", "extensions"),
    "policy": ("policy", "extensions"),
}

# Internal fields that the published types have elsewhere: pkg/apis/core/v1/conversion.go,
# Convert_core_PodSecurityContext_To_v1_PodSecurityContext and Convert_core_PodSpec_To_v1_PodSpec.
_MOVED = {
    ("core", "PodSecurityContext", "HostUsers"): ("PodSpec", "HostUsers"),
    ("core", "PodSecurityContext", "ShareProcessNamespace"): ("PodSpec", "ShareProcessNamespace"),
}

# Fields that the server itself writes, or that nothing reads any more: not an author's loss.
_SERVER_WRITTEN = {
    # pkg/registry/certificates/certificates/strategy.go: the requester's identity.
    ("certificates", "CertificateSigningRequestSpec", "Extra"),
    ("certificates", "CertificateSigningRequestSpec", "Groups"),
    ("certificates", "CertificateSigningRequestSpec", "UID"),
    ("certificates", "CertificateSigningRequestSpec", "Username"),
    # pkg/registry/apps/daemonset/strategy.go: a counter.
    ("apps", "DaemonSetSpec", "TemplateGeneration"),
    # dropContainerStopSignals in pkg/api/pod/util.go: emptied only where nothing is left in it.
    ("core", "Container", "Lifecycle"),
}

# Not here: EndpointSlice v1 drops endpoints[*].deprecatedTopology of new objects (dropTopologyOnV1), but shows that of
# objects which were written in v1beta1.

# Functions that drop fields by a gate outside PrepareForCreate: of the status, or on updates only.
_REGISTRY = "k8s.io/kubernetes/pkg/registry"
NOT_ON_CREATE = frozenset(
    {
        "k8s.io/kubernetes/pkg/api/persistentvolume/util.go: DropDisabledSpecFields",  # not called in v1.29, v1.30
        "k8s.io/kubernetes/pkg/api/persistentvolume/util.go: DropDisabledStatusFields",
        "k8s.io/kubernetes/pkg/api/persistentvolumeclaim/util.go: DropDisabledFieldsFromStatus",
        f"{_REGISTRY}/apps/deployment/strategy.go: dropDisabledStatusFields",
        f"{_REGISTRY}/apps/replicaset/strategy.go: dropDisabledStatusFields",
        f"{_REGISTRY}/core/pod/strategy.go: dropNonResizeUpdates",
        f"{_REGISTRY}/core/pod/strategy.go: dropNonResizeUpdatesForVolumes",
        f"{_REGISTRY}/core/service/strategy.go: dropServiceStatusDisabledFields",
        f"{_REGISTRY}/discovery/endpointslice/strategy.go: dropDisabledFieldsOnUpdate",
        f"{_REGISTRY}/resource/resourceclaim/strategy.go: dropDeallocatedStatusDevices",
        f"{_REGISTRY}/resource/resourceclaim/strategy.go: dropDeviceBindingConditionsFields",
        f"{_REGISTRY}/resource/resourceclaim/strategy.go: dropDisabledDRAAdminAccessStatusFields",
        f"{_REGISTRY}/resource/resourceclaim/strategy.go: dropDisabledDRAOptionalNodeOperationsStatusFields",
        f"{_REGISTRY}/resource/resourceclaim/strategy.go: dropDisabledDRAResourceClaimConsumableCapacityStatusFields",
        f"{_REGISTRY}/resource/resourceclaim/strategy.go: dropDisabledDRAResourceClaimDeviceStatusFields",
        f"{_REGISTRY}/scheduling/podgroup/strategy.go: dropDisabledPodGroupStatusFields",
    }
)

# dropServiceDisabledFields in pkg/registry/core/service/strategy.go, v1.20 to v1.22.
_ADDRESSES = "k8s.io/kubernetes/pkg/apis/core.ServiceSpec.ClusterIPs"

# Lists that are rewritten while a gate is off, and whose lost elements are known otherwise.
_SHORTENED = frozenset(
    {
        # dropImageVolumes: the mounts of the volumes that are dropped.
        "k8s.io/kubernetes/pkg/apis/core.Container.VolumeMounts",
        "k8s.io/kubernetes/pkg/apis/core.EphemeralContainerCommon.VolumeMounts",
        # Without IPv6DualStack, only the first of two addresses is kept: of nodes, which are not deployed, of the
        # status, and of Services (_by_hand).
        "k8s.io/kubernetes/pkg/apis/core.NodeSpec.PodCIDRs",
        "k8s.io/kubernetes/pkg/apis/core.PodStatus.PodIPs",
        _ADDRESSES,
    }
)

# pkg/api/persistentvolumeclaim/util.go, dataSourceIsEnabled (up to v1.21) and EnforceDataSourceBackwardsCompatibility
# (since v1.22): a source of any other kind is kept only where dataSourceRef is set.
_SOURCE_GATES = {"PersistentVolumeClaim": "VolumePVCDataSource", "VolumeSnapshot": "VolumeSnapshotDataSource"}
_REFERENCE_SINCE = 22


def marks(sources: Sources, modules: Sequence[Module], minor: int) -> Marks:
    """Find the marks of one release, by the published struct and the JSON name.

    Args:
        sources: what the release's sources say.
        modules: its published types.
        minor: the release.

    Raises:
        SystemExit: a field cannot be carried over, or a function that may drop fields was not looked into; the tables
            of this module want an entry.
    """
    strange = set(sources.unreached) - NOT_ON_CREATE - _SHORTENED
    if strange:
        raise SystemExit(
            f"v1.{minor}: who calls these functions, or writes these fields, and what do they drop? {sorted(strange)}"
        )
    found: Marks = {}
    for drop in sources.drops:
        written = _written(drop)
        if written is None:
            continue
        places = list(_published(drop, modules))
        if not places:
            raise SystemExit(f"v1.{minor}: {drop.group}.{drop.struct}.{drop.field} is in no published type")
        found.update(dict.fromkeys(places, written))
    _by_hand(found, sources, minor)
    return found


def _written(drop: Drop) -> str | None:
    """Write a drop as a mark; None where it is not an author's loss."""
    key = (drop.group, drop.struct, drop.field)
    conditional = drop.maybe and not drop.all and not drop.any
    if drop.field == "Status" or drop.struct.endswith(("Status", "LoadBalancerIngress")) or conditional:
        return None
    if key in _SERVER_WRITTEN or (drop.value and not (drop.all or drop.any)):
        return None
    gates = "&".join([*drop.all, *(["|".join(drop.any)] if drop.any else [])]) or "!"
    if drop.holder:
        return f"{gates}^{json.loads(drop.having) if drop.having else ''}"
    value = json.loads(drop.value) if drop.value else None
    return f"{gates}={value}" if value else gates


def _published(drop: Drop, modules: Sequence[Module]) -> Iterator[tuple[Place, str]]:
    struct, name = _MOVED.get((drop.group, drop.struct, drop.field), (drop.struct, drop.field))
    for module in modules:
        for path, package in module.packages.items():
            folder = path.partition("/")[0]
            if folder in _PUBLISHED_IN.get(drop.group, (drop.group,)) and name in package.go_names.get(struct, {}):
                yield Place(path, struct), package.go_names[struct][name]


def _by_hand(found: Marks, sources: Sources, minor: int) -> None:
    claim, reference = Place("core/v1", "PersistentVolumeClaimSpec"), Place("core/v1", "TypedObjectReference")
    kinds = [f"{kind}={gate}" if gate in sources.gates else kind for kind, gate in _SOURCE_GATES.items()]
    if minor >= _REFERENCE_SINCE:
        kinds.append("*=+dataSourceRef")
    elif "AnyVolumeDataSource" in sources.gates:
        kinds.append("*=AnyVolumeDataSource")
    found[claim, "dataSource"] = f"kind:{','.join(kinds)}"
    if _ADDRESSES in sources.unreached:
        found[Place("core/v1", "ServiceSpec"), "clusterIPs"] = "IPv6DualStack#1"
    # DropDisabledFields there: a reference into another namespace goes as a whole.
    across = "CrossNamespaceVolumeDataSource"
    if across in found.get((claim, "dataSourceRef"), ""):
        rest = [gate for gate in found.pop((claim, "dataSourceRef")).split("&") if gate != across]
        found[reference, "namespace"] = f"{across}^"
        if rest:
            found[claim, "dataSourceRef"] = "&".join(rest)


def marked(types: Types, resources: Iterable[Sequence[Any]], modules: Sequence[Module], found: Marks) -> Types:
    """Write the marks into the types that have the fields: ``string@CronJobTimeZone``."""
    result = {name: dict(fields) for name, fields in types.items()}
    listed = list(resources)
    for module in modules:
        for name, struct in paired(types, listed, module).items():
            for field, owner in module.owners(struct):
                if (owner, field) in found and field in result[name]:
                    result[name][field] += f"@{found[owner, field]}"
    return result


def needed(types: Types) -> set[str]:
    """Name the gates in the marks of some types."""
    found: set[str] = set()
    for fields in types.values():
        for text in fields.values():
            found.update(gates_of(text.partition("@")[2]))
    return found


def gates_of(mark: str) -> set[str]:
    """Name the gates in a mark."""
    if mark.startswith("kind:"):
        cases = (case.partition("=")[2] for case in mark.removeprefix("kind:").split(","))
        return {gate for gate in cases if gate and not gate.startswith("+")}
    expression = re.split("[#^=]", mark)[0].rstrip("!")
    return {gate for clause in expression.split("&") for gate in clause.split("|") if gate}
