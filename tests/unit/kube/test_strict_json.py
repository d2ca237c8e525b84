"""What a fast decoder passes over, found with its place."""

from __future__ import annotations

import pytest

from converter.errors import ManifestError
from converter.kube.strict_json import check_strictly, refuse


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (b'{"a":1,"a":1}', "a"),
        (b'{"a":[{"b":{"c.d":1,"e":2,"c.d":3}}]}', 'a[0].b["c.d"]'),
        (b'{"a":{"b":NaN}}', "a.b"),
        (b'{"a":[-Infinity]}', "a[0]"),
        (b'{"a":-1e999}', "a"),
        (b'{"a":' + b"1" * 401 + b"}", "a"),
        (b'{"a":', ""),
        (b'{"a":"\xff"}', ""),
        (b"[" * 100_000 + b"]" * 100_000, ""),
    ],
)
def test_the_place_is_named(text, path):
    with pytest.raises(ManifestError) as caught:
        check_strictly(text)
    assert caught.value.path == path


def test_a_long_number_is_not_in_the_message():
    with pytest.raises(ManifestError) as caught:
        check_strictly(b'{"a":' + b"1" * 4001 + b"}")
    assert "1" not in caught.value.problem


@pytest.mark.parametrize(
    "text", [b"{}", b'{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}', b'{"a":123456789012345678901234567}']
)
def test_good_json_passes(text):
    check_strictly(text)


def test_where_no_place_is_found_the_decoder_has_the_last_word():
    with pytest.raises(ManifestError, match="whatever"):
        refuse(b"{}", ValueError("whatever"))
