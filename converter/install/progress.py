"""Waits until the processes of the host part run, reports progress, and says why they do not run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from converter.client import ApiError, ApiServer, Collection, NotFoundError
from converter.client.collections import DEPLOYMENTS, SECRETS
from converter.errors import ConverterError
from converter.install.host import CERTIFICATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from converter.kube import Manifest

PODS = Collection("/api/v1", "pods")

_POLL = 1.0
_MOST_REASONS = 5

_HINTS = {
    "ImagePullBackOff": "check the image with --image, and its registry's credentials with --image-pull-secret",
    "ErrImagePull": "check the image with --image, and its registry's credentials with --image-pull-secret",
    "ErrImageNeverPull": "load the image onto the nodes",
    "CreateContainerConfigError": "a Secret or ConfigMap that the Pod names is missing; run `converter install` again",
    "CrashLoopBackOff": "read the log with `kubectl logs`",
}


class Availability(NamedTuple):
    """How far a Deployment's rollout is.

    Attributes:
        name: the Deployment's name.
        available: its Pods of the present template that are available.
        wanted: its replicas.
    """

    name: str
    available: int
    wanted: int

    @property
    def complete(self) -> bool:
        """Whether every replica is available."""
        return self.available >= self.wanted

    def __str__(self) -> str:
        return f"{self.name} {self.available}/{self.wanted}"


class NotRunningError(ConverterError):
    """The processes did not run in time.

    Attributes:
        waiting: the rollouts that are not complete.
        reasons: what is wrong with their Pods, for people.
    """

    def __init__(self, seconds: float, waiting: Iterable[Availability], reasons: Iterable[str]) -> None:
        self.waiting = tuple(waiting)
        self.reasons = tuple(reasons)
        found = "".join(f"\n  {reason}" for reason in self.reasons)
        missing = ", ".join(map(str, self.waiting)) or f"Secret {CERTIFICATES} is empty"
        super().__init__(
            f"not available after {seconds:.0f} s: {missing}. The webhooks of this run are not applied, so Karmada "
            f"works as before. Run the command again when the Pods run, or with a longer --wait.{found}"
        )


def rollout_of(deployment: Manifest) -> Availability:
    """Read how far a rollout is, as ``kubectl rollout status`` does."""
    wanted = deployment["spec"].get("replicas", 1)
    status: dict[str, Any] = deployment.get("status") or {}
    available = min(status.get("updatedReplicas", 0), status.get("availableReplicas", 0))
    old = status.get("replicas", 0) > status.get("updatedReplicas", 0)  # Pods of the earlier template still run
    if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 0) or old:
        available = min(available, wanted - 1)
    return Availability(deployment["metadata"]["name"], max(0, available), wanted)


class HostProcesses:
    """The processes of one installation in the host cluster."""

    def __init__(self, host: ApiServer, namespace: str, certificates: str = CERTIFICATES) -> None:
        """Prepare.

        Args:
            host: the host cluster's API server.
            namespace: the namespace of the host part.
            certificates: the Secret with the serving certificates.
        """
        self._host = host
        self._namespace = namespace
        self._certificates = certificates

    async def wait(self, names: Iterable[str], seconds: float, report: Callable[[str], None]) -> str:
        """Wait until all Deployments are available and the controller has issued certificates.

        Args:
            names: the Deployments.
            seconds: for how long to wait.
            report: called with a line each time that something changed.

        Returns:
            The certificates to trust, as PEM in base64.

        Raises:
            NotRunningError: they were not available in time.
            ApiError: the API server refused a request, or did not answer.
        """
        wanted = tuple(names)
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        told = ""
        while True:
            rollouts = [await self.rollout(name) for name in wanted]
            waiting = [one for one in rollouts if not one.complete]
            authority = await self.authority()
            line = ", ".join(map(str, rollouts)) + ("" if authority else "; no certificates yet")
            if line != told:
                report(line)
                told = line
            if not waiting and authority:
                return authority
            if loop.time() >= end:
                raise NotRunningError(seconds, waiting, await self.reasons(one.name for one in waiting))
            await asyncio.sleep(_POLL)

    async def rollout(self, name: str) -> Availability:
        """Read the rollout of one Deployment; one that does not exist is not available.

        Raises:
            ApiError: the API server refused the request, or did not answer.
        """
        try:
            found = msgspec.json.decode(await self._host.get(DEPLOYMENTS.object_path(self._namespace, name)))
        except NotFoundError:
            return Availability(name, 0, 1)
        return rollout_of(found)

    async def authority(self) -> str:
        """Read the certificates to trust, as PEM in base64; empty while there are none.

        Raises:
            ApiError: the API server refused the request, or did not answer.
        """
        try:
            secret = msgspec.json.decode(await self._host.get(SECRETS.object_path(self._namespace, self._certificates)))
        except NotFoundError:
            return ""
        return str((secret.get("data") or {}).get("ca.crt") or "")

    async def reasons(self, names: Iterable[str]) -> list[str]:
        """Explain why the Pods of Deployments are not ready: the first reasons found, each with what to do.

        Nothing is raised if Pods may not be read: the reasons only help.
        """
        found: dict[str, None] = {}
        for name in names:
            component = name.removeprefix("converter-")
            selector = f"app.kubernetes.io/name=karmada-api-version-converter,app.kubernetes.io/component={component}"
            try:
                answer = await self._host.get(PODS.path(self._namespace), {"labelSelector": selector})
            except ApiError:
                continue
            for pod in msgspec.json.decode(answer)["items"]:
                found |= dict.fromkeys(reasons_of(pod))
        return list(found)[:_MOST_REASONS]


def reasons_of(pod: Manifest) -> list[str]:
    """Explain why a Pod is not ready, with what to do."""
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    found = []
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        waiting = (container.get("state") or {}).get("waiting") or {}
        reason = waiting.get("reason", "")
        if reason and reason not in {"ContainerCreating", "PodInitializing"}:
            message = f": {waiting['message']}" if waiting.get("message") else ""
            hint = f". {_HINTS[reason][0].upper()}{_HINTS[reason][1:]}" if reason in _HINTS else ""
            found.append(f"Pod {name}: {reason}{message}{hint}")
    return found + [
        f"Pod {name} is not scheduled: {condition.get('message', '')}".rstrip(": ")
        for condition in status.get("conditions") or ()
        if condition["type"] == "PodScheduled" and condition["status"] == "False"
    ]
