"""Two manifests side by side."""

from __future__ import annotations

from converter.dashboard.side_by_side import LostPath, side_by_side, without_secrets


def compared(before, after, *lost):
    return [(line.before, line.after, line.changed, line.lost) for line in side_by_side(before, after, lost)]


def test_equal_and_changed_lines_are_in_order():
    found = compared({"a": 1, "b": {"c": 2}, "d": 3}, {"a": 1, "b": {"e": 2}, "d": 3})
    assert found == [
        ("a: 1", "a: 1", False, ""),
        ("b:", "b:", False, ""),
        ("  c: 2", "  e: 2", True, ""),
        ("d: 3", "d: 3", False, ""),
    ]


def test_a_line_can_be_on_one_side_only():
    assert compared({"a": 1, "b": 2}, {"a": 1}) == [("a: 1", "a: 1", False, ""), ("b: 2", None, True, "")]
    assert compared({"a": 1}, {"a": 1, "b": 2}) == [("a: 1", "a: 1", False, ""), (None, "b: 2", True, "")]


def test_a_lost_field_is_marked_with_all_that_is_inside_it():
    manifest = {"spec": {"keep": 1, "gone": {"a": [1, 2]}, "last": 2}}
    found = compared(manifest, manifest, LostPath("spec.gone", "dangerous"))
    assert [mark for *_, mark in found] == ["", "", "dangerous", "dangerous", "dangerous", "dangerous", ""]


def test_a_lost_field_in_a_list_is_found_by_index_and_by_name():
    manifest = {"spec": {"items": [{"name": "a", "x": 1}, {"name": "b", "x": 2}]}}
    for path in ("spec.items[1].x", "spec.items[name=b].x"):
        found = compared(manifest, manifest, LostPath(path, "harmless"))
        assert [before for before, *_, mark in found if mark] == ["    x: 2"]


def test_a_field_that_one_side_alone_has_is_marked_there():
    found = compared({"spec": {"gone": 1}}, {"spec": {}}, LostPath("spec.gone", "degrading"))
    assert ("degrading") in {mark for *_, mark in found}


def test_a_path_that_leads_nowhere_marks_nothing():
    for path in ("spec.none", "spec[3]", "]["):
        assert {mark for *_, mark in compared({"spec": {}}, {"spec": {}}, LostPath(path, "harmless"))} == {""}


def test_the_values_of_a_secret_are_hidden_and_the_manifest_stays_as_it_is():
    applied = "kubectl.kubernetes.io/last-applied-configuration"
    secret = {"kind": "Secret", "data": {"k": "v"}, "stringData": "x", "metadata": {"annotations": {applied: "v"}}}
    hidden = without_secrets(secret)
    assert secret["data"] == {"k": "v"}
    assert set(hidden["data"]) == {"k"}
    assert "v" not in (*hidden["data"].values(), hidden["metadata"]["annotations"][applied])
    assert hidden["stringData"] != "x"
    other = {"kind": "ConfigMap", "data": {"k": "v"}}
    assert without_secrets(other) == other
