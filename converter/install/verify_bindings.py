"""Checks the webhooks on bindings: placement, and the statuses of converted objects."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client import NotFoundError
from converter.client.collections import BINDINGS
from converter.install.probes import PROBE
from converter.install.verify_outcome import DRY, Failure, Skip
from converter.karmada.carried_status import CarriedStatus, ManifestReport, pack
from converter.karmada.names import EXCLUDED_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from converter.client import ApiServer
    from converter.install.probes import Probe
    from converter.kube import Manifest


@dataclass(frozen=True, slots=True)
class BindingChecks:
    """The checks with bindings.

    Attributes:
        karmada: the Karmada API server.
        namespace: the namespace of the installation in Karmada.
        scheduler: the name of the converter's scheduler; empty if it has none.
    """

    karmada: ApiServer
    namespace: str
    scheduler: str

    async def placement(self, found: Sequence[Probe]) -> str:
        """Send a binding of a kind that no cluster has: every cluster must be excluded."""
        if not found:
            raise Skip("no cluster has joined yet")
        answer = await self._try_binding("verify.apiconverter.dev/v1", "Nothing")
        if EXCLUDED_ANNOTATION not in (answer["metadata"].get("annotations") or {}):
            raise Failure(
                "a binding of a kind that no cluster has came back without exclusions: the webhook was not called. "
                "Check it with `converter doctor`"
            )
        probe = next((one for one in found if one.native), None)
        if not self.scheduler or probe is None:
            return "clusters without any version of a kind are excluded"
        answer = await self._try_binding(probe.source, probe.kind)
        name = answer["spec"].get("schedulerName", "")
        if name != self.scheduler:
            raise Failure(
                f"a binding of {probe.source} {probe.kind} came back with the scheduler {name!r} instead of "
                f"{self.scheduler!r}, so that cluster {probe.cluster} would not get it. Check --scheduler-name of "
                "converter-admission"
            )
        return f"clusters are excluded, and {probe.source} {probe.kind} is scheduled by {name}"

    async def _try_binding(self, version: str, kind: str) -> Manifest:
        binding = self._binding(version, kind, f"{PROBE}-{uuid.uuid4().hex[:8]}")
        binding["spec"]["placement"] = {"clusterAffinity": {}}
        path = f"{BINDINGS.path('default')}?{DRY}"
        answer: Manifest = msgspec.json.decode(await self.karmada.create(path, binding))
        return answer

    async def status(self) -> str:
        """Write a packed status of a binding; it must come back unpacked."""
        async with self._some_binding() as binding:
            metadata, resource = binding["metadata"], binding["spec"]["resource"]
            seen = {"verified": True}
            names = (resource["apiVersion"], resource["kind"], resource["name"], resource.get("namespace", ""))
            message = pack(CarriedStatus(applied=True, manifests=(ManifestReport(*names, "Healthy", seen),)))
            item = {"clusterName": PROBE, "applied": False, "appliedMessage": message}
            path = BINDINGS.object_path(metadata["namespace"], metadata["name"], "status")
            answer = await self.karmada.patch(f"{path}?{DRY}", {"status": {"aggregatedStatus": [item]}})
            items = (msgspec.json.decode(answer).get("status") or {}).get("aggregatedStatus") or [{}]
            if items[0].get("status") != seen or not items[0].get("applied"):
                raise Failure(
                    "the status of a converted object came back packed: the webhook was not called. Check it with "
                    "`converter doctor`"
                )
        return "the status of a converted object came back unpacked"

    @contextlib.asynccontextmanager
    async def _some_binding(self) -> AsyncIterator[Manifest]:
        """Yield a binding of Karmada, or one that is made for this check."""
        found = msgspec.json.decode(await self.karmada.get(BINDINGS.path(), {"limit": "1"}))["items"]
        if found:
            yield found[0]
            return
        body = self._binding("v1", "ConfigMap", f"{PROBE}-{uuid.uuid4().hex[:8]}")
        body["spec"]["schedulerName"] = PROBE  # no scheduler has this name
        made = msgspec.json.decode(await self.karmada.create(BINDINGS.path(self.namespace), body))
        try:
            yield made
        finally:
            path = BINDINGS.object_path(self.namespace, made["metadata"]["name"])
            with contextlib.suppress(NotFoundError):
                await self.karmada.delete(path, uid=made["metadata"]["uid"])

    def _binding(self, version: str, kind: str, name: str) -> dict[str, Any]:
        resource = {"apiVersion": version, "kind": kind, "name": PROBE, "namespace": "default"}
        return {
            "apiVersion": "work.karmada.io/v1alpha2", "kind": "ResourceBinding",
            "metadata": {"name": name, "labels": {"app.kubernetes.io/name": PROBE}},
            "spec": {"resource": resource},
        }  # fmt: skip
