"""Errors of the YAML reader: a type for each reason to refuse a text, with the line and what to do."""

from __future__ import annotations

from converter.errors import ConverterError


class YamlError(ConverterError):
    """A text that cannot be read.

    Attributes:
        line: the line of the problem, from 1; 0 if it is unknown.
        problem: what is wrong.
        hint: what to do; may be empty.
    """

    def __init__(self, line: int, problem: str, hint: str = "") -> None:
        self.line = line
        self.problem = problem
        self.hint = hint
        where = f"line {line}: " if line else ""
        super().__init__(f"{where}{problem}" + (f"; {hint}" if hint else ""))


class SyntaxProblemError(YamlError):
    """The text is neither YAML nor JSON, or has a value that JSON cannot represent."""


class DuplicateKeyError(YamlError):
    """A key occurs twice in one mapping, so one of the two values would be lost."""


class AliasError(YamlError):
    """An alias without an anchor, inside of its own anchor, or one of too many."""


class TooDeepError(YamlError):
    """Values are nested deeper than any Kubernetes object."""


class TrailingContentError(YamlError):
    """Content after the end of a document. kubectl drops it silently."""


class BinaryError(YamlError):
    """A ``!!binary`` value whose bytes are not UTF-8 text. kubectl replaces the bytes silently."""


class AmbiguousError(YamlError):
    """A form that parsers read differently, such as a ``?`` in a plain text in brackets. Quotes make it clear."""
