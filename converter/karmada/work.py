"""Works, read as far as conversion needs them (Karmada: pkg/apis/work/v1alpha1/work_types.go)."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Raw

from converter.errors import ManifestError

ManifestT = TypeVar("ManifestT")


class Metadata(msgspec.Struct, rename="camel"):
    """The metadata of a Work."""

    name: str = ""
    namespace: str = ""
    labels: dict[str, str | None] | None = None
    annotations: dict[str, str | None] | None = None
    owner_references: list[dict[str, Any]] | None = None
    deletion_timestamp: str | None = None


class Workload(msgspec.Struct, Generic[ManifestT]):
    """The manifests of a Work."""

    manifests: list[ManifestT] | None = None


class WorkSpec(msgspec.Struct, Generic[ManifestT], rename="camel"):
    """The spec of a Work."""

    workload: Workload[ManifestT] | None = None
    suspend_dispatching: bool | msgspec.UnsetType | None = msgspec.UNSET


class Work(msgspec.Struct, Generic[ManifestT]):
    """A Work whose manifests are decoded to some depth, down to not at all (`msgspec.Raw`)."""

    metadata: Metadata
    spec: WorkSpec[ManifestT] | None = None

    @property
    def manifests(self) -> list[ManifestT]:
        """The manifests; an empty list if ``spec`` or ``workload`` is missing."""
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
        ManifestError: it is not a Work; the message says where.
    """
    try:
        return _works.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ManifestError(f"not a Work: {error}") from None
