"""What steps cannot say about Cluster API: schemas inside of schemas, and a status that is computed.

Sources: sigs.k8s.io/cluster-api v1.14.2, core/webhooks/conversion/clusterclass.go: restoreBoolIntentJSONSchemaProps;
sigs.k8s.io/cluster-api/api v1.14.2, controlplane/kubeadm/v1beta1/conversion.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from converter.kube import Json, Path, is_empty
from converter.rules.functions.registry import register
from converter.rules.lens import RESTATED, LensError, Note, Notes, get_object, wrong_type

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLAGS: Final = (
    "uniqueItems",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-int-or-string",
)
_ONE: Final = ("items", "additionalProperties", "not")
_MANY: Final = ("properties", "allOf", "anyOf", "oneOf")
_DEEPEST: Final = 100
"""Levels of a schema inside of schemas."""

_VARIABLES: Final = (("spec", "variables"), ("status", "variables"))
_WHY: Final = "v1beta2 does not report it; v1beta1 says whether there are ready replicas"


def _items(node: Json, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the objects of a list, or of a map, with their paths."""
    if node is None:
        return
    if type(node) not in (list, dict):
        raise wrong_type(path, "a list", node)
    for at, item in enumerate(node) if type(node) is list else node.items():
        if type(item) is not dict:
            raise wrong_type((*path, at), "an object", item)
        yield (*path, at), item


def _schemas(node: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the schema of each variable."""
    for place in _VARIABLES:
        holder = get_object(node, place[:1])
        for path, variable in _items(None if holder is None else holder.get(place[1]), place):
            for at, one in ((path, variable), *_items(variable.get("definitions"), (*path, "definitions"))):
                found = get_object(one, ("schema", "openAPIV3Schema"))
                if found is not None:
                    yield (*at, "schema", "openAPIV3Schema"), found


def _leave_out_false(node: dict[str, Any], notes: Notes) -> None:
    """Remove flags that are false at every level: a missing flag says the same."""
    todo = [(path, schema, 0) for path, schema in _schemas(node)]
    for path, schema, level in todo:  # grows on the way
        if level > _DEEPEST:
            raise LensError(path, f"a schema has more than {_DEEPEST} levels")
        for name in _FLAGS:
            if schema.get(name) is False:
                del schema[name]
                notes.append(Note((*path, name), False, RESTATED))
        for name in _ONE:
            below = schema.get(name)
            if type(below) is dict:
                todo.append(((*path, name), below, level + 1))
        for name in _MANY:
            below = schema.get(name)
            if type(below) in (list, dict):
                todo += [(at, one, level + 1) for at, one in _items(below, (*path, name))]


def _compute_ready(node: dict[str, Any], notes: Notes) -> None:
    """Write ``status.ready`` as v1beta1 does: whether there are ready replicas."""
    status = get_object(node, ("status",))
    if status is None:
        return
    _take_ready(status, notes, is_ready=False)
    replicas = status.get("readyReplicas")
    if type(replicas) is int and replicas > 0:
        status["ready"] = True


def _remove_ready(node: dict[str, Any], notes: Notes) -> None:
    """Remove ``status.ready``; what it should not be is reported."""
    status = get_object(node, ("status",))
    if status is not None:
        replicas = status.get("readyReplicas")
        _take_ready(status, notes, is_ready=type(replicas) is int and replicas > 0)


def _take_ready(status: dict[str, Any], notes: Notes, *, is_ready: bool) -> None:
    found = status.pop("ready", None)
    if not is_empty(found) and (found is False or found is not is_ready):
        notes.append(Note(("status", "ready"), found, RESTATED if found is False else _WHY))


register(
    "cluster-api-variable-schemas",
    "flags of a variable's schema that are false are left out, at every level: a missing one says the same",
    to_right=_leave_out_false,
    to_left=_leave_out_false,
    left_fields=("spec.variables", "status.variables"),
    right_fields=("spec.variables", "status.variables"),
)
register(
    "cluster-api-control-plane-ready",
    "v1beta1 reports whether a control plane has ready replicas; v1beta2 reports their number only",
    to_right=_compute_ready,
    to_left=_remove_ready,
    right_fields=("status.ready",),
    losses_left=1,
)
