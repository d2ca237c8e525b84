"""The selector of a PodDisruptionBudget: an empty one selects nothing in policy/v1beta1 and everything in policy/v1.

Kubernetes writes what the other version cannot say as an expression on a label of its own, which no pod has, and drops
every other expression on that label. Empty lists and maps count as missing. Sources:
kubernetes/pkg/apis/policy/helper.go and {v1,v1beta1}/conversion.go, since v1.21.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from converter.kube import copy_json
from converter.rules.functions.registry import register
from converter.rules.lens import Note, Notes, get_object, wrong_type

if TYPE_CHECKING:
    from converter.kube import Json

_LABEL = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match"
_PLACE = ("spec", "selector")
_WHY = f"Kubernetes keeps the label {_LABEL} to itself, and drops expressions on it"


def _expression(operator: str) -> Json:
    return {"matchExpressions": [{"key": _LABEL, "operator": operator}]}


class Words(NamedTuple):
    """How one version says the two things an empty selector can mean."""

    everything: Json
    nothing: Json


_V1 = Words(everything={}, nothing=_expression("Exists"))
_V1BETA1 = Words(everything=_expression("DoesNotExist"), nothing={})


def _plain(selector: dict[str, Any]) -> Json:
    """Take out what is empty, which means the same as missing; of expressions too."""
    plain = {key: value for key, value in selector.items() if value not in (None, {}, [])}
    expressions = plain.get("matchExpressions")
    if expressions is not None:
        if type(expressions) is not list:
            raise wrong_type((*_PLACE, "matchExpressions"), "a list", expressions)
        plain["matchExpressions"] = [
            {key: value for key, value in item.items() if value not in (None, [])} if type(item) is dict else item
            for item in expressions
        ]
    return plain


def _strip(selector: dict[str, Any], notes: Notes) -> None:
    """Drop the expressions on Kubernetes' own label, in place."""
    expressions = selector.get("matchExpressions") or []
    left = []
    for index, item in enumerate(expressions):
        if type(item) is dict and item.get("key") == _LABEL:
            notes.append(Note((*_PLACE, "matchExpressions", index), item, _WHY))
        else:
            left.append(item)
    if len(left) < len(expressions):
        if left:
            selector["matchExpressions"] = left
        else:
            del selector["matchExpressions"]


def _translate(source: Words, target: Words, node: dict[str, Any], notes: Notes) -> None:
    selector = get_object(node, _PLACE)
    if selector is None:
        return
    plain = _plain(selector)
    if plain == source.nothing:
        node["spec"]["selector"] = copy_json(target.nothing)
        return
    if plain != source.everything:
        _strip(selector, notes)
    if plain == source.everything or not _plain(selector):  # stripped bare, it is everything to Kubernetes
        node["spec"]["selector"] = copy_json(target.everything)


register(
    "poddisruptionbudget-selector",
    "an empty selector, nothing in v1beta1 and everything in v1, is written in the other's words",
    to_right=partial(_translate, _V1, _V1BETA1),
    to_left=partial(_translate, _V1BETA1, _V1),
    left_fields=("spec.selector",),
    right_fields=("spec.selector",),
)
