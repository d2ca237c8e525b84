"""What steps cannot say about Tekton: the type of a parameter, and the older one of two fields for one timeout.

Sources: github.com/tektoncd/pipeline v1.0.0, pkg/apis/pipeline/v1beta1/{param,pipelinerun}_conversion.go, and
pkg/apis/pipeline/v1/param_types.go: ParamSpec.SetDefaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from converter.rules.functions.registry import register
from converter.rules.lens import RESTATED, Note, Notes, drop_foreign, get_object

if TYPE_CHECKING:
    from converter.kube import Json

_OTHERS: Final = "the whole PipelineRun has a timeout of its own, which takes the place of timeouts"


def _set_type(node: dict[str, Any], _notes: Notes) -> None:
    """Write the type that Tekton fills in: that of the default, or of an object with properties, or string."""
    if not node.get("type"):
        node["type"] = _type_of(node)


def _type_of(parameter: dict[str, Any]) -> str:
    default: Json = parameter.get("default")
    if default is None:
        return "object" if parameter.get("properties") is not None else "string"
    if isinstance(default, list):
        return "array"
    return "object" if isinstance(default, dict) else "string"


def _move_timeout(node: dict[str, Any], notes: Notes) -> None:
    """Move ``spec.timeout`` to ``spec.timeouts.pipeline``, where v1 has it. It says the same there."""
    spec = get_object(node, ("spec",))
    timeout = None if spec is None else spec.pop("timeout", None)
    if spec is None or timeout is None:
        return
    notes.append(Note(("spec", "timeout"), timeout, RESTATED))
    made = {"pipeline": timeout}
    for name, value in (get_object(node, ("spec", "timeouts")) or {}).items():
        if value != made.get(name):
            notes.append(Note(("spec", "timeouts", name), value, _OTHERS))
    spec["timeouts"] = made


def _keep_timeouts(node: dict[str, Any], notes: Notes) -> None:
    """Leave ``spec.timeouts``, which both versions have; v1 has no ``spec.timeout``."""
    spec = get_object(node, ("spec",))
    if spec is not None:
        drop_foreign(spec, "timeout", ("spec", "timeout"), notes)


register(
    "tekton-parameter-type",
    "a parameter without a type gets the one that Tekton fills in: that of its default, or string",
    to_right=_set_type,
    to_left=_set_type,
    left_fields=("type",),
    right_fields=("type",),
)
register(
    "tekton-pipelinerun-timeout",
    "v1beta1 can have the timeout of a PipelineRun in spec.timeout; v1 has it in spec.timeouts.pipeline",
    to_right=_keep_timeouts,
    to_left=_move_timeout,
    left_fields=("spec.timeouts.pipeline",),
    right_fields=("spec.timeout", "spec.timeouts.pipeline"),
    losses_left=1,
)
