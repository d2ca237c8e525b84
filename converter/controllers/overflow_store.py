"""Stores conversion data that does not fit into a Work's annotations, reads it, and deletes what is stale.

Conversion data arrives in the Work itself, in its last manifest, the carrier (`converter.works.overflow`). It is
stored in an overflow object. Three orders make each interruption safe:

- The overflow object exists before the carrier is removed from the Work.
- The write that removes the carrier also names the overflow object and resumes dispatching.
- An overflow object is deleted only if the stored Work has no carrier and names another object, or none.

The Work owns its overflow objects, so the garbage collector deletes whatever is left.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from converter.client import AlreadyExistsError, Key, NotFoundError
from converter.client.collections import OVERFLOW_OBJECTS, WORKS
from converter.controllers.objects import annotation, decode, same_version
from converter.errors import ConverterError
from converter.karmada.names import CONVERSION_DATA_REF_ANNOTATION, SUSPENDED_BEFORE_ANNOTATION
from converter.works.overflow import Suspension, digest_of, is_carrier, overflow_name, overflow_object, read_carrier

if TYPE_CHECKING:
    from converter.client import ApiServer, Informer
    from converter.controllers.cached_work import CachedWork
    from converter.kube import Manifest

_log = logging.getLogger(__name__)


class OverflowConflictError(ConverterError):
    """Another object has the name of the overflow object.

    Attributes:
        namespace: the namespace of that ControllerRevision.
        name: its name.
    """

    def __init__(self, namespace: str, name: str) -> None:
        self.namespace = namespace
        self.name = name
        super().__init__(f"ControllerRevision {namespace}/{name} holds other data; delete it")


class OverflowMetadata(NamedTuple):
    """The metadata of an overflow object.

    Attributes:
        uid: its uid.
        resource_version: its version.
        work: the name of the Work that owns it.
        work_uid: the uid of that Work.
    """

    uid: str
    resource_version: str
    work: str
    work_uid: str


class _Owner(msgspec.Struct):
    name: str
    uid: str


class _Metadata(msgspec.Struct, rename="camel"):
    uid: str
    resource_version: str
    owner_references: list[_Owner]


class _Object(msgspec.Struct):
    metadata: _Metadata


_objects = msgspec.json.Decoder(_Object)


def overflow_metadata(raw: bytes) -> OverflowMetadata:
    """Read an overflow object, or its PartialObjectMetadata.

    Raises:
        ValueError: it is not an overflow object: a Work must own it.
    """
    metadata = _objects.decode(raw).metadata
    if not metadata.owner_references:
        raise ValueError("it has no owner")
    owner = metadata.owner_references[0]
    return OverflowMetadata(metadata.uid, metadata.resource_version, owner.name, owner.uid)


def owner_key(key: Key, found: OverflowMetadata) -> Key:
    """Return the key of the Work that owns an overflow object."""
    return Key(key.namespace, found.work)


class OverflowStore:
    """Reads and writes overflow objects. Only the leader runs it, and never twice at once for the same Work."""

    def __init__(self, server: ApiServer, objects: Informer[OverflowMetadata]) -> None:
        """Prepare.

        Args:
            server: the control plane.
            objects: the overflow objects, indexed by `owner_key`.
        """
        self._server = server
        self._objects = objects

    async def store(self, work: Manifest) -> Manifest | None:
        """Store the conversion data in a Work's carrier.

        Returns:
            The merge patch that removes the carrier and resumes dispatching; None if the Work has no carrier.

        Raises:
            ApiError: a request failed.
            OverflowConflictError: another object has the name of the overflow object.
        """
        metadata = work["metadata"]
        manifests = ((work.get("spec") or {}).get("workload") or {}).get("manifests") or []
        if not manifests or not is_carrier(manifests[-1]):
            return None
        data = read_carrier(msgspec.json.encode(manifests[-1]))
        if data is None:
            return None
        await self._create(work, data)
        before = Suspension.parse((metadata.get("annotations") or {}).get(SUSPENDED_BEFORE_ANNOTATION))
        return {
            "metadata": {
                **same_version(work),
                "annotations": {CONVERSION_DATA_REF_ANNOTATION: digest_of(data), SUSPENDED_BEFORE_ANNOTATION: None},
            },
            "spec": {
                "workload": {"manifests": manifests[:-1]},
                "suspendDispatching": before.json,
            },
        }

    async def _create(self, work: Manifest, data: bytes) -> None:
        wanted = overflow_object(work, data)
        metadata = wanted["metadata"]
        try:
            await self._server.create(OVERFLOW_OBJECTS.path(metadata["namespace"]), wanted)
        except AlreadyExistsError:  # an earlier pass was interrupted: the name contains the digest of the data
            if await self.fetch(work, digest_of(data)) != data:
                raise OverflowConflictError(metadata["namespace"], metadata["name"]) from None

    async def fetch(self, work: Manifest, digest: str = "") -> bytes | None:
        """Read the conversion data in a Work's overflow object.

        Args:
            work: the Work.
            digest: the digest of the data; empty for the one that the Work names.

        Returns:
            The JSON of a list with one item a manifest; None if the Work names no object, or the object is gone.

        Raises:
            ApiError: the request failed.
        """
        metadata = work["metadata"]
        digest = digest or annotation(work, CONVERSION_DATA_REF_ANNOTATION)
        if not digest:
            return None
        name = overflow_name(work, digest)
        try:
            return read_carrier(await self._server.get(OVERFLOW_OBJECTS.object_path(metadata["namespace"], name)))
        except NotFoundError:
            _log.warning("%s/%s: its overflow object %s is gone", metadata["namespace"], metadata["name"], name)
            return None

    async def prune(self, key: Key, known: CachedWork | None) -> None:
        """Delete the overflow objects that a Work does not name. If there are none, it sends no request.

        Args:
            key: the Work.
            known: the Work as an informer last saw it; None if it is not converted, or does not exist.

        Raises:
            ApiError: a request failed.
        """
        objects = dict(self._objects.by_index(key))
        if known is not None and known.overflow_object:
            objects.pop(Key(key.namespace, _named(key, known.uid, known.overflow_object)), None)
        if not objects:
            return
        try:
            work = decode(await self._server.get(WORKS.object_path(key.namespace, key.name)))
        except NotFoundError:
            return  # the garbage collector deletes them
        manifests = ((work.get("spec") or {}).get("workload") or {}).get("manifests") or []
        if manifests and is_carrier(manifests[-1]):
            return  # its object may exist already; the Work is about to name it
        digest = annotation(work, CONVERSION_DATA_REF_ANNOTATION)
        named = overflow_name(work, digest) if digest else ""
        for (namespace, name), found in objects.items():
            if found.work_uid == work["metadata"]["uid"] and name != named:
                await self._delete(OVERFLOW_OBJECTS.object_path(namespace, name), found)

    async def _delete(self, path: str, found: OverflowMetadata) -> None:
        try:
            await self._server.delete(path, uid=found.uid, version=found.resource_version)
        except NotFoundError:
            return


def _named(key: Key, uid: str, digest: str) -> str:
    return overflow_name({"metadata": {"name": key.name, "uid": uid}}, digest)
