"""Steps for references to other objects: ``apiGroup`` and ``implied``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from converter.kube import Each, Json, Path, canonical_json, copy_json, format_path, is_empty
from converter.rules.codegen import scoped
from converter.rules.lens import (
    RESTATED,
    Lens,
    LensError,
    Note,
    Notes,
    Side,
    drop_foreign,
    ensure_object,
    get_object,
    get_value,
    prune_empty,
    wrong_type,
)
from converter.rules.steps.base import Step, join
from converter.rules.steps.reshape import ABSENT, Reshape
from converter.rules.steps.values import MISSING, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from converter.rules.steps.moves import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiGroup(Reshape):
    """An API group in one version (``side``), and the whole apiVersion in the other.

    Attributes:
        side: the version with the group.
        version: what follows the group where no version is known.
    """

    side: Side
    version: str

    def reshape(self, value: Json, toward: Side, path: Path, notes: Notes) -> Json:
        """Cut the version off, or add it. A version that is cut off is not lost: the group says which API it is."""
        if type(value) is not str:
            raise wrong_type(path, "a string", value)
        if toward is not self.side:
            return f"{value}/{self.version}" if value else self.version
        group, slash, version = value.rpartition("/")
        if "/" in group or not version or (slash and not group):
            raise LensError(path, "must be an apiVersion, such as apps/v1")
        if not group:
            notes.append(Note(path, value, "the other version refers to an object by its API group, and it has none"))
            return ABSENT
        if version != self.version:
            notes.append(Note(path, value, RESTATED))
        return group

    def describe(self, toward: Side) -> str:
        """Say what is cut off or added."""
        old, new = format_path(self.field(toward.other)), format_path(self.field(toward))
        if toward is self.side:
            return f"the group of {old} becomes {new}"
        return f"{old} becomes {new}, with the version {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Implied(Step):
    """A field of one version (``side``) whose value the other version implies: a constant, or that of another field.

    Attributes:
        scope: the lists around the field.
        keys: the field, below the scope.
        side: the version with the field.
        why: the reason that the other version gives no choice.
        value: the value; `MISSING` if it is copied.
        copied: the field that holds it, from where the path starts.
        always: whether the objects around the field are made where they are missing.
    """

    scope: Path
    keys: Keys
    side: Side
    why: str
    value: Json = MISSING
    copied: Keys = ()
    always: bool = False

    def lens(self, toward: Side) -> Lens:
        """Compile: write the value toward the side with the field, remove it toward the other."""
        change = self._write if toward is self.side else self._remove
        copied, value, scope = self.copied, self.value, self.scope
        if not copied:
            return scoped(scope, lambda node, notes: change(node, value, (), notes))

        def apply(node: dict[str, Any], notes: Notes) -> None:
            found = get_value(node, copied)
            for path, item in _objects(node, scope, ()):
                try:
                    change(item, found, path, notes)
                except LensError as error:
                    error.path = (*path, *error.path)
                    raise

        return apply

    @property
    def _write(self) -> _Change:
        (*parent, leaf), keys, always = self.keys, self.keys, self.always

        def write(node: dict[str, Any], value: Json, path: Path, notes: Notes) -> None:
            holder = get_object(node, parent)
            if holder is not None:
                drop_foreign(holder, leaf, (*path, *keys), notes)
            if not is_empty(value) and (holder is not None or always):
                ensure_object(node, parent)[leaf] = copy_json(value)

        return write

    @property
    def _remove(self) -> _Change:
        (*parent, leaf), keys, why, always = self.keys, self.keys, self.why, self.always

        def remove(node: dict[str, Any], value: Json, path: Path, notes: Notes) -> None:
            holder = get_object(node, parent)
            found = None if holder is None else holder.pop(leaf, None)
            if not is_empty(found) and canonical_json(found) != canonical_json(value):
                notes.append(Note((*path, *keys), found, why))
            if always:
                prune_empty(node, parent)

        return remove

    def describe(self, toward: Side) -> str:
        """Say what is written, or removed."""
        path = format_path(join(self.scope, self.keys))
        value = format_path(self.copied) if self.copied else shown(self.value)
        return f"{path} is set to {value}" if toward is self.side else f"{path} is removed: {self.why}"

    def expected_fields(self, side: Side) -> tuple[Path, ...]:
        """The field, on the side that has it."""
        return (join(self.scope, self.keys),) if side is self.side else ()

    def losses(self, toward: Side) -> int:
        """One toward the side without the field, which has the implied value only."""
        return 0 if toward is self.side else 1


_Change: TypeAlias = "Callable[[dict[str, Any], Json, Path, Notes], None]"
"""Changes an object: the object, the implied value, the object's own path, and the notes."""


def _objects(node: Json, scope: Path, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield each object at a scope with its path; what is missing or null is skipped."""
    if node is None:
        return
    if not scope:
        if type(node) is not dict:
            raise wrong_type(path, "an object", node)
        yield path, node
    elif not isinstance(scope[0], Each):
        if type(node) is not dict:
            raise wrong_type(path, "an object", node)
        yield from _objects(node.get(scope[0]), scope[1:], (*path, scope[0]))
    elif isinstance(node, (list, dict)):
        for at, item in enumerate(node) if isinstance(node, list) else node.items():
            yield from _objects(item, scope[1:], (*path, at))
    else:
        raise wrong_type(path, "a list", node)
