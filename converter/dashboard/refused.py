"""Objects that a cluster does not get, because admission refused their Work: read from the bindings' conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from converter.dashboard.rows import HIDDEN, SECRET
from converter.karmada.denial import denied_clusters
from converter.karmada.names import WORK_REFUSED

if TYPE_CHECKING:
    from collections.abc import Hashable

    from converter.client import Change


class Refused(msgspec.Struct, frozen=True):
    """What a binding says about refused Works.

    Attributes:
        kind: the object's kind.
        namespace: the object's namespace; empty for a cluster-scoped object.
        name: the object's name.
        version: the apiVersion that was sent.
        why: why it was refused; empty if nothing was.
        clusters: the clusters that do not get it.
    """

    kind: str
    namespace: str
    name: str
    version: str
    why: str
    clusters: tuple[str, ...]


class _Condition(msgspec.Struct):
    type: str
    status: str = ""
    message: str = ""


class _Status(msgspec.Struct):
    conditions: list[_Condition] | None = None


class _Resource(msgspec.Struct, rename="camel"):
    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""


class _Spec(msgspec.Struct):
    resource: _Resource = msgspec.field(default_factory=_Resource)


class _Binding(msgspec.Struct):
    spec: _Spec = msgspec.field(default_factory=_Spec)
    status: _Status | None = None


_bindings = msgspec.json.Decoder(_Binding)

NOTHING: Final = Refused("", "", "", "", "", ())
"""Of a binding without a refused Work: one for all of them, since there are many."""


def read_binding(raw: bytes) -> Refused:
    """Read a binding. A text about a Secret is not kept: it can cite values.

    Raises:
        msgspec.MsgspecError: it is not one.
    """
    binding = _bindings.decode(raw)
    conditions = (binding.status.conditions if binding.status is not None else None) or ()
    why = next((one.message for one in conditions if one.type == WORK_REFUSED and one.status == "True"), "")
    if not why:
        return NOTHING
    about = binding.spec.resource
    shown = HIDDEN if about.kind == SECRET else why
    return Refused(
        about.kind, about.namespace, about.name, about.api_version, shown, tuple(sorted(denied_clusters(why)))
    )


class RefusedObjects:
    """The objects with a refused Work. Handlers of informers write it."""

    def __init__(self) -> None:
        self._found: dict[Hashable, Refused] = {}

    def changed(self, change: Change[Refused]) -> None:
        """Take in a change of a binding. Those of both scopes have different keys: one kind has namespaces."""
        if change.after is None or not change.after.why:
            self._found.pop(change.key, None)
        else:
            self._found[change.key] = change.after

    def listed(self) -> list[Refused]:
        """List them, by namespace, kind and name."""
        return sorted(self._found.values(), key=lambda one: (one.namespace, one.kind, one.name))
