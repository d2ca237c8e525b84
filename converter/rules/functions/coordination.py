"""Candidates for a lease: v1alpha1 lists strategies in the order of preference, later versions name one.

Sources in Kubernetes: staging/src/k8s.io/api/coordination/{v1alpha1,v1alpha2}/types.go.
"""

from __future__ import annotations

from typing import Any

from converter.rules.functions.registry import register
from converter.rules.lens import Note, Notes, drop_foreign, get_object, wrong_type

_LIST = "preferredStrategies"
_ONE = "strategy"


def _to_list(candidate: dict[str, Any], notes: Notes) -> None:
    spec = get_object(candidate, ("spec",))
    if spec is None:
        return
    drop_foreign(spec, _LIST, ("spec", _LIST), notes)
    strategy = spec.pop(_ONE, None)
    if strategy is None or strategy == "":
        return
    if type(strategy) is not str:
        raise wrong_type(("spec", _ONE), "a string", strategy)
    spec[_LIST] = [strategy]


def _to_one(candidate: dict[str, Any], notes: Notes) -> None:
    spec = get_object(candidate, ("spec",))
    if spec is None:
        return
    drop_foreign(spec, _ONE, ("spec", _ONE), notes)
    strategies = spec.pop(_LIST, None)
    if strategies is None:
        return
    if type(strategies) is not list or not all(type(strategy) is str for strategy in strategies):
        raise wrong_type(("spec", _LIST), "a list of strings", strategies)
    if strategies:
        spec[_ONE] = strategies[0]
    if len(strategies) > 1:
        why = "v1alpha2 names one strategy: the first, which supersedes the others"
        notes.append(Note(("spec", _LIST), strategies, why))


register(
    "leasecandidate-strategy",
    "v1alpha1 lists strategies in the order of preference; v1alpha2 names the first of them",
    to_right=_to_list,
    to_left=_to_one,
    left_fields=["spec.strategy"],
    right_fields=["spec.preferredStrategies"],
    losses_left=1,
)
