"""What a fast decoder passes over, found with its place."""

from __future__ import annotations

import pytest

from converter.errors import ManifestError
from converter.kube.strict_json import check_strictly, refuse


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a":1,"a":1}', "a: this key stands twice in the same object"),
        (b'{"a":[{"b":{"c.d":1,"e":2,"c.d":3}}]}', 'a[0].b["c.d"]: this key stands twice'),
        (b'{"a":{"b":NaN}}', "a.b: NaN is no number"),
        (b'{"a":[-Infinity]}', "a[0]: -Infinity is no number"),
        (b'{"a":-1e999}', "a: -1e999 is too large a number"),
        (b'{"a":' + b"1" * 401 + b"}", "a: 11111111111111111111… (401 digits) is too large"),
        (b'{"a":', "is not JSON"),
        (b'{"a":"\xff"}', "is not JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
    ],
)
def test_the_place_is_named(text, message):
    with pytest.raises(ManifestError) as caught:
        check_strictly(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "text", [b"{}", b'{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}', b'{"a":123456789012345678901234567}']
)
def test_good_json_passes(text):
    check_strictly(text)


def test_where_no_place_is_found_the_decoder_has_the_last_word():
    with pytest.raises(ManifestError, match="cannot be read: whatever"):
        refuse(b"{}", ValueError("whatever"))
