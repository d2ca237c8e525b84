"""Durations and quantities, as Go and Kubernetes read and write them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.kube.amounts import (
    MAX_DURATION,
    format_duration,
    format_quantity,
    is_same_amount,
    parse_duration,
    parse_quantity,
)

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "nanoseconds", "written"),
    [
        ("0", 0, "0s"),
        ("-0", 0, "0s"),
        ("5m", 300 * SECOND, "5m0s"),
        ("90s", 90 * SECOND, "1m30s"),
        ("1h", 3600 * SECOND, "1h0m0s"),
        ("1.5h", 5400 * SECOND, "1h30m0s"),
        (".5s", SECOND // 2, "500ms"),
        ("+1.s", SECOND, "1s"),
        ("-2m3.5s", -123_500_000_000, "-2m3.5s"),
        ("1500us", 1_500_000, "1.5ms"),
        ("100µs", 100_000, "100µs"),
        ("100\u03bcs", 100_000, "100µs"),
        ("7ns", 7, "7ns"),
        ("1s1s", 2 * SECOND, "2s"),
        ("2562047h47m16.854775807s", MAX_DURATION, "2562047h47m16.854775807s"),
    ],
)
def test_a_duration_is_read_and_written_as_go_does(text, nanoseconds, written):
    assert parse_duration(text) == nanoseconds
    assert format_duration(nanoseconds) == written


@pytest.mark.parametrize(
    "text", ["", "s", ".s", "1", "-", "+", "1x", "1e3s", "1 s", "1_0s", "soon", "2562048h", "٣s", "1s" * 40, "1d"]
)
def test_what_go_does_not_read_is_not_a_duration(text):
    assert parse_duration(text) is None


@given(st.integers(-MAX_DURATION, MAX_DURATION))
def test_every_duration_comes_back(nanoseconds):
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(
    ("value", "amount", "decimal", "binary"),
    [
        ("0", 0, "0", "0"),
        (3, 3, "3", "3"),
        (0.5, Fraction(1, 2), "500m", "500m"),
        ("1.5Gi", 1536 << 20, "1610612736", "1536Mi"),
        ("1024Mi", 1 << 30, "1073741824", "1Gi"),
        ("1000", 1000, "1k", "1k"),
        ("1e3", 1000, "1k", "1k"),
        ("1E", 10**18, "1E", "976562500000000Ki"),
        ("-2k", -2000, "-2k", "-2000"),
        (".5", Fraction(1, 2), "500m", "500m"),
        ("0.1n", Fraction(1, 10**10), "1n", "1n"),
    ],
)
def test_a_quantity_is_read_and_written_as_kubernetes_does(value, amount, decimal, binary):
    assert parse_quantity(value) == amount
    assert format_quantity(Fraction(amount), binary=False) == decimal
    assert format_quantity(Fraction(amount), binary=True) == binary


@pytest.mark.parametrize("value", ["", "1Zi", "1 k", "k", ".", "1e", "1e99", "+-1", True, None, [], "1" * 65])
def test_what_kubernetes_does_not_read_is_not_a_quantity(value):
    assert parse_quantity(value) is None


@given(st.fractions(-(2**62), 2**62, max_denominator=1000), st.booleans())
def test_a_quantity_that_needs_no_rounding_comes_back(amount, binary):
    exact = Fraction(round(amount)) if binary else Fraction(round(amount * 1000), 1000)
    assert parse_quantity(format_quantity(exact, binary=binary)) == exact


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("5m", "5m0s", True),
        ("1024Mi", "1Gi", True),
        (1, "1", True),
        ("5m", "5m1s", False),
        ("1", "2", False),
        (True, "1", False),
        ("a", "a", False),
        ("1", 1, False),
        (None, "0", False),
    ],
)
def test_two_texts_of_one_amount_are_the_same(one, two, same):
    assert is_same_amount(one, two) is same
