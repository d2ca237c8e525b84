"""What the Jobs of the Helm chart do: the Karmada part, before and after the host part, and before its deletion.

Helm applies and deletes the host part itself. ``before`` prepares what its Pods wait for; ``after`` follows once they
run, with the webhooks last, so that the API server never calls a process that is not there; ``remove`` takes the
webhooks away before Helm deletes the processes. Each is safe to repeat, and applies what its own release has: so
`helm rollback` applies the older objects again.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec

from converter.client import NotFoundError
from converter.client.collections import DEPLOYMENTS, SECRETS
from converter.install.apply import Applier, Change, Step
from converter.install.dashboard import stale_secret
from converter.install.detect import release_of
from converter.install.flow import DowngradeError, installed_format
from converter.install.host import DASHBOARD_DEPLOYMENT
from converter.install.identities import IDENTITIES, ensure_identities, identities_of
from converter.install.manifests import FORMAT, LAST_KINDS, Addresses, karmada_part, last_of, place_of
from converter.install.progress import HostProcesses
from converter.install.prune import KARMADA_KINDS, delete_stale, find_stale
from converter.install.release_scheduler import SchedulerSettings, find_scheduler, release_scheduler
from converter.install.rights import check_rights, rights_to_apply
from converter.install.scheduler import DEPLOYMENT, scheduler_container
from converter.install.tokens import secret_of
from converter.install.uninstall import Uninstallation
from converter.install.versions import Versions, check_versions, server_version
from converter.placement.scheduler_name import OWN_SCHEDULER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from converter.client import ApiServer
    from converter.engine import Engine
    from converter.install.bindings import ReleasedBindings
    from converter.kube import Manifest

PROCESSES: Final = ("converter-controller", "converter-discovery", "converter-admission")


@dataclass(frozen=True, slots=True)
class ReleaseJobs:
    """The Jobs of one release.

    Attributes:
        karmada: the Karmada API server, with an administrator's rights.
        host: the host cluster's API server, with the rights of the chart's Role converter-jobs.
        addresses: where Karmada reaches the processes; the namespace is the release's, on both sides.
        certificate_secret: the Secret on the host that has ``ca.crt``.
        scheduler: the converter's own scheduler.
        report: called with one line for each step.
        wait: how long to wait for a condition, in seconds.
        sleep: waits a number of seconds.
    """

    karmada: ApiServer
    host: ApiServer
    addresses: Addresses
    certificate_secret: str
    scheduler: SchedulerSettings
    report: Callable[[str], None]
    wait: float = 240.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def before(self, server_url: str, ca_bundle: str) -> None:
        """Apply rights, the Service and policies to Karmada, and write the identities' Secrets on the host.

        Args:
            server_url: Karmada's address as the host cluster's Pods reach it.
            ca_bundle: the PEM certificates that sign the certificate at that address, in base64.

        Raises:
            VersionError: a release is too old.
            DowngradeError: the installed release stores data that this one cannot read. Nothing was written.
            SchedulerMissingError: no scheduler exists to copy. Nothing was written.
            RightsError: the kubeconfig's user lacks rights in Karmada. Nothing was written.
            ApiError: a request failed. Repeat it to do the rest.
        """
        running = await find_scheduler(self.host, self.addresses.namespace)
        for warning in await self._versions(running):
            self.report(f"warning: {warning}")
        if self.scheduler.name:
            release_scheduler(running, self.scheduler, self.addresses.namespace)  # fails now, not half-way
        manifests = karmada_part(self.addresses)
        await check_rights(self.karmada, "Karmada", rights_to_apply(manifests))
        installed = await installed_format(self.karmada)
        if installed > FORMAT:
            raise DowngradeError(installed, FORMAT)
        namespace = self.addresses.namespace
        await self._create_namespace(manifests)
        await self._apply(self.karmada, [item for item in manifests if item["kind"] not in {"Namespace", *LAST_KINDS}])
        identities = await ensure_identities(
            self.karmada, self.host, server_url=server_url, ca_bundle=ca_bundle, namespace=namespace,
            identities=identities_of(scheduler=bool(self.scheduler.name), dashboard=self.addresses.dashboard),
        )  # fmt: skip
        for identity in identities:
            state = "has a new token" if identity.problem else "keeps its token"
            until = f", until {identity.expires_at:%Y-%m-%d}" if identity.expires_at else ""
            self.report(f"identity {identity.account} {state}{until}")

    async def after(self) -> list[Step]:
        """Apply the scheduler, wait for all processes, and apply interpreters and webhooks; delete what is obsolete.

        Returns:
            The interpreters that Karmada refused.

        Raises:
            NotRunningError: a process is not available in time, or there is no CA.
            ApiError: a request failed. Repeat it to do the rest.
        """
        processes = [*PROCESSES]
        if self.scheduler.name:
            running = await find_scheduler(self.host, self.addresses.namespace)
            await self._apply(self.host, [release_scheduler(running, self.scheduler, self.addresses.namespace)])
            processes.append(DEPLOYMENT)
        if self.addresses.dashboard:
            processes.append(DASHBOARD_DEPLOYMENT)
        on_host = HostProcesses(self.host, self.addresses.namespace, self.certificate_secret)
        trusted = await on_host.wait(processes, self.wait, self.report)
        part = karmada_part(replace(self.addresses, ca_bundle=trusted))
        steps = await self._apply(self.karmada, last_of(part))
        stale = await find_stale(self.karmada, KARMADA_KINDS, self.addresses.namespace, part)
        await delete_stale(self.karmada, stale)
        left = [] if self.addresses.dashboard else await stale_secret(self.host, self.addresses.namespace)
        await delete_stale(self.host, left)
        for one in (*stale, *left):
            self.report(f"deleted {one.kind} {one.name}, which this release does not have")
        return [step for step in steps if step.change is Change.REFUSED]

    async def remove(self, engine: Engine) -> ReleasedBindings:
        """Remove the Karmada part, webhooks first, and what Jobs wrote to the host. Workloads continue to run.

        Args:
            engine: the rules that converted the Works.

        Returns:
            What became of the bindings.

        Raises:
            ConverterError: a step failed. Repeat it to do the rest.
        """
        released = await Uninstallation(
            self.karmada, None, engine, self.addresses, self.report, self.scheduler.name or OWN_SCHEDULER,
            self.wait, self.sleep,
        ).run()  # fmt: skip
        namespace = self.addresses.namespace
        for path in (
            DEPLOYMENTS.object_path(namespace, DEPLOYMENT),
            *(SECRETS.object_path(namespace, secret_of(identity)) for identity in IDENTITIES),
        ):
            with contextlib.suppress(NotFoundError):
                found = msgspec.json.decode(await self.host.get(path))
                await self.host.delete(path, uid=found["metadata"]["uid"])
                self.report(f"removed {path.rsplit('/', 2)[1].removesuffix('s')} {namespace}/{path.rsplit('/', 1)[1]}")
        return released

    async def _apply(self, server: ApiServer, manifests: list[Manifest]) -> list[Step]:
        def told(step: Step) -> None:
            more = step.detail or step.theirs
            self.report(f"{step.change} {step.kind} {step.name}{f' ({more})' if more else ''}")

        return await Applier(server, karmada_part(self.addresses)).apply(manifests, told)

    async def _create_namespace(self, manifests: list[Manifest]) -> None:
        """Create the namespace in Karmada if it is not there; an existing one is not touched."""
        (space,) = [item for item in manifests if item["kind"] == "Namespace"]
        try:
            await self.karmada.get(place_of(space).path)
        except NotFoundError:
            await self._apply(self.karmada, [space])

    async def _versions(self, scheduler: Manifest | None) -> list[str]:
        """Check releases; returns warnings."""
        container = scheduler_container(scheduler["spec"]["template"]["spec"]) if scheduler is not None else None
        karmada = release_of((container or {}).get("image", ""))
        versions = Versions(karmada, await server_version(self.karmada), await server_version(self.host))
        return check_versions(versions)
