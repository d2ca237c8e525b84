"""The kinds of a control plane and of a member, and how users name them: ``CronJob``, ``cronjobs.batch``, ``cj``."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from converter.client import ApiError, Collection
from converter.errors import ConverterError
from converter.kube import GroupVersionKind, version_priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.client import ApiServer
    from converter.engine import Engine

_SHORT_NAMES = MappingProxyType(
    {
        "cj": "CronJob",
        "cm": "ConfigMap",
        "deploy": "Deployment",
        "ds": "DaemonSet",
        "hpa": "HorizontalPodAutoscaler",
        "ing": "Ingress",
        "netpol": "NetworkPolicy",
        "pdb": "PodDisruptionBudget",
        "po": "Pod",
        "pvc": "PersistentVolumeClaim",
        "quota": "ResourceQuota",
        "rc": "ReplicationController",
        "rs": "ReplicaSet",
        "sa": "ServiceAccount",
        "sts": "StatefulSet",
        "svc": "Service",
    }
)
"""Short names of kubectl. Clusters in Karmada list kinds and plurals only."""


class UnknownKindError(ConverterError):
    """A kind that the member, or the control plane, does not serve.

    Attributes:
        kind: the kind, as the user wrote it.
        where: the cluster, or the control plane.
    """

    def __init__(self, kind: str, where: str, hint: str) -> None:
        self.kind = kind
        self.where = where
        super().__init__(f"{where} does not serve {kind}; {hint}")


class Resource(NamedTuple):
    """One kind in one version, as an API server serves it.

    Attributes:
        gvk: group, version and kind.
        plural: its name in paths.
        namespaced: whether its objects are in namespaces.
        writable: whether objects can be created and listed.
    """

    gvk: GroupVersionKind
    plural: str
    namespaced: bool = True
    writable: bool = True

    def collection(self, prefix: str = "") -> Collection:
        """Return its objects, under the path of a member if there is one."""
        root = f"/apis/{self.gvk.group}/{self.gvk.version}" if self.gvk.group else f"/api/{self.gvk.version}"
        return Collection(prefix + root, self.plural, self.namespaced)


class _ApiResource(msgspec.Struct):
    name: str
    kind: str
    namespaced: bool = False
    verbs: list[str] | None = None


class _ApiResources(msgspec.Struct, rename="camel"):
    group_version: str
    resources: list[_ApiResource]


class _Version(msgspec.Struct, rename="camel"):
    group_version: str


class _Group(msgspec.Struct):
    versions: list[_Version]


class _Groups(msgspec.Struct):
    groups: list[_Group]


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """What a control plane stores itself.

    Attributes:
        resources: its kinds, by apiVersion and kind; without those that only members serve.
    """

    resources: Mapping[tuple[str, str], Resource]

    @classmethod
    async def read(cls, server: ApiServer) -> ControlPlane:
        """Read discovery. A version whose server does not answer is left out.

        Raises:
            ApiError: discovery itself could not be read.
        """
        groups = msgspec.json.decode(await server.get("/apis"), type=_Groups).groups
        paths = ["/api/v1", *(f"/apis/{version.group_version}" for group in groups for version in group.versions)]
        answers = await asyncio.gather(*(server.get(path) for path in paths), return_exceptions=True)
        found = {}
        for answer in answers:
            if isinstance(answer, ApiError):
                continue
            if isinstance(answer, BaseException):
                raise answer
            for resource in _resources(answer):
                if resource.writable:
                    found[resource.gvk.api_version, resource.gvk.kind] = resource
        return cls(MappingProxyType(found))

    def stored_as(self, gvk: GroupVersionKind, converter: Engine) -> Resource:
        """Return the version in which the control plane stores a kind of a member: its own, or one that rules reach.

        Raises:
            UnknownKindError: it does not serve the kind in such a version.
        """
        reachable = {gvk.api_version, *converter.routes.reachable(gvk.kind, gvk.api_version)}
        found = [self.resources[key] for key in ((version, gvk.kind) for version in reachable) if key in self.resources]
        if not found:
            hint = "create its CustomResourceDefinition in Karmada, or add a rule (docs/how-to/deploy-rules.md)"
            raise UnknownKindError(str(gvk), "the control plane", hint)
        return min(found, key=lambda resource: version_priority(resource.gvk.api_version))


@dataclass(frozen=True, slots=True)
class MemberResources:
    """What a member serves, as its Cluster in Karmada lists it.

    Attributes:
        cluster: its name.
        resources: every kind in every version.
    """

    cluster: str
    resources: tuple[Resource, ...]

    @classmethod
    def read(cls, cluster: str, enablements: Iterable[Mapping[str, object]]) -> MemberResources:
        """Read ``status.apiEnablements`` of a Cluster; subresources are left out.

        Raises:
            msgspec.ValidationError: it does not have the shape of Karmada's API.
        """
        found = (
            Resource(GroupVersionKind.of(enablement.group_version, item.kind), item.name)
            for enablement in msgspec.convert(list(enablements), list[_Enablement])
            for item in enablement.resources or ()
            if item.kind and "/" not in item.name
        )
        return cls(cluster, tuple(found))

    def find(self, wanted: str) -> GroupVersionKind:
        """Find a kind as users name it: kind, plural or short name, also ``NAME.GROUP`` and ``NAME.VERSION.GROUP``.

        Returns:
            The kind in the best version that fits.

        Raises:
            UnknownKindError: the member does not serve it.
        """
        name, _, rest = wanted.partition(".")
        kind = _SHORT_NAMES.get(name.lower(), name).lower()
        fitting = [
            item.gvk
            for item in self.resources
            if kind in {item.gvk.kind.lower(), item.plural} and (not rest or rest in _qualifiers(item.gvk))
        ]
        if not fitting:
            hint = f"`kubectl get cluster {self.cluster} -o yaml` lists what it serves, in status.apiEnablements"
            raise UnknownKindError(wanted, f"cluster {self.cluster}", hint)
        return min(fitting, key=lambda gvk: version_priority(gvk.api_version))

    def readable(self, target: GroupVersionKind, converter: Engine) -> Resource | None:
        """Return the version to read: the control plane's own, or the one that holds the most of it.

        Args:
            target: the kind in the version that the control plane stores.
            converter: the rules.

        Returns:
            None if the member serves no version that rules convert.
        """
        same_kind = [item for item in self.resources if item.gvk.kind == target.kind]
        costs = {}
        for item in same_kind:
            if item.gvk == target:
                return item
            forth = converter.routes.reachable(target.kind, item.gvk.api_version).get(target.api_version)
            back = converter.routes.reachable(target.kind, target.api_version).get(item.gvk.api_version)
            if forth is not None and back is not None:
                costs[item] = (back.cost, forth.cost, version_priority(item.gvk.api_version))
        return min(costs, key=costs.__getitem__, default=None)


class _Item(msgspec.Struct):
    name: str = ""
    kind: str = ""


class _Enablement(msgspec.Struct, rename="camel"):
    group_version: str
    resources: list[_Item] | None = None


def _qualifiers(gvk: GroupVersionKind) -> set[str]:
    return {gvk.group, gvk.version, f"{gvk.version}.{gvk.group}"} - {""}


def _resources(answer: bytes) -> list[Resource]:
    document = msgspec.json.decode(answer, type=_ApiResources)
    return [
        Resource(
            GroupVersionKind.of(document.group_version, item.kind),
            item.name,
            item.namespaced,
            {"create", "list"} <= set(item.verbs or ()),
        )
        for item in document.resources
        if "/" not in item.name
    ]
