"""Takes the converter out of the way in an emergency, and puts it back: nothing converted changes meanwhile.

Without the webhook alone, Karmada would overwrite converted Works with a version that their members do not serve. So
policies of the API server itself, which need no process of the converter, refuse exactly these writes. Everything else
passes as if the converter were not installed. Deletions pass, too.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.client import (
    ApiError,
    Collection,
    ConflictError,
    NotFoundError,
    RejectedError,
    each_item,
    find_object,
)
from converter.client.collections import WORKS
from converter.errors import ConverterError
from converter.install.hand_back_works import exactly
from converter.install.held_lease import hold, is_held, let_go, read_lease
from converter.install.interpreters import APPLY
from converter.install.manifests import FIELD_MANAGER, WEBHOOKS, InstallationError, place_of
from converter.karmada.names import CONVERTED_LABEL, EXECUTION_SPACE_PREFIX
from converter.karmada.touch import touch_patch
from converter.package_data import data_folder
from converter.yaml import YamlError, load_all

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from converter.client import ApiServer
    from converter.kube import Manifest

WORKS_WEBHOOK: Final = "works.apiconverter.dev"
BINDINGS_WEBHOOK: Final = "bindings.apiconverter.dev"
CONDITION: Final = "paused"
"""The match condition by which a webhook is not called."""

_CONFIGURATION: Final = Collection(
    "/apis/admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", namespaced=False
).object_path("", WEBHOOKS)
_FILE: Final = data_folder("deploy") / "pause" / "policies.yaml"
_BINDING_NAMES: Final = (
    ("resourcebinding.karmada.io/name", "/apis/work.karmada.io/v1alpha2/namespaces/{}/resourcebindings/"),
    ("clusterresourcebinding.karmada.io/name", "/apis/work.karmada.io/v1alpha2/clusterresourcebindings/"),
)

_SEEN: Final = 5.0
"""Seconds until each API server enforces a new policy, or calls a webhook again; both take about one."""

_PROBES: Final = 25
_ATTEMPTS: Final = 8


class PauseError(ConverterError):
    """The converter cannot be paused, or resumed; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """What `resume` did.

    Attributes:
        was_paused: whether anything was paused.
        sent_again: the bindings whose Works Karmada sends again.
    """

    was_paused: bool
    sent_again: int = 0


def policies() -> list[Manifest]:
    """Return the objects that keep what is converted.

    Raises:
        InstallationError: the file is missing or invalid.
    """
    try:
        found = list(load_all(_FILE.read_text(encoding="utf-8")))
    except (OSError, YamlError) as error:
        raise InstallationError(f"cannot read {_FILE}: {error}; reinstall the package") from error
    for manifest in found:
        manifest["metadata"]["labels"] = {"app.kubernetes.io/name": "karmada-api-version-converter"}
    return found


async def is_paused(karmada: ApiServer, namespace: str) -> bool:
    """Whether the converter is paused, wholly or in part.

    Raises:
        ApiError: a request failed.
    """
    if is_held(await read_lease(karmada, namespace)):
        return True
    stored = await _configuration(karmada)
    return any(_is_off(hook) for hook in (stored or {}).get("webhooks") or ())


@dataclass(frozen=True, slots=True)
class Pause:
    """Pauses and resumes one installation. Both are safe to repeat, and to run after an interruption of each other.

    Attributes:
        karmada: the Karmada API server.
        namespace: the namespace of the controller's Lease.
        report: called with a line for each step.
        sleep: waits a number of seconds.
    """

    karmada: ApiServer
    namespace: str
    report: Callable[[str], None]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def pause(self, *, placement: bool = False) -> None:
        """Keep what is converted, then stop calling the webhooks, then stop the controller.

        Args:
            placement: also stop calling the webhook for bindings. Its failures are ignored anyway; without it, new
                bindings get no exclusions.

        Raises:
            PauseError: the API server does not enforce the policies. Nothing else was changed.
            ApiError: a request failed. Run it again.
        """
        await self._apply_policies()
        await self._wait_until_enforced()
        self.report("converted Works and their statuses are kept as they are")
        off = None if placement else BINDINGS_WEBHOOK
        if await self._switch(lambda hook: hook if hook["name"] == off else _off(hook)):
            self.report("the webhooks are not called any more")
        await hold(self.karmada, self.namespace)
        self.report("the controller does nothing any more")

    async def resume(self) -> Resumed:
        """Call the webhooks again, prove that they answer, and only then let Karmada change what is converted.

        Raises:
            PauseError: the webhook does not answer. It stays paused.
            ApiError: a request failed. Run it again.
        """
        was = await is_paused(self.karmada, self.namespace)
        if await self._switch(_on):
            self.report("the webhooks are called again")
            await self.sleep(_SEEN)
        try:
            await self._prove()
        except PauseError:
            if was:
                await self._switch(lambda hook: hook if hook["name"] == BINDINGS_WEBHOOK else _off(hook))
            raise
        deleted = await self.delete_policies()
        was = was or deleted
        await let_go(self.karmada, self.namespace)
        if not was:
            return Resumed(was_paused=False)
        self.report("the controller acts again")
        await self.sleep(_SEEN)
        return Resumed(was_paused=True, sent_again=await self._send_again())

    async def delete_policies(self) -> bool:
        """Delete the policies that keep what is converted; whether there were any.

        Raises:
            ApiError: a request failed.
        """
        deleted = False
        for manifest in reversed(policies()):
            path = place_of(manifest).path
            with contextlib.suppress(NotFoundError):
                found = msgspec.json.decode(await self.karmada.get(path))
                await self.karmada.delete(path, uid=found["metadata"]["uid"])
                deleted = True
        return deleted

    async def _apply_policies(self) -> None:
        for manifest in policies():
            try:
                path = f"{place_of(manifest).path}?fieldManager={FIELD_MANAGER}&force=true"
                await self.karmada.patch(path, manifest, APPLY)
            except NotFoundError as error:
                raise PauseError(
                    "the Karmada API server is older than v1.30: it has no ValidatingAdmissionPolicies, and nothing "
                    "else keeps what is converted; repair or roll back the converter instead"
                ) from error

    async def _wait_until_enforced(self) -> None:
        """Try to change a converted Work, without storing anything, until that is refused."""
        await self.sleep(_SEEN)
        for _ in range(_PROBES):
            work = await self._any_converted()
            if work is None:
                return
            path = WORKS.object_path(work["metadata"]["namespace"], work["metadata"]["name"])
            suspended = not (work.get("spec") or {}).get("suspendDispatching")
            try:
                await self.karmada.patch(f"{path}?dryRun=All", {"spec": {"suspendDispatching": suspended}})
            except RejectedError:
                return
            except NotFoundError:
                continue
            except ApiError:  # the webhook does not answer, which refuses it as well
                return
            await self.sleep(1.0)
        await self.delete_policies()
        raise PauseError(
            "the API server does not enforce the policies that keep what is converted; nothing was changed"
        )

    async def _any_converted(self) -> Manifest | None:
        answer = await self.karmada.get(WORKS.path(), {"labelSelector": f"{CONVERTED_LABEL}=true", "limit": "1"})
        items: list[Manifest] = msgspec.json.decode(answer).get("items") or []
        return items[0] if items else None

    async def _switch(self, change: Callable[[Manifest], Manifest]) -> bool:
        """Change each webhook of the configuration; whether that changed anything."""
        for _ in range(_ATTEMPTS):
            stored = await _configuration(self.karmada)
            if stored is None:
                return False
            wanted = [change(hook) for hook in stored.get("webhooks") or ()]
            if wanted == stored.get("webhooks"):
                return False
            with contextlib.suppress(ConflictError):
                await self.karmada.patch(_CONFIGURATION, exactly(stored, {"webhooks": wanted}))
                return True
        raise PauseError("somebody changes the webhook configuration all the time; run the command again")

    async def _prove(self) -> None:
        """Send a Work through the webhook, without storing it."""
        spaces = [
            msgspec.json.decode(raw)["metadata"]["name"]
            async for raw in each_item(self.karmada, Collection("/api/v1", "namespaces", namespaced=False))
        ]
        space = next((name for name in spaces if name.startswith(EXECUTION_SPACE_PREFIX)), None)
        if space is None or await _configuration(self.karmada) is None:
            return
        manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe", "namespace": "default"}}
        work = {
            "apiVersion": "work.karmada.io/v1alpha1",
            "kind": "Work",
            "metadata": {"generateName": "apiconverter-probe-", "namespace": space},
            "spec": {"workload": {"manifests": [manifest]}},
        }
        try:
            await self.karmada.create(f"{WORKS.path(space)}?dryRun=All", work)
        except ApiError as error:
            raise PauseError(
                f"it stays paused, because a Work does not pass: {error}; run `converter doctor`, then resume again"
            ) from error

    async def _send_again(self) -> int:
        """Make Karmada send the Works again that it could not write: it retries only after up to 17 minutes itself."""
        touched: set[str] = set()
        async for raw in each_item(self.karmada, WORKS, selector=f"{CONVERTED_LABEL}=true"):
            path = _binding_path(msgspec.json.decode(raw))
            if path is None or path in touched:
                continue
            touched.add(path)
            with contextlib.suppress(NotFoundError, ConflictError):
                patch = touch_patch(msgspec.json.decode(await self.karmada.get(path)))
                if patch is not None:
                    await self.karmada.patch(path, patch)
        return len(touched)


async def _configuration(karmada: ApiServer) -> Manifest | None:
    return await find_object(karmada, _CONFIGURATION)


def _is_off(hook: Manifest) -> bool:
    return any(item.get("name") == CONDITION for item in hook.get("matchConditions") or ())


def _off(hook: Manifest) -> Manifest:
    """Return a webhook that is never called."""
    if _is_off(hook):
        return hook
    condition: dict[str, Any] = {"name": CONDITION, "expression": "false"}
    return {**hook, "matchConditions": [*(hook.get("matchConditions") or ()), condition]}


def _on(hook: Manifest) -> Manifest:
    """Return a webhook that is called again."""
    if not _is_off(hook):
        return hook
    return {**hook, "matchConditions": [item for item in hook["matchConditions"] if item["name"] != CONDITION]}


def _binding_path(work: Manifest) -> str | None:
    annotations = work["metadata"].get("annotations") or {}
    for name, prefix in _BINDING_NAMES:
        if name in annotations:
            return prefix.format(annotations.get("resourcebinding.karmada.io/namespace", "")) + str(annotations[name])
    return None
