"""Brings to a shelf what is kept of a Work and does not fit into its annotations, fetches it, and tidies up.

Three orders make every place safe at which this can be cut off: the shelf stands before the carrier is taken out of the
Work; the Work names its shelf in the same write that takes the carrier out and lets it go; and a shelf is deleted only
where the Work, as it is stored now, names another or none. What nobody comes to delete goes with the Work, its owner.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import UNSET

from converter.client import AlreadyExistsError, Collection, Key, NotFoundError
from converter.client.informer import listed
from converter.controllers.anchor import WORKS, same_version
from converter.errors import ConverterError
from converter.karmada.names import CONVERSION_DATA_REF_ANNOTATION, OVERFLOW_LABEL, SUSPENDED_BEFORE_ANNOTATION
from converter.works.overflow import digest_of, is_carrier, overflow_name, overflow_object, read_carrier, suspension_of

if TYPE_CHECKING:
    from converter.client import ApiServer
    from converter.kube import Manifest

_log = logging.getLogger(__name__)

OVERFLOW_OBJECTS: Final = Collection("/apis/apps/v1", "controllerrevisions")


class OverflowConflictError(ConverterError):
    """What should be stored of a Work cannot be: something else stands there under the same name."""


class OverflowStore:
    """Reads and writes shelves; one replica alone may run it, and never twice at once for the same Work."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server

    async def store(self, work: Manifest) -> Manifest | None:
        """Store what a Work carries, if it carries anything.

        Returns:
            The merge patch that takes the carrier out of the Work and lets it go; None where it carries nothing.

        Raises:
            ApiError: a request failed; try again.
            ShelfError: another object is in the way.
        """
        metadata = work["metadata"]
        manifests = ((work.get("spec") or {}).get("workload") or {}).get("manifests") or []
        if not manifests or not is_carrier(manifests[-1]):
            return None
        kept = read_carrier(msgspec.json.encode(manifests[-1]))
        if kept is None:
            return None
        await self._create(work, kept)
        before = suspension_of((metadata.get("annotations") or {}).get(SUSPENDED_BEFORE_ANNOTATION))
        return {
            "metadata": {
                **same_version(work),
                "annotations": {CONVERSION_DATA_REF_ANNOTATION: digest_of(kept), SUSPENDED_BEFORE_ANNOTATION: None},
            },
            "spec": {
                "workload": {"manifests": manifests[:-1]},
                "suspendDispatching": None if before is UNSET else before,
            },
        }

    async def _create(self, work: Manifest, kept: bytes) -> None:
        wanted = overflow_object(work, kept)
        metadata = wanted["metadata"]
        try:
            await self._server.create(OVERFLOW_OBJECTS.path(metadata["namespace"]), wanted)
        except AlreadyExistsError:  # an earlier pass was cut off; names speak of the content, so it should be the same
            if await self.fetch(work, digest_of(kept)) != kept:
                name = f"{metadata['namespace']}/{metadata['name']}"
                raise OverflowConflictError(f"ControllerRevision {name} holds something else; delete it") from None

    async def fetch(self, work: Manifest, digest: str = "") -> bytes | None:
        """Read what is on a Work's shelf.

        Args:
            work: the Work.
            digest: of what is wanted; empty for what the Work names.

        Returns:
            The JSON of a list, one item a manifest; None where the Work names no shelf, or it is gone.

        Raises:
            ApiError: the request failed; try again.
        """
        metadata = work["metadata"]
        digest = digest or (metadata.get("annotations") or {}).get(CONVERSION_DATA_REF_ANNOTATION) or ""
        if not digest:
            return None
        name = overflow_name(work, digest)
        try:
            return read_carrier(await self._server.get(OVERFLOW_OBJECTS.object_path(metadata["namespace"], name)))
        except NotFoundError:
            _log.warning("%s/%s: its shelf %s is gone", metadata["namespace"], metadata["name"], name)
            return None

    async def tidy(self, key: Key) -> None:
        """Delete the shelves of a Work that it does not name any more.

        Raises:
            ApiError: a request failed; try again.
        """
        try:
            work: Manifest = msgspec.json.decode(await self._server.get(WORKS.object_path(key.namespace, key.name)))
        except NotFoundError:
            return  # they follow it
        uid = work["metadata"]["uid"]
        digest = (work["metadata"].get("annotations") or {}).get(CONVERSION_DATA_REF_ANNOTATION)
        named = overflow_name(work, digest) if digest else ""
        async for raw in listed(self._server, OVERFLOW_OBJECTS, key.namespace, f"{OVERFLOW_LABEL}=true"):
            metadata = msgspec.json.decode(raw)["metadata"]
            owners = [owner.get("uid") for owner in metadata.get("ownerReferences") or ()]
            if uid in owners and metadata["name"] != named:
                await self._delete(metadata)

    async def _delete(self, metadata: Manifest) -> None:
        path = OVERFLOW_OBJECTS.object_path(metadata["namespace"], metadata["name"])
        try:
            await self._server.delete(path, uid=metadata["uid"], version=metadata["resourceVersion"])
        except NotFoundError:
            return
