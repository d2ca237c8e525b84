"""Sample manifests have the fields that were asked for, with values that the schema allows."""

from converter.kube import parse_path
from converter.rules.samples import sample
from converter.rules.schema import read_schema

SCHEMA = read_schema({"type": "object", "properties": {"spec": {"type": "object", "properties": {
    "a": {"type": "string"}, "n": {"type": "integer", "default": 7}, "e": {"type": "string", "enum": ["y", "x"]},
    "f": {"type": "boolean"}, "any": {}, "l": {"type": "array", "items": {"type": "object", "properties": {
        "k": {"type": "string"}, "m": {"type": "object", "additionalProperties": {"type": "number"}},
    }}}}}}})  # fmt: skip


def made(*paths):
    return sample(SCHEMA, [parse_path(path) for path in paths])


def test_each_type_has_a_value():
    assert made("spec.a", "spec.n", "spec.e", "spec.f", "spec.any") == {
        "spec": {"a": "a", "n": 7, "e": "x", "f": True, "any": {}}
    }
    assert made("spec.l") == {"spec": {"l": [{"k": "k", "m": {"sample": 3}}]}}


def test_a_field_of_an_item_makes_the_item():
    assert made("spec.l[*].k") == {"spec": {"l": [{"k": "k"}]}}


def test_a_field_that_the_schema_lacks_is_left_out():
    assert made("spec.other", "nowhere.at.all") == {"spec": {}}
