"""Parses ConversionRule documents: checks every key and reports every problem with its line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from converter.errors import ManifestError, ProblemCode
from converter.kube import split_api_version
from converter.rules.check_bounds import check_bounds
from converter.rules.lens import Side
from converter.rules.limits import MAX_TEXT
from converter.rules.parse_steps import parse_steps
from converter.rules.rule import Example, ResourceName, Rule

if TYPE_CHECKING:
    from converter.rules.yaml_source import Cursor


_KIND = re.compile("[A-Za-z][A-Za-z0-9]{0,62}")
"""A kind of Kubernetes: a DNS label in capitals and small letters."""


def parse_rule(root: Cursor) -> Rule | None:
    """Parse one ``ConversionRule`` document.

    Returns:
        The rule; None if something is wrong with it, which is added to the problems of ``root``.
    """
    before = root.problems.count
    rule = _parse(root)
    return rule if root.problems.count == before else None


def _parse(root: Cursor) -> Rule | None:
    root.only(("apiVersion", "kind", "metadata", "spec"), "a rule")
    root.child("metadata").only(("name", "annotations", "labels"), "metadata")
    name = root.child("metadata").text("name")
    spec = root.child("spec")
    if not root.has("spec"):
        root.problem("spec is missing", "docs/reference/rules.md shows a complete rule", ProblemCode.MISSING)
        return None
    known = ("kind", "kinds", "resource", "between", "steps", "unconvertible", "examples", "description", "overrides")
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
    if "Secret" in kinds and "v1" in {left, right}:
        text = "a Secret is never converted: Kubernetes has one version of it"
        spec.problem(text, "remove the kind", ProblemCode.INVALID)
    steps = parse_steps(spec.child("steps")) if spec.has("steps") else ()
    check_bounds(kinds, steps, spec)
    examples = tuple(_parse_examples(spec, kinds, left, right))
    return Rule(
        name, kinds, left, right, steps, unconvertible, examples, root.problems.file, root.line, _parse_resource(spec),
        parse_overrides(spec),
    )  # fmt: skip


def _parse_kinds(spec: Cursor) -> tuple[str, ...]:
    if spec.has("kind") == spec.has("kinds"):
        text = "a rule must have either 'kind', or a list of 'kinds' that share a schema"
        spec.problem(text, code=ProblemCode.CONFLICT)
        return ()
    entries = [spec.child("kind")] if spec.has("kind") else [*spec.child("kinds").entries()]
    if not entries and spec.child("kinds").value == []:
        spec.child("kinds").problem("kinds is empty", "kinds: [Role, ClusterRole]", ProblemCode.MISSING)
    kinds: dict[str, bool] = {}  # a set that keeps the order
    for entry in entries:
        if not entry.expect(str, "a kind"):
            continue
        if not _KIND.fullmatch(entry.value):
            entry.problem(f"{entry.value[:80]!r} is not a kind", "write it as in manifests, such as CronJob")
        elif entry.value in kinds:
            entry.problem(f"the kind {entry.value} is listed twice", "keep one", ProblemCode.DUPLICATE)
        kinds[entry.value] = True
    return tuple(kinds)


def parse_overrides(spec: Cursor) -> tuple[str, ...]:
    """Parse the names of the documents whose place a document takes."""
    names = []
    for entry in spec.child("overrides").entries() if spec.has("overrides") else ():
        if not entry.expect(str, "a name"):
            continue
        if not 0 < len(entry.value) <= MAX_TEXT:
            entry.problem(f"a name has 1 to {MAX_TEXT} characters", code=ProblemCode.TOO_LARGE)
        elif entry.value in names:
            entry.problem(f"{entry.value[:80]!r} is listed twice", "keep one", ProblemCode.DUPLICATE)
        names.append(entry.value)
    return tuple(names)


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
        if len(entry.value) > MAX_TEXT:
            entry.problem(f"the apiVersion is longer than {MAX_TEXT} characters", code=ProblemCode.TOO_LARGE)
            continue
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
