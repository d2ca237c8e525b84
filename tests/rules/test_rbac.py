"""Roles and their bindings: how each version names a subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from converter.errors import ManifestError

if TYPE_CHECKING:
    from converter.engine import Engine

GROUP = "rbac.authorization.k8s.io"
V1, V1ALPHA1 = f"{GROUP}/v1", f"{GROUP}/v1alpha1"


def convert(converter: Engine, subject: Any, source: str, target: str) -> Any:
    binding = {"apiVersion": source, "kind": "RoleBinding", "metadata": {"name": "a"}, "subjects": [subject]}
    return converter.convert(binding, to=target).manifest["subjects"][0]


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ({"kind": "User", "name": "u", "apiGroup": GROUP}, {"kind": "User", "name": "u", "apiVersion": V1ALPHA1}),
        ({"kind": "Group", "name": "g", "apiGroup": GROUP}, {"kind": "Group", "name": "g", "apiVersion": V1ALPHA1}),
        (
            {"kind": "ServiceAccount", "name": "s", "namespace": "n"},
            {"kind": "ServiceAccount", "name": "s", "namespace": "n", "apiVersion": "v1"},
        ),
        # Both versions fill in the same group for a user without one.
        ({"kind": "User", "name": "u"}, {"kind": "User", "name": "u"}),
        ({"kind": "Robot", "name": "r", "apiGroup": "a.b"}, {"kind": "Robot", "name": "r", "apiVersion": "a.b/"}),
    ],
    ids=str,
)
def test_subjects(shipped: Engine, new: dict[str, str], old: dict[str, str]) -> None:
    assert convert(shipped, new, V1, V1ALPHA1) == old
    assert convert(shipped, old, V1ALPHA1, V1) == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # For the kinds it knows v1alpha1 reads no group from the apiVersion.
        ({"kind": "User", "name": "u", "apiVersion": "v1"}, {"kind": "User", "name": "u", "apiGroup": GROUP}),
        ({"kind": "ServiceAccount", "name": "s", "apiVersion": "a.b/v1"}, {"kind": "ServiceAccount", "name": "s"}),
        ({"kind": "Robot", "name": "r", "apiVersion": "a.b/v2"}, {"kind": "Robot", "name": "r", "apiGroup": "a.b"}),
        ({"kind": "Robot", "name": "r", "apiVersion": "a/b/c"}, {"kind": "Robot", "name": "r"}),
        ({"kind": "User", "name": "*"}, {"kind": "Group", "name": "system:authenticated", "apiGroup": GROUP}),
    ],
    ids=str,
)
def test_subjects_of_v1alpha1(shipped: Engine, old: dict[str, str], new: dict[str, str]) -> None:
    assert convert(shipped, old, V1ALPHA1, V1) == new


def test_the_user_called_star_comes_back_with_what_was_kept(shipped: Engine) -> None:
    subjects = [{"kind": "User", "name": "*"}, {"kind": "User", "name": "*", "apiVersion": V1ALPHA1}]
    given = {"apiVersion": V1ALPHA1, "kind": "ClusterRoleBinding", "metadata": {"name": "a"}, "subjects": subjects}
    there = shipped.convert(given, to=V1)
    assert shipped.convert(there.manifest, to=V1ALPHA1, conversion_data=there.conversion_data).manifest == given


def test_a_field_of_the_other_version_is_dropped(shipped: Engine) -> None:
    plain = {"kind": "User", "name": "u"}
    assert convert(shipped, {**plain, "apiVersion": "v1"}, V1, V1ALPHA1) == convert(shipped, plain, V1, V1ALPHA1)
    assert convert(shipped, {**plain, "apiGroup": GROUP}, V1ALPHA1, V1) == convert(shipped, plain, V1ALPHA1, V1)


@pytest.mark.parametrize("subject", ["jane", 7, ["a"]])
def test_a_subject_is_an_object(shipped: Engine, subject: Any) -> None:
    with pytest.raises(ManifestError) as caught:
        convert(shipped, subject, V1, V1ALPHA1)
    assert caught.value.path == "subjects[0]"
