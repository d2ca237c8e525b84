"""Proves the whole chain of an installation: webhooks, discovery, bindings, statuses, the scheduler, rule objects.

Everything but one binding is a server-side dry run, so nothing is stored. The binding is stored only if Karmada has
none, for a moment: no scheduler handles it, and it is deleted again.
"""

from __future__ import annotations

import datetime as dt
import uuid
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.client import ApiServer, NotFoundError, RejectedError, each_item
from converter.client.clock import Now, utc_now
from converter.client.collections import API_SERVICES, WORKS
from converter.client.leader_election import LEASES
from converter.client.rule_objects import RULE_COLLECTIONS
from converter.clusters import Cluster
from converter.clusters.watched import CLUSTERS
from converter.install.probes import PROBE, Probe, probes, sources
from converter.install.verify_bindings import BindingChecks
from converter.install.verify_outcome import DRY, Check, Failure, Skip, outcome
from converter.karmada.names import CONVERTED_LABEL, EXECUTION_SPACE_PREFIX
from converter.rules import API_VERSION

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from converter.engine import Engine

_DISCOVERY_LABEL: Final = "apiconverter.dev/discovery=true"
_MOST_CLUSTERS: Final = 20
"""Clusters for which a conversion is tried."""

_MOST_NAMED: Final = 10
"""Rule objects that a failure names."""

_BROKEN: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "kind": "Nothing",
        "between": ["verify.apiconverter.dev/v1", "verify.apiconverter.dev/v2"],
        "steps": [{"rename": {"spec.same": "spec.same"}}],
    }
)
"""A rule with a mistake that no schema can find."""


class Verifier:
    """Checks one installation."""

    def __init__(
        self, karmada: ApiServer, engine: Engine, namespace: str, *, scheduler: str = "", now: Now = utc_now
    ) -> None:
        """Prepare.

        Args:
            karmada: the Karmada API server, with an administrator's rights.
            engine: the rules that the control plane uses.
            namespace: the namespace of the installation in Karmada.
            scheduler: the name of the converter's scheduler; empty if it has none.
            now: the wall clock.
        """
        self._karmada = karmada
        self._engine = engine
        self._namespace = namespace
        self._scheduler = scheduler
        self._now = now
        self._bindings = BindingChecks(karmada, namespace, scheduler)
        self._found: list[Probe] = []

    async def run(self) -> list[Check]:
        """Run every check once. A request that fails is a failed check."""
        checks: list[tuple[str, Callable[[], Awaitable[str]]]] = [
            ("works", self._works),
            ("discovery", self._discovery),
            ("bindings", self._placement),
            ("status", self._bindings.status),
            ("scheduler", self._lease),
            ("rules", self._rules),
        ]
        return [await outcome(name, check) for name, check in checks]

    async def _works(self) -> str:
        """Send a Work for each cluster that needs a conversion; it must come back converted."""
        self._found = await self._probes()
        if not self._found:
            raise Skip("no cluster has joined yet, so nothing can be converted. Join one, then run this command again")
        for probe in self._found:
            await self._try_work(probe)
        probe = self._found[0]
        more = len(self._found) - 1
        others = f", and {more} more cluster{'s' if more > 1 else ''}" if more else ""
        return f"cluster {probe.cluster}: {probe.kind} {probe.source} came back as {probe.target}{others}"

    async def _try_work(self, probe: Probe) -> None:
        space = f"{EXECUTION_SPACE_PREFIX}{probe.cluster}"
        metadata = {"name": f"{PROBE}-{uuid.uuid4().hex[:8]}", "namespace": space}
        work = {
            "apiVersion": "work.karmada.io/v1alpha1", "kind": "Work", "metadata": metadata,
            "spec": {"workload": {"manifests": [probe.manifest()]}},
        }  # fmt: skip
        answer = msgspec.json.decode(await self._karmada.create(f"{WORKS.path(space)}?{DRY}", work))
        found = answer["spec"]["workload"]["manifests"][0]["apiVersion"]
        marked = (answer["metadata"].get("labels") or {}).get(CONVERTED_LABEL) == "true"
        if found in probe.served and marked:
            return
        raise Failure(
            f"a Work for cluster {probe.cluster} came back with {probe.kind} {found}, although the cluster serves "
            f"{', '.join(probe.served)}: the webhook was not called. Check it with `converter doctor`"
        )

    async def _discovery(self) -> str:
        """Ask Karmada's API server for the versions that Works get; it passes the request on to our server."""
        down = []
        async for raw in each_item(self._karmada, API_SERVICES, selector=_DISCOVERY_LABEL):
            service = msgspec.json.decode(raw)
            conditions = {one["type"]: one for one in (service.get("status") or {}).get("conditions") or ()}
            available = conditions.get("Available", {})
            if available.get("status") != "True":
                down.append(f"{service['metadata']['name']} ({available.get('message', 'not checked yet')})")
        if down:
            raise Failure(f"APIServices are not available: {', '.join(down)}. Check the Pods of converter-discovery")
        wanted = {(probe.target, probe.kind) for probe in self._found if probe.native}
        for version, kind in sorted(wanted):
            await self._try_version(version, kind)
        if not wanted:
            raise Skip("every cluster serves the versions that Karmada serves, so Karmada needs no other")
        return f"Karmada's API server knows {', '.join(f'{version} {kind}' for version, kind in sorted(wanted))}"

    async def _try_version(self, version: str, kind: str) -> None:
        try:
            resources = msgspec.json.decode(await self._karmada.get(f"/apis/{version}"))["resources"]
        except NotFoundError:
            resources = []
        if kind not in {one["kind"] for one in resources}:
            raise Failure(
                f"Karmada's API server does not know {version} {kind}, so such Works cannot be applied. The "
                "controller registers it: check the log of converter-controller"
            )

    async def _placement(self) -> str:
        return await self._bindings.placement(self._found)

    async def _lease(self) -> str:
        """Check that the converter's scheduler runs: it renews its Lease."""
        if not self._scheduler:
            raise Skip("this installation has no scheduler of its own")
        name = f"{self._scheduler}-scheduler"
        try:
            lease = msgspec.json.decode(await self._karmada.get(LEASES.object_path(self._namespace, name)))
        except NotFoundError as error:
            raise Failure(
                f"the scheduler has no Lease {self._namespace}/{name}: it has never run. Check the Pods of "
                "converter-scheduler"
            ) from error
        spec = lease["spec"]
        age = self._now() - dt.datetime.fromisoformat(spec["renewTime"])
        if not spec.get("holderIdentity") or age > dt.timedelta(seconds=3 * spec.get("leaseDurationSeconds", 15)):
            raise Failure(
                f"the scheduler does not run: it renewed its Lease {age.total_seconds():.0f} s ago. Check the Pods of "
                "converter-scheduler; until then objects that need a conversion are not scheduled"
            )
        return f"{name} is led by {spec['holderIdentity']}"

    async def _rules(self) -> str:
        """Send a rule object with a mistake, which must be refused, and look whether all objects were looked at."""
        metadata = {"name": f"{PROBE}-{uuid.uuid4().hex[:8]}"}
        body = {"apiVersion": API_VERSION, "kind": "ConversionRule", "metadata": metadata, "spec": dict(_BROKEN)}
        try:
            await self._karmada.create(f"{RULE_COLLECTIONS['ConversionRule'].path()}?{DRY}", body)
        except NotFoundError as error:
            raise Failure("Karmada has no CRDs of rule objects. Run `converter upgrade`") from error
        except RejectedError as error:
            if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:  # no right to create one, for example
                raise
        else:
            raise Failure(
                "a rule object with a mistake was accepted: the webhook was not called. Check the "
                "ValidatingWebhookConfiguration apiconverter with `converter status`"
            )
        count, behind = 0, []
        for kind, collection in RULE_COLLECTIONS.items():
            async for raw in each_item(self._karmada, collection):
                found = msgspec.json.decode(raw)
                count += 1
                if (found.get("status") or {}).get("observedGeneration") != found["metadata"].get("generation"):
                    behind.append(f"{kind} {found['metadata']['name']}")
        if behind:
            raise Failure(
                f"the controller has not looked at {', '.join(behind[:_MOST_NAMED])}. Check the log of "
                "converter-controller"
            )
        return f"a rule object with a mistake is refused, and the controller has looked at all {count} of them"

    async def _probes(self) -> list[Probe]:
        """Find one probe for each cluster, at most `_MOST_CLUSTERS`."""
        native = [version for version in sorted(sources()) if await self._serves(version)]
        found = []
        async for raw in each_item(self._karmada, CLUSTERS):
            ways = probes(Cluster.from_karmada(msgspec.json.decode(raw)), self._engine, native)
            found += ways[:1]
            if len(found) >= _MOST_CLUSTERS:
                break
        return sorted(found, key=lambda one: (not one.native, one.cluster))

    async def _serves(self, version: str) -> bool:
        """Whether Karmada serves a version itself: it is available, and our server does not serve it."""
        group, _, number = version.partition("/")
        try:
            service = msgspec.json.decode(await self._karmada.get(API_SERVICES.object_path("", f"{number}.{group}")))
        except NotFoundError:
            return False
        label, _, value = _DISCOVERY_LABEL.partition("=")
        return (service["metadata"].get("labels") or {}).get(label) != value
