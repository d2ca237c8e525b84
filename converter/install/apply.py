"""Applies objects of the installation to one API server, or finds out what that would change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from converter.client import ApiServer, NotFoundError, RejectedError, find_object
from converter.install.interpreters import APPLY, InterpreterInstaller, names_of
from converter.install.manifests import FIELD_MANAGER, OPTIONAL_KINDS, place_of
from converter.karmada.interpreters import CUSTOMIZATION, without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from converter.kube import Manifest

_BOOKKEEPING = ("managedFields", "resourceVersion", "generation", "creationTimestamp", "uid")


class Change(StrEnum):
    """What applying an object does, or would do."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    """The API server refused it, and the installation works without it: an interpreter."""
    UNSERVED = "unserved"
    """The API server is too old for an object that the installation works without."""


@dataclass(frozen=True, slots=True)
class Step:
    """One object of the installation, and what happens to it.

    Attributes:
        kind: its kind.
        name: its name; ``namespace/name`` for a namespaced object.
        change: what happens.
        detail: why it was refused, or what it needs; empty otherwise.
        theirs: the operations that an interpreter leaves to users' interpreters, with these; empty otherwise.
    """

    kind: str
    name: str
    change: Change
    detail: str = ""
    theirs: str = ""

    @property
    def writes(self) -> bool:
        """Whether something is written."""
        return self.change in {Change.CREATED, Change.CHANGED}


class Applier:
    """Applies objects to one API server with server-side apply, as the manager of the fields that they have."""

    def __init__(self, server: ApiServer, everything: Iterable[Manifest], *, dry_run: bool = False) -> None:
        """Prepare.

        Args:
            server: the API server.
            everything: all objects that the installation applies to it; the interpreters among them are its own.
            dry_run: write nothing: the API server checks each object, its admission and the rights to it, and answers
                what it would store.
        """
        self._server = server
        self._dry_run = dry_run
        self._interpreters = InterpreterInstaller(server, names_of(everything))

    async def apply(self, manifests: Iterable[Manifest], report: Callable[[Step], None] = lambda _: None) -> list[Step]:
        """Apply objects in their order.

        Args:
            manifests: the objects.
            report: called with each step when it is done.

        Raises:
            ApiError: the API server refused an object that the installation needs, or did not answer. The objects
                before it are applied; apply them again to apply the rest.
        """
        steps = []
        for manifest in manifests:
            step = await self._one(manifest)
            steps.append(step)
            report(step)
        return steps

    async def _one(self, manifest: Manifest) -> Step:
        kind, name = manifest["kind"], full_name(manifest)
        if kind in OPTIONAL_KINDS and not await is_served(self._server, manifest):
            return Step(kind, name, Change.UNSERVED, "the API server is older than v1.30")
        if kind != CUSTOMIZATION:
            return Step(kind, name, await self._send(manifest))
        try:
            change, missing = await self._interpreter(manifest)
        except RejectedError as error:
            return Step(kind, name, Change.REFUSED, str(error))
        return Step(kind, name, change, theirs=owners(missing))

    async def _interpreter(self, manifest: Manifest) -> tuple[Change, Mapping[str, str]]:
        """Apply an interpreter without the operations of users; try it twice, because somebody may create another."""
        missing = await self._interpreters.left_out(manifest)
        try:
            return await self._send(without(manifest, missing)), missing
        except RejectedError:
            self._interpreters.forget()
            missing = await self._interpreters.left_out(manifest)
            return await self._send(without(manifest, missing)), missing

    async def _send(self, manifest: Manifest) -> Change:
        place = place_of(manifest)
        before = await find_object(self._server, place.path)
        if before is not None and is_scaled_by_others(before):
            manifest = {
                **manifest,
                "spec": {key: value for key, value in manifest["spec"].items() if key != "replicas"},
            }
        dry = "&dryRun=All" if self._dry_run else ""
        try:
            answer = await self._server.patch(
                f"{place.path}?fieldManager={FIELD_MANAGER}&force=true{dry}", manifest, APPLY
            )
        except NotFoundError:
            if not self._dry_run or not place.namespace:
                raise
            return Change.CREATED  # its namespace, or its kind, would be created before it
        if before is None:
            return Change.CREATED
        after = msgspec.json.decode(answer)
        if self._dry_run:
            return Change.UNCHANGED if _content(after) == _content(before) else Change.CHANGED
        same = after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
        return Change.UNCHANGED if same else Change.CHANGED


def is_scaled_by_others(stored: Manifest) -> bool:
    """Whether somebody else chose how many Pods a Deployment has: an administrator, or a HorizontalPodAutoscaler.

    A number of 0 is never left: that is a Deployment that was stopped.
    """
    if stored.get("kind") != "Deployment" or not stored["spec"].get("replicas"):
        return False
    return any(
        one.get("manager") != FIELD_MANAGER and "f:replicas" in (one.get("fieldsV1") or {}).get("f:spec", {})
        for one in stored["metadata"].get("managedFields") or ()
    )


async def is_served(server: ApiServer, manifest: Manifest) -> bool:
    """Whether an API server has the kind of an object.

    Raises:
        ApiError: it refused the request, or did not answer.
    """
    try:
        await server.get(place_of(manifest).collection.path(), {"limit": "1"})
    except NotFoundError:
        return False
    return True


def full_name(manifest: Manifest) -> str:
    """Name an object for people: ``namespace/name``, or ``name``."""
    metadata = manifest["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else str(metadata["name"])


def owners(missing: Mapping[str, str]) -> str:
    """List operations by their interpreter: ``retention: ResourceInterpreterCustomization mine``."""
    return "; ".join(f"{field}: {owner}" for field, owner in sorted(missing.items()))


def _content(stored: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in stored["metadata"].items() if key not in _BOOKKEEPING}
    return {**stored, "metadata": metadata}
