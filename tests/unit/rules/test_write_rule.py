"""A rule that is written from a CRD loads as it is; with all that it suggests, it is proved."""

import re
from pathlib import Path

import pytest

from converter.config import RuleFile, parse_rules
from converter.rules.crds import CrdSchemas
from converter.rules.examples import failing_examples
from converter.rules.lens import Side
from converter.rules.proof import Gap, prove
from converter.rules.write_rule import new_rule
from converter.yaml import load_all
from tests.nonempty import some

DATA = Path(__file__).parents[2] / "data" / "crds"
NAMES = ("certs", "releases", "sets")


def crd_of(name):
    (document,) = load_all((DATA / f"{name}.yaml").read_text())
    return CrdSchemas.of(document.get("items", [document])).crds[0]


def written(name, *, turned=False):
    crd = crd_of(name)
    left, right = list(crd.schemas)[:: -1 if turned else 1]
    schemas = crd.schemas[left], crd.schemas[right]
    return new_rule(crd.kind, crd.plural, (left, right), schemas, namespaced=True), crd


def rule_of(text):
    (rule,) = parse_rules([RuleFile("new.yaml", text)])
    return rule


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("turned", [False, True])
def test_it_loads_and_its_example_holds(name, turned):
    text, crd = written(name, turned=turned)
    rule = rule_of(text)
    assert (rule.kinds, rule.resource.plural) == ((crd.kind,), crd.plural)
    assert bool(rule.steps) == bool(rule.examples)
    assert list(failing_examples(rule)) == []
    assert written(name, turned=turned)[0] == text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("turned", [False, True])
def test_with_every_suggested_step_no_field_is_forgotten(name, turned):
    text, crd = written(name, turned=turned)
    active = re.sub(r"^    # - ", "    - ", text.replace("steps: []", "steps:"), flags=re.MULTILINE)
    rule = rule_of(active.partition("  examples:")[0])
    assert len(rule.steps) > len(rule_of(text).steps)
    gaps = prove(rule, crd.kind, {side: crd.schemas[rule.version(side)] for side in Side})
    assert [gap for gap in gaps if gap.gap is not Gap.REQUIRED] == []


def test_what_is_not_certain_is_a_comment_with_its_reason():
    text, _ = written("certs")
    lines = text.splitlines()
    for number, line in some([(number, line) for number, line in enumerate(lines) if line.startswith("    # - ")]):
        assert lines[number - 1].startswith("    #   "), line


def test_a_cluster_scoped_kind_and_two_groups():
    schemas = {"type": "object"}, {"type": "object"}
    rule = rule_of(new_rule("Pool", "pools", ("old.example/v1", "new.example/v1"), schemas, namespaced=False))
    assert (rule.left, rule.right, rule.resource.namespaced, rule.steps) == (
        "old.example/v1",
        "new.example/v1",
        False,
        (),
    )
