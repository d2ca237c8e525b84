"""Plans a promotion: finds which objects of a member become which templates, and what is lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.errors import ConversionError, ManifestError
from converter.promote.model import LeftOut, MissingNamespaceError, MissingObjectError, Plan, Promotion
from converter.promote.references import RELATED_KINDS, is_related, own_claims, pod_template, references
from converter.promote.resources import UnknownKindError
from converter.promote.template import MANAGED, SKIPPED_KINDS, forget_last_applied, make_template, why_not
from converter.works.forecast import forecast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.engine import Engine
    from converter.kube import Manifest
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
        stored, unknown = self._by_kind()
        sets = [item for resource in stored if resource.gvk.kind == "StatefulSet" for item in await self._all(resource)]
        for resource in sorted(stored):
            if resource.namespaced:
                for manifest in await self._all(resource):
                    if self._is_own_claim(manifest, sets):
                        continue
                    promotion = self._try(manifest, resource)
                    if promotion is not None:
                        await self._add(promotion, dependencies=False)
        for resource, why in sorted(unknown.items()):
            for manifest in await self._member.all(resource, self.namespace):
                if not why_not(manifest):
                    self._leave_out(resource.gvk.kind, manifest["metadata"]["name"], why, failed=True)
        return self._finished()

    def _is_own_claim(self, manifest: Manifest, stateful_sets: Iterable[Manifest]) -> bool:
        """Whether one of the StatefulSets makes a PersistentVolumeClaim; then it is left out."""
        if manifest["kind"] != "PersistentVolumeClaim":
            return False
        name = manifest["metadata"]["name"]
        for stateful_set in stateful_sets:
            if own_claims(stateful_set).fullmatch(name):
                owner = stateful_set["metadata"]["name"]
                self._leave_out(manifest["kind"], name, f"StatefulSet {owner} makes it")
                return True
        return False

    def _by_kind(self) -> tuple[set[Resource], dict[Resource, str]]:
        """Sort the member's kinds: as the control plane stores them, and one version of each other, with the reason."""
        stored, known = set(), set()
        unknown: dict[tuple[str, str], tuple[Resource, str]] = {}
        for item in self._member.resources.resources:
            if item.gvk.kind in SKIPPED_KINDS:
                continue
            kind = (item.gvk.group, item.gvk.kind)
            try:
                stored.add(self._plane.stored_as(item.gvk, self._converter))
                known.add(kind)
            except UnknownKindError as error:
                unknown[kind] = (item, str(error))
        return stored, {item: why for kind, (item, why) in unknown.items() if kind not in known}

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
        expected = forecast(done.manifest, self._member.cluster, self._converter)
        return Promotion(done.manifest, stored, manifest["apiVersion"], done.losses, expected)

    def _leave_out(self, kind: str, name: str, why: str, *, failed: bool = False) -> None:
        if (kind, name) not in self._seen:
            self._seen.add((kind, name))
            self._plan.left_out.append(LeftOut(kind, name, why, failed=failed))
