"""What the makers of manifests share: types, and a way to an object inside an object."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

Json = Any
Tie = Callable[[random.Random, Json], None]
"""Makes the parts of a manifest agree."""
Table = dict[str, tuple[Json, ...]]
"""Words by the end of a field's path."""
Words = dict[str, Table]
"""Tables by kind."""


def object_at(parent: Json, name: str) -> Json:
    """Return the object in a field, made where there is none."""
    if not isinstance(parent.get(name), dict):
        parent[name] = {}
    return parent[name]
