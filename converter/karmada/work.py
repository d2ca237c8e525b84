"""A Work, read as far as conversion needs it (Karmada: pkg/apis/work/v1alpha1/work_types.go)."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Raw

from converter.errors import ManifestError

ManifestT = TypeVar("ManifestT")


class Metadata(msgspec.Struct, rename="camel"):
    """A Work's own metadata."""

    name: str = ""
    namespace: str = ""
    labels: dict[str, str | None] | None = None
    annotations: dict[str, str | None] | None = None
    owner_references: list[dict[str, Any]] | None = None
    deletion_timestamp: str | None = None


class Workload(msgspec.Struct, Generic[ManifestT]):
    """Holds the manifests."""

    manifests: list[ManifestT] | None = None


class WorkSpec(msgspec.Struct, Generic[ManifestT], rename="camel"):
    """What is wanted of the cluster."""

    workload: Workload[ManifestT] | None = None
    suspend_dispatching: bool | msgspec.UnsetType | None = msgspec.UNSET


class Work(msgspec.Struct, Generic[ManifestT]):
    """A Work whose manifests are decoded to some depth, down to not at all (`msgspec.Raw`)."""

    metadata: Metadata
    spec: WorkSpec[ManifestT] | None = None

    @property
    def manifests(self) -> list[ManifestT]:
        """The manifests; none where any part on the way to them is missing."""
        if self.spec is None or self.spec.workload is None or self.spec.workload.manifests is None:
            return []
        return self.spec.workload.manifests

    @property
    def suspended(self) -> bool | msgspec.UnsetType | None:
        """Its ``suspendDispatching``; unset where it is absent."""
        return self.spec.suspend_dispatching if self.spec is not None else msgspec.UNSET


_works = msgspec.json.Decoder(Work[Raw])


def decode_work(data: bytes | Raw) -> Work[Raw]:
    """Read a Work's JSON, and leave its manifests as they are.

    Raises:
        ManifestError: it is no Work; the message says where.
    """
    try:
        return _works.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ManifestError(f"is no Work: {error}") from None
