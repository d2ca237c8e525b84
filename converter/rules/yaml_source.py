"""YAML documents with the line of every value, so that each problem in a file is reported with its line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from converter import yaml
from converter.errors import ManifestError, ProblemCode, RuleProblem
from converter.kube import Path, parse_path, type_name
from converter.rules.limits import MAX_PROBLEMS, MAX_TEXT
from converter.yaml import AliasError, DuplicateKeyError, YamlError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.yaml import Document, Place


@dataclass(slots=True)
class Problems:
    """The problems found so far in one file.

    Attributes:
        file: the file.
        found: the problems, up to a bound.
        count: how many there are.
    """

    file: str
    found: list[RuleProblem] = field(default_factory=list)
    count: int = 0

    def add(self, line: int, problem: str, hint: str = "", code: ProblemCode = ProblemCode.INVALID) -> None:
        """Add one problem; reading continues."""
        self.count += 1
        if self.count <= MAX_PROBLEMS:
            self.found.append(RuleProblem(self.file, max(line, 1), problem, hint, code))
        elif self.count == MAX_PROBLEMS + 1:
            text = f"there are more than {MAX_PROBLEMS} problems"
            self.found.append(RuleProblem(self.file, max(line, 1), text, "mend those first", ProblemCode.TOO_LARGE))


def read_documents(text: str, problems: Problems) -> list[Document]:
    """Parse every document of a YAML (or JSON) text; empty documents are left out.

    Bad syntax, duplicate keys and aliases are added to the problems. What could be read is still returned, so that one
    run reports as many problems as possible.
    """

    def add(error: YamlError) -> None:
        problems.add(error.line, error.problem, error.hint, _code(error))

    documents = []
    try:
        for document in yaml.read_documents(text, report=add, with_lines=True, with_aliases=False):
            documents.append(document)  # noqa: PERF402  what comes before bad syntax is read all the same
    except YamlError as error:
        add(error)
    return documents


def _code(error: YamlError) -> ProblemCode:
    match error:
        case DuplicateKeyError():
            return ProblemCode.DUPLICATE_KEY
        case AliasError():
            return ProblemCode.ALIAS
        case _:
            return ProblemCode.SYNTAX


@dataclass(frozen=True, slots=True)
class Cursor:
    """One place in a document: its value, and the problems to add to."""

    document: Document
    problems: Problems
    place: Place
    value: Any

    @classmethod
    def at_root(cls, document: Document, problems: Problems) -> Cursor:
        """Make the cursor for the root of a document."""
        return cls(document, problems, (), document.value)

    @property
    def line(self) -> int:
        """The line of this place, from 1."""
        return self.document.lines.get(self.place, 0)

    def problem(self, text: str, hint: str = "", code: ProblemCode = ProblemCode.INVALID) -> None:
        """Add a problem with the line of this place."""
        self.problems.add(self.line, text, hint, code)

    def has(self, key: str) -> bool:
        """Whether this is a mapping with the key."""
        return isinstance(self.value, dict) and key in self.value

    def child(self, key: str | int) -> Cursor:
        """Return the cursor for a key or an index; the value is None if it is missing."""
        if isinstance(self.value, dict) and isinstance(key, str):
            value, there = self.value.get(key), key in self.value
        elif isinstance(self.value, list) and isinstance(key, int):
            value, there = self.value[key], True
        else:
            value, there = None, False
        return Cursor(self.document, self.problems, (*self.place, key) if there else self.place, value)

    def items(self) -> Iterator[tuple[str, Cursor]]:
        """Yield the keys of a mapping with their cursors; any other value is a problem."""
        if self.expect(dict, "a mapping"):
            for key in self.value:
                yield key, self.child(key)

    def entries(self) -> Iterator[Cursor]:
        """Yield the cursors of the items of a list; any other value is a problem."""
        if self.expect(list, "a list"):
            for index in range(len(self.value)):
                yield self.child(index)

    def expect(self, kind: type, called: str) -> bool:
        """Whether the value has the type; if not, add a problem."""
        if isinstance(self.value, kind) and (kind is not int or not isinstance(self.value, bool)):
            return True
        where = f"{self.place[-1]}: " if self.place and isinstance(self.place[-1], str) else ""
        self.problem(f"{where}must be {called}, not {type_name(self.value)}", code=ProblemCode.WRONG_TYPE)
        return False

    def only(self, known: tuple[str, ...], what: str) -> None:
        """Add a problem for every key of this mapping that is not known."""
        for key, child in self.items():
            if key not in known:
                child.problem(f"{what} has no key {key!r}", f"known keys: {', '.join(known)}", ProblemCode.UNKNOWN_KEY)

    def text(self, key: str, default: str | None = None, hint: str = "") -> str:
        """Return the non-empty string under a key, of bounded length; without a default it is required.

        Args:
            key: the key.
            default: what counts if the key is missing.
            hint: what to write if it is missing and required.
        """
        child = self.child(key)
        if child.value is None and default is not None and not self.has(key):
            return default
        if isinstance(child.value, str) and child.value:
            if len(child.value) <= MAX_TEXT:
                return child.value
            child.problem(f"{key}: is longer than {MAX_TEXT} characters", "shorten it", ProblemCode.TOO_LARGE)
            return default or ""
        if self.has(key):
            problem = f"{key}: must be a non-empty string, not {type_name(child.value)}"
            child.problem(problem, code=ProblemCode.WRONG_TYPE)
        else:
            child.problem(f"{key} is missing", hint, ProblemCode.MISSING)
        return default or ""

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """Return the string under a key, which must be one of the choices; without a default it is required."""
        value = self.text(key, default, f"one of {', '.join(choices)}")
        if value and value not in choices:
            self.child(key).problem(f"{key}: {value!r} is not one of {', '.join(choices)}")
        return value if value in choices else choices[0]

    def path(self, key: str) -> Path:
        """Parse the required path under a key."""
        return self.child(key).as_path(self.text(key))

    def as_path(self, text: str) -> Path:
        """Parse a text at this place as a path."""
        if len(text) > MAX_TEXT:
            self.problem(f"the path is longer than {MAX_TEXT} characters", "shorten it", ProblemCode.TOO_LARGE)
            return ("unreadable",)
        try:
            return parse_path(text)
        except ManifestError as error:
            self.problem(error.problem)
            return ("unreadable",)  # so that one mistake is reported once
