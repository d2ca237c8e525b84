"""Installs or upgrades the converter on two API servers, in an order in which Karmada works at every moment.

1. Karmada: namespace, accounts, rights, and the policies that limit them.
2. Tokens of the accounts, in Secrets of the host cluster.
3. The host part. Then wait until its processes are available and have certificates.
4. Karmada: interpreters, and last the webhooks, with the CA of those certificates.
5. Objects of an earlier release that this one does not have are deleted.

An upgrade has the same order: new processes work with the old webhooks, and new rights are there before them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from converter.client import ApiServer, NotFoundError
from converter.errors import ConverterError
from converter.install.apply import Applier, Change, Step
from converter.install.dashboard import stale_secret
from converter.install.host import DEPLOYMENTS, HostOptions, host_part
from converter.install.identities import Identity, IdentitySecrets, TokenProblem, identities_of
from converter.install.manifests import (
    FORMAT,
    FORMAT_ANNOTATION,
    LAST_KINDS,
    WEBHOOKS,
    Addresses,
    karmada_part,
    last_of,
)
from converter.install.progress import HostProcesses
from converter.install.prune import HOST_KINDS, KARMADA_KINDS, Stale, delete_stale, find_stale
from converter.install.rights import Right, check_rights, rights_to_apply, rights_to_list

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.kube import Manifest

KARMADA = "Karmada"
HOST = "the host cluster"

_TO_READ = (
    Right("list", "cluster.karmada.io", "clusters"),
    Right("list", "work.karmada.io", "works"),
    Right("create", "authentication.k8s.io", "tokenreviews"),
)


class DowngradeError(ConverterError):
    """The release that is installed stores data in a format that this release cannot read.

    Attributes:
        installed: the format of the installed release.
        known: the newest format that this release reads.
    """

    def __init__(self, installed: int, known: int) -> None:
        self.installed = installed
        self.known = known
        super().__init__(
            f"the installed release stores conversion data in format {installed}; this release reads up to format "
            f"{known}, and would lose what conversions stored. Use the newer release of this command. Or first hand "
            "all Works back with the newer release's `converter uninstall`, then install this one."
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation.

    Attributes:
        server_url: the address of the Karmada API server for Pods of the host cluster.
        ca_bundle: the PEM certificates that sign its certificate, in base64; empty for those that the system trusts.
        host: the host part.
        addresses: where the Karmada API server reaches the processes; its CA is filled in.
        wait: for how long to wait for the processes, in seconds.
    """

    server_url: str
    ca_bundle: str
    host: HostOptions
    addresses: Addresses
    wait: float

    @property
    def identities(self) -> tuple[str, ...]:
        """The processes that authenticate to Karmada."""
        return identities_of(scheduler=self.host.scheduler is not None, dashboard=self.host.dashboard)

    @property
    def deployments(self) -> tuple[str, ...]:
        """The Deployments of the host part."""
        names = {one["metadata"]["name"] for one in host_part(self.host) if one["kind"] == "Deployment"}
        return tuple(name for name in DEPLOYMENTS if name in names)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an installation does, or did.

    Attributes:
        karmada: the steps on the Karmada API server, in their order.
        host: the steps on the host cluster.
        identities: the accounts, and what is wrong with their tokens before.
        stale_karmada: objects of an earlier release to delete from Karmada.
        stale_host: the same in the host cluster.
    """

    karmada: list[Step] = field(default_factory=list)
    host: list[Step] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    stale_karmada: list[Stale] = field(default_factory=list)
    stale_host: list[Stale] = field(default_factory=list)

    @property
    def changes(self) -> int:
        """The number of objects that are written or deleted."""
        written = sum(step.writes for step in (*self.karmada, *self.host))
        tokens = sum(one.problem is not None for one in self.identities)
        return written + tokens + len(self.stale_karmada) + len(self.stale_host)


class Installer:
    """Plans and applies one installation."""

    def __init__(
        self, karmada: ApiServer, host: ApiServer, settings: Settings, report: Callable[[str], None] = lambda _: None
    ) -> None:
        """Prepare.

        Args:
            karmada: the Karmada API server.
            host: the host cluster's API server.
            settings: the installation.
            report: called with a line for each thing that changes.

        Raises:
            InstallationError: a file of the installation is missing or invalid.
        """
        self._karmada = karmada
        self._host = host
        self._settings = settings
        self._report = report
        self._namespace = settings.host.namespace
        self._host_part = host_part(settings.host)
        self._processes = HostProcesses(host, self._namespace)

    async def check(self) -> None:
        """Check what can be checked before anything is written.

        Raises:
            RightsError: rights are missing on one of the API servers.
            DowngradeError: the installed release stores data that this one cannot read.
            ApiError: an API server refused a request, or did not answer.
        """
        part = self._karmada_part("")
        tokens = Right("create", "", "serviceaccounts/token", self._namespace)
        found = {*rights_to_list(KARMADA_KINDS, self._namespace), *rights_to_apply(part), *_TO_READ, tokens}
        await check_rights(self._karmada, KARMADA, found)
        secrets = {Right(verb, "", "secrets", self._namespace) for verb in ("get", "create", "update")}
        found = {*rights_to_list(HOST_KINDS, self._namespace), *rights_to_apply(self._host_part), *secrets}
        await check_rights(self._host, HOST, found)
        installed = await installed_format(self._karmada)
        if installed > FORMAT:
            raise DowngradeError(installed, FORMAT)

    async def plan(self) -> Plan:
        """Find out what `apply` would do; the API servers check each object, and store nothing.

        Raises:
            ApiError: an API server refused an object or a request, or did not answer.
        """
        part = self._karmada_part(await self._processes.authority())
        steps = await self._spaces(dry_run=True)
        karmada = await Applier(self._karmada, part, dry_run=True).apply(self._without_space(part))
        host = await Applier(self._host, self._host_part, dry_run=True).apply(self._host_part)
        identities = await self._secrets().examine(self._settings.identities)
        return Plan([*steps[0], *karmada], [*steps[1], *host], identities, *await self._stale(part))

    async def apply(self) -> Plan:
        """Install or upgrade; safe to repeat. Interrupted, Karmada works as before, and a repetition does the rest.

        Returns:
            What was done.

        Raises:
            NotRunningError: the processes did not run in time; the webhooks are not applied.
            ApiError: an API server refused an object or a request, or did not answer.
        """
        part = self._karmada_part("")
        spaces = await self._spaces(dry_run=False)
        done = Plan(list(spaces[0]), list(spaces[1]))
        on_karmada = Applier(self._karmada, part)
        rights = [one for one in self._without_space(part) if one["kind"] not in LAST_KINDS]
        done.karmada.extend(await on_karmada.apply(rights, self._tell(KARMADA)))
        url, authority = self._settings.server_url, self._settings.ca_bundle
        done.identities.extend(await self._secrets().ensure(url, authority, self._settings.identities))
        for identity in done.identities:
            if identity.problem is not None:
                self._report(f"{HOST}: wrote a token of {identity.account} to Secret {identity.secret}")
        on_host = Applier(self._host, self._host_part)
        done.host.extend(await on_host.apply(self._host_part, self._tell(HOST)))
        trusted = await self._processes.wait(self._settings.deployments, self._settings.wait, self._report)
        part = self._karmada_part(trusted)
        done.karmada.extend(await on_karmada.apply(last_of(part), self._tell(KARMADA)))
        await self._prune(part, done)
        return done

    async def _prune(self, part: list[Manifest], done: Plan) -> None:
        on_karmada, on_host = await self._stale(part)
        done.stale_karmada.extend(on_karmada)
        done.stale_host.extend(on_host)
        for server, side, stale in ((self._karmada, KARMADA, on_karmada), (self._host, HOST, on_host)):
            await delete_stale(server, stale)
            for one in stale:
                self._report(f"{side}: deleted {one.kind} {one.name}, which this release does not have")

    async def _stale(self, part: list[Manifest]) -> tuple[list[Stale], list[Stale]]:
        on_host = await find_stale(self._host, HOST_KINDS, self._namespace, self._host_part)
        if not self._settings.host.dashboard:
            on_host += await stale_secret(self._host, self._namespace)
        return await find_stale(self._karmada, KARMADA_KINDS, self._namespace, part), on_host

    async def _spaces(self, *, dry_run: bool) -> tuple[list[Step], list[Step]]:
        """Create the namespace where it does not exist. An existing one is not touched."""
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self._namespace}}
        steps: tuple[list[Step], list[Step]] = ([], [])
        for server, side, found in ((self._karmada, KARMADA, steps[0]), (self._host, HOST, steps[1])):
            try:
                await server.get(f"/api/v1/namespaces/{self._namespace}")
            except NotFoundError:
                if not dry_run:
                    await server.create("/api/v1/namespaces", space)
                    self._report(f"{side}: created Namespace {self._namespace}")
                found.append(Step("Namespace", self._namespace, Change.CREATED))
        return steps

    def _karmada_part(self, trusted: str) -> list[Manifest]:
        settings = self._settings
        return karmada_part(
            replace(settings.addresses, ca_bundle=trusted, namespace=self._namespace, dashboard=settings.host.dashboard)
        )

    @staticmethod
    def _without_space(part: list[Manifest]) -> list[Manifest]:
        return [one for one in part if one["kind"] != "Namespace"]

    def _secrets(self) -> IdentitySecrets:
        return IdentitySecrets(self._karmada, self._host, namespace=self._namespace, host_namespace=self._namespace)

    def _tell(self, side: str) -> Callable[[Step], None]:
        def tell(step: Step) -> None:
            if step.change is not Change.UNCHANGED:
                self._report(
                    f"{side}: {step.change} {step.kind} {step.name}{f' ({step.detail})' if step.detail else ''}"
                )
            if step.theirs:
                self._report(f"{side}: {step.kind} {step.name} leaves out what another interpreter does: {step.theirs}")

        return tell


async def installed_format(karmada: ApiServer) -> int:
    """Read the format in which the installed release stores conversion data; 0 if none is installed.

    Raises:
        ApiError: the API server refused the request, or did not answer.
    """
    path = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{WEBHOOKS}"
    try:
        found = msgspec.json.decode(await karmada.get(path))
    except NotFoundError:
        return 0
    text = (found["metadata"].get("annotations") or {}).get(FORMAT_ANNOTATION, "1")
    return int(text) if text.isdecimal() else FORMAT + 1


def missing_token(identity: Identity) -> bool:
    """Whether an identity has no token yet, as before a first installation."""
    return identity.problem in {TokenProblem.NO_SECRET, TokenProblem.NO_TOKEN}
