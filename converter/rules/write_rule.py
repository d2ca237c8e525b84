"""Writes a rule from suggestions: certain steps as they are, likely ones as comments, and what a human must decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converter.kube import canonical_json, copy_json, format_path
from converter.rules.examples import failing_examples
from converter.rules.lens import LensError, Side
from converter.rules.parse import parse_rule
from converter.rules.rule import API_VERSION, KIND
from converter.rules.samples import sample
from converter.rules.schema import read_schema
from converter.rules.steps.blocks import compile_steps
from converter.rules.suggest import suggest
from converter.rules.suggest_pairs import Trust
from converter.rules.yaml_source import Cursor, Problems, read_documents
from converter.yaml.flow import flow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.kube import Json
    from converter.rules.rule import Rule
    from converter.rules.suggest import Suggestions
    from converter.rules.suggest_pairs import Suggestion

_LIKELY = 'Likely: read the reason, and remove "# " before each step that is right.'
_OPEN = "To decide: what the schemas cannot tell. Write a step, or take the suggested one."


def new_rule(kind: str, plural: str, versions: tuple[str, str], schemas: tuple[Json, Json], *, namespaced: bool) -> str:
    """Write the rule between two versions of a custom resource, as a document of a rule file.

    The certain steps are a rule that loads; its example was made by them, from sample values.

    Args:
        kind: the kind.
        plural: its name in URLs.
        versions: the left and the right apiVersion.
        schemas: the ``openAPIV3Schema`` of both.
        namespaced: whether its objects are namespaced.

    Raises:
        SchemaError: a schema cannot be read.
    """
    short = [version.rpartition("/")[2] for version in versions]
    names = (short[0], short[1]) if short[0] != short[1] else versions
    found = suggest(*schemas, names)
    name = "-".join([kind.lower(), *dict.fromkeys(short)])
    scope = "" if namespaced else ", scope: Cluster"
    certain = found.of(Trust.CERTAIN)
    head = [
        f"apiVersion: {API_VERSION}",
        f"kind: {KIND}",
        f"metadata: {{name: {name}}}",
        "spec:",
        f"  kind: {kind}",
        f"  resource: {{plural: {plural}{scope}}}",
        f"  between: [{', '.join(versions)}]",
        f"  # Fields that are identical in both versions: {found.identical}. They need no step.",
        "  steps:" if certain else "  steps: []  # remove the [] when you activate a step below",
    ]
    lines = [*head, *_active(certain), *_commented(found.of(Trust.LIKELY), _LIKELY)]
    lines += _commented(found.of(Trust.OPEN), _OPEN)
    text = "\n".join(lines) + "\n"
    return text + _example(text, found, schemas)


def _active(steps: Iterable[Suggestion]) -> Iterator[str]:
    for one in steps:
        yield f"    # Certain: {one.why}."
        yield f"    - {_step(one.step)}"


def _commented(steps: list[Suggestion], title: str) -> Iterator[str]:
    if not steps:
        return
    yield "    #"
    yield f"    # {title}"
    for one in steps:
        yield f"    #   {one.why}{':' if one.step else '.'}"
        if one.step:
            yield f"    # - {_step(one.step)}"


def _step(step: dict[str, Any]) -> str:
    if len(step) > 1:
        return flow(step)
    ((word, body),) = step.items()
    return f"{word}: {flow(body)}"


def _example(text: str, found: Suggestions, schemas: tuple[Json, Json]) -> str:
    """Write an example that the certain steps hold for; nothing if there are none."""
    rule = _parse(text)
    if rule is None or not rule.steps:
        return ""
    certain = found.of(Trust.CERTAIN)
    left = sample(read_schema(schemas[0]), sorted({path for one in certain for path in one.fields[0]}, key=format_path))
    right = copy_json(left)
    try:
        compile_steps(rule.steps, Side.RIGHT)(right, [])
        back = copy_json(right)
        compile_steps(rule.steps, Side.LEFT)(back, [])
    except LensError:
        return ""
    toward = "" if canonical_json(back) == canonical_json(left) else "      toward: right\n"
    if not left:
        left, right, toward = {"spec": {}}, {"spec": {}}, "      toward: right\n"
        compile_steps(rule.steps, Side.RIGHT)(right, [])
    lines = f"  examples:  # sample values; replace them by a manifest of yours\n    - left: {flow(left)}\n"
    made = f"{lines}      right: {flow(right)}\n{toward}"
    whole = _parse(text + made)
    return "" if whole is None or list(failing_examples(whole)) else made


def _parse(text: str) -> Rule | None:
    problems = Problems("new rule")
    (document,) = read_documents(text, problems)
    return parse_rule(Cursor.at_root(document, problems))
