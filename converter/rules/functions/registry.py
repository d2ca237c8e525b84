"""The registry of named functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.kube import Path, parse_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from converter.rules.lens import Lens


@dataclass(frozen=True, slots=True)
class Function:
    """One named function: a pair of lenses, and what rules and readers need to know about it.

    Attributes:
        name: the name that a rule gives after ``call``.
        summary: one sentence for `converter explain` and docs/reference/steps.md.
        to_right: the lens from the left version to the right one.
        to_left: the lens back.
        left_fields: fields that it expects in the left version; checked against the catalog.
        right_fields: the same for the right version.
        losses_right: the number of fields that can be lost toward the right; part of a route's cost.
        losses_left: the same toward the left.
    """

    name: str
    summary: str
    to_right: Lens
    to_left: Lens
    left_fields: tuple[Path, ...] = ()
    right_fields: tuple[Path, ...] = ()
    losses_right: int = 0
    losses_left: int = 0


FUNCTIONS: dict[str, Function] = {}
"""Every named function by name; filled when `converter.rules.functions` is imported, then read-only."""


def register(
    name: str,
    summary: str,
    *,
    to_right: Lens,
    to_left: Lens,
    left_fields: Sequence[str] = (),
    right_fields: Sequence[str] = (),
    losses_right: int = 0,
    losses_left: int = 0,
) -> None:
    """Add a function to the registry; see `Function` for the arguments."""
    FUNCTIONS[name] = Function(
        name,
        summary,
        to_right,
        to_left,
        tuple(parse_path(path) for path in left_fields),
        tuple(parse_path(path) for path in right_fields),
        losses_right,
        losses_left,
    )
