"""A schema that is pushed through steps describes what the steps make of the manifests that it allows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.config import RuleFile, parse_rules
from converter.kube import copy_json
from converter.rules.lens import LensError, Side
from converter.rules.schema import Schema, has_field, read_schema, walk
from converter.rules.schema_moves import move
from converter.rules.schema_push import push_schema
from converter.rules.steps.blocks import compile_steps
from tests.nonempty import some
from tests.rulekit import rule_text
from tests.sizes import cases

TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}


def obj(**properties):
    return {"type": "object", "properties": properties}


SPEC = obj(
    a=TEXT, b=NUMBER, c=obj(d=TEXT, e=FLAG), text=TEXT, time={"type": "string", "format": "duration"}, off=FLAG,
    one={"type": "array", "items": obj(x=TEXT)}, seconds=NUMBER, port={"x-kubernetes-int-or-string": True},
    params={"type": "object", "additionalProperties": TEXT}, list={"type": "array", "items": obj(name=TEXT, y=NUMBER)},
    mode={"type": "string", "enum": ["A", "B"]},
)  # fmt: skip
SCHEMA = obj(metadata={"type": "object", "additionalProperties": True}, spec=SPEC)
STEPS = [
    "rename: {spec.a: spec.c.a2}", "rename: {spec.c.d: spec.d}", "rename: {'spec.list[*].y': 'spec.list[*].deep.z'}",
    "nest: {into: spec.box, fields: [a, b], side: right}", "nest: {into: spec.c, fields: [d, e], side: left}",
    "annotation: {field: spec.b, name: x.y/b, as: integer, side: left}",
    "label: {field: spec.a, name: x.y/a, side: left}",
    "intOrString: {into: spec.port, number: spec.portNumber, string: spec.portName, side: left}",
    "values: {path: spec.mode, pairs: [{left: A, right: 1}, {left: B, right: 2}]}",
    "enum: {field: spec.mode, fields: [spec.p, spec.q], side: left, values: [{field: A, fields: [X, true]}]}",
    "invert: {left: spec.off, right: spec.on, absent: {left: false, right: null}}",
    "listOfOne: {list: spec.one, item: spec.single, side: left}",
    "listOfOne: {list: spec.c, item: spec.c, side: right}",
    "mapList: {map: spec.params, list: spec.params, key: name, value: value, side: left}",
    "mapList: {map: spec.byName, list: spec.list, key: name, side: right}",
    "duration: {text: spec.text, number: spec.number, unit: s, side: right}",
    "duration: {text: spec.time, number: spec.timeSeconds, unit: s, side: left}",
    "quantity: {text: spec.memory, number: spec.seconds, unit: Mi, side: right}",
    "apiGroup: {group: spec.group, apiVersion: spec.a, version: v1, side: right}",
    "implied: {path: spec.c.new, side: right, value: 3, why: always three}",
    "implied: {path: spec.c.d, side: left, copy: spec.a, why: the same as a}",
    "omitEmpty: {fields: [spec.c, 'spec.list[*].y'], side: right}", "omitZero: {path: spec.b, side: both}",
    "default: {path: spec.new, side: left, value: 3}", "drop: {path: spec.c.d, side: left, why: gone}",
    "refuse: {path: spec.b, side: left, why: never}", "refuse: {path: spec.c.d, side: left, missing: true, why: never}",
    "refuse: {path: spec.a, side: left, except: [a, b-c], why: never}",
    "refuse: {path: spec.text, side: left, values: [''], why: never}",
    "refuse: {path: 'spec.params[*]', side: left, except: [a], why: never}",
    "in: ['spec.list[*]', spec.c], steps: [{rename: {y: yy}}, {rename: {d: dd}}]",
]  # fmt: skip


def manifests(schema):  # noqa: PLR0911  one for each form of a schema
    """Manifests that a schema allows."""
    match schema:
        case {"enum": values}:
            return st.sampled_from(values)
        case {"format": "duration"}:
            return st.sampled_from(["5m", "90s"])
        case {"type": "string"}:
            return st.sampled_from(["a", "b-c", ""])
        case {"type": "integer"}:
            return st.integers(0, 9)
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "array", "items": item}:
            return st.lists(manifests(item), max_size=2)
        case {"additionalProperties": True}:
            return st.just({})
        case {"additionalProperties": value}:
            return st.dictionaries(st.sampled_from(["k", "l"]), manifests(value), max_size=2)
        case {"properties": fields}:
            return st.fixed_dictionaries({}, optional={name: manifests(below) for name, below in fields.items()})
    return st.sampled_from([80, "http"])


TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "list"}


def misfits(value, schema, path=()):
    """List where a manifest is not as a schema says."""
    if schema.kind in {"any", "unknown"}:
        return []
    kind = TYPES[type(value)]
    fits = kind == schema.kind or (schema.kind == "int-or-string" and kind in {"integer", "string"})
    if not fits and (kind, schema.kind) not in {("object", "map"), ("integer", "number")}:
        return [(path, kind, schema.kind)]
    found = []
    if schema.kind == "object":
        for name, below in value.items():
            inner = schema.fields.get(name)
            found += [((*path, name), "unknown", "")] if inner is None else misfits(below, inner, (*path, name))
    elif kind in {"object", "list"} and schema.element is not None:
        entries = value.items() if kind == "object" else enumerate(value)
        for key, below in entries:
            found += misfits(below, schema.element, (*path, key))
    elif schema.values is not None and kind == "string":
        found += [] if f'"{value}"'.encode() in schema.values else [(path, value, "values")]
    return found


@pytest.mark.parametrize("step", STEPS)
@settings(max_examples=cases(60))
@given(manifest=manifests(SCHEMA))
def test_what_a_step_makes_of_a_manifest_is_what_it_makes_of_the_schema(step, manifest):
    (rule,) = parse_rules([RuleFile("r.yaml", rule_text(f"steps: [{{{step}}}]"))])
    schema = read_schema(SCHEMA)
    assert misfits(manifest, schema) == []
    push_schema(schema, rule.steps, Side.RIGHT)
    made = copy_json(manifest)
    try:
        compile_steps(rule.steps, Side.RIGHT)(made, [])
    except LensError:
        return
    assert misfits({key: value for key, value in made.items() if key != "metadata"}, schema) == []


def test_the_schema_of_each_field_is_found_by_its_path():
    schema = read_schema(SCHEMA)
    for path, _ in some(list(walk(schema))):
        assert has_field(schema, path)
        assert not has_field(schema, (*path[:-1], "nowhere")) or path[0] == "metadata" or "params" in path


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("toward", [Side.LEFT, Side.RIGHT])
def test_a_field_that_is_not_there_is_left_alone(step, toward):
    (rule,) = parse_rules([RuleFile("r.yaml", rule_text(f"steps: [{{{step}}}]"))])
    empty = Schema(kind="object")
    push_schema(empty, rule.steps, toward)
    assert {path[-1] for path, _ in walk(empty)} <= {"spec", "b", "a", "new"}


def test_an_implied_field_makes_the_object_around_it_if_it_always_does():
    step = "implied: {path: a.b, side: right, value: 1, always: true, why: x}"
    (rule,) = parse_rules([RuleFile("r.yaml", rule_text(f"steps: [{{{step}}}]"))])
    schema = read_schema(obj())
    push_schema(schema, rule.steps, Side.RIGHT)
    assert has_field(schema, ("a", "b"))
    push_schema(schema, rule.steps, Side.LEFT)
    assert not has_field(schema, ("a",))


def test_a_field_that_moves_is_there_whenever_it_was():
    """The presence of a field follows it; an object that is left empty is there only with what remains of it."""
    spec = {**obj(ref={**obj(name=TEXT, port=NUMBER), "required": ["name"]}), "required": ["ref"]}
    schema = read_schema(obj(spec=spec))
    move(schema, ("spec", "ref", "name"), ("spec", "target", "id"))
    around = schema.fields["spec"]
    target, ref = around.fields["target"], around.fields["ref"]
    assert around.always_has(target)
    assert target.always_has(target.fields["id"])
    assert not around.always_has(ref)
    assert ref.always_has(ref.fields["port"])
