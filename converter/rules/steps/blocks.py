"""Steps that run other code: ``in`` scopes steps to some objects, ``call`` runs a named function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter.kube import Json, Path, format_path
from converter.rules.codegen import scoped, sequence
from converter.rules.lens import Lens, Notes, Side, get_value
from converter.rules.steps.base import Step, join
from converter.rules.steps.refuse import Refuse
from converter.rules.steps.values import Drop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from converter.rules.functions import Function
    from converter.rules.steps.moves import Keys

Guard = tuple[tuple["Keys", tuple[Json, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class In(Step):
    """Steps for each object at some paths; ``when`` limits them to objects whose fields have the given values.

    Attributes:
        paths: the places.
        steps: the steps.
        when: fields and their allowed values.
        recurse: where an object holds others of its form, to any depth; empty if nowhere.
    """

    paths: tuple[Path, ...]
    steps: tuple[Step, ...]
    when: Guard = ()
    recurse: Path = ()

    def lens(self, toward: Side) -> Lens:
        """Compile the steps once and scope them to every path."""
        inner = compile_steps(self.steps, toward)
        if self.when:
            inner = _guarded(self.when, inner)
        if self.recurse:
            inner = _recursive(self.recurse, inner)
        return sequence([scoped(path, inner) for path in self.paths])

    def describe(self, toward: Side) -> str:
        """Describe where, and what the steps there do."""
        guard = "".join(f", where {format_path(keys)} is {' or '.join(map(str, values))}" for keys, values in self.when)
        inner = "; ".join(step.describe(toward) for step in ordered(self.steps, toward))
        deeper = f", and {format_path(self.recurse)} below, to any depth" if self.recurse else ""
        return f"in {', '.join(format_path(path) for path in self.paths)}{deeper}{guard}: {inner}"

    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """List the fields of the steps, below each path."""
        return self._below(lambda step: step.expected_fields(side))

    def owned_fields(self, side: Side) -> tuple[Path, ...]:
        """List what the steps own, below each path."""
        return () if self.when else self._below(lambda step: () if step.stays else step.owned_fields(side))

    def _below(self, listed: Callable[[Step], tuple[Path, ...]]) -> tuple[Path, ...]:
        return tuple(join(path, name) for path in self.paths for step in self.steps for name in listed(step))

    def losses(self, toward: Side) -> int:
        """Count the losses of the steps inside."""
        return sum(step.losses(toward) for step in self.steps)


def _guarded(guard: Guard, inner: Lens) -> Lens:
    def guarded(node: dict[str, Any], notes: Notes) -> None:
        if all(get_value(node, keys) in values for keys, values in guard):
            inner(node, notes)

    return guarded


def _recursive(path: Path, inner: Lens) -> Lens:
    """Make the lens that applies another to an object, and to those of its form below it."""

    def recursive(node: dict[str, Any], notes: Notes) -> None:
        inner(node, notes)
        below(node, notes)

    below = scoped(path, recursive)
    return recursive


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Step):
    """A named function of this project, for what steps cannot say."""

    function: Function

    def lens(self, toward: Side) -> Lens:
        """Take the function's lens for that direction."""
        return self.function.to_right if toward is Side.RIGHT else self.function.to_left

    def describe(self, toward: Side) -> str:  # noqa: ARG002  # its summary covers both directions
        """Say the function's name and summary."""
        return f"{self.function.name}: {self.function.summary}"

    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """What the function declares."""
        return self.function.left_fields if side is Side.LEFT else self.function.right_fields

    def owned_fields(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # a function minds its own places
        """Nothing the check could compare."""
        return ()

    def losses(self, toward: Side) -> int:
        """What the function declares."""
        return self.function.losses_right if toward is Side.RIGHT else self.function.losses_left


def ordered(steps: Sequence[Step], toward: Side) -> list[Step]:
    """Order steps for a direction: as written toward the right, backwards toward the left.

    Neighbouring defaults keep their written order in both directions: each sees what those above it filled in. What
    refuses a value runs before what drops it, in both directions: it would never see the value else.
    """
    if toward is Side.RIGHT:
        return _refusing_first(steps, toward)
    blocks: list[list[Step]] = []
    for step in steps:
        if step.keeps_order and blocks and blocks[-1][-1].keeps_order:
            blocks[-1].append(step)
        else:
            blocks.append([step])
    return _refusing_first([step for block in reversed(blocks) for step in block], toward)


def _refusing_first(steps: Sequence[Step], toward: Side) -> list[Step]:
    """Move each step that only refuses in front of the first one that drops what it reads."""
    made: list[Step] = []
    for step in steps:
        read = _gone(step, Refuse, toward) if _only_refuses(step) else ()
        at = len(made)
        for path in read:
            drops = [index for index, other in enumerate(made) if _covers(_gone(other, Drop, toward), path)]
            # A step in between that names the field puts another value there, which the step is about.
            if drops and not any(_touches(other, path) for other in made[drops[0] + 1 :]):
                at = min(at, drops[0])
        made.insert(at, step)
    return made


def _gone(step: Step, kind: type[Drop | Refuse], toward: Side) -> tuple[Path, ...]:
    """List the fields that a step, or one inside of it, drops or refuses on the way to a side."""
    if isinstance(step, In):
        below = [path for inner in step.steps for path in _gone(inner, kind, toward)]
        return tuple(join(path, name) for path in step.paths for name in below)
    return (join(step.scope, step.keys),) if isinstance(step, kind) and step.side is not toward else ()


def _only_refuses(step: Step) -> bool:
    if isinstance(step, In):
        return not step.when and all(map(_only_refuses, step.steps))
    return isinstance(step, Refuse)


def _covers(gone: Sequence[Path], path: Path) -> bool:
    return any(path[: len(each)] == each for each in gone)


def _touches(step: Step, path: Path) -> bool:
    if isinstance(step, Drop) or _only_refuses(step):
        return False
    named = [each for side in Side for each in (*step.expected_fields(side), *step.written_fields(side))]
    return any(path[: len(each)] == each[: len(path)] for each in named)


def compile_steps(steps: Sequence[Step], toward: Side) -> Lens:
    """Compile steps into one lens for a direction."""
    return sequence([step.lens(toward) for step in ordered(steps, toward)])
