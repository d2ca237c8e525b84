"""A loop of a test that sees nothing proves nothing; `some` makes it fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Item = TypeVar("Item")


def some(items: Iterable[Item]) -> Iterator[Item]:
    """Iterate over items of which there must be at least one.

    ``for item in some(items): assert …`` and ``assert all(… for item in some(items))`` fail on an empty
    collection, where the plain loop would pass. tests/suite/test_assertions.py demands it of every loop
    that asserts, unless the collection is written out or the line says ``# may be empty``.

    Raises:
        AssertionError: there are none.
    """
    seen = False
    for item in items:
        seen = True
        yield item
    assert seen, "the loop saw no item, so its assertions proved nothing"
