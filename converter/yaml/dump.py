"""Writes YAML that go-yaml reads as the same values: a string that it takes for something else is quoted."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import yaml

from converter.yaml.scalars import reads_as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_WIDTH = 10_000
"""Columns before a line is folded; long lines stay as they are."""


def dump(value: Any) -> str:
    """Write a value as one YAML document, in block style; keys keep their order."""
    return _write([value], separated=False)


def dump_all(values: Iterable[Any]) -> str:
    """Write values as a stream of YAML documents, with a line ``---`` between two."""
    return "---\n".join(map(dump, values))


def _write(values: Iterable[Any], *, separated: bool) -> str:
    out = io.StringIO()
    yaml.emit(_stream(values, separated=separated), out, Dumper=_Dumper, allow_unicode=True, width=_WIDTH)
    return out.getvalue()


def _stream(values: Iterable[Any], *, separated: bool) -> Iterator[yaml.Event]:
    yield yaml.StreamStartEvent(encoding=None)
    for value in values:
        yield yaml.DocumentStartEvent(explicit=separated)
        yield from _events(value)
        yield yaml.DocumentEndEvent(explicit=False)
    yield yaml.StreamEndEvent()


def _events(root: Any) -> Iterator[yaml.Event]:
    """Walk a value without recursion; a stack holds the iterators of open collections and the events that end them."""
    stack: list[tuple[Iterator[Any], yaml.Event | None]] = [(iter((root,)), None)]
    while stack:
        items, end = stack[-1]
        for value in items:
            if isinstance(value, dict):
                yield yaml.MappingStartEvent(None, None, True, flow_style=not value)
                stack.append((_flat(value), yaml.MappingEndEvent()))
                break
            if isinstance(value, (list, tuple)):
                yield yaml.SequenceStartEvent(None, None, True, flow_style=not value)
                stack.append((iter(value), yaml.SequenceEndEvent()))
                break
            yield _scalar(value)
        else:
            stack.pop()
            if end is not None:
                yield end


def _flat(mapping: dict[str, Any]) -> Iterator[Any]:
    for key, value in mapping.items():
        yield key
        yield value


def _scalar(value: Any) -> yaml.ScalarEvent:
    if isinstance(value, str):
        return yaml.ScalarEvent(None, None, (reads_as_text(value), True), value)
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else _number(value)
    return yaml.ScalarEvent(None, None, (True, False), text)


def _number(value: float) -> str:
    """Write a number in the form of YAML 1.1, which wants a point before an exponent."""
    text = repr(value)
    return text.replace("e", ".0e") if "e" in text and "." not in text else text
