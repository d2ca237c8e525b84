"""The share of values that aliases may repeat, at the numbers of go-yaml v2."""

import pytest

from converter.yaml.limits import too_many_aliases


@pytest.mark.parametrize(
    ("repeated", "total", "refused"),
    [
        (100, 1_000_000, False), (999, 1_000, False), (1_000, 1_001, True), (980, 1_001, False),
        (396_001, 400_000, True), (396_000, 400_000, False), (400_001, 4_000_000, True), (400_000, 4_000_000, False),
        (10**9, 10**9 + 1, True),
    ],
)  # fmt: skip
def test_small_documents_may_repeat_more_than_large_ones(repeated, total, refused):
    assert too_many_aliases(repeated, total) is refused
