"""A rule that is written from a CRD loads as it is; with all that it suggests, it is proved."""

import re
from itertools import chain
from pathlib import Path

import pytest

from converter.config import RuleFile, parse_rules
from converter.kube import format_path
from converter.rules.crds import CrdSchemas
from converter.rules.examples import failing_examples
from converter.rules.lens import Side
from converter.rules.proof import prove
from converter.rules.proof_findings import Gap
from converter.rules.steps.blocks import compile_steps
from converter.rules.suggest import suggest
from converter.rules.suggest_pairs import Trust
from converter.rules.write_rule import new_rule
from converter.yaml import load_all
from tests.nonempty import some

DATA = Path(__file__).parents[2] / "data" / "crds"
NAMES = ("certs", "pools", "releases", "sets")


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
    schemas = {side: crd.schemas[rule.version(side)] for side in Side}
    listed = {
        format_path(path)
        for one in suggest(schemas[Side.LEFT], schemas[Side.RIGHT]).of(Trust.OPEN)
        for path in chain(*one.fields)
        if not one.step
    }
    gaps = prove(rule, crd.kind, schemas)
    assert [gap for gap in gaps if gap.gap is not Gap.REQUIRED and gap.path not in listed] == []


def test_only_what_no_step_can_say_is_listed_without_one():
    text, crd = written("pools")
    found = suggest(*(crd.schemas[version] for version in (rule_of(text).left, rule_of(text).right)))
    assert {format_path(one.fields[0][0]) for one in found.steps if not one.step} == {"spec.template"}


def converted(rule, spec):
    """Run a rule toward the right version."""
    manifest = {"spec": spec}
    compile_steps(rule.steps, Side.RIGHT)(manifest, [])
    return manifest["spec"]


def test_a_default_inside_of_an_object_does_not_create_the_object():
    rule = rule_of(written("pools")[0])
    assert "limits" not in converted(rule, {"size": 3})  # with a policy alone, a server would refuse it
    assert converted(rule, {"limits": {"cpu": 1}})["limits"] == {"cpu": 1, "policy": "Soft"}


def test_a_default_that_the_other_version_refuses_is_not_written():
    text, crd = written("pools")
    allowed = crd.schemas["nodes.example/v1"]["properties"]["spec"]["properties"]["rollout"]["properties"]["policy"]
    for spec in ({}, {"rollout": {}}, {"rollout": {"after": "1h"}}):
        made = converted(rule_of(text), spec).get("rollout", {})
        assert made.get("policy", "Never") in allowed["enum"]
        assert "after" not in made


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
