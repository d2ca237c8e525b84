"""A rule as read: two versions of a kind, the steps between them, and its examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.rules.lens import Side

if TYPE_CHECKING:
    from converter.kube import Manifest
    from converter.rules.steps.base import Step

API_VERSION = "apiconverter.dev/v1alpha1"
"""The apiVersion of rule documents."""

KIND = "ConversionRule"
"""The kind of rule documents."""


@dataclass(frozen=True, slots=True)
class Example:
    """One manifest in both versions, as the rule's author expects them.

    Attributes:
        left: the manifest in the left version.
        right: the same in the right version.
        toward: the directions it holds in; both where defaults play no part.
        line: where it stands in its file.
        kind: the kind it is of.
    """

    left: Manifest
    right: Manifest
    toward: tuple[Side, ...]
    line: int
    kind: str


@dataclass(frozen=True, slots=True)
class ResourceName:
    """How a kind that is not Kubernetes' own stands in URLs and discovery.

    Attributes:
        plural: ``widgets``.
        namespaced: whether its objects live in namespaces.
    """

    plural: str
    namespaced: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the book.

    Attributes:
        name: its ``metadata.name``, unique in the book.
        kinds: the kinds it holds for.
        left: the apiVersion on the left.
        right: the apiVersion on the right.
        steps: the steps, as written from left to right.
        unconvertible: why no faithful conversion exists, where the rule is there to say so; else empty.
        examples: manifests in both versions.
        file: where it was read from.
        line: where it starts there.
        resource: how the kind stands in URLs, for kinds that the catalog does not know.
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

    def version(self, side: Side) -> str:
        """The apiVersion on a side."""
        return self.left if side is Side.LEFT else self.right

    def losses(self, toward: Side) -> int:
        """How many fields can lose their values on the way to a side."""
        return sum(step.losses(toward) for step in self.steps)
