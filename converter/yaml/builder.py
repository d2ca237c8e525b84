"""Builds the values of one document from parser events, without recursion, with the line of each value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from converter.yaml.errors import (
    AliasError,
    AmbiguousError,
    BinaryError,
    DuplicateKeyError,
    SyntaxProblemError,
    TooDeepError,
    YamlError,
)
from converter.yaml.limits import MAX_DEPTH, too_many_aliases
from converter.yaml.lines import Lines
from converter.yaml.scalars import PREFIX, json_number, key_text, plain, tagged

if TYPE_CHECKING:
    from collections.abc import Callable

Report: TypeAlias = "Callable[[YamlError], None]"
"""Gets each problem that does not stop the reader; a reader of one document raises it."""

_MERGE = "<<"


@dataclass(slots=True)
class Anchored:
    """A value that an anchor names.

    Attributes:
        value: the value; None while it is still being read.
        size: how many values it has, with those that aliases in it repeat.
        height: how many levels of nesting it has.
        complete: whether it was read to its end.
    """

    value: Any = None
    size: int = 1
    height: int = 0
    complete: bool = False


@dataclass(slots=True)
class _Frame:
    """A collection that is being read.

    Attributes:
        value: the dict or list, as far as it was read.
        line: its line, from 1.
        lines: the lines of its values; None if they are not asked for.
        anchored: what its anchor names; None without an anchor.
        before: how many values the document had before this one.
        height: the levels of nesting below it.
        written: the keys written in this mapping itself; merged ones may be written again.
        key: the key whose value comes next.
        expects_value: whether a value comes next, not a key.
        merges: whether that value is merged into this mapping.
        is_sources: whether this list holds the mappings of a merge.
        flows: whether it is in brackets or braces.
    """

    value: Any
    line: int
    lines: Lines | None
    anchored: Anchored | None
    before: int
    height: int = 0
    written: set[str] = field(default_factory=set)
    key: str = ""
    expects_value: bool = False
    merges: bool = False
    is_sources: bool = False
    flows: bool = False


class Builder:
    """Builds one document.

    Attributes:
        lines: the line of each value; only of the whole document unless asked for more.
        value: the document's value, once it is complete.
        complete: whether the document was read to its end.
    """

    def __init__(self, offset: int, report: Report, *, with_lines: bool, with_aliases: bool) -> None:
        """Start a document.

        Args:
            offset: lines of the text before this document.
            report: gets duplicate keys and refused aliases; if it does not raise, the reader continues.
            with_lines: whether to note the line of each value.
            with_aliases: whether aliases are allowed.
        """
        self.lines = Lines()
        self.value: Any = None
        self.complete = False
        self._offset = offset
        self._report = report
        self._with_lines = with_lines
        self._with_aliases = with_aliases
        self._stack: list[_Frame] = []
        self._anchors: dict[str, Anchored] = {}
        self._total = 1  # the document itself counts, as in go-yaml
        self._repeated = 0
        self._flows = 0

    def scalar(self, event: Any) -> None:
        """Add a scalar, as a value or as a key."""
        frame = self._stack[-1] if self._stack else None
        line = event.start_mark.line + 1 + self._offset
        text, tag, is_plain = event.value, event.tag, event.implicit[0]
        is_key = frame is not None and not frame.expects_value and isinstance(frame.value, dict)
        if frame is not None and is_key and text == _MERGE and (is_plain or tag == f"{PREFIX}merge"):
            frame.expects_value = frame.merges = True
            return
        if self._flows and event.style == "" and ("?" in text or (tag is not None and not text)):
            what = "a question mark" if text else "a tag without a value"
            raise AmbiguousError(line, f"{what} in brackets or braces", "put the text in quotes")
        try:
            value = plain(text) if tag is None and is_plain else text if tag is None else tagged(tag, text)
            if type(value) is float and not is_key:
                value = json_number(value)
        except UnicodeDecodeError:
            raise BinaryError(
                line, "a !!binary value is not UTF-8 text, so JSON cannot hold it", "use base64"
            ) from None
        except ValueError as error:
            raise SyntaxProblemError(line, str(error), "put a text in quotes") from None
        if event.anchor is not None:
            self._anchors[event.anchor] = Anchored(value, complete=True)
        self._count(1, repeated=False, line=line)
        self._add(value, line, 0)

    def alias(self, event: Any) -> None:
        """Add a copy of what an anchor names."""
        line = event.start_mark.line + 1 + self._offset
        found = self._anchors.get(event.anchor)
        if found is None:
            raise AliasError(line, f"no anchor &{event.anchor} before this alias", f"write &{event.anchor} first")
        if not self._with_aliases:
            self._report(AliasError(line, f"aliases such as *{event.anchor} are not allowed", "write the value again"))
            self._add(None, line, 0)
            return
        if not found.complete:
            raise AliasError(line, f"the value of &{event.anchor} contains itself", "write the value instead")
        if self._stack and self._stack[-1].merges and not isinstance(found.value, dict):
            raise _not_mergeable(line)
        if len(self._stack) + found.height > MAX_DEPTH:
            raise _too_deep(line)
        self._count(1, repeated=False, line=line)
        self._count(found.size, repeated=True, line=line)
        value = json_number(found.value) if type(found.value) is float and not self._expects_key() else found.value
        self._add(_copy(value), line, found.height)

    def start(self, event: Any, value: dict[str, Any] | list[Any]) -> None:
        """Begin a mapping or a sequence."""
        line = event.start_mark.line + 1 + self._offset
        if len(self._stack) >= MAX_DEPTH:
            raise _too_deep(line)
        if self._expects_key():
            raise AmbiguousError(line, "a mapping or a list cannot be a key", "put a text in quotes")
        anchored = None
        if event.anchor is not None:
            anchored = self._anchors[event.anchor] = Anchored()
        parent = self._stack[-1] if self._stack else None
        frame = _Frame(value, line, self._lines_below(parent, line), anchored, self._total)
        frame.is_sources = parent is not None and parent.merges and isinstance(value, list)
        if not frame.is_sources:
            self._count(1, repeated=False, line=line)
        self._flows += bool(event.flow_style)
        frame.flows = bool(event.flow_style)
        self._stack.append(frame)

    def end(self) -> None:
        """Complete the innermost collection."""
        frame = self._stack.pop()
        self._flows -= frame.flows
        if frame.anchored is not None:
            frame.anchored.value = frame.value
            frame.anchored.size = self._total - frame.before
            frame.anchored.height = frame.height + 1
            frame.anchored.complete = True
        self._add(frame.value, frame.line, frame.height + 1)

    def _expects_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].value, dict) and not self._stack[-1].expects_value

    def _lines_below(self, parent: _Frame | None, line: int) -> Lines | None:
        """Make the place for the lines of a mapping or a list; in a mapping, it has the line of its key."""
        if not self._with_lines:
            return None
        if parent is None:
            self.lines.line = line
            return self.lines
        if parent.lines is None or parent.merges or parent.is_sources:
            return None
        key = parent.key if isinstance(parent.value, dict) else len(parent.value)
        noted = parent.lines.below.get(key)
        found = parent.lines.below[key] = Lines(noted if isinstance(noted, int) else line)
        return found

    def _count(self, values: int, *, repeated: bool, line: int) -> None:
        self._total += values
        if repeated:
            self._repeated += values
        if self._repeated and too_many_aliases(self._repeated, self._total):
            raise AliasError(line, "aliases repeat too many values", "write the values instead of aliases")

    def _add(self, value: Any, line: int, height: int) -> None:
        if not self._stack:
            self.value = value
            self.lines.line = self.lines.line or line
            return
        frame = self._stack[-1]
        frame.height = max(frame.height, height)
        if isinstance(frame.value, list):
            if frame.is_sources and not isinstance(value, dict):
                raise _not_mergeable(line)
            if frame.lines is not None:
                frame.lines.below.setdefault(len(frame.value), line)
            frame.value.append(value)
        elif not frame.expects_value:
            self._key(frame, value, line)
        elif frame.merges:
            frame.expects_value = frame.merges = False
            self._merge(frame, value, line)
        else:
            frame.expects_value = False
            frame.value[frame.key] = value

    def _key(self, frame: _Frame, value: Any, line: int) -> None:
        if isinstance(value, (dict, list)):
            raise AmbiguousError(line, "a mapping or a list cannot be a key", "put a text in quotes")
        try:
            key = key_text(value)
        except ValueError as error:
            raise SyntaxProblemError(line, str(error), "put the key in quotes") from None
        if key in frame.written:
            self._report(DuplicateKeyError(line, f"the key {key!r} is set more than once", "keep one"))
        frame.written.add(key)
        frame.key, frame.expects_value = key, True
        if frame.lines is not None:
            frame.lines.below[key] = line

    def _merge(self, frame: _Frame, value: Any, line: int) -> None:
        """Merge as go-yaml v2 does: in the order of the text, and the first mapping of a list comes last."""
        if not isinstance(value, (dict, list)):
            raise _not_mergeable(line)
        for source in reversed(value) if isinstance(value, list) else (value,):
            if not isinstance(source, dict):
                raise _not_mergeable(line)
            frame.value.update(_copy(source))


def _too_deep(line: int) -> TooDeepError:
    return TooDeepError(line, f"nested deeper than {MAX_DEPTH} levels", "no Kubernetes object is nested that deep")


def _not_mergeable(line: int) -> SyntaxProblemError:
    return SyntaxProblemError(line, "<< merges a mapping or a list of mappings only", 'quote it if it is a key: "<<"')


def _copy(value: Any) -> Any:
    """Copy a value, so that a change in one place leaves the other places alone."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value
