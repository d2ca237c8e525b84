"""A parsed rule: two versions of a kind, the steps between them, and examples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from converter.errors import RuleProblem
from converter.rules.lens import Side, identity
from converter.rules.steps.blocks import compile_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.errors import ProblemCode
    from converter.kube import Manifest
    from converter.rules.lens import Lens
    from converter.rules.steps.base import Step

API_VERSION = "apiconverter.dev/v1alpha1"
"""The apiVersion of rule documents."""

KIND = "ConversionRule"
"""The kind of rule documents."""


@dataclass(frozen=True, slots=True)
class RuleFinding(RuleProblem):
    """A problem of one rule.

    Attributes:
        finding: the problem without the name of the rule, for messages about that rule.
    """

    finding: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """One manifest in both versions, as the rule's author expects them.

    Attributes:
        left: the manifest in the left version.
        right: the same in the right version.
        toward: the directions to test; one only if a default is not restored on the way back.
        line: its line in the file.
        kind: the kind of both manifests.
    """

    left: Manifest
    right: Manifest
    toward: tuple[Side, ...]
    line: int
    kind: str


@dataclass(frozen=True, slots=True)
class ResourceName:
    """The resource name of a custom kind, as URLs and discovery use it.

    Attributes:
        plural: ``widgets``.
        namespaced: whether its objects are namespaced.
    """

    plural: str
    namespaced: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the book.

    Attributes:
        name: its ``metadata.name``, unique in the book.
        kinds: the kinds that it converts.
        left: the apiVersion on the left.
        right: the apiVersion on the right.
        steps: the steps, in the order for left to right.
        unconvertible: why no faithful conversion exists; empty if the rule converts.
        examples: manifests in both versions.
        file: its file.
        line: its first line.
        resource: the resource name of a kind that the catalog does not have; None if the rule gives none.
        overrides: the names of the rules whose place it takes.
        places: the place of each line, for a rule that was read from an object and has no lines; empty for a file.
    """

    name: str
    kinds: tuple[str, ...]
    left: str
    right: str
    steps: tuple[Step, ...]
    unconvertible: str
    examples: tuple[Example, ...]
    file: str
    line: int
    resource: ResourceName | None = None
    overrides: tuple[str, ...] = ()
    places: tuple[str, ...] = field(default=(), repr=False)
    _lenses: dict[Side, Lens] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def whereabouts(self) -> str:
        """Where it is written: ``file:line``, or the name of the object."""
        return self.file if self.places else f"{self.file}:{self.line}"

    def at(self, line: int) -> str:
        """Name a place in it: ``line 12``, or ``spec.steps[2]``."""
        return self.places[line - 1] if 0 < line <= len(self.places) else f"line {line}"

    def pairs(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield each kind with the two apiVersions that it converts it between."""
        for kind in self.kinds:
            yield kind, frozenset((self.left, self.right))

    @property
    def place(self) -> str:
        """Its file and line; of a conversion by name alone, its CRD."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def problem(self, code: ProblemCode, finding: str, hint: str, line: int = 0) -> RuleFinding:
        """Make a problem of this rule.

        Args:
            code: what kind of problem it is.
            finding: what is wrong, for people.
            hint: what to do.
            line: the line of a step; 0 for the rule itself.
        """
        text = f"rule {self.name}: {finding}"
        return RuleFinding(self.file, line or self.line, text, hint, code, finding=finding)

    def version(self, side: Side) -> str:
        """Return the apiVersion on a side."""
        return self.left if side is Side.LEFT else self.right

    def lens(self, toward: Side) -> Lens:
        """Return its compiled steps. They are compiled once: a book with this rule may be made again and again."""
        found = self._lenses.get(toward)
        if found is None:
            found = self._lenses[toward] = compile_steps(self.steps, toward) if self.steps else identity
        return found

    def losses(self, toward: Side) -> int:
        """Count the fields whose values can be lost on the way to a side."""
        return sum(step.losses(toward) for step in self.steps)
