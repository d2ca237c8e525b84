"""A rule is proved by its CRD: whatever is neither mapped, dropped nor identical is listed."""

from pathlib import Path

import pytest

from converter.config import RuleFile, parse_rules
from converter.kube import copy_json
from converter.rules.crds import CrdSchemas
from converter.rules.lens import Side
from converter.rules.proof import Gap, prove
from converter.rules.schema import MAX_DEPTH, SchemaError, read_schema
from converter.yaml import dump, load_all
from tests.nonempty import some
from tests.rulekit import rule_text

DATA = Path(__file__).parents[2] / "data" / "crds"
NAMES = ("certs", "releases", "sets")


def crd_of(name):
    (document,) = load_all((DATA / f"{name}.yaml").read_text())
    return CrdSchemas.of(document.get("items", [document])).crds[0]


def rule_of(document):
    (rule,) = parse_rules([RuleFile("r.yaml", dump(document))])
    return rule


def findings(document, crd):
    rule = rule_of(document)
    schemas = {side: crd.schemas[rule.version(side)] for side in Side}
    return prove(rule, crd.kind, schemas)


def document_of(name):
    (document,) = load_all((DATA / "rules" / f"{name}.yaml").read_text())
    return document


@pytest.mark.parametrize("name", NAMES)
def test_a_complete_rule_is_proved(name):
    assert findings(document_of(name), crd_of(name)) == []


CASES = [(name, index) for name in NAMES for index in range(len(document_of(name)["spec"]["steps"]))]


@pytest.mark.parametrize(("name", "index"), CASES)
def test_a_rule_without_one_of_its_steps_is_not_proved(name, index):
    document = document_of(name)
    del document["spec"]["steps"][index]
    assert findings(document, crd_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_rule_the_other_way_round_is_proved_too(name):
    """Left and right are only names: the versions change places, and each step its sides."""
    document = document_of(name)
    crd = crd_of(name)
    rule = rule_of(document)
    turned = copy_json(document)
    turned["spec"]["between"].reverse()
    turned["spec"]["steps"] = []
    names = {(gap.gap, gap.version, gap.path) for gap in findings(turned, crd)}
    straight = copy_json(turned)
    straight["spec"]["between"].reverse()
    assert names == {(gap.gap, gap.version, gap.path) for gap in findings(straight, crd)}
    assert {version for _, version, _ in names} <= {rule.left, rule.right}


def obj(**properties):
    return {"type": "object", "properties": properties}


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
OPEN = {"x-kubernetes-preserve-unknown-fields": True}


def list_of(item):
    return {"type": "array", "items": item}


def map_of(value):
    return {"type": "object", "additionalProperties": value}


PARAMS = "[{mapList: {map: spec.m, list: spec.m, key: name, value: value, side: left}}]"
NESTED = "[{nest: {into: spec.box, fields: [a, b], side: right}}]"


def gaps(steps, left, right):
    (rule,) = parse_rules([RuleFile("r.yaml", rule_text(f"steps: {steps}"))])
    schemas = {Side.LEFT: obj(spec=left), Side.RIGHT: obj(spec=right)}
    return [(gap.gap, gap.version[-2:], gap.path) for gap in prove(rule, "Thing", schemas)]


@pytest.mark.parametrize(
    ("steps", "left", "right", "found"),
    [
        ("[]", obj(a=TEXT), obj(a=TEXT), []),
        ("[]", obj(a=TEXT), obj(b=TEXT), [(Gap.UNMAPPED, "v1", "spec.a"), (Gap.UNMAPPED, "v2", "spec.b")]),
        ("[{rename: {spec.a: spec.b}}]", obj(a=TEXT), obj(b=TEXT), []),
        ("[]", obj(a=TEXT), obj(a=NUMBER), [(Gap.TYPE, "v1", "spec.a"), (Gap.TYPE, "v2", "spec.a")]),
        ("[]", obj(a=NUMBER), obj(a={"type": "number"}), [(Gap.TYPE, "v2", "spec.a")]),
        ("[]", obj(a={**TEXT, "enum": ["one", "two"]}), obj(a={**TEXT, "enum": ["one"]}),
         [(Gap.VALUES, "v1", "spec.a")]),
        ("[{values: {path: spec.a, pairs: [{left: two, right: three}]}}]",
         obj(a={**TEXT, "enum": ["one", "two"]}), obj(a={**TEXT, "enum": ["one", "three"]}), []),
        ("[{refuse: {path: spec.a, side: left, values: [two], why: never}}]",
         obj(a={**TEXT, "enum": ["one", "two"]}), obj(a={**TEXT, "enum": ["one"]}), []),
        ("[]", obj(a={**NUMBER, "default": 1}), obj(a={**NUMBER, "default": 2}),
         [(Gap.DEFAULT, "v1", "spec.a"), (Gap.DEFAULT, "v2", "spec.a")]),
        ("[{default: {path: spec.a, left: 1, right: 2}}]",
         obj(a={**NUMBER, "default": 1}), obj(a={**NUMBER, "default": 2}), []),
        ("[]", obj(a=TEXT), {**obj(a=TEXT), "required": ["a"]}, [(Gap.REQUIRED, "v2", "spec.a")]),
        ("[{default: {path: spec.a, side: left, value: x}}]", obj(a=TEXT), {**obj(a=TEXT), "required": ["a"]}, []),
        ("[]", obj(a=list_of(obj(x=TEXT))), obj(a=list_of(obj(y=TEXT))),
         [(Gap.UNMAPPED, "v1", "spec.a[*].x"), (Gap.UNMAPPED, "v2", "spec.a[*].y")]),
        ("[]", obj(a=map_of(obj(x=TEXT))), obj(a=map_of(obj())),
         [(Gap.UNMAPPED, "v1", "spec.a[*].x")]),
        ("[]", obj(a={"type": "object", **OPEN}), obj(a=obj(x=TEXT)),
         [(Gap.TYPE, "v1", "spec.a")]),
        ("[]", obj(a={**obj(x=TEXT), **OPEN}), obj(a=obj(x=TEXT)),
         [(Gap.TYPE, "v1", "spec.a")]),
        ("[{drop: {path: spec.a, side: left, why: gone}}]", obj(a=TEXT), obj(), []),
        (NESTED, obj(a=TEXT, b=NUMBER), obj(box=obj(a=TEXT, b=NUMBER)), []),
        (NESTED, obj(a=TEXT), obj(box=obj(a=TEXT, c=TEXT)), [(Gap.UNMAPPED, "v2", "spec.box.c")]),
        ("[{intOrString: {into: spec.p, number: spec.n, string: spec.s}}]", obj(n=NUMBER, s=TEXT),
         obj(p={"x-kubernetes-int-or-string": True}), []),
        (PARAMS, obj(m=map_of(TEXT)), obj(m=list_of(obj(name=TEXT, value=TEXT))), []),
        (PARAMS, obj(m=map_of(TEXT)), obj(m=list_of(obj(name=TEXT, value=TEXT, more=TEXT))),
         [(Gap.TYPE, "v2", "spec.m[*]")]),
    ],
)  # fmt: skip
def test_each_gap_is_listed_with_its_version_and_path(steps, left, right, found):
    assert gaps(steps, left, right) == found


def test_what_identifies_an_object_is_not_compared():
    assert gaps("[]", obj(), obj()) == []
    (rule,) = parse_rules([RuleFile("r.yaml", rule_text("steps: []"))])
    bare = {"type": "object"}
    full = obj(apiVersion=TEXT, kind=TEXT, metadata=bare)
    assert prove(rule, "Thing", {Side.LEFT: bare, Side.RIGHT: full}) == []


def test_every_finding_says_what_would_settle_it():
    document = document_of("certs")
    document["spec"]["steps"] = []
    assert all(finding.hint and str(finding) for finding in some(findings(document, crd_of("certs"))))


@pytest.mark.parametrize("schema", [None, 7, {"type": "object", "properties": []}, obj(a=3)])
def test_what_is_not_a_schema_is_reported(schema):
    with pytest.raises(SchemaError):
        read_schema(schema)


def test_a_schema_that_is_nested_too_deep_is_reported():
    schema = TEXT
    for _ in range(MAX_DEPTH + 2):
        schema = obj(a=schema)
    with pytest.raises(SchemaError):
        read_schema(schema)
