"""How the checks of an installation end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from converter.client import ApiError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


DRY: Final = "dryRun=All"
"""The parameter of a request that stores nothing."""


class State(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an installation.

    Attributes:
        name: what was checked: ``works``, ``discovery``, ``bindings``, ``status``, ``scheduler`` or
            ``rules``.
        state: how it ended.
        detail: what was seen, and after a failure what to do.
    """

    name: str
    state: State
    detail: str


class Failure(Exception):  # noqa: N818 -- a result, not an error
    """A check failed, for a reason."""


class Skip(Exception):  # noqa: N818 -- a result, not an error
    """There is nothing to check."""


async def outcome(name: str, check: Callable[[], Awaitable[str]]) -> Check:
    """Run a check. A request that fails is a failed check."""
    try:
        return Check(name, State.PASSED, await check())
    except Skip as skip:
        return Check(name, State.SKIPPED, str(skip))
    except (Failure, ApiError) as failure:
        return Check(name, State.FAILED, str(failure))
