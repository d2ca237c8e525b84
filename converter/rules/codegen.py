"""Compiles lenses for places of an object into one Python function, which visits each place once.

`scoped` applies a lens at a path; `sequence` applies lenses in order. Both only combine lenses. On first use, a
combined lens generates Python source: loops over lists and maps, and one call for each lens, or what is written out
instead (`converter.rules.inline`). Consecutive lenses share the common part of their paths. A lens sees only its own
object, so one visit with two lenses equals two visits.

From a rule, the generated source contains only field names and numbers, as literals.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

from converter.kube import Each
from converter.rules.inline import InlineLens
from converter.rules.lens import LensError, Note, identity, wrong_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import CodeType

    from converter.kube import Path, Segment
    from converter.rules.lens import Lens, Notes

_Hop: TypeAlias = "tuple[str | None, bool]"
"""A key to follow (None: stay), and whether to visit every item of the list or map there."""


class CompiledLens:
    """A lens that is compiled on first use.

    Attributes:
        parts: paths and the lenses to apply there, in order.
    """

    __slots__ = ("_run", "parts")

    def __init__(self, parts: Sequence[tuple[Path, Lens]]) -> None:
        self.parts = tuple(parts)
        self._run: Lens | None = None

    def __call__(self, node: dict[str, Any], notes: Notes) -> None:
        """Apply every part in order, as `converter.rules.lens` describes."""
        run = self._run
        if run is None:
            run = self._run = compile_lens(self.parts)
        run(node, notes)


def scoped(path: Path, inner: Lens) -> Lens:
    """Make a lens that applies another to each object at a path; missing and null objects are skipped.

    ``[*]`` matches every item of a list and every value of a map.
    """
    if not path or inner is identity:
        return inner
    return CompiledLens([(path, inner)])


def sequence(lenses: Sequence[Lens]) -> Lens:
    """Make one lens that applies several in order; `identity` lenses are left out."""
    steps = [lens for lens in lenses if lens is not identity]
    if not steps:
        return identity
    if len(steps) == 1 and not isinstance(steps[0], InlineLens):  # nothing to compile
        return steps[0]
    return CompiledLens([((), lens) for lens in steps])


def compile_lens(parts: Sequence[tuple[Path, Lens]]) -> Lens:
    """Generate and compile the function that applies lenses at their paths."""
    tree = _Place()
    lenses: list[Lens] = []
    for path, lens in _flat(parts, ()):
        tree.add(_hops(path), len(lenses))
        lenses.append(lens)
    writer = _Writer(lenses)
    writer.line(0, "def compiled(root, notes):")
    writer.line(1, "count = len(notes)")
    writer.children(1, tree, "root", ())
    names = {f"lens{number}": lens for number, lens in enumerate(lenses)}
    scope: dict[str, Any] = {"LensError": LensError, "wrong_type": wrong_type, "prefix_notes": prefix_notes, **names}
    exec(_code("\n".join(writer.lines)), scope)  # noqa: S102  the source is generated here, see above
    compiled: Lens = scope["compiled"]
    return compiled


@functools.lru_cache(maxsize=256)
def _code(source: str) -> CodeType:
    """Compile a source. Rules resemble each other, and to compile is a third of the cost of a rule."""
    return compile(source, "<compiled lens>", "exec")


def prefix_notes(prefix: tuple[Segment, ...], notes: Notes, first: int) -> None:
    """Prefix the paths of the notes from index ``first`` on, which a lens below that place added."""
    for index in range(first, len(notes)):
        note = notes[index]
        notes[index] = Note((*prefix, *note.path), note.value, note.why)


def _flat(parts: Sequence[tuple[Path, Lens]], prefix: Path) -> Iterator[tuple[Path, Lens]]:
    """Flatten the parts of compiled lenses inside compiled lenses."""
    for path, lens in parts:
        if isinstance(lens, CompiledLens):
            yield from _flat(lens.parts, (*prefix, *path))
        else:
            yield (*prefix, *path), lens


def _hops(path: Path) -> list[_Hop]:
    hops: list[_Hop] = []
    for segment in path:
        if not isinstance(segment, Each):
            hops.append((str(segment), False))
        elif hops and not hops[-1][1]:
            hops[-1] = (hops[-1][0], True)
        else:
            hops.append((None, True))
    return hops


@dataclass
class _Place:
    """A place: the lenses to apply there and the places below it, in order."""

    hop: _Hop = (None, False)
    children: list[_Place | int] = field(default_factory=list)

    def add(self, hops: Sequence[_Hop], lens: int) -> None:
        """Add a lens; it shares the path of the previous lens only, because order matters."""
        if not hops:
            self.children.append(lens)
            return
        last = self.children[-1] if self.children else None
        if not isinstance(last, _Place) or last.hop != hops[0]:
            last = _Place(hops[0])
            self.children.append(last)
        last.add(hops[1:], lens)


class _Writer:
    """Generates the source, line by line.

    Attributes:
        lines: the source so far.
    """

    def __init__(self, lenses: Sequence[Lens]) -> None:
        self.lines: list[str] = []
        self._lenses = lenses
        self._names = 0

    def line(self, depth: int, text: str) -> None:
        """Add an indented line."""
        self.lines.append("    " * depth + text)

    def children(self, depth: int, place: _Place, node: str, path: tuple[str, ...]) -> None:
        """Add the code for a place.

        Args:
            depth: the indentation.
            place: the place.
            node: the variable that holds the object there.
            path: expressions for the segments of the place's path.
        """
        for child in place.children:
            self._child(depth, child, node, path)

    def _child(self, depth: int, child: _Place | int, node: str, path: tuple[str, ...]) -> None:
        if isinstance(child, _Place):
            (self._every if child.hop[1] else self._below)(depth, child, node, path)
        elif isinstance(lens := self._lenses[child], InlineLens):
            self._write_out(depth, lens, child, node, path)
        else:
            self._call(depth, child, node, path)

    def _write_out(self, depth: int, lens: InlineLens, number: int, node: str, path: tuple[str, ...]) -> None:
        """Add what a lens does to an object of the usual shape, and the call for any other."""
        self.line(depth, f"node = {node}")
        self.line(depth, f"if {lens.usual}:")
        for text in lens.lines:
            self.line(depth + 1, text)
        self.line(depth, "else:")
        self._call(depth + 1, number, node, path)

    def _call(self, depth: int, lens: int, node: str, path: tuple[str, ...]) -> None:
        if not path:
            self.line(depth, f"lens{lens}({node}, notes)")
            self.line(depth, "count = len(notes)")
            return
        self.line(depth, "try:")
        self.line(depth + 1, f"lens{lens}({node}, notes)")
        self.line(depth, "except LensError as error:")
        self.line(depth + 1, f"error.path = ({', '.join(path)}, *error.path)")
        self.line(depth + 1, "raise")
        self.line(depth, "if len(notes) > count:")
        self.line(depth + 1, f"prefix_notes({_tuple(path)}, notes, count)")
        self.line(depth + 1, "count = len(notes)")

    def _below(self, depth: int, place: _Place, node: str, path: tuple[str, ...]) -> None:
        key = repr(place.hop[0])
        path = (*path, key)
        found = self._name("found")
        self.line(depth, f"{found} = {node}.get({key})")
        self.line(depth, f"if type({found}) is dict:")
        self.children(depth + 1, place, found, path)
        self.line(depth, f"elif {found} is not None:")
        self.line(depth + 1, f"raise wrong_type({_tuple(path)}, 'an object', {found})")

    def _every(self, depth: int, place: _Place, node: str, path: tuple[str, ...]) -> None:
        key = place.hop[0]
        found = node
        if key is not None:
            found = self._name("found")
            path = (*path, repr(key))
            self.line(depth, f"{found} = {node}.get({key!r})")
        at, item = self._name("at"), self._name("item")
        self.line(depth, f"if {found} is not None:")
        self.line(depth + 1, f"if type({found}) is list: items = enumerate({found})")
        self.line(depth + 1, f"elif type({found}) is dict: items = {found}.items()")
        self.line(depth + 1, f"else: raise wrong_type({_tuple(path)}, 'a list', {found})")
        self.line(depth + 1, f"for {at}, {item} in items:")
        for is_nested, children in groupby(place.children, key=_is_nested):
            if is_nested:
                for child in children:
                    self._child(depth + 2, child, item, (*path, at))
                continue
            self.line(depth + 2, f"if type({item}) is dict:")
            for child in children:
                self._child(depth + 3, child, item, (*path, at))
            self.line(depth + 2, f"elif {item} is not None:")
            self.line(depth + 3, f"raise wrong_type({_tuple((*path, at))}, 'an object', {item})")

    def _name(self, word: str) -> str:
        self._names += 1
        return f"{word}{self._names}"


def _is_nested(child: _Place | int) -> bool:
    """Whether a child visits every item of the item itself, which can be a list then."""
    return isinstance(child, _Place) and child.hop == (None, True)


def _tuple(expressions: tuple[str, ...]) -> str:
    return f"({', '.join(expressions)},)" if expressions else "()"
