"""A rule is proved by its CRD: whatever is neither mapped, dropped nor identical is listed."""

from pathlib import Path

import pytest

from converter.config import RuleFile, parse_rules
from converter.kube import copy_json
from converter.rules.crds import CrdSchemas
from converter.rules.lens import Side
from converter.rules.proof import prove
from converter.rules.proof_findings import Gap
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


TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
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
        (PARAMS, obj(m=map_of(TEXT)), obj(m=list_of({**obj(name=TEXT, value=TEXT), "required": ["value"]})), []),
        (PARAMS, obj(m=map_of(TEXT)), obj(m=list_of(obj(name=TEXT, value=TEXT))),
         [(Gap.REQUIRED, "v2", "spec.m[*].value")]),
        (PARAMS, obj(m=map_of(TEXT)), obj(m=list_of({**obj(name=TEXT, value=TEXT, more=TEXT), "required": ["value"]})),
         [(Gap.TYPE, "v2", "spec.m[*]")]),
    ],
)  # fmt: skip
def test_each_gap_is_listed_with_its_version_and_path(steps, left, right, found):
    assert gaps(steps, left, right) == found


def must(*names, **properties):
    return {**obj(**properties), "required": list(names)}


RENAMES = "[{rename: {spec.ref.name: spec.target.id}}, {rename: {spec.ref.port: spec.target.port}}]"
MODE = {**TEXT, "enum": ["A", "B"]}
ON, OFF = "{left: true, right: A}", "{left: false, right: B}"
INVERTS = "[{invert: {left: spec.on, right: spec.group.off, absent: {left: false, right: false}}}]"


@pytest.mark.parametrize(
    ("steps", "left", "right", "found"),
    [
        # A required field of a required object is there wherever it moves to.
        ("[{rename: {spec.ref.name: spec.target.id}}]", must("ref", ref=must("name", name=TEXT)),
         must("target", target=must("id", id=TEXT)), []),
        # The required fields of one object that is optional are there together.
        (RENAMES, obj(ref=must("name", "port", name=TEXT, port=NUMBER)),
         obj(target=must("id", "port", id=TEXT, port=NUMBER)), []),
        # An optional one can make an object that lacks what the object requires.
        (RENAMES, obj(ref=must("name", name=TEXT, port=NUMBER)), obj(target=must("id", "port", id=TEXT, port=NUMBER)),
         [(Gap.REQUIRED, "v2", "spec.target.port")]),
        ("[{rename: {spec.name: spec.target.id}}]", obj(name=TEXT, target=must("port", port=NUMBER)),
         obj(target=must("port", port=NUMBER, id=TEXT)), [(Gap.REQUIRED, "v2", "spec.target.port")]),
        # What remains of an object is not there if everything in it is optional.
        ("[{rename: {spec.ref.name: spec.id}}]", must("ref", ref=must("name", name=TEXT, port=NUMBER)),
         must("id", "ref", id=TEXT, ref=obj(port=NUMBER)), [(Gap.REQUIRED, "v2", "spec.ref")]),
        ("[{duration: {text: spec.t, number: spec.s, unit: s, side: left}}]", obj(t=TEXT), must("s", s=NUMBER),
         [(Gap.REQUIRED, "v2", "spec.s")]),
        ("[{listOfOne: {list: spec.l, item: spec.i, side: left}}]", must("l", l=list_of(TEXT)), must("i", i=TEXT),
         [(Gap.REQUIRED, "v2", "spec.i")]),
        # An inverted boolean is left out where an object around it says the same without it, not where it makes one.
        (INVERTS, obj(on=FLAG), obj(group=must("off", off=FLAG)), []),
        (f"[{{rename: {{spec.id: spec.group.id}}}}, {INVERTS[1:]}", obj(on=FLAG, id=TEXT),
         obj(group=must("off", off=FLAG, id=TEXT)), [(Gap.REQUIRED, "v2", "spec.group.off")]),
        ("[{omitZero: {path: spec.a, side: left, zero: 0}}]", obj(a=NUMBER), must("a", a=NUMBER), []),
        ("[{omitEmpty: {fields: [spec.l], side: right}}]", must("l", l=list_of(TEXT)), must("l", l=list_of(TEXT)),
         [(Gap.REQUIRED, "v2", "spec.l")]),
    ],
)  # fmt: skip
def test_what_a_version_requires_is_there_or_listed(steps, left, right, found):
    assert gaps(steps, left, right) == found


def missing(path):
    return f"[{{refuse: {{path: '{path}', side: left, missing: true, why: never}}}}]"


@pytest.mark.parametrize(
    ("steps", "left", "right", "found"),
    [
        (missing("spec.a"), obj(a=TEXT), must("a", a=TEXT), []),
        (missing("spec.o.a"), obj(o=obj(a=TEXT)), obj(o=must("a", a=TEXT)), []),
        (missing("spec.l[*].a"), obj(l=list_of(obj(a=TEXT))), obj(l=list_of(must("a", a=TEXT))), []),
        # Without the object around it, nothing is refused.
        (missing("spec.o.a"), obj(o=obj(a=TEXT)), must("o", o=must("a", a=TEXT)), [(Gap.REQUIRED, "v2", "spec.o")]),
        # It is about manifests of one version only.
        (missing("spec.a").replace("left", "right"), obj(a=TEXT), must("a", a=TEXT), [(Gap.REQUIRED, "v2", "spec.a")]),
        # What is in an object that is never missing is there, too, wherever it moves to.
        (f"{missing('spec.o')[:-1]}, {{rename: {{spec.o.a: spec.a}}}}]", obj(o=must("a", a=TEXT)), must("a", a=TEXT),
         []),
        (f"{missing('spec.o')[:-1]}, {{rename: {{spec.o.a: spec.a}}}}]", obj(o=obj(a=TEXT)), must("a", a=TEXT),
         [(Gap.REQUIRED, "v2", "spec.a")]),
        (f"[{{rename: {{spec.a: spec.b}}}}, {missing('spec.b')[1:]}", obj(a=TEXT), must("b", b=TEXT), []),
        # One key of a map is not all of them.
        (missing("spec.m.k.a"), obj(m=map_of(obj(a=TEXT))), obj(m=map_of(must("a", a=TEXT))),
         [(Gap.REQUIRED, "v2", "spec.m[*].a")]),
        # A block refuses only what its guard is about.
        (f"[{{in: [spec], when: {{b: x}}, steps: {missing('a')}}}]", obj(a=TEXT, b=TEXT), must("a", a=TEXT, b=TEXT),
         [(Gap.REQUIRED, "v2", "spec.a")]),
        (f"[{{in: [spec], when: {{b: x}}, steps: [{{in: [o], steps: {missing('a')}}}]}}]", obj(o=obj(a=TEXT), b=TEXT),
         obj(o=must("a", a=TEXT), b=TEXT), [(Gap.REQUIRED, "v2", "spec.o.a")]),
        (f"[{{in: [spec], steps: {missing('a')}}}]", obj(a=TEXT), must("a", a=TEXT), []),
        (f"{PARAMS[:-1]}, {missing('spec.m[*].value')[1:].replace('left', 'right')}", obj(m=map_of(TEXT)),
         obj(m=list_of(obj(name=TEXT, value=TEXT))), []),
    ],
)  # fmt: skip
def test_what_a_step_refuses_manifests_without_is_there(steps, left, right, found):
    assert gaps(steps, left, right) == found


ROW = "{enum: {field: spec.mode, fields: [spec.on], side: left, values: [{field: A, fields: [true]}]}}"
ELSE = "{values: {path: spec.mode, pairs: [{left: A, right: A}], else: {right: B}}}"


@pytest.mark.parametrize(
    ("pairs", "left", "right", "found"),
    [
        # What no pair names passes as it is, and has another type.
        (f"[{ON}]", FLAG, TEXT, [(Gap.TYPE, "v1"), (Gap.TYPE, "v2")]),
        (f"[{ON}, {OFF}]", FLAG, TEXT, [(Gap.TYPE, "v2")]),
        (f"[{ON}, {OFF}]", FLAG, MODE, []),
        (f"[{ON}, {OFF}], else: {{left: true}}", FLAG, TEXT, []),
        ("[{left: 1, right: one}]", {**NUMBER, "enum": [1, 2]}, TEXT, [(Gap.TYPE, "v1"), (Gap.TYPE, "v2")]),
        ("[{left: 1, right: one}]", NUMBER, {"x-kubernetes-int-or-string": True}, [(Gap.TYPE, "v2")]),
        ("[{left: '', right: {}}]", TEXT, obj(x=TEXT), [(Gap.TYPE, "v1"), (Gap.TYPE, "v2")]),
        ("[{left: {}, right: {}}]", obj(x=TEXT), obj(x=TEXT), []),
        ("[{left: null, right: 0}]", TEXT, TEXT, []),
        ("[{left: 0, right: 1}]", {"type": "number"}, {"type": "number"}, []),
        ("[{left: A, right: 1}]", {"x-kubernetes-int-or-string": True}, {"x-kubernetes-int-or-string": True}, []),
    ],
)  # fmt: skip
def test_values_of_another_type_pass_unless_a_step_maps_or_refuses_them(pairs, left, right, found):
    steps = f"[{{values: {{path: spec.a, pairs: {pairs}}}}}]"
    assert [(gap, version) for gap, version, _ in gaps(steps, obj(a=left), obj(a=right))] == found


IN_MAP = """[{rename: {spec.a: 'spec.m["k"]'}}]"""


@pytest.mark.parametrize(
    ("steps", "left", "right", "found"),
    [
        ("[{default: {path: spec.a, side: left, value: x}}]", NUMBER, NUMBER, [(Gap.TYPE, "v1")]),
        ("[{default: {path: spec.a, left: 3, right: '3'}}]", NUMBER, NUMBER, [(Gap.TYPE, "v2")]),
        ("[{default: {path: spec.a, side: left, value: {b: 1}}}]", obj(b=TEXT), obj(b=TEXT), [(Gap.TYPE, "v1")]),
        ("[{default: {path: spec.a, side: left, value: {c: x}}}]", obj(b=TEXT), obj(b=TEXT), [(Gap.TYPE, "v1")]),
        ("[{default: {path: spec.a, side: left, value: [1]}}]", list_of(TEXT), list_of(TEXT), [(Gap.TYPE, "v1")]),
        ("[{default: {path: spec.a, side: left, value: {b: [x], k: [z]}}}]", map_of(list_of(TEXT)),
         map_of(list_of(TEXT)), []),
        ("[{default: {path: spec.a, side: left, value: 3}}]", {"type": "number"}, {"type": "number"}, []),
        ("[{invert: {left: spec.a, right: spec.a, absent: {left: true, right: false}}}]", TEXT, TEXT,
         [(Gap.TYPE, "v1"), (Gap.TYPE, "v2")]),
    ],
)  # fmt: skip
def test_what_a_step_writes_has_the_type_of_the_field(steps, left, right, found):
    assert [(gap, version) for gap, version, _ in gaps(steps, obj(a=left), obj(a=right))] == found


def test_a_key_of_a_map_that_a_step_writes_is_compared():
    numbers = map_of(NUMBER)
    assert gaps(IN_MAP, obj(a=TEXT, m=numbers), obj(m=numbers)) == [(Gap.TYPE, "v1", "spec.a")]
    assert gaps(IN_MAP, obj(a=NUMBER, m=numbers), obj(m=numbers)) == []


@pytest.mark.parametrize(
    ("steps", "left", "right", "found"),
    [
        ("[]", obj(mode=TEXT), obj(mode=MODE), [(Gap.VALUES, "v1", "spec.mode")]),
        (f"[{ROW}]", obj(mode=MODE), obj(on={"type": "boolean"}),
         [(Gap.VALUES, "v1", "spec.mode"), (Gap.VALUES, "v2", "spec.on")]),
        (f"[{ROW}]", obj(mode={**TEXT, "enum": ["A"]}), obj(on={"type": "boolean", "enum": [True]}), []),
        (f"[{ELSE}]", obj(mode=TEXT), obj(mode=MODE), []),
        ("[{refuse: {path: spec.mode, side: left, except: [B, A], why: never}}]", obj(mode=TEXT), obj(mode=MODE), []),
        ("[{refuse: {path: spec.mode, side: left, except: [A, C], why: never}}]", obj(mode=TEXT), obj(mode=MODE),
         [(Gap.VALUES, "v1", "spec.mode")]),
        ("[{refuse: {path: spec.mode, side: left, except: [A, C], why: never}}]", obj(mode=MODE),
         obj(mode={**TEXT, "enum": ["A"]}), []),
        ("[{refuse: {path: 'spec.l[*]', side: left, except: [A], why: never}}]", obj(l=list_of(TEXT)),
         obj(l=list_of(MODE)), []),
        ("[{refuse: {path: 'spec.m[*]', side: left, values: [B], why: never}}]", obj(m=map_of(MODE)),
         obj(m=map_of({**TEXT, "enum": ["A"]})), []),
        ("[]", obj(a={"type": "boolean"}), obj(a={"type": "boolean", "enum": [True]}), [(Gap.VALUES, "v1", "spec.a")]),
        # Two fields in one place, of which the older one is lost.
        ("[{rename: {spec.a: spec.b}}]", obj(a=TEXT, b=TEXT), obj(b=TEXT), [(Gap.UNMAPPED, "v1", "spec.b")]),
    ],
)  # fmt: skip
def test_values_and_fields_that_no_step_maps_are_listed(steps, left, right, found):
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


DROP = "{drop: {path: spec.image.digest, side: right, why: v1 has no digests}}"


@pytest.mark.parametrize(("more", "drop"), [(False, ""), (True, ""), (True, DROP)])
def test_what_else_is_in_an_object_that_a_field_became_is_listed(more, drop):
    text = {"type": "string"}
    inner = {"name": text, **({"digest": text} if more else {})}
    versions = {"v1": {"image": text}, "v2": {"image": {"type": "object", "properties": inner}}}
    schemas = {
        side: {"type": "object", "properties": {"spec": {"type": "object", "properties": versions[version]}}}
        for side, version in ((Side.LEFT, "v1"), (Side.RIGHT, "v2"))
    }
    (rule,) = parse_rules(
        [RuleFile("r.yaml", rule_text(f"steps: [{{rename: {{spec.image: spec.image.name}}}}, {drop}]"))]
    )
    found = [(one.gap, one.path) for one in prove(rule, "Thing", schemas)]
    assert found == ([(Gap.UNMAPPED, "spec.image.digest")] if more and not drop else [])
