"""The page: for each step its summary, its notes, a table of its keys, a rule that uses it, and what that rule does."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from converter.rules.cases import Case, parse_cases
from converter.rules.functions import FUNCTIONS
from converter.rules.json_schema import SUMMARIES, rules_schema
from converter.rules.parse_steps import STEP_WORDS
from converter.rules.step_notes import NOTES
from converter.yaml.flow import flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.rules.json_schema import Schema

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "reference" / "steps.md"
EXAMPLES: Final = ROOT / "docs" / "examples" / "steps"

_HEAD = """\
<!-- Made of converter/rules and docs/examples/steps by `python -m tools.step_reference`; do not edit. -->
# Steps of the rule language

Each step below has a rule that uses it, and manifests in both versions. [Rule language](rules.md) describes the rest
of a rule, [paths](rules.md#paths), and what [every step guarantees](rules.md#guarantees-of-every-step).

The examples are files in `docs/examples/steps`. Run them in a checkout of the repository, and change them to try a
step out:

```sh
converter rules test docs/examples/steps/rules --cases docs/examples/steps/cases
```

`left` and `right` are one manifest in both versions. Converting one gives the other, in both directions.

| Step | What it does |
| --- | --- |
"""


def made() -> str:
    """Make the content of the page."""
    rows = (f"| [{word}](#{word.lower()}) | {SUMMARIES[word]} |\n" for word in STEP_WORDS)
    return _HEAD + "".join(rows) + "".join(_section(word, schema) for word, schema in _schemas())


def _schemas() -> Iterator[tuple[str, Schema]]:
    """Yield the schema of a step as an entry of `steps`: the mapping with its keyword."""
    found = {next(iter(one["properties"])): one for one in rules_schema()["$defs"]["steps"]["items"]["oneOf"]}
    for word in STEP_WORDS:
        yield word, found[word]


def _section(word: str, entry: Schema) -> str:
    parts = [f"\n## {word}\n\n{SUMMARIES[word]}\n", f"\n{textwrap.fill(NOTES[word], 120, break_long_words=False)}\n"]
    rows = list(_rows(word, entry))
    if rows:
        parts.append("\n| Key | Value | Meaning |\n| --- | --- | --- |\n")
        parts += rows
    parts.append(f"\n```yaml\n{_rule_text(word)}```\n")
    parts += map(_case, _cases(word))
    if word == "call":
        parts += ["\n| Function | What it does |\n| --- | --- |\n", *_functions()]
    return "".join(parts)


def _rows(word: str, entry: Schema) -> Iterator[str]:
    body = entry["properties"][word]
    if "properties" in body:
        yield from _keys(body, "")
        return
    if isinstance(body.get("additionalProperties"), dict):
        yield f"| a path in the left version | text | {body['additionalProperties']['description']} |\n"
        return
    for name, schema in entry["properties"].items():
        yield _row(name, schema, is_required=name in entry["required"])


def _keys(schema: Schema, start: str) -> Iterator[str]:
    for name, below in schema["properties"].items():
        yield _row(start + name, below, is_required=name in schema["required"])
        inner = below.get("items", below)
        if "properties" in inner:
            yield from _keys(inner, f"{start}{name}{'[*]' if 'items' in below else ''}.")


def _row(name: str, schema: Schema, *, is_required: bool) -> str:
    meaning = schema.get("description") or _REFERENCES[schema["$ref"]]
    return f"| `{name}` | {_type(schema)}{', required' if is_required else ''} | {meaning} |\n"


_EMPTY: Final = '""'
_REFERENCES: Final = {"#/$defs/steps": "the steps for each of the objects"}
_TYPES: Final = {"string": "text", "object": "mapping", "boolean": "boolean", "integer": "integer", "array": "list",
                 "null": "null"}  # fmt: skip


def _type(schema: Schema) -> str:
    if "enum" in schema:
        is_function = schema["enum"] == sorted(FUNCTIONS)
        return "a function below" if is_function else " \\| ".join(f"`{word or _EMPTY}`" for word in schema["enum"])
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(_TYPES[kind] for kind in kinds) or ("list" if "$ref" in schema else "any value")


def _rule_text(word: str) -> str:
    """Cut the steps and the examples out of the file, as they are written there."""
    text = (EXAMPLES / "rules" / f"{word}.yaml").read_text("utf-8")
    return textwrap.dedent(text[text.index("  steps:\n") :])


def _cases(word: str) -> list[Case]:
    file = EXAMPLES / "cases" / f"{word}.yaml"
    if not file.exists():
        return []
    cases, problems = parse_cases(str(file), file.read_text("utf-8"))
    if problems:
        raise ValueError("; ".join(map(str, problems)))
    return cases


def _case(case: Case) -> str:
    source = case.given["apiVersion"]
    lines = [f"# in {source}", *_fields(case.given)]
    if case.want is None:
        lines.append(f"# is refused at {case.refused}")
    else:
        lines += [f"# becomes, in {case.to}", *(_fields(case.want) or ["{}"])]
        if case.losses:
            lines.append(f"# reported as lost, and stored: {', '.join(case.losses)}")
        lines.append(f"# converted back to {source}, it is exactly what it was")
    return f"\n{case.name[0].upper()}{case.name[1:]}:\n\n```yaml\n" + "\n".join(lines) + "\n```\n"


def _fields(manifest: dict[str, Any]) -> list[str]:
    return [f"{key}: {flow(value)}" for key, value in manifest.items() if key not in {"apiVersion", "kind"}]


def _functions() -> Iterator[str]:
    for name, function in sorted(FUNCTIONS.items()):
        yield f"| `{name}` | {function.summary} |\n"
