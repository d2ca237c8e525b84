"""The JSON Schema of rule files: editors accept what the parser accepts, and mark what it refuses."""

import re
from pathlib import Path

import pytest

from converter.config import SHIPPED_RULES, RuleFile, parse_rules, read_rule_files
from converter.errors import ProblemCode, RuleBookError
from converter.rules.json_schema import STEPS, rules_schema
from converter.rules.parse_steps import STEP_WORDS
from converter.yaml import dump, load_all
from tests.fuzz.test_reshaping_steps import STEPS as BODIES
from tests.nonempty import some
from tests.rulekit import rule_text

ROOT = Path(__file__).parents[3]
SCHEMA = rules_schema()
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int}


def is_valid(value, schema):
    """Whether a value is valid: the keywords that the schema uses, of draft 2020-12."""
    if "$ref" in schema:
        return is_valid(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    checks = [
        not types or any(isinstance(value, TYPES[name]) and (name != "integer" or value is not True) for name in types),
        "enum" not in schema or value in schema["enum"],
        "const" not in schema or value == schema["const"],
        all(is_valid(value, one) for one in schema.get("allOf", ())),
        "oneOf" not in schema or sum(is_valid(value, one) for one in schema["oneOf"]) == 1,
        "if" not in schema or not is_valid(value, schema["if"]) or is_valid(value, schema["then"]),
    ]
    if isinstance(value, str):
        checks.append(schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)))
    if isinstance(value, list):
        checks.append(schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)))
        checks.append(all(is_valid(item, schema.get("items", {})) for item in value))
    if isinstance(value, dict):
        checks.append(value.keys() >= set(schema.get("required", ())))
        known = schema.get("properties", {})
        rest = schema.get("additionalProperties", {})
        for key, item in value.items():
            below = known.get(key, rest)
            checks.append(below if isinstance(below, bool) else is_valid(item, below))
    return all(checks)


def is_accepted(text):
    try:
        parse_rules([RuleFile("r.yaml", text)])
    except RuleBookError:
        return False
    return True


def documents():
    files = [file.text for file in read_rule_files([SHIPPED_RULES])]
    files += [file.read_text() for file in sorted((ROOT / "tests" / "data" / "crds" / "rules").glob("*.yaml"))]
    files.append((ROOT / "tests" / "data" / "admin" / "every_step.yaml").read_text())
    page = (ROOT / "docs" / "reference" / "rules.md").read_text("utf-8")
    files += [rule_text(block) for block in re.findall(r"```yaml\n(steps:\n.*?)```", page, re.DOTALL)]
    files += re.findall(r"```yaml\n(apiVersion: apiconverter.dev/v1alpha1\n.*?)```", page, re.DOTALL)
    return [document for text in files for document in load_all(text)]


def test_every_rule_and_case_that_there_is_is_valid():
    for document in some(documents()):
        assert is_valid(document, SCHEMA), dump(document)


def test_every_step_has_a_schema():
    assert {*STEPS, "in", "call"} == {*STEP_WORDS}


@pytest.mark.parametrize("word", STEPS)
def test_the_parser_knows_every_key_of_a_step(word):
    keys = STEPS[word].get("properties", {})
    text = rule_text(f"steps: [{{{word}: {{{', '.join(f'{key}: 1' for key in [*keys, 'zzz'])}}}}}]")
    with pytest.raises(RuleBookError) as caught:
        parse_rules([RuleFile("r.yaml", text)])
    unknown = [problem for problem in caught.value.problems if problem.code is ProblemCode.UNKNOWN_KEY]
    assert len(unknown) == (1 if keys else 0)


@pytest.mark.parametrize("word", BODIES)
def test_what_a_step_must_have_is_required_by_both(word):
    for key in some(STEPS[word]["required"]):
        body = {name: value for name, value in BODIES[word].items() if name != key}
        for given in ({**BODIES[word]}, body, {**BODIES[word], "zzz": 1}):
            document = {"apiVersion": "apiconverter.dev/v1alpha1", "kind": "ConversionRule", "metadata": {"name": "r"},
                        "spec": {"kind": "Thing", "between": ["a/v1", "a/v2"], "steps": [{word: given}]}}  # fmt: skip
            assert is_valid(document, SCHEMA) == is_accepted(dump(document)), (key, given)


@pytest.mark.parametrize(
    "spec",
    [
        {"kind": "A", "between": ["a/v1", "a/v2"]},
        {"kind": "A", "between": ["a/v1", "a/v2"], "steps": [], "unconvertible": "never"},
        {"kind": "A", "kinds": ["B"], "between": ["a/v1", "a/v2"], "steps": []},
        {"kind": "A", "between": ["a/v1"], "steps": []},
        {"between": ["a/v1", "a/v2"], "steps": []},
        {"kind": "A", "between": ["a/v1", "a/v2"], "steps": [{"jump": {}}]},
        {"kind": "A", "between": ["a/v1", "a/v2"], "steps": [{"call": "magic"}]},
        {"kind": "A", "between": ["a/v1", "a/v2"], "steps": [{"in": "spec"}]},
        {"kind": "A", "between": ["a/v1", "a/v2"], "steps": [], "examples": [{"left": {}}]},
    ],
)
def test_a_broken_rule_is_marked(spec):
    document = {
        "apiVersion": "apiconverter.dev/v1alpha1",
        "kind": "ConversionRule",
        "metadata": {"name": "r"},
        "spec": spec,
    }
    assert not is_valid(document, SCHEMA)
    assert not is_accepted(dump(document))
