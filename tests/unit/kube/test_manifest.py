import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.errors import ManifestError
from converter.kube import as_go_writes, canonical_json, copy_json, gvk_of, is_empty, name_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("manifest", "path"),
    [
        ([], ""),
        ({"kind": "X"}, "apiVersion"),
        ({"apiVersion": "v1"}, "kind"),
        ({"apiVersion": 1, "kind": "X"}, "apiVersion"),
        ({"apiVersion": "v1", "kind": ""}, "kind"),
    ],
)
def test_a_manifest_without_version_or_kind_is_refused_with_the_place(manifest, path):
    with pytest.raises(ManifestError) as caught:
        gvk_of(manifest)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ({"name": "a", "namespace": "n"}, "n/a"),
        ({"name": "a"}, "a"),
        ({"generateName": "a-"}, "a-"),
        ({}, ""),
        ("text", ""),
    ],
)
def test_a_manifest_is_called_by_namespace_and_name(metadata, name):
    assert name_of({"metadata": metadata}) == name


@given(JSON)
def test_a_copy_is_equal_and_shares_no_container(value):
    copy = copy_json(value)
    assert copy == value
    assert canonical_json(copy) == canonical_json(value)
    if isinstance(value, (dict, list)):
        assert copy is not value


def test_changing_a_copy_leaves_the_original():
    value = {"a": [{"b": 1}]}
    copy_json(value)["a"][0]["b"] = 2
    assert value == {"a": [{"b": 1}]}


def test_equal_values_encode_to_equal_bytes():
    assert (
        canonical_json({"b": 1, "a": [True, None]})
        == canonical_json({"a": [True, None], "b": 1})
        == b'{"a":[true,null],"b":1}'
    )


@given(JSON)
def test_what_go_escapes_means_the_same(value):
    text = as_go_writes(canonical_json(value))
    assert not set(b"&<>") & set(text)
    assert canonical_json(json.loads(text)) == canonical_json(value)


def test_go_escapes_what_html_does():
    """As ``json.Marshal("&& <b> \\&")`` does in Go."""
    assert as_go_writes(canonical_json("&& <b> \\&")) == rb'"\u0026\u0026 \u003cb\u003e \\\u0026"'


@pytest.mark.parametrize("value", [None, {}, [], ""])
def test_what_says_nothing_is_empty(value):
    assert is_empty(value)


@pytest.mark.parametrize("value", [0, False, {"a": None}, [None], " "])
def test_what_says_something_is_not_empty(value):
    assert not is_empty(value)
