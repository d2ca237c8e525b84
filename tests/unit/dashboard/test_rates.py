"""Counts of each minute, for the chart."""

from __future__ import annotations

from converter.dashboard.rates import CONVERSIONS, COUNTED, DENIED, LOSSES, MINUTES, MOST_SCOPES, Rates

NOW = 6_000_000.0


def seen(rates, now=NOW, sees=lambda _: True):
    return [minute for minute in rates.seen(now, sees) if any(minute.counts)]


def test_each_minute_has_its_counts_the_present_one_last():
    rates = Rates()
    for at, counted in ((NOW - 61, LOSSES), (NOW, CONVERSIONS), (NOW + 59, CONVERSIONS), (NOW, DENIED), (NOW, "")):
        rates.add(at, ("a",), counted)
    minutes = rates.seen(NOW, lambda _: True)
    assert len(minutes) == MINUTES
    assert [minute.at for minute in minutes] == sorted(minute.at for minute in minutes)
    assert minutes[-1] == (int(NOW), (2, 0, 1))
    assert minutes[-3].counts == (0, 1, 0)


def test_a_viewer_sees_the_counts_of_their_own_scopes():
    rates = Rates()
    for scope in (("a",), ("b",), ("a", "b"), None):
        rates.add(NOW, scope, DENIED)
    assert seen(rates, sees=lambda scope: scope is not None and set(scope) <= {"a"})[0].counts == (0, 0, 1)
    assert seen(rates)[0].counts == (0, 0, 4)


def test_minutes_and_scopes_are_bounded():
    rates = Rates()
    for number in range(MINUTES * 2):
        rates.add(NOW + number * 60, ("a",), LOSSES)
    assert len(seen(rates, NOW + (MINUTES * 2 - 1) * 60)) == MINUTES
    assert seen(rates, NOW) == [], "the minutes before are forgotten"
    many = Rates()
    for number in range(MOST_SCOPES + 10):
        for counted in COUNTED:
            many.add(NOW, (str(number),), counted)
    assert seen(many)[0].counts == (MOST_SCOPES + 10,) * 3
    assert seen(many, sees=lambda scope: scope is not None)[0].counts == (MOST_SCOPES,) * 3
