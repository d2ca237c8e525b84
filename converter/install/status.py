"""Reads the state of an installation on both API servers."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
from cryptography import x509

from converter.client import ApiServer, NotFoundError, each_item
from converter.client.clock import Now, utc_now
from converter.client.collections import API_SERVICES, DEPLOYMENTS, SECRETS, WORKS
from converter.install.dashboard import has_dashboard
from converter.install.host import CERTIFICATES, DASHBOARD_DEPLOYMENT, image_version
from converter.install.host import DEPLOYMENTS as PROCESSES
from converter.install.identities import Identity, IdentitySecrets, identities_of
from converter.install.installer import Finding, check
from converter.install.manifests import WEBHOOKS, Addresses
from converter.install.pause import is_paused
from converter.install.progress import Availability, rollout_of
from converter.karmada.names import CONVERTED_LABEL

if TYPE_CHECKING:
    import datetime as dt

    from converter.kube import Manifest

_DISCOVERY_LABEL: Final = "apiconverter.dev/discovery=true"


@dataclass(frozen=True, slots=True)
class Process:
    """One Deployment of the host part.

    Attributes:
        rollout: how many of its Pods are available.
        image: its image; empty if it does not exist.
        version: the release that the installer gave it, else the image's tag or digest; empty if it does not exist.
    """

    rollout: Availability
    image: str
    version: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate of the host part.

    Attributes:
        name: ``CA`` or ``serving``.
        ends: when it ends.
    """

    name: str
    ends: dt.datetime


@dataclass(frozen=True, slots=True)
class InstallationStatus:
    """The state of an installation.

    Attributes:
        objects: the objects of the Karmada part.
        processes: the Deployments of the host part.
        identities: the accounts and their tokens.
        certificates: the certificates of the host part; empty before the controller has issued them.
        trusted: whether the webhooks trust the CA in the host cluster.
        services: the APIServices of the discovery server that are not available, with the reason.
        works: the number of converted Works.
        paused: whether `converter pause` keeps what is converted.
        problems: everything that is not as it should be, for people, with what to do.
    """

    objects: list[Finding]
    processes: list[Process]
    identities: list[Identity]
    certificates: list[Certificate]
    trusted: bool
    services: dict[str, str]
    works: int
    paused: bool = False
    problems: list[str] = field(default_factory=list)


class StatusReader:
    """Reads the state of one installation."""

    def __init__(
        self, karmada: ApiServer, host: ApiServer, addresses: Addresses, *, scheduler: bool, now: Now = utc_now
    ) -> None:
        """Prepare.

        Args:
            karmada: the Karmada API server.
            host: the host cluster's API server.
            addresses: where the Karmada API server reaches the processes; the namespace is the same on both sides.
            scheduler: whether the installation has a scheduler of its own.
            now: the wall clock.
        """
        self._karmada = karmada
        self._host = host
        self._addresses = addresses
        self._namespace = addresses.namespace
        self._scheduler = scheduler
        self._now = now

    async def read(self) -> InstallationStatus:
        """Read everything.

        Raises:
            ApiError: an API server refused a request, or did not answer.
        """
        dashboard = await has_dashboard(self._karmada, self._namespace)
        there = {"converter-scheduler": self._scheduler, DASHBOARD_DEPLOYMENT: dashboard}
        names = [name for name in PROCESSES if there.get(name, True)]
        identities = identities_of(scheduler=self._scheduler, dashboard=dashboard)
        secrets = IdentitySecrets(
            self._karmada, self._host, namespace=self._namespace, host_namespace=self._namespace, now=self._now
        )
        trusted, certificates = await self._certificates()
        found = InstallationStatus(
            await check(self._karmada, replace(self._addresses, dashboard=dashboard)),
            [await self._process(name) for name in names],
            await secrets.examine(identities),
            certificates,
            trusted,
            await self._services(),
            await self._works(),
            await is_paused(self._karmada, self._namespace),
        )
        found.problems.extend(self._problems(found))
        return found

    async def _process(self, name: str) -> Process:
        try:
            found = msgspec.json.decode(await self._host.get(DEPLOYMENTS.object_path(self._namespace, name)))
        except NotFoundError:
            return Process(Availability(name, 0, 1), "", "")
        image = found["spec"]["template"]["spec"]["containers"][0]["image"]
        own = (found["metadata"].get("labels") or {}).get("app.kubernetes.io/version")
        return Process(rollout_of(found), image, own or image_version(image))

    async def _certificates(self) -> tuple[bool, list[Certificate]]:
        """Read the certificates of the host part, and whether the webhooks trust them."""
        try:
            secret = msgspec.json.decode(await self._host.get(SECRETS.object_path(self._namespace, CERTIFICATES)))
        except NotFoundError:
            return False, []
        data = secret.get("data") or {}
        found = [
            Certificate(name, ends)
            for name, key in (("CA", "signer.crt"), ("serving", "tls.crt"))
            if (ends := _end_of(data.get(key, ""))) is not None
        ]
        path = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{WEBHOOKS}"
        try:
            webhooks: list[Manifest] = msgspec.json.decode(await self._karmada.get(path))["webhooks"]
        except NotFoundError:
            return False, found
        bundles = {webhook["clientConfig"].get("caBundle", "") for webhook in webhooks}
        return bundles == {data.get("ca.crt", "")} and bool(data.get("ca.crt")), found

    async def _services(self) -> dict[str, str]:
        down = {}
        async for raw in each_item(self._karmada, API_SERVICES, selector=_DISCOVERY_LABEL):
            service: Any = msgspec.json.decode(raw)
            conditions = {item["type"]: item for item in (service.get("status") or {}).get("conditions") or ()}
            if conditions.get("Available", {}).get("status") != "True":
                down[service["metadata"]["name"]] = str(conditions.get("Available", {}).get("message", ""))
        return down

    async def _works(self) -> int:
        params = {"labelSelector": f"{CONVERTED_LABEL}=true", "limit": "500"}
        count = 0
        while True:
            answer = msgspec.json.decode(await self._karmada.get(WORKS.path(), params, metadata_only=True))
            count += len(answer.get("items") or ())
            following = answer["metadata"].get("continue")
            if not following:
                return count
            params["continue"] = following

    def _problems(self, found: InstallationStatus) -> list[str]:
        again = "run `converter upgrade`"
        problems = [
            f"{one.kind} {one.name} is {one.state}{f' ({one.detail})' if one.detail else ''}; {again}"
            for one in found.objects
            if one.state not in {"installed", "theirs", "unserved"}
        ]
        problems += [
            f"Deployment {one.rollout.name} does not exist; {again}"
            if not one.image
            else f"Deployment {one.rollout.name} has {one.rollout.available} of {one.rollout.wanted} Pods "
            f"available; look at `kubectl -n {self._namespace} get pods`"
            for one in found.processes
            if not one.rollout.complete
        ]
        problems += [
            f"the token of {one.account} in Secret {one.secret} is not good ({one.problem}); {again}"
            for one in found.identities
            if one.problem is not None
        ]
        if not found.trusted:
            problems.append("the webhooks do not trust the CA of the host part; the controller repairs it in a minute")
        problems += [f"APIService {name} is not available: {why}" for name, why in found.services.items()]
        problems += [
            f"the {one.name} certificate ended at {one.ends:%Y-%m-%d %H:%M} UTC; read the log of converter-controller"
            for one in found.certificates
            if one.ends <= self._now()
        ]
        versions = {one.version for one in found.processes if one.version and one.rollout.name != "converter-scheduler"}
        if found.paused:
            problems.append("the converter is paused, and what is converted stays as it is; run `converter resume`")
        if len(versions) > 1:
            problems.append(f"processes of several releases run: {', '.join(sorted(versions))}; {again}")
        return problems


def _end_of(text: str) -> dt.datetime | None:
    """Read when the first certificate in a PEM text in base64 ends; None if it is not one."""
    try:
        return x509.load_pem_x509_certificate(base64.b64decode(text, validate=True)).not_valid_after_utc
    except (ValueError, binascii.Error):
        return None
