"""Reads rule documents: every key checked, every problem noted with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converter.errors import ManifestError
from converter.kube import split_api_version
from converter.losses.policy import KIND as POLICY_KIND
from converter.losses.severity import KIND as WEIGHTS_KIND
from converter.rules.lens import Side
from converter.rules.parse_steps import read_steps
from converter.rules.rule import API_VERSION, KIND, Example, ResourceName, Rule
from converter.rules.yaml_source import Cursor, Problems, read_documents

if TYPE_CHECKING:
    from converter.rules.yaml_source import Document


def read_rules(text: str, problems: Problems) -> list[Rule]:
    """Read every rule of one file's text; what is wrong goes into ``problems``."""
    rules = []
    for document in read_documents(text, problems):
        before = len(problems.found)
        rule = _read_rule(document, problems)
        if rule is not None and len(problems.found) == before:
            rules.append(rule)
    return rules


def _read_rule(document: Document, problems: Problems) -> Rule | None:
    root = Cursor.at_root(document, problems)
    if not root.expect(dict, f"a {KIND}"):
        return None
    if root.value.get("kind") in (WEIGHTS_KIND, POLICY_KIND):  # read by their own readers
        return None
    if root.value.get("apiVersion") != API_VERSION or root.value.get("kind") != KIND:
        root.problem(f"is not a {KIND}", f"start it with 'apiVersion: {API_VERSION}' and 'kind: {KIND}'")
        return None
    root.only(("apiVersion", "kind", "metadata", "spec"), "a rule")
    root.child("metadata").only(("name", "annotations", "labels"), "metadata")
    name = root.child("metadata").text("name")
    spec = root.child("spec")
    if not root.has("spec"):
        root.problem("spec is missing", "docs/reference/rules.md shows a whole rule")
        return None
    known = ("kind", "kinds", "resource", "between", "steps", "unconvertible", "examples", "description")
    spec.only(known, "a rule's spec")
    kinds = _read_kinds(spec)
    left, right = _read_between(spec)
    unconvertible = spec.text("unconvertible", "")
    if spec.has("steps") == bool(unconvertible):
        spec.problem(
            "a rule has either 'steps' or 'unconvertible'",
            "write 'steps: []' where the versions do not differ",
        )
    steps = read_steps(spec.child("steps")) if spec.has("steps") else ()
    examples = tuple(_read_examples(spec, kinds, left, right))
    return Rule(
        name, kinds, left, right, steps, unconvertible, examples, problems.file, root.line, _read_resource(spec)
    )


def _read_kinds(spec: Cursor) -> tuple[str, ...]:
    if spec.has("kind") == spec.has("kinds"):
        spec.problem("a rule names its 'kind', or a list of 'kinds' of one shape")
        return ()
    if spec.has("kind"):
        return (spec.text("kind"),)
    return tuple(entry.value for entry in spec.child("kinds").entries() if entry.expect(str, "a kind"))


def _read_resource(spec: Cursor) -> ResourceName | None:
    if not spec.has("resource"):
        return None
    resource = spec.child("resource")
    resource.only(("plural", "scope"), "resource")
    if spec.has("kinds"):
        resource.problem("'resource' names one kind's resource", "write a rule of its own for each kind")
    scope = resource.choice("scope", ("Namespaced", "Cluster"), "Namespaced")
    return ResourceName(resource.text("plural"), scope == "Namespaced")


def _read_between(spec: Cursor) -> tuple[str, str]:
    between = spec.child("between")
    value: Any = between.value
    if not (isinstance(value, list) and len(value) == 2 and all(isinstance(item, str) for item in value)):  # noqa: PLR2004  # left and right
        between.problem("between must be a list of two apiVersions", "between: [batch/v1, batch/v1beta1]")
        return "", ""
    for entry in between.entries():
        try:
            split_api_version(entry.value)
        except ManifestError as error:
            entry.problem(error.problem)
    if value[0] == value[1]:
        between.problem("between must name two different apiVersions")
    return value[0], value[1]


def _read_examples(spec: Cursor, kinds: tuple[str, ...], left: str, right: str) -> list[Example]:
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
