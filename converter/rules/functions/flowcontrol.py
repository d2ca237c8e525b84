"""Concurrency shares of zero in PriorityLevelConfigurations, which v1beta3 can say by an annotation only.

In v1beta3 and older versions a share of 0 is what Go writes for a share that is not there, and reads as the
default, 30. In v1 it is a pointer, and 0 means 0; v1beta3 writes that as 0 with an annotation. Sources in
Kubernetes: pkg/apis/flowcontrol/{v1,v1beta2,v1beta3}, conversion.go and defaults.go; the annotation's name is in
k8s.io/api/flowcontrol/v1beta3/types.go.
"""

from __future__ import annotations

from typing import Any

from converter.rules.functions.registry import register
from converter.rules.lens import LensError, Notes, ensure_object, get_object, prune_empty, wrong_type

ZERO_SHARES = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares"
"""In v1beta3: a share of 0 means 0."""

_DEFAULT = 30
_ANNOTATIONS = ("metadata", "annotations")
_LIMITED = ("spec", "limited")
_SHARES = "nominalConcurrencyShares"


def _shares(node: dict[str, Any]) -> tuple[dict[str, Any] | None, int | None]:
    """Find the limits and the share they give; None for each that is missing."""
    limited = get_object(node, _LIMITED)
    shares = None if limited is None else limited.get(_SHARES)
    if shares is not None and type(shares) is not int:
        raise wrong_type((*_LIMITED, _SHARES), "an integer", shares)
    return limited, shares


def _marked(node: dict[str, Any]) -> bool:
    annotations = get_object(node, _ANNOTATIONS)
    return annotations is not None and ZERO_SHARES in annotations


def _unmark(node: dict[str, Any]) -> None:
    annotations = get_object(node, _ANNOTATIONS)
    if annotations is not None and ZERO_SHARES in annotations:
        del annotations[ZERO_SHARES]
        prune_empty(node, _ANNOTATIONS)


def _mark_zero(node: dict[str, Any], _notes: Notes) -> None:
    """V1 to v1beta3: a zero gets the annotation; a stray annotation must not make a zero of a missing share."""
    limited, shares = _shares(node)
    if limited is None:
        return
    if shares == 0 and not _marked(node):
        ensure_object(node, _ANNOTATIONS)[ZERO_SHARES] = ""
    elif shares is None and _marked(node):
        limited[_SHARES] = _DEFAULT


def _unmark_zero(node: dict[str, Any], _notes: Notes) -> None:
    """V1beta3 to v1: a marked zero is written out, an unmarked one was the default; the annotation goes."""
    limited, shares = _shares(node)
    marked = _marked(node)
    _unmark(node)
    if limited is None:
        return
    if marked and shares is None:
        limited[_SHARES] = 0
    elif not marked and shares == 0:
        limited[_SHARES] = _DEFAULT


def _refuse_zero(node: dict[str, Any], _notes: Notes) -> None:
    """V1beta3 to v1beta2: a marked zero cannot be said there."""
    limited, shares = _shares(node)
    if limited is not None and not shares and _marked(node):
        why = f"a share of 0 is what v1beta2 and older versions read as the default, {_DEFAULT}"
        raise LensError((*_LIMITED, _SHARES), why, refused=True)
    _unmark(node)


def _guard_default(node: dict[str, Any], _notes: Notes) -> None:
    """V1beta2 to v1beta3: a stray annotation must not make a zero of a share that meant the default."""
    limited, shares = _shares(node)
    if limited is not None and not shares and _marked(node):
        limited[_SHARES] = _DEFAULT


register(
    "flowcontrol-zero-shares",
    "v1beta3 marks a share of 0 by an annotation, because 0 alone means the default",
    to_right=_mark_zero,
    to_left=_unmark_zero,
    left_fields=("spec.limited.nominalConcurrencyShares",),
    right_fields=("spec.limited.nominalConcurrencyShares",),
)
register(
    "flowcontrol-no-zero-shares",
    "a share of 0, which v1beta3 marks by an annotation, is refused: older versions cannot say it",
    to_right=_refuse_zero,
    to_left=_guard_default,
    left_fields=("spec.limited.nominalConcurrencyShares",),
)
