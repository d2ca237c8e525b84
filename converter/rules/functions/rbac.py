"""Subjects of role bindings, which v1alpha1 names by apiVersion and every later version by apiGroup.

Sources in Kubernetes: pkg/apis/rbac/v1alpha1, conversion.go and defaults.go; pkg/apis/rbac/{v1,v1beta1}/defaults.go.
"""

from __future__ import annotations

from typing import Any

from converter.rules.functions.registry import register
from converter.rules.lens import Notes, drop_foreign, wrong_type

_GROUP = "rbac.authorization.k8s.io"
_ALPHA = f"{_GROUP}/v1alpha1"
_IN_GROUP = ("User", "Group")
_ACCOUNT = "ServiceAccount"


def _text(subject: dict[str, Any], key: str) -> str | None:
    value = subject.get(key)
    if value is not None and type(value) is not str:
        raise wrong_type((key,), "a string", value)
    return value


def _to_version(subject: dict[str, Any], notes: Notes) -> None:
    """Name the version, as v1alpha1 does; what both versions fill in for users and groups stays out."""
    drop_foreign(subject, "apiVersion", ("apiVersion",), notes)
    kind, group = _text(subject, "kind"), _text(subject, "apiGroup")
    subject.pop("apiVersion", None)
    subject.pop("apiGroup", None)
    if not group:
        if kind == _ACCOUNT:
            subject["apiVersion"] = "v1"
        return
    subject["apiVersion"] = _ALPHA if kind in _IN_GROUP and group == _GROUP else f"{group}/"


def _to_group(subject: dict[str, Any], notes: Notes) -> None:
    """Name the group; for the three kinds v1alpha1 knows, it follows from the kind alone."""
    drop_foreign(subject, "apiGroup", ("apiGroup",), notes)
    kind, version = _text(subject, "kind"), _text(subject, "apiVersion")
    subject.pop("apiGroup", None)
    subject.pop("apiVersion", None)
    if kind == "User" and subject.get("name") == "*":  # in v1alpha1 alone: everyone who has been authenticated
        subject.update(kind="Group", name="system:authenticated", apiGroup=_GROUP)
    elif kind in _IN_GROUP:
        if version:
            subject["apiGroup"] = _GROUP
    elif kind != _ACCOUNT and version and version.count("/") == 1:
        group = version.partition("/")[0]
        if group:
            subject["apiGroup"] = group


register(
    "rbac-subject",
    "v1alpha1 has an apiVersion in place of a subject's apiGroup, and the user * means the group system:authenticated",
    to_right=_to_version,
    to_left=_to_group,
    left_fields=("apiGroup",),
    right_fields=("apiVersion",),
)
