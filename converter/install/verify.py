"""Proves the whole chain of an installation: webhooks, discovery, bindings, statuses, the scheduler.

Everything but one binding is a server-side dry run, so nothing is stored. The binding is stored only if Karmada has
none, for a moment: no scheduler handles it, and it is deleted again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.client import ApiError, ApiServer, NotFoundError, each_item
from converter.client.clock import Now, utc_now
from converter.client.collections import API_SERVICES, BINDINGS, WORKS
from converter.client.leader_election import LEASES
from converter.clusters import Cluster
from converter.clusters.watched import CLUSTERS
from converter.install.probes import PROBE, Probe, probes, sources
from converter.karmada.carried_status import CarriedStatus, ManifestReport, pack
from converter.karmada.names import CONVERTED_LABEL, EXCLUDED_ANNOTATION, EXECUTION_SPACE_PREFIX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from converter.engine import Engine
    from converter.kube import Manifest

_DISCOVERY_LABEL: Final = "apiconverter.dev/discovery=true"
_DRY: Final = "dryRun=All"
_MOST_CLUSTERS: Final = 20
"""Clusters for which a conversion is tried."""


class State(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an installation.

    Attributes:
        name: what was checked: ``works``, ``discovery``, ``bindings``, ``status`` or ``scheduler``.
        state: how it ended.
        detail: what was seen, and after a failure what to do.
    """

    name: str
    state: State
    detail: str


class _Failure(Exception):  # noqa: N818 -- a result, not an error
    """A check failed, for a reason."""


class _Skip(Exception):  # noqa: N818 -- a result, not an error
    """There is nothing to check."""


class Verifier:
    """Checks one installation."""

    def __init__(
        self, karmada: ApiServer, engine: Engine, namespace: str, *, scheduler: str = "", now: Now = utc_now
    ) -> None:
        """Prepare.

        Args:
            karmada: the Karmada API server, with an administrator's rights.
            engine: the shipped rules.
            namespace: the namespace of the installation in Karmada.
            scheduler: the name of the converter's scheduler; empty if it has none.
            now: the wall clock.
        """
        self._karmada = karmada
        self._engine = engine
        self._namespace = namespace
        self._scheduler = scheduler
        self._now = now
        self._found: list[Probe] = []

    async def run(self) -> list[Check]:
        """Run every check once. A request that fails is a failed check."""
        checks: list[tuple[str, Callable[[], Awaitable[str]]]] = [
            ("works", self._works),
            ("discovery", self._discovery),
            ("bindings", self._bindings),
            ("status", self._status),
            ("scheduler", self._lease),
        ]
        return [await _outcome(name, check) for name, check in checks]

    async def _works(self) -> str:
        """Send a Work for each cluster that needs a conversion; it must come back converted."""
        self._found = await self._probes()
        if not self._found:
            raise _Skip("no cluster has joined yet, so nothing can be converted. Join one, then run this command again")
        for probe in self._found:
            await self._try_work(probe)
        probe = self._found[0]
        others = f", and {len(self._found) - 1} more clusters" if len(self._found) > 1 else ""
        return f"cluster {probe.cluster}: {probe.kind} {probe.source} came back as {probe.target}{others}"

    async def _try_work(self, probe: Probe) -> None:
        space = f"{EXECUTION_SPACE_PREFIX}{probe.cluster}"
        metadata = {"name": f"{PROBE}-{uuid.uuid4().hex[:8]}", "namespace": space}
        work = {
            "apiVersion": "work.karmada.io/v1alpha1", "kind": "Work", "metadata": metadata,
            "spec": {"workload": {"manifests": [probe.manifest()]}},
        }  # fmt: skip
        answer = msgspec.json.decode(await self._karmada.create(f"{WORKS.path(space)}?{_DRY}", work))
        found = answer["spec"]["workload"]["manifests"][0]["apiVersion"]
        marked = (answer["metadata"].get("labels") or {}).get(CONVERTED_LABEL) == "true"
        if found in probe.served and marked:
            return
        raise _Failure(
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
            raise _Failure(f"APIServices are not available: {', '.join(down)}. Check the Pods of converter-discovery")
        wanted = {(probe.target, probe.kind) for probe in self._found if probe.native}
        for version, kind in sorted(wanted):
            await self._try_version(version, kind)
        if not wanted:
            raise _Skip("every cluster serves the versions that Karmada serves, so Karmada needs no other")
        return f"Karmada's API server knows {', '.join(f'{version} {kind}' for version, kind in sorted(wanted))}"

    async def _try_version(self, version: str, kind: str) -> None:
        try:
            resources = msgspec.json.decode(await self._karmada.get(f"/apis/{version}"))["resources"]
        except NotFoundError:
            resources = []
        if kind not in {one["kind"] for one in resources}:
            raise _Failure(
                f"Karmada's API server does not know {version} {kind}, so such Works cannot be applied. The "
                "controller registers it: check the log of converter-controller"
            )

    async def _bindings(self) -> str:
        """Send a binding of a kind that no cluster has: every cluster must be excluded."""
        if not self._found:
            raise _Skip("no cluster has joined yet")
        answer = await self._try_binding("verify.apiconverter.dev/v1", "Nothing")
        if EXCLUDED_ANNOTATION not in (answer["metadata"].get("annotations") or {}):
            raise _Failure(
                "a binding of a kind that no cluster has came back without exclusions: the webhook was not called. "
                "Check it with `converter doctor`"
            )
        probe = next((one for one in self._found if one.native), None)
        if not self._scheduler or probe is None:
            return "clusters without any version of a kind are excluded"
        answer = await self._try_binding(probe.source, probe.kind)
        name = answer["spec"].get("schedulerName", "")
        if name != self._scheduler:
            raise _Failure(
                f"a binding of {probe.source} {probe.kind} came back with the scheduler {name!r} instead of "
                f"{self._scheduler!r}, so that cluster {probe.cluster} would not get it. Check --scheduler-name of "
                "converter-admission"
            )
        return f"clusters are excluded, and {probe.source} {probe.kind} is scheduled by {name}"

    async def _try_binding(self, version: str, kind: str) -> Manifest:
        binding = self._binding(version, kind, f"{PROBE}-{uuid.uuid4().hex[:8]}")
        binding["spec"]["placement"] = {"clusterAffinity": {}}
        path = f"{BINDINGS.path('default')}?{_DRY}"
        answer: Manifest = msgspec.json.decode(await self._karmada.create(path, binding))
        return answer

    async def _status(self) -> str:
        """Write a packed status of a binding; it must come back unpacked."""
        async with self._some_binding() as binding:
            metadata, resource = binding["metadata"], binding["spec"]["resource"]
            seen = {"verified": True}
            names = (resource["apiVersion"], resource["kind"], resource["name"], resource.get("namespace", ""))
            message = pack(CarriedStatus(applied=True, manifests=(ManifestReport(*names, "Healthy", seen),)))
            item = {"clusterName": PROBE, "applied": False, "appliedMessage": message}
            path = BINDINGS.object_path(metadata["namespace"], metadata["name"], "status")
            answer = await self._karmada.patch(f"{path}?{_DRY}", {"status": {"aggregatedStatus": [item]}})
            items = (msgspec.json.decode(answer).get("status") or {}).get("aggregatedStatus") or [{}]
            if items[0].get("status") != seen or not items[0].get("applied"):
                raise _Failure(
                    "the status of a converted object came back packed: the webhook was not called. Check it with "
                    "`converter doctor`"
                )
        return "the status of a converted object came back unpacked"

    @contextlib.asynccontextmanager
    async def _some_binding(self) -> AsyncIterator[Manifest]:
        """Yield a binding of Karmada, or one that is made for this check."""
        found = msgspec.json.decode(await self._karmada.get(BINDINGS.path(), {"limit": "1"}))["items"]
        if found:
            yield found[0]
            return
        body = self._binding("v1", "ConfigMap", f"{PROBE}-{uuid.uuid4().hex[:8]}")
        body["spec"]["schedulerName"] = PROBE  # no scheduler has this name
        made = msgspec.json.decode(await self._karmada.create(BINDINGS.path(self._namespace), body))
        try:
            yield made
        finally:
            path = BINDINGS.object_path(self._namespace, made["metadata"]["name"])
            with contextlib.suppress(NotFoundError):
                await self._karmada.delete(path, uid=made["metadata"]["uid"])

    def _binding(self, version: str, kind: str, name: str) -> dict[str, Any]:
        resource = {"apiVersion": version, "kind": kind, "name": PROBE, "namespace": "default"}
        return {
            "apiVersion": "work.karmada.io/v1alpha2", "kind": "ResourceBinding",
            "metadata": {"name": name, "labels": {"app.kubernetes.io/name": PROBE}},
            "spec": {"resource": resource},
        }  # fmt: skip

    async def _lease(self) -> str:
        """Check that the converter's scheduler runs: it renews its Lease."""
        if not self._scheduler:
            raise _Skip("this installation has no scheduler of its own")
        name = f"{self._scheduler}-scheduler"
        try:
            lease = msgspec.json.decode(await self._karmada.get(LEASES.object_path(self._namespace, name)))
        except NotFoundError as error:
            raise _Failure(
                f"the scheduler has no Lease {self._namespace}/{name}: it has never run. Check the Pods of "
                "converter-scheduler"
            ) from error
        spec = lease["spec"]
        age = self._now() - dt.datetime.fromisoformat(spec["renewTime"])
        if not spec.get("holderIdentity") or age > dt.timedelta(seconds=3 * spec.get("leaseDurationSeconds", 15)):
            raise _Failure(
                f"the scheduler does not run: it renewed its Lease {age.total_seconds():.0f} s ago. Check the Pods of "
                "converter-scheduler; until then objects that need a conversion are not scheduled"
            )
        return f"{name} is led by {spec['holderIdentity']}"

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


async def _outcome(name: str, check: Callable[[], Awaitable[str]]) -> Check:
    try:
        return Check(name, State.PASSED, await check())
    except _Skip as skip:
        return Check(name, State.SKIPPED, str(skip))
    except (_Failure, ApiError) as failure:
        return Check(name, State.FAILED, str(failure))
