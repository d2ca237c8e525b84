"""Reads a stream of documents, YAML or JSON, as apimachinery's YAMLOrJSONDecoder splits it.

Source: k8s.io/apimachinery v0.36.3, ``pkg/util/yaml/decoder.go``.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from converter.yaml.builder import Builder
from converter.yaml.errors import AmbiguousError, SyntaxProblemError, TrailingContentError, YamlError
from converter.yaml.json_stream import read_json
from converter.yaml.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.yaml.builder import Report

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DIFFERENCES = {
    "found unexpected ':'": "put the text in quotes, or a space after the colon",
    "found unknown escape character": "write the character itself",
    "while scanning a tag": "remove the tag, or put the text in quotes",
}
"""What libyaml says where go-yaml continues, and what to write instead.

In go-yaml, a colon before a comma is a part of the text, a quote can be escaped, and brackets are parts of a tag.
"""
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_JSON_PREFIX = 4096
"""Characters in which kubectl looks for the brace that JSON begins with."""


_LEAST = 4
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document as plain data.

    Attributes:
        value: the data; mappings are dicts with string keys.
        lines: the line, from 1, of each place; of a mapping's value, the line of its key. Empty unless asked for.
    """

    value: Any
    lines: Lines = field(default_factory=Lines)


@dataclass(frozen=True, slots=True)
class _Options:
    report: Report
    with_lines: bool
    with_aliases: bool


def decode(data: bytes) -> str:
    """Decode a file as kubectl does: UTF-8, or UTF-16 with a byte order mark; the mark is removed.

    Raises:
        UnicodeDecodeError: the bytes are not text in that encoding.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    return data.decode("utf-8-sig")


def load(text: str) -> Any:
    """Read a text of one document; None if it is empty.

    Raises:
        YamlError: the text cannot be read, or has several documents.
    """
    values = load_all(text)
    if len(values) > 1:
        raise TrailingContentError(0, f"one document is expected, not {len(values)}", "keep one document in the file")
    return values[0] if values else None


def load_all(text: str) -> list[Any]:
    """Read the values of every document of a stream; empty documents are left out.

    Raises:
        YamlError: the text cannot be read; says which line.
    """
    return [document.value for document in read_documents(text)]


def read_documents(
    text: str, *, report: Report | None = None, with_lines: bool = False, with_aliases: bool = True
) -> Iterator[Document]:
    """Read every document of a stream, and yield each when it is complete; empty ones are left out.

    Args:
        text: YAML or JSON.
        report: gets duplicate keys and refused aliases, and reading continues; without it they are raised.
        with_lines: whether to note the line of each value.
        with_aliases: whether aliases are allowed.

    Raises:
        YamlError: the text cannot be read; says which line.
    """
    options = _Options(report or _raise, with_lines, with_aliases)
    start = 0
    if text[:_JSON_PREFIX].lstrip()[:1] == "{":
        count = 0
        for found in read_json(text):
            count, start = count + 1, found.end
            if found.value is not None:
                lines = _lines_of(text[found.begin : found.end], found.line - 1) if with_lines else Lines()
                yield Document(found.value, lines)
        rest = text[start:].lstrip(" \t\r\n")
        if not rest:
            return
        if count > 1:  # from the second object on, kubectl takes the stream for JSON
            raise SyntaxProblemError(
                text.count("\n", 0, len(text) - len(rest)) + 1, "not JSON", "after two JSON objects all must be JSON"
            )
        start = _start_of_yaml(text, start)
    for chunk, offset in _split(text[start:], text.count("\n", 0, start)):
        document = _read_yaml(chunk, offset, options)
        if document.value is not None:
            yield document


def _raise(problem: YamlError) -> NoReturn:
    raise problem


def _start_of_yaml(text: str, start: int) -> int:
    """Skip white space up to the end of the line, as the decoder does where JSON ends and YAML may begin.

    Raises:
        SyntaxProblemError: fewer than four bytes are left, which the decoder does not take for YAML.
    """
    while True:
        if len(text[start : start + _LEAST].encode()) < _LEAST:
            raise SyntaxProblemError(text.count("\n", 0, start) + 1, "not JSON", "check the braces and quotes")
        if not text[start].isspace():
            return start
        start += 1
        if text[start - 1] == "\n":
            return start


def _split(text: str, offset: int) -> Iterator[tuple[str, int]]:
    """Split at the lines that begin with ``---``; yields each document's text and the number of lines before it."""
    if "---" not in text and "\r\n" not in text:
        yield text if text.endswith("\n") else f"{text}\n", offset
        return
    found: list[str] = []
    first = offset
    for number, line in enumerate(text.removesuffix("\n").split("\n"), offset):
        content = line.removesuffix("\r")
        if not content.startswith("---"):
            found.append(content)
            continue
        rest = content[3:].strip()
        if rest and not rest.startswith("#"):
            raise SyntaxProblemError(
                number + 1, "a line begins with --- and is not a document separator", "put only a comment after ---"
            )
        if found:
            yield "\n".join([*found, ""]), first
            found, first = [], number + 1
        else:  # the decoder leaves a separator before the first line to the parser
            found = [content]
    yield "\n".join([*found, ""]), first


def _read_yaml(text: str, offset: int, options: _Options) -> Document:
    builder = Builder(offset, options.report, with_lines=options.with_lines, with_aliases=options.with_aliases)
    try:
        _build(text, builder, offset)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 + offset if mark else 0
        problem, hint = f"not YAML: {error.problem or error.context}", "check the indentation and quotes"
        if builder.complete or text.lstrip().startswith("..."):  # kubectl stops reading here
            raise TrailingContentError(line, "content after the end of the document", hint) from None
        advice = _DIFFERENCES.get(str(error.problem)) or _DIFFERENCES.get(str(error.context))
        if advice:
            raise AmbiguousError(line, problem, advice) from None
        raise SyntaxProblemError(line, problem, hint) from None
    except (yaml.YAMLError, ValueError) as error:  # characters that YAML does not allow, surrogates
        raise SyntaxProblemError(
            _line_of_character(text, offset), f"not YAML: {error}".split("\n", maxsplit=1)[0], "remove the character"
        ) from None
    return Document(builder.value, builder.lines)


def _line_of_character(text: str, offset: int) -> int:
    """Return the line of the first character that YAML does not allow."""
    found = _NOT_ALLOWED.search(text)
    return text.count("\n", 0, found.start()) + 1 + offset if found else offset + 1


def _build(text: str, builder: Builder, offset: int) -> None:
    slashes = "\\/" in text
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.ScalarEvent):
            if slashes and event.style == '"' and event.start_mark and event.end_mark:
                _refuse_slash(text[event.start_mark.index : event.end_mark.index], event.start_mark.line + 1 + offset)
            builder.scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            builder.start(event, {})
        elif isinstance(event, yaml.SequenceStartEvent):
            builder.start(event, [])
        elif isinstance(event, yaml.CollectionEndEvent):
            builder.end()
        elif isinstance(event, yaml.AliasEvent):
            builder.alias(event)
        elif isinstance(event, yaml.DocumentEndEvent):
            builder.complete = True
        elif isinstance(event, yaml.DocumentStartEvent) and builder.complete:
            line = event.start_mark.line + 1 + offset if event.start_mark else 0
            raise TrailingContentError(line, "content after the end of the document", "begin a document with ---")


def _refuse_slash(quoted: str, line: int) -> None:
    """Refuse the escape of a slash, which libyaml takes from JSON and go-yaml does not know."""
    if any(escape == "\\/" for escape in _ESCAPE.findall(quoted)):
        raise SyntaxProblemError(line, r"not YAML: found unknown escape character in \/", "write the slash alone")


def _lines_of(text: str, offset: int) -> Lines:
    """Find the lines of the values of a JSON object, which is YAML too; its first if YAML does not allow its form."""
    builder = Builder(offset, lambda _: None, with_lines=True, with_aliases=False)
    try:
        _build(text, builder, offset)
    except (YamlError, yaml.YAMLError, ValueError):
        return Lines(offset + 1)
    return builder.lines
