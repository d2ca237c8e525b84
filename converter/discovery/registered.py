"""Writes the resources of a version on its APIService, and reads them back.

A rule can go while Works still have the version that it led to. Karmada must map that version until the last of these
Works is gone, also after a restart of the discovery server. So the APIService itself stores the names of its resources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from converter.discovery.documents import Named
from converter.karmada.names import RESOURCES_ANNOTATION
from converter.kube import GroupVersionKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.kube import Json

MAX_RESOURCES: Final = 500
"""Resources of one version that an APIService names at most. Kubernetes' largest group has 8."""


class _Entry(msgspec.Struct, rename="camel", omit_defaults=True):
    kind: str
    plural: str
    namespaced: bool = False
    stored_as: str = ""


class _Metadata(msgspec.Struct):
    annotations: dict[str, str] | None = None


class _Spec(msgspec.Struct):
    group: str = ""
    version: str = ""


class _Service(msgspec.Struct):
    metadata: _Metadata
    spec: _Spec


_services: Final = msgspec.json.Decoder(_Service)
_entries: Final = msgspec.json.Decoder(list[_Entry])


def annotations_of(resources: Iterable[Named]) -> dict[str, Json]:
    """Make the annotations of the APIService of a version.

    Args:
        resources: the resources of the version, sorted.
    """
    entries = [_Entry(one.gvk.kind, one.plural, one.namespaced, one.stored_as) for one in resources]
    return {RESOURCES_ANNOTATION: msgspec.json.encode(entries[:MAX_RESOURCES]).decode()}


def read_registered(raw: bytes) -> tuple[Named, ...]:
    """Read which resources an APIService names.

    Args:
        raw: the JSON of the APIService.

    Raises:
        msgspec.MsgspecError: it does not have the shape of one.
    """
    found = _services.decode(raw)
    text = (found.metadata.annotations or {}).get(RESOURCES_ANNOTATION)
    if text is None:
        return ()
    version = f"{found.spec.group}/{found.spec.version}"
    return tuple(
        Named(GroupVersionKind.of(version, one.kind), one.plural, one.namespaced, one.stored_as)
        for one in _entries.decode(text)[:MAX_RESOURCES]
    )


def with_registered(named: Iterable[Named], registered: Mapping[object, tuple[Named, ...]]) -> tuple[Named, ...]:
    """Add the resources of APIServices to those that rules name.

    Args:
        named: what rules name; it counts more.
        registered: what each APIService names.
    """
    found = {one.gvk: one for some in registered.values() for one in some}
    found.update((one.gvk, one) for one in named)
    return tuple(found[gvk] for gvk in sorted(found))
