"""Bindings that the converter gave to its own scheduler, read as far as it takes to see which of them wait for it."""

from __future__ import annotations

from typing import Any

import msgspec

from converter.karmada.names import SCHEDULER_LABEL


class _Metadata(msgspec.Struct, rename="camel"):
    name: str
    uid: str = ""
    namespace: str = ""
    labels: dict[str, str] | None = None
    generation: int = 0
    deletion_timestamp: str | None = None


class _Suspension(msgspec.Struct):
    scheduling: bool | None = None


class _Spec(msgspec.Struct, rename="camel"):
    scheduler_name: str = ""
    placement: Any = None
    suspension: _Suspension | None = None


class _Condition(msgspec.Struct):
    type: str = ""
    status: str = ""


class _Status(msgspec.Struct, rename="camel"):
    scheduler_observed_generation: int = 0
    conditions: list[_Condition] | None = None


class _Binding(msgspec.Struct, rename="camel"):
    metadata: _Metadata
    spec: _Spec = msgspec.field(default_factory=_Spec)
    status: _Status = msgspec.field(default_factory=_Status)
    api_version: str = "work.karmada.io/v1alpha2"
    kind: str = ""


_bindings = msgspec.json.Decoder(_Binding)


class GivenBinding(msgspec.Struct, frozen=True):
    """What is cached of a binding with the label `SCHEDULER_LABEL`.

    Attributes:
        api_version: its apiVersion.
        kind: its kind.
        name: ``namespace/name``; ``name`` for a ClusterResourceBinding.
        uid: its uid.
        lost: whether it names another scheduler than its label. Karmada's detector wrote it while no webhook answered.
        waits: whether its scheduler has not looked at its latest generation. One that no cluster fits does not wait:
            its condition ``Scheduled`` is False.
    """

    api_version: str
    kind: str
    name: str
    uid: str
    lost: bool
    waits: bool


def given_binding(raw: bytes) -> GivenBinding:
    """Read a binding.

    Raises:
        msgspec.MsgspecError: it is not a binding of Karmada.
    """
    found = _bindings.decode(raw)
    metadata, spec, status = found.metadata, found.spec, found.status
    ignored = metadata.deletion_timestamp is not None or spec.placement is None
    suspended = spec.suspension is not None and spec.suspension.scheduling is True
    refused = any(item.type == "Scheduled" and item.status == "False" for item in status.conditions or ())
    behind = metadata.generation != status.scheduler_observed_generation
    lost = spec.scheduler_name != (metadata.labels or {}).get(SCHEDULER_LABEL)
    name = f"{metadata.namespace}/{metadata.name}" if metadata.namespace else metadata.name
    waits = behind and not (ignored or suspended or refused or lost)
    return GivenBinding(found.api_version, found.kind, name, metadata.uid, lost, waits)
