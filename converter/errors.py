"""The one family of errors: what went wrong, where, and what to do about it.

Imports nothing of the project, so that every layer can raise and catch these types.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


_LONGEST = 1_000
"""Characters of a problem, or of a hint, in messages."""


class ConverterError(Exception):
    """Base of every error this project raises on purpose; its text is fit for a user's eyes."""

    @property
    def next_step(self) -> str:
        """What somebody at a terminal can do about it, where the text does not say so; a log does not need it."""
        return ""


class ManifestError(ConverterError):
    """A manifest, or the document around it, has not the shape Kubernetes gives it.

    Attributes:
        path: where, as a path inside the manifest (``spec.rules[0].http``); empty for the whole.
        problem: what is wrong there, without the path.
    """

    def __init__(self, problem: str, path: str = "") -> None:
        self.problem = problem
        self.path = path
        super().__init__(f"{path}: {problem}" if path else problem)


class ConversionError(ConverterError):
    """A manifest that cannot be converted; the subclasses say which way."""


class NoRouteError(ConversionError):
    """No chain of rules leads from a kind's version to any of the wanted ones.

    Attributes:
        kind: the manifest's kind.
        source: the apiVersion the manifest has.
        targets: the apiVersions asked for.
        reason: why, where a rule says so in its own words; empty where no rule knows the kind.
    """

    def __init__(self, kind: str, source: str, targets: Iterable[str], reason: str = "") -> None:
        self.kind = kind
        self.source = source
        self.targets = tuple(targets)
        self.reason = reason
        wanted = " or ".join(self.targets) or "any version at all"
        text = f"no rule converts {kind} from {source} to {wanted}"
        hint = "`converter explain` lists the versions rules reach; an admin can add a rule (docs/reference/rules.md)"
        super().__init__(f"{text}: {reason}" if reason else f"{text}; {hint}")


class RefusedError(ConversionError):
    """A value whose meaning would change: the manifest is refused, whole.

    Attributes:
        path: where in the manifest as given.
        why: the reason, in a sentence.
    """

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path}: {why}")


class ProblemCode(StrEnum):
    """What kind of problem a file has; stable, unlike the text of the problem."""

    INTERNAL = "Internal"
    """A bug of the converter: a reader failed with an error that it does not know."""
    UNREADABLE = "Unreadable"
    """The file is missing, or cannot be read."""
    SYNTAX = "Syntax"
    """The text is not YAML, or is YAML that readers understand differently."""
    DUPLICATE_KEY = "DuplicateKey"
    ALIAS = "Alias"
    UNKNOWN_DOCUMENT = "UnknownDocument"
    """The apiVersion or the kind of a document is not one that is read from such files."""
    UNKNOWN_KEY = "UnknownKey"
    MISSING = "Missing"
    """A required key is missing."""
    WRONG_TYPE = "WrongType"
    """A value has another type than its place requires."""
    INVALID = "Invalid"
    """A value has the right type, but is not one of those that its place allows."""
    CONFLICT = "Conflict"
    """Keys, paths or values that do not go together."""
    UNKNOWN_STEP = "UnknownStep"
    UNKNOWN_FUNCTION = "UnknownFunction"
    UNKNOWN_KIND = "UnknownKind"
    """No Kubernetes release has that version of that kind."""
    UNKNOWN_FIELD = "UnknownField"
    """No Kubernetes release has that field."""
    DUPLICATE = "Duplicate"
    """A name, a pair of versions, or a document that occurs once only."""
    WRONG_SIDE = "WrongSide"
    """No release has that field in this version of the rule, but the other version has it."""
    TOO_LARGE = "TooLarge"
    """More or larger than any such file needs: a bound of `converter.rules.limits`."""
    IDENTITY = "Identity"
    """A step on what identifies an object: its apiVersion, kind, name or other metadata."""
    OVERLAP = "Overlap"
    """Two steps handle one field."""
    EXAMPLE_FAILED = "ExampleFailed"
    UNMAPPED_FIELD = "UnmappedField"
    """A field of one version of a CRD that the other version lacks, and that no step of the rule names."""
    DIFFERENT_FIELD = "DifferentField"
    """A field that two versions of a CRD have with another type, default, or set of values."""


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One thing wrong in a rule file.

    Attributes:
        file: the file's path as it was given.
        line: the line it starts on, from 1; 0 where no line is known.
        problem: what is wrong, for people.
        hint: what to do; may be empty.
        code: what kind of problem it is.
        path: the place in an object of the API server, such as ``spec.steps[2]``; empty for a file, which has lines.
    """

    file: str
    line: int
    problem: str
    hint: str = ""
    code: ProblemCode = ProblemCode.INVALID
    path: str = ""

    def __str__(self) -> str:
        where = f"{self.file}: {self.path}" if self.path else f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {_cut(self.problem)}" + (f" ({_cut(self.hint)})" if self.hint else "")


def _cut(text: str) -> str:
    """Bound a text that can quote a file: a key there may be as long as the file."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


class RuleBookError(ConverterError):
    """A rule book that cannot be used, with every problem found in it.

    Attributes:
        problems: all of them, in the order of files and lines; at least one.
    """

    def __init__(self, problems: Iterable[RuleProblem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the rule book"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))
