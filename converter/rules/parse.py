"""Parses ConversionRule documents: checks every key and reports every problem with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converter.errors import ManifestError, ProblemCode
from converter.kube import split_api_version
from converter.rules.lens import Side
from converter.rules.parse_steps import parse_steps
from converter.rules.rule import Example, ResourceName, Rule

if TYPE_CHECKING:
    from converter.rules.yaml_source import Cursor


def parse_rule(root: Cursor) -> Rule | None:
    """Parse one ``ConversionRule`` document.

    Returns:
        The rule; None if something is wrong with it, which is added to the problems of ``root``.
    """
    before = len(root.problems.found)
    rule = _parse(root)
    return rule if len(root.problems.found) == before else None


def _parse(root: Cursor) -> Rule | None:
    root.only(("apiVersion", "kind", "metadata", "spec"), "a rule")
    root.child("metadata").only(("name", "annotations", "labels"), "metadata")
    name = root.child("metadata").text("name")
    spec = root.child("spec")
    if not root.has("spec"):
        root.problem("spec is missing", "docs/reference/rules.md shows a complete rule", ProblemCode.MISSING)
        return None
    known = ("kind", "kinds", "resource", "between", "steps", "unconvertible", "examples", "description")
    spec.only(known, "a rule's spec")
    kinds = _parse_kinds(spec)
    left, right = _parse_between(spec)
    unconvertible = spec.text("unconvertible", "")
    if spec.has("steps") == bool(unconvertible):
        spec.problem(
            "a rule must have either 'steps' or 'unconvertible'",
            "write 'steps: []' if the versions do not differ",
            ProblemCode.CONFLICT,
        )
    steps = parse_steps(spec.child("steps")) if spec.has("steps") else ()
    examples = tuple(_parse_examples(spec, kinds, left, right))
    return Rule(
        name, kinds, left, right, steps, unconvertible, examples, root.problems.file, root.line, _parse_resource(spec)
    )


def _parse_kinds(spec: Cursor) -> tuple[str, ...]:
    if spec.has("kind") == spec.has("kinds"):
        text = "a rule must have either 'kind', or a list of 'kinds' that share a schema"
        spec.problem(text, code=ProblemCode.CONFLICT)
        return ()
    if spec.has("kind"):
        return (spec.text("kind"),)
    return tuple(entry.value for entry in spec.child("kinds").entries() if entry.expect(str, "a kind"))


def _parse_resource(spec: Cursor) -> ResourceName | None:
    if not spec.has("resource"):
        return None
    resource = spec.child("resource")
    resource.only(("plural", "scope"), "resource")
    if spec.has("kinds"):
        resource.problem("'resource' is the resource of one kind", "write one rule for each kind", ProblemCode.CONFLICT)
    scope = resource.choice("scope", ("Namespaced", "Cluster"), "Namespaced")
    return ResourceName(resource.text("plural"), scope == "Namespaced")


def _parse_between(spec: Cursor) -> tuple[str, str]:
    between = spec.child("between")
    value: Any = between.value
    if not (isinstance(value, list) and len(value) == 2 and all(isinstance(item, str) for item in value)):  # noqa: PLR2004  # left and right
        between.problem(
            "between must be a list of two apiVersions", "between: [batch/v1, batch/v1beta1]", ProblemCode.WRONG_TYPE
        )
        return "", ""
    for entry in between.entries():
        try:
            split_api_version(entry.value)
        except ManifestError as error:
            entry.problem(error.problem)
    if value[0] == value[1]:
        between.problem("between must name two different apiVersions", code=ProblemCode.CONFLICT)
    return value[0], value[1]


def _parse_examples(spec: Cursor, kinds: tuple[str, ...], left: str, right: str) -> list[Example]:
    examples = []
    for entry in spec.child("examples").entries() if spec.has("examples") else ():
        entry.only(("left", "right", "toward", "description"), "an example")
        kind = kinds[0] if kinds else ""
        sides: list[dict[str, Any]] = []
        for side, version in (("left", left), ("right", right)):
            child = entry.child(side)
            if child.expect(dict, "a manifest"):
                sides.append({"apiVersion": version, "kind": kind, **child.value})
        toward = entry.choice("toward", ("both", "left", "right"), "both")
        if len(sides) == 2:  # noqa: PLR2004  # left and right
            directions = (Side.RIGHT, Side.LEFT) if toward == "both" else (Side(toward),)
            examples.append(Example(sides[0], sides[1], directions, entry.line, sides[0]["kind"]))
    return examples
