"""Makes manifests from the catalog's types: any kind, any version, any of the fields that a release gives it.

A number makes a manifest: Hypothesis draws it, a generator of Python's own does the rest. That is a hundred times
cheaper than drawing every field, so a thousand examples a pair fit into the tests of every day. The same number
always makes the same manifest.

How a type is walked is here. Which fields and values appear is up to two classes: ``any_values.AnyValues`` tries what a
conversion may meet, and ``valid_values.ValidValues`` what an API server accepts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence

    from converter.catalog import FieldType, ObjectType

Json = Any

SEEDS = st.integers(min_value=0, max_value=2**32 - 1)
"""Numbers to make manifests of."""

AT_ONCE = 10
"""How many numbers Hypothesis draws in one: half the time of a round trip would be its bookkeeping otherwise."""

BATCHES = SEEDS.map(lambda batch: range(batch * AT_ONCE, (batch + 1) * AT_ONCE))
"""Numbers to make manifests of, ``AT_ONCE`` in one example; no number is in two batches."""


def try_each(batch: range, check: Callable[[int], None]) -> None:
    """Check each number of a batch; a failure names its number."""
    for seed in batch:
        try:
            check(seed)
        except Exception as error:
            error.add_note(f"for the number {seed}")
            raise


UNDECIDED: Final = object()
"""What a choice returns that leaves the value to the type."""


class FromCatalog(ABC):
    """Makes manifests of one kind in one version.

    Attributes:
        api_version: the version.
        kind: the kind.
        scalars: the values of each scalar type.
        present: how likely a field at the top of a manifest is.
    """

    scalars: dict[str | None, tuple[Json, ...]]
    present: float

    def __init__(self, api_version: str, kind: str) -> None:
        self.api_version, self.kind = api_version, kind

    def top(self, rng: random.Random, root: ObjectType, metadata: dict[str, Json]) -> dict[str, Json]:
        """Make a manifest of a type; its metadata are made by now and come last."""
        made: dict[str, Json] = {"apiVersion": self.api_version, "kind": self.kind}
        for name, found in root.fields.items():
            if name in ("apiVersion", "kind", "metadata") or self.is_left_out(name, name):
                continue
            if rng.random() < self.present:
                made[name] = self.value(rng, found, name, 1, ())
        made["metadata"] = metadata
        return made

    def value(self, rng: random.Random, found: FieldType, path: str, depth: int, inside: tuple[str, ...]) -> Json:
        """Make the value of a field.

        Args:
            rng: what decides.
            found: the field's type.
            path: where it is, with ``[*]`` for an item of a list or map.
            depth: how many fields and items are around it.
            inside: the names of the object types around it.
        """
        chosen = self.choose(rng, found, path, depth)
        if chosen is not UNDECIDED:
            return chosen
        if found.kind == "scalar":
            return rng.choice(self.scalars[found.scalar])
        if found.kind == "object" and found.target is not None:
            return self._object(rng, found.target, path, depth, inside)
        if found.element is None:
            return self.anything(rng)
        items = f"{path}[*]"
        if found.kind == "list":
            count = self.count(rng, depth)
            return [self.value(rng, found.element, items, depth + 1, inside) for _ in range(count)]
        keys, sizes = self.keys(path)
        return {
            key: self.value(rng, found.element, items, depth + 1, inside) for key in rng.sample(keys, rng.choice(sizes))
        }

    def _object(
        self, rng: random.Random, target: ObjectType, path: str, depth: int, inside: tuple[str, ...]
    ) -> dict[str, Json]:
        if self.is_too_deep(target, depth, inside):
            return {}
        below = (*inside, target.name)
        return {
            name: self.value(rng, target.fields[name], full, depth + 1, below)
            for name, full in self._wanted(rng, target, path, depth)
        }

    def _wanted(self, rng: random.Random, target: ObjectType, path: str, depth: int) -> Iterator[tuple[str, str]]:
        """The fields to be there, each decided when the value of the one before is made."""
        for name in target.fields:
            full = f"{path}.{name}"
            if not self.is_left_out(name, full) and rng.random() < self.chance(target, full, depth):
                yield name, full

    # what the two classes decide

    @abstractmethod
    def choose(self, rng: random.Random, found: FieldType, path: str, depth: int) -> Json:
        """Choose a value that is better than any of its type; ``UNDECIDED`` for none."""

    @abstractmethod
    def chance(self, target: ObjectType, path: str, depth: int) -> float:
        """How likely a field of an object is to be there."""

    @abstractmethod
    def is_too_deep(self, target: ObjectType, depth: int, inside: tuple[str, ...]) -> bool:
        """Whether an object is left empty, since it would hold itself or is deep enough."""

    @abstractmethod
    def count(self, rng: random.Random, depth: int) -> int:
        """How many items a list has."""

    @abstractmethod
    def keys(self, path: str) -> tuple[Sequence[str], Sequence[int]]:
        """The keys of a map, and how many of them it may have."""

    @abstractmethod
    def anything(self, rng: random.Random) -> Json:
        """Make the value of a field of any type."""

    def is_left_out(self, name: str, path: str) -> bool:  # noqa: ARG002  for those that leave something out
        """Whether a field is never made."""
        return False
