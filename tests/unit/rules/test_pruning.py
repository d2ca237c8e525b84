"""What API servers drop of custom resources, as apiextensions-apiserver's own pruning does."""

from __future__ import annotations

import pytest

from converter.kube import copy_json
from converter.rules.pruning import EVERYTHING, Gap, compare, decode_lacking, encode_lacking, find, keeps, lacking
from converter.rules.schema import SchemaError

TEXT = {"type": "string"}


def an_object(**properties):
    return {"type": "object", "properties": properties}


def pruned(schema, value):
    """Prune as a server with the schema does, and return what is left."""
    left = copy_json(value)
    difference = compare(EVERYTHING, keeps(schema))
    for found in find(difference, left) if difference is not None else ():  # may be empty
        assert found.gap is Gap.LOST
        del found.holder[found.path[-1]]
    return left


PRESERVES = {"x-kubernetes-preserve-unknown-fields": True}
ROOT = {"apiVersion": "a/v1", "kind": "A", "metadata": {"name": "a", "anything": {"b": 1}}}


@pytest.mark.parametrize(
    ("schema", "value", "left"),
    [
        (an_object(a=TEXT), {"a": "x", "b": 1}, {"a": "x"}),
        (an_object(a=an_object(b=TEXT)), {"a": {"b": "x", "c": {}}}, {"a": {"b": "x"}}),
        (an_object(a={"type": "object"}), {"a": {"b": 1}}, {"a": {}}),
        (an_object(a={"type": "object", **PRESERVES}), {"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 1}}}),
        (an_object(a={**an_object(b=an_object(c=TEXT)), **PRESERVES}), {"a": {"b": {"c": "", "d": 1}, "e": {"f": 1}}},
         {"a": {"b": {"c": ""}, "e": {"f": 1}}}),
        (an_object(a={"type": "object", "additionalProperties": TEXT}), {"a": {"b": "x"}}, {"a": {"b": "x"}}),
        (an_object(a={"type": "object", "additionalProperties": an_object(b=TEXT)}), {"a": {"k": {"b": "x", "c": 1}}},
         {"a": {"k": {"b": "x"}}}),
        (an_object(a={"type": "object", "additionalProperties": True}), {"a": {"k": {"b": 1}, "l": 2}},
         {"a": {"k": {}, "l": 2}}),
        (an_object(a={"type": "array", "items": an_object(b=TEXT)}), {"a": [{"b": "x", "c": 1}, {"c": 2}, 3]},
         {"a": [{"b": "x"}, {}, 3]}),
        (an_object(a={"type": "array", **PRESERVES, "items": an_object(b=TEXT)}), {"a": [{"b": "x", "c": 1}]},
         {"a": [{"b": "x", "c": 1}]}),
        (an_object(a={"x-kubernetes-int-or-string": True}), {"a": "5%"}, {"a": "5%"}),
        (an_object(a={**an_object(spec=an_object()), "x-kubernetes-embedded-resource": True}),
         {"a": {**ROOT, "spec": {"b": 1}, "status": {}}}, {"a": {**ROOT, "spec": {}}}),
        (an_object(spec=an_object()), {**ROOT, "spec": {}, "other": 1}, {**ROOT, "spec": {}}),
        (an_object(metadata=an_object(name=TEXT)), ROOT, ROOT),
        ({"type": "object", **PRESERVES}, {**ROOT, "other": {"a": 1}}, {**ROOT, "other": {"a": 1}}),
        ({}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        (None, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ],
)  # fmt: skip
def test_a_server_drops_what_its_schema_does_not_name(schema, value, left):
    assert pruned(schema, value) == left


def differences(source, target, value):
    found = compare(keeps(source), keeps(target))
    return {(item.path, item.gap) for item in find(found, value)} if found is not None else None


def test_equal_schemas_differ_in_nothing():
    one, two = an_object(a=TEXT, b=an_object(c=TEXT)), an_object(b=an_object(c={"type": "integer"}), a=TEXT)
    assert differences(one, two, {}) is None


def test_each_version_has_fields_that_the_other_lacks():
    source, target = an_object(a=TEXT, both=TEXT, b=an_object(c=TEXT)), an_object(both=TEXT, new=TEXT, b=an_object())
    value = {"a": "x", "both": "y", "new": "z", "neither": 1, "b": {"c": "x"}}
    assert differences(source, target, value) == {
        (("a",), Gap.LOST),
        (("new",), Gap.FOREIGN),
        (("b", "c"), Gap.LOST),
    }


def test_free_form_json_that_becomes_a_schema_loses_what_the_schema_lacks():
    source, target = an_object(a={"type": "object", **PRESERVES}), an_object(a=an_object(b=TEXT))
    assert differences(source, target, {"a": {"b": "x", "c": {"d": 1}}}) == {(("a", "c"), Gap.LOST)}
    assert differences(target, source, {"a": {"b": "x", "c": {"d": 1}}}) == {(("a", "c"), Gap.FOREIGN)}


def test_a_scalar_that_becomes_free_form_json_ends():
    source, target = an_object(a=TEXT), an_object(a=PRESERVES)
    assert differences(source, target, {"a": "x"}) == set()
    assert differences(target, source, {"a": [[{"b": 1}]]}) == {(("a", 0, 0, "b"), Gap.LOST)}
    found = compare(keeps(target), keeps(source))
    assert found is not None
    assert found.count(Gap.LOST) == 1


def test_a_search_ends_one_after_its_limit():
    found = compare(EVERYTHING, keeps(an_object()))
    assert found is not None
    assert len(find(found, {str(index): 1 for index in range(100)}, 3)) == 4


@pytest.mark.parametrize(
    "schema", [5, {"properties": []}, an_object(a=5), {"type": "array", "items": {"properties": 1}}]
)
def test_what_is_not_a_schema_is_refused(schema):
    with pytest.raises(SchemaError):
        keeps(schema)


def test_a_schema_has_a_bound():
    deep = {}
    for _ in range(200):
        deep = an_object(a=deep)
    with pytest.raises(SchemaError):
        keeps(deep)


@pytest.mark.parametrize(
    ("expected", "server", "stored"),
    [
        (an_object(a=TEXT), an_object(a=TEXT, b=TEXT), None),
        (an_object(a=TEXT, b=TEXT), an_object(a=TEXT), {"f": {"b": 1}}),
        (an_object(a={"type": "array", "items": an_object(b=TEXT)}),
         an_object(a={"type": "array", "items": an_object()}),
         {"f": {"a": {"i": {"f": {"b": 1}}}}}),
        (an_object(a={"type": "object", "additionalProperties": an_object(b=TEXT)}),
         an_object(a={"type": "object", "additionalProperties": an_object()}), {"f": {"a": {"o": {"f": {"b": 1}}}}}),
        (an_object(a={"type": "object", **PRESERVES}), an_object(a=an_object(b=PRESERVES)),
         {"f": {"a": {"f": {"b": None}, "o": 1, "i": {"o": 1, "i": 2}}}}),
    ],
)  # fmt: skip
def test_what_a_server_lacks_is_stored_and_read(expected, server, stored):
    found = lacking(keeps(expected), keeps(server))
    assert encode_lacking(found) == stored
    assert (found is None) == (stored is None)
    again = decode_lacking(stored)
    value = {"a": {"b": {"c": 1}, "d": 2, "e": [{"b": 3}, {"f": [{"g": 4}]}]}, "b": "x"}
    for one in (value, {"a": [value, {"b": 1}]}):
        before, after = (find(each, one) if each is not None else [] for each in (found, again))
        assert before == after


@pytest.mark.parametrize("document", [None, 0, 2, "f", [], 1])
def test_what_is_not_of_the_stored_form_lacks_nothing(document):
    assert decode_lacking(document) is None


def test_nested_free_form_json_is_stored_in_little_space():
    found = lacking(EVERYTHING, keeps(an_object(a=TEXT)))
    assert encode_lacking(found) == {"f": {"a": {"o": 1, "i": 2}, **dict.fromkeys(ROOT)}, "o": 1, "i": {"o": 1, "i": 2}}
