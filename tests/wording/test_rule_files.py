"""What problems of rule files, tables of weights and loss policies say, and what their steps say."""

from __future__ import annotations

import pytest

from converter.errors import ManifestError, RefusedError, RuleBookError
from tests.rulekit import converter, rule_text, thing
from tests.unit.losses import test_severity as losses
from tests.unit.rules import test_check_fields as fields
from tests.unit.rules.steps.test_zeros import RULES
from tests.unit.rules.test_parse import only, problems

V1, V2 = "a.example/v1", "a.example/v2"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("steps: [{jump: {}}]", "a step is one of rename, nest"),
        ("steps:\n  - rename: {a.b: c}\n  - rename: {x: 'a b'}", "not a path"),
        ("steps: [{rename: {a: a}}]", "two different fields"),
        ("steps: [{rename: {'l[*].a': 'm[*].a'}}]", "same list"),
        ("steps: [{default: {path: a}}]", "a default must have a value"),
        ("steps: [{default: {path: a, value: 1}}]", "side is missing"),
        ("steps: [{drop: {path: a, side: middle, why: x}}]", "'middle' is not one of left, right"),
        ("steps: [{drop: {path: a, side: left}}]", "why is missing"),
        ("steps: [{values: {path: a, pairs: [{left: 1}]}}]", "a pair must have a 'left' and a 'right'"),
        ("steps: [{call: magic}]", "unknown function 'magic'"),
        ("steps: [{in: [a]}]", "'in' must have 'steps'"),
        ("steps: [{rename: {a: b}, when: {c: 1}}]", "'when' belongs to the step 'in'"),
        ("steps: [{annotation: {field: 'l[*].a', name: x/y, side: left}}]", "[*] is not allowed here"),
        ("steps: [{nest: {into: a, fields: [1], side: left}}]", "must be a field's name, not integer"),
        ("steps: text", "must be a list, not string"),
        ("steps: []\nunconvertible: no", "must be a non-empty string"),
        ("step: []", "a rule's spec has no key 'step'"),
        ("steps: []\nexamples: [{left: {}}]", "must be a manifest"),
    ],
)
def test_a_problem_of_a_rule(body, words):
    assert any(words in problem.problem for problem in problems(rule_text(body)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (rule_text("steps: []\nsteps: []"), "more than once"),
        ("- 1", "must be a mapping"),
        (rule_text("steps: []") + "\n---\n" + rule_text("steps: []", right="a.example/v3"), "already has this name"),
        (rule_text("steps: []") + "\n---\n" + rule_text("steps: []", name="other"), "rule thing (my.yaml:1) already"),
    ],
)
def test_a_problem_of_a_document(text, words):
    assert words in only(text).problem


def test_how_a_document_starts():
    assert only("apiVersion: v1\nkind: Pod\n").hint.startswith("start it with 'apiVersion: apiconverter.dev/v1alpha1'")


def test_rules_that_contradict_each_other():
    found = only(rule_text("steps: []") + "\n---\n" + rule_text("steps: []", name="other"))
    assert "contradict each other" in found.hint
    assert "overrides: [thing]" in found.hint


def test_how_many_problems():
    with pytest.raises(RuleBookError, match="2 problems in the rule book"):
        converter(rule_text("steps: [{rename: {c: 'd e'}}, {drop: {path: x, side: up, why: z}}]"))


def test_steps_that_overlap():
    found, *_ = problems(rule_text("steps:\n  - rename: {a: b}\n  - rename: {a: c}"))
    assert "step in line 8 also handles" in found.problem


def test_an_example_that_fails():
    steps = "steps: [{rename: {spec.a: spec.b}}]\nexamples: [{left: {spec: {a: 1}}, right: {spec: {b: 2}}}]"
    assert "spec.b is 1, expected 2" in problems(rule_text(steps))[0].problem


def test_an_alias():
    assert any("alias" in problem.problem for problem in problems("a: &a [1]\nb: *a\n"))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{weight: deadly, fields: [spec.x]}", "not one of harmless, degrading, dangerous"),
        ("{weight: harmless}", "must have fields"),
        ("{weight: harmless, fields: ['spec..x']}", "not a path"),
        ("{weight: harmless, fields: [5]}", "must be a string"),
        ("{weight: harmless, fields: [spec.x], cluster: [a]}", "no key 'cluster'"),
        ("{weight: harmless, kinds: [CronJob], fields: [spec.timeZon]}", "no release has the field spec.timeZon"),
    ],
)
def test_a_problem_of_a_table(entry, words):
    (found,) = losses.problems("FieldWeights", f"spec:\n  weights:\n    - {entry}\n")
    assert words in found.problem


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("spec: {default: {dangerous: forbid}}", "not one of deny, warn, ignore"),
        ("spec: {default: {deadly: deny}}", "no key 'deadly'"),
        ("spec: {rules: [{clusters: [a]}]}", "actions is missing"),
        ("spec: {objectsMayLoosen: [everything]}", "not one of harmless, degrading, dangerous"),
        ("spec: {rules: [{clusterLabels: {a: 1}, actions: {}}]}", "must be a string"),
        ("metadata: {}", "set more than once"),
        ("policy: {}\nspec: {}", "no key 'policy'"),
    ],
)
def test_a_problem_of_a_policy(body, words):
    assert any(words in problem.problem for problem in losses.problems("LossPolicy", body))


def test_more_than_one_policy():
    (found,) = losses.problems("LossPolicy", "spec: {}", "spec: {}")
    assert "more than one LossPolicy" in found.problem


def test_a_document_of_no_kind():
    (found,) = losses.problems("FieldWeight", "spec: {weights: []}")
    assert "is not a ConversionRule, FieldWeights or LossPolicy" in found.problem


def test_a_field_that_only_the_other_version_has():
    rules = converter(rule_text("steps: [{rename: {spec.old: spec.new}}]"))
    (loss,) = rules.convert(thing(V1, spec={"new": 1}), to=V2).losses
    assert "whose API servers drop it" in loss.why


@pytest.mark.parametrize(
    ("step", "spec", "words"),
    [
        ("rename: {spec.old: spec.new}", "text", "spec: must be an object, not string"),
        ('rename: {"spec.l[*].a": "spec.l[*].b"}', {"l": "text"}, "spec.l: must be a list, not string"),
        ("intOrString: {into: spec.p, number: spec.n, string: spec.s}", {"n": "80"}, "spec.n: must be an integer"),
        ("intOrString: {into: spec.p, number: spec.n, string: spec.s}", {"s": [1]}, "spec.s: must be a string"),
    ],
)
def test_a_wrong_type(step, spec, words):
    with pytest.raises(ManifestError) as caught:
        converter(rule_text(f"steps: [{{{step}}}]")).convert(thing(V1, spec=spec), to=V2)
    assert words in str(caught.value)


def test_a_number_and_a_name():
    rules = converter(rule_text("steps: [{intOrString: {into: spec.p, number: spec.n, string: spec.s}}]"))
    with pytest.raises(RefusedError, match="only one of"):
        rules.convert(thing(V1, spec={"n": 80, "s": "http"}), to=V2)


def test_what_a_step_does():
    for target, wanted in ((V2, "status.n, if missing, is set to 0"), (V1, "status.n 0 is omitted")):
        source = V1 if target == V2 else V2
        edge = RULES.route("Thing", source, target).edges[0]
        assert edge.rule.steps[0].describe(edge.toward) == wanted


def test_a_field_that_no_release_has():
    found = fields.found("steps:\n  - rename: {spec.defaultBackent: spec.backend}")
    assert "networking.k8s.io/v1 Ingress has no field spec.defaultBackent" in found[0].problem
    assert "spelling" in found[0].hint


def test_a_field_on_the_other_side():
    found = fields.found("steps:\n  - rename: {spec.backend: spec.defaultBackend}")
    assert {problem.hint for problem in found} == {"check whether it is on the other side"}


def test_a_version_that_no_release_has():
    (problem,) = fields.found("steps: []", right="networking.k8s.io/v9")
    assert problem.problem == "rule thing: no Kubernetes release has networking.k8s.io/v9 Ingress"
