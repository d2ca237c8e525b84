"""A body of twice the size costs at most twice as many calls, whatever is in it.

Not timed: functions are counted, of Python and of C. ``tests/bench/bench_worst_cases.py`` measures time.
"""

from __future__ import annotations

import sys
from itertools import islice
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from converter.admission.binding_status import BindingStatusWebhook
from converter.admission.bindings import PlacementWebhook
from converter.admission.works import WorkWebhook
from converter.clusters import FleetView
from converter.placement.exclusions import Unreachable
from converter.works.conversion_cache import ConversionCache
from tests.generators.worst_cases import cases, fleet
from tests.generators.worst_shapes import SHAPES, binding, review, statuses, stored
from tests.nonempty import some
from tests.sizes import cases as cases_in_profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.engine import Engine
    from tests.generators.worst_cases import Case

_ITEMS = 480
"""So many that what depends on a size, such as a record that is too long for an annotation, is beyond it."""
_MOST_RATIO = 2.2

_BEGINS = 20 * _ITEMS
"""Calls for work that begins beyond a size, such as counting values. Work that grows faster costs hundreds an item."""

_LISTS = 300
"""How many lists CI tries; `make fuzz` tries one in three."""


def calls(answer: Callable[[bytes], bytes], body: bytes) -> int:
    """Count the calls of an answer; what is cached is cached before."""
    count = 0

    def counting(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    answer(body)
    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        answer(body)
    finally:
        sys.setprofile(before)
    return count


def compared(answer: Callable[[bytes], bytes], make: Callable[[int], bytes], items: int = _ITEMS) -> tuple[int, int]:
    return calls(answer, make(items)), calls(answer, make(2 * items))


@pytest.fixture(scope="module")
def works(shipped: Engine) -> Callable[[bytes], bytes]:
    view = FleetView(fleet())
    return WorkWebhook(SimpleNamespace(current=shipped), view, "warn", cache=ConversionCache(0)).answer


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.name for shape in SHAPES])
def test_a_shape(works: Callable[[bytes], bytes], report_count: Callable[[str], None], shape: Case) -> None:
    """As an update, which costs more than a new Work: the webhook looks at the stored Work, too."""
    one, two = compared(works, lambda count: review(shape, count, update=True))
    report_count(f"{shape.name}: {one} calls at {_ITEMS} items, {two} at {2 * _ITEMS}")
    assert two <= _MOST_RATIO * one + _BEGINS


def test_every_list_of_every_kind(
    shipped: Engine, works: Callable[[bytes], bytes], report_count: Callable[[str], None]
) -> None:
    listed = [*cases(shipped)]
    every = 3 if settings().max_examples > 1000 else len(listed) // cases_in_profile(_LISTS)
    worst, found, wrong = 0.0, 0, []
    for case in some(islice(listed, 0, None, every)):
        one, two = compared(works, lambda count, case=case: review(case, count))  # type: ignore[misc]
        found += 1
        worst = max(worst, two / one)
        if two > _MOST_RATIO * one + _BEGINS:
            wrong.append(f"{case.name}: {one} calls, then {two}")
    report_count(f"{found} of {len(listed)} lists, the worst ratio is {worst:.2f}")
    assert wrong == []


@pytest.mark.parametrize("name", ["stored", "binding", "statuses"])
def test_another_body(
    shipped: Engine, works: Callable[[bytes], bytes], report_count: Callable[[str], None], name: str
) -> None:
    placement = PlacementWebhook(Unreachable(lambda: shipped, FleetView(fleet()))).answer
    bodies = {"stored": (works, stored), "binding": (placement, binding), "statuses": (_statuses, statuses)}
    one, two = compared(*bodies[name])
    report_count(f"{name}: {one} calls at {_ITEMS} items, {two} at {2 * _ITEMS}")
    assert two <= _MOST_RATIO * one + _BEGINS


def _statuses(body: bytes) -> bytes:
    return BindingStatusWebhook().answer(body)
