"""Plans a promotion: which objects of a member become which templates, and what is lost on the way."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from converter.errors import ConversionError, ConverterError, ManifestError
from converter.promote.references import RELATED_KINDS, is_related, pod_template, references
from converter.promote.resources import UnknownKindError
from converter.promote.template import MANAGED, SKIPPED_KINDS, forget_last_applied, make_template, why_not
from converter.works.preview import preview_version

if TYPE_CHECKING:
    from converter.engine import Engine
    from converter.kube import Manifest
    from converter.losses import Loss
    from converter.promote.member import Member
    from converter.promote.resources import ControlPlane, Resource

_ORDER = (
    "ServiceAccount",
    "Secret",
    "ConfigMap",
    "PersistentVolumeClaim",
    "Service",
    "",
    "Job",
    "CronJob",
    "DaemonSet",
    "ReplicaSet",
    "StatefulSet",
    "Deployment",
    "PodDisruptionBudget",
    "HorizontalPodAutoscaler",
    "Ingress",
)
"""The order of the templates: an object follows those that it needs; ``""`` is any other kind."""


class MissingObjectError(ConverterError):
    """The member does not have the object.

    Attributes:
        kind: its kind.
        name: its name.
        namespace: its namespace; empty for a cluster-scoped object.
        cluster: the member.
    """

    def __init__(self, kind: str, name: str, namespace: str, cluster: str) -> None:
        self.kind = kind
        self.name = name
        self.namespace = namespace
        self.cluster = cluster
        where = f" in namespace {namespace}" if namespace else ""
        super().__init__(f"cluster {cluster} has no {kind} {name}{where}; check the name, and -n and -C")


class MissingNamespaceError(ConverterError):
    """Objects of the kind are in namespaces, and no namespace was given.

    Attributes:
        kind: the kind.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"a {kind} is in a namespace; pass -n NAMESPACE")


@dataclass(frozen=True, slots=True)
class Promotion:
    """One object of the member, and the template made of it.

    Attributes:
        template: the template, in the version that the control plane stores.
        resource: how the control plane serves that version.
        read_as: the apiVersion in which the member has the object.
        losses: what the template does not hold of the object, and what the member would drop of the template.
        problem: why the member cannot get the template; empty if it can.
    """

    template: Manifest
    resource: Resource
    read_as: str
    losses: tuple[Loss, ...] = ()
    problem: str = ""

    @property
    def label(self) -> str:
        """Kind and name: ``CronJob demo/report``."""
        metadata = self.template["metadata"]
        namespace = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
        return f"{self.template['kind']} {namespace}{metadata['name']}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An object that is not promoted.

    Attributes:
        kind: its kind.
        name: its name.
        why: the reason.
        failed: whether it should have been promoted: it cannot be converted, or Karmada has no version of it.
    """

    kind: str
    name: str
    why: str
    failed: bool = False


@dataclass(slots=True)
class Plan:
    """What to promote.

    Attributes:
        promotions: in the order to create their templates.
        left_out: what is not promoted.
        kind: the kind of the object that was asked for; empty for a whole namespace.
    """

    promotions: list[Promotion] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    kind: str = ""


class Planner:
    """Makes the plan of one promotion. It reads, and writes nothing.

    Attributes:
        namespace: the namespace of the objects; empty for cluster-scoped objects.
    """

    def __init__(self, member: Member, plane: ControlPlane, converter: Engine, namespace: str) -> None:
        """Prepare.

        Args:
            member: the cluster that has the objects.
            plane: what the control plane stores.
            converter: the rules.
            namespace: the namespace of the objects; empty for cluster-scoped objects.
        """
        self._member = member
        self._plane = plane
        self._converter = converter
        self.namespace = namespace
        self._lists: dict[Resource, list[Manifest]] = {}
        self._seen: set[tuple[str, str]] = set()
        self._plan = Plan()

    async def one(self, wanted: str, name: str, *, dependencies: bool) -> Plan:
        """Plan one object, with what it depends on.

        Args:
            wanted: the kind as users name it.
            name: the object's name.
            dependencies: whether to promote what it refers to, and what belongs to it.

        Raises:
            UnknownKindError: the member or the control plane does not serve the kind.
            MissingObjectError: the member does not have the object.
            ConverterError: it cannot be converted, or a request failed.
        """
        stored = self._stored(wanted)
        self._plan.kind = stored.gvk.kind
        if stored.namespaced and not self.namespace:
            raise MissingNamespaceError(stored.gvk.kind)
        if not stored.namespaced:
            self.namespace = ""
        manifest = await self._read(stored, name)
        if manifest is None:
            raise MissingObjectError(stored.gvk.kind, name, self.namespace, self._member.name)
        why = why_not(manifest)
        if why:
            self._leave_out(stored.gvk.kind, name, why, failed=why != MANAGED)
        else:
            await self._add(self._promotion(manifest, stored), dependencies=dependencies)
        return self._finished()

    async def everything(self) -> Plan:
        """Plan all objects of the namespace that no controller of the member makes.

        Raises:
            ConverterError: a request failed.
        """
        stored = set()
        for item in self._member.resources.resources:
            with contextlib.suppress(UnknownKindError):
                stored.add(self._plane.stored_as(item.gvk, self._converter))
        for resource in sorted(stored):
            if resource.namespaced and resource.gvk.kind not in SKIPPED_KINDS:
                for manifest in await self._all(resource):
                    promotion = self._try(manifest, resource)
                    if promotion is not None:
                        await self._add(promotion, dependencies=False)
        return self._finished()

    def _finished(self) -> Plan:
        other = _ORDER.index("")
        places = {kind: place for place, kind in enumerate(_ORDER)}

        def order(item: Promotion) -> tuple[int, str, str]:
            kind = item.template["kind"]
            return places.get(kind, other), kind, item.template["metadata"]["name"]

        self._plan.promotions.sort(key=order)
        return self._plan

    async def _add(self, promotion: Promotion, *, dependencies: bool) -> None:
        """Add a promotion, and what it needs, without recursion: references can form a circle."""
        ahead = [promotion]
        while ahead:
            item = ahead.pop()
            key = (item.template["kind"], item.template["metadata"]["name"])
            if key in self._seen:
                continue
            self._seen.add(key)
            self._plan.promotions.append(item)
            if dependencies and self.namespace:
                ahead += await self._needed(item.template)
                ahead += await self._related(item.template)

    async def _needed(self, template: Manifest) -> list[Promotion]:
        found = []
        for kind, name, optional in references(template):
            if (kind, name) in self._seen:
                continue
            try:
                stored = self._stored(kind)
            except UnknownKindError as error:
                self._leave_out(kind, name, str(error), failed=True)
                continue
            manifest = await self._read(stored, name)
            if manifest is not None:
                found.append(self._try(manifest, stored))
            elif not optional:
                self._leave_out(kind, name, f"cluster {self._member.name} does not have it")
        return [promotion for promotion in found if promotion is not None]

    async def _related(self, template: Manifest) -> list[Promotion]:
        if pod_template(template) is None:
            return []
        found: list[Promotion] = []
        services: set[str] = set()
        for kind in RELATED_KINDS:
            try:
                stored = self._stored(kind)
            except UnknownKindError:  # so there is none
                continue
            related = [item for item in await self._all(stored) if is_related(item, template, services)]
            if kind == "Service":
                services = {item["metadata"]["name"] for item in related}
            promotions = [self._try(item, stored) for item in related]
            found += [promotion for promotion in promotions if promotion is not None]
        return found

    def _stored(self, wanted: str) -> Resource:
        return self._plane.stored_as(self._member.resources.find(wanted), self._converter)

    async def _all(self, stored: Resource) -> list[Manifest]:
        """Read all objects of a kind, once."""
        if stored not in self._lists:
            readable = self._member.resources.readable(stored.gvk, self._converter)
            self._lists[stored] = [] if readable is None else await self._member.all(readable, self.namespace)
        return self._lists[stored]

    async def _read(self, stored: Resource, name: str) -> Manifest | None:
        """Read one object in the member's best version; None if the member does not have it."""
        readable = self._member.resources.readable(stored.gvk, self._converter)
        return None if readable is None else await self._member.get(readable, self.namespace, name)

    def _try(self, manifest: Manifest, stored: Resource) -> Promotion | None:
        """Make a template; None, with an entry in the plan, if that is not possible or not wanted."""
        name = manifest["metadata"]["name"]
        why = why_not(manifest)
        if why:
            self._leave_out(manifest["kind"], name, why)
            return None
        try:
            return self._promotion(manifest, stored)
        except (ConversionError, ManifestError) as error:
            self._leave_out(manifest["kind"], name, str(error), failed=True)
            return None

    def _promotion(self, manifest: Manifest, stored: Resource) -> Promotion:
        done = self._converter.convert(make_template(manifest), stored.gvk.api_version)
        if done.route is not None:
            forget_last_applied(done.manifest)
        forecast = preview_version(done.manifest, self._member.cluster, self._converter)
        losses = (*done.losses, *forecast.losses)
        return Promotion(done.manifest, stored, manifest["apiVersion"], losses, forecast.problem)

    def _leave_out(self, kind: str, name: str, why: str, *, failed: bool = False) -> None:
        if (kind, name) not in self._seen:
            self._seen.add((kind, name))
            self._plan.left_out.append(LeftOut(kind, name, why, failed=failed))
