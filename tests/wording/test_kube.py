"""What messages about a manifest say. Only this folder asserts words; behaviour is tested by types and attributes."""

from __future__ import annotations

import pytest

from converter.errors import ManifestError
from converter.kube import gvk_of, parse_path
from converter.kube.strict_json import check_strictly


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a":1,"a":1}', "a: this key is set more than once in the same object"),
        (b'{"a":{"b":NaN}}', "a.b: NaN is not a number"),
        (b'{"a":[-Infinity]}', "a[0]: -Infinity is not a number"),
        (b'{"a":-1e999}', "a: a number is too large"),
        (b'{"a":' + b"1" * 401 + b"}", "a: a number is too large"),
        (b'{"a":', "is not JSON"),
        (b'{"a":"\xff"}', "is not JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
    ],
)
def test_json_that_the_api_server_would_refuse(text, message):
    with pytest.raises(ManifestError) as caught:
        check_strictly(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ([], "an object, not list"),
        ({"kind": "X"}, "apiVersion: must be a non-empty string"),
        ({"apiVersion": "v1"}, "kind: must be a non-empty string"),
        ({"apiVersion": 1, "kind": "X"}, "found: integer"),
    ],
)
def test_a_manifest_without_version_or_kind(manifest, message):
    with pytest.raises(ManifestError) as caught:
        gvk_of(manifest)
    assert message in str(caught.value)


def test_what_is_not_a_path():
    with pytest.raises(ManifestError, match="not a path"):
        parse_path("a..b")
