"""The bounds of one review: how much of a Work is converted, and how many losses are named.

A request chooses its own size. So what a review may cost is bounded here, whatever the Work holds, and
``tests/bench/bench_worst_cases.py`` measures that. The bounds depend on the Work alone, not on the order of its
manifests: the webhook and the controller decide alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from converter.errors import ConversionError

if TYPE_CHECKING:
    from msgspec import Raw

MOST_MANIFESTS: Final = 2000
"""Manifests of a Work that is planned. Karmada puts one manifest into a Work."""

MOST_BYTES: Final = 2 << 20
"""Bytes of all manifests of a Work that is planned. etcd stores objects of 1.5 MiB by default."""

MOST_VALUES: Final = 50_000
"""Values (fields, items, objects and lists) that are converted in one Work. CustomResourceDefinitions of
public projects have one for every 15 to 50 bytes."""

MOST_LOSSES: Final = 500
"""Losses that are named in one Work; see `converter.kube.WHOLE_MANIFEST`."""

_FEWEST_LOSSES: Final = 4
"""Losses of a manifest that are named however many manifests the Work has."""

_NEVER_TOO_LARGE: Final = 16 << 10
"""Bytes of a manifest whose values are not counted if it is the only one."""


LONGEST_KEY: Final = 1024
"""Bytes of the longest key of a manifest that is converted; every path below it repeats it."""


class TooLargeError(ConversionError):
    """A manifest has more values than are converted.

    Attributes:
        values: how many it has, about.
        limit: how many would be converted.
    """

    def __init__(self, values: int, limit: int) -> None:
        self.values = values
        self.limit = limit
        super().__init__(
            f"it has about {values} values, and at most {limit} are converted; split the object, "
            "or send a version that the cluster serves"
        )


class LongKeyError(ConversionError):
    """A manifest has a longer key than is converted."""

    def __init__(self) -> None:
        super().__init__(f"it has a key of more than {LONGEST_KEY} bytes; shorten it")


class Limits(NamedTuple):
    """The bounds for each manifest of a Work.

    Attributes:
        values: the most values that are converted.
        losses: the most losses that are named.
    """

    values: int
    losses: int

    def check(self, manifest: Raw | bytes) -> None:
        """Check the size of a manifest before it is converted.

        Raises:
            TooLargeError: it has too many values.
            LongKeyError: it has a key that is too long.
        """
        if self is _OF_ONE and len(manifest) <= _NEVER_TOO_LARGE:
            return
        data = bytes(manifest)
        values = count_values(data)
        if values > self.values:
            raise TooLargeError(values, self.values)
        if has_long_key(data):
            raise LongKeyError


_OF_ONE: Final = Limits(MOST_VALUES, MOST_LOSSES)


def limits_of(manifests: int) -> Limits:
    """Share the bounds of a Work among its manifests.

    Args:
        manifests: how many it has.
    """
    if manifests <= 1:
        return _OF_ONE
    return Limits(MOST_VALUES // manifests, max(MOST_LOSSES // manifests, _FEWEST_LOSSES))


def count_values(data: bytes) -> int:
    """Count the values in JSON, or a few more: commas in texts count too."""
    return 1 + data.count(b",") + data.count(b"{") + data.count(b"[")


def has_long_key(data: bytes) -> bool:
    """Whether JSON has a key that is longer than `LONGEST_KEY`."""
    if b"\\" in data:
        data = data.replace(rb"\\", b"__").replace(rb"\"", b"__")
    parts = data.split(b'"')  # every second part is the inside of a string
    return any(
        len(inside) > LONGEST_KEY and after.lstrip().startswith(b":")
        for inside, after in zip(parts[1::2], parts[2::2], strict=False)
    )
