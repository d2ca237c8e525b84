"""What API servers fill in of custom resources, as apiextensions-apiserver's own defaulting does."""

from __future__ import annotations

import pytest

from converter.kube import copy_json
from converter.rules.filling import filling
from converter.rules.pruning import keeps

NUMBER = {"type": "integer"}
ONE, TWO = {**NUMBER, "default": 1}, {**NUMBER, "default": 2}
TEXT = {"type": "string"}


def an_object(default=None, **properties):
    return {"type": "object", "properties": properties, **({} if default is None else {"default": default})}


def written(source, target, value):
    """Fill in what one version has by default and the other does not."""
    made, found = copy_json(value), filling(source, target, keeps(target))
    if found is not None:
        found.fill(made)
    return made


@pytest.mark.parametrize(
    ("source", "target", "value", "wanted"),
    [
        pytest.param(an_object(a=ONE), an_object(a=TWO), {}, {"a": 1}, id="another-default"),
        pytest.param(an_object(a=ONE), an_object(a=NUMBER), {}, {"a": 1}, id="no-default-there"),
        pytest.param(an_object(a=ONE), an_object(a=ONE), {}, {}, id="the-same-default"),
        pytest.param(an_object(a=NUMBER), an_object(a=ONE), {}, {}, id="no-default-here"),
        pytest.param(an_object(a=ONE), an_object(b=NUMBER), {}, {}, id="the-target-drops-it"),
        pytest.param(an_object(a=ONE), an_object(a=TWO), {"a": 3}, {"a": 3}, id="a-value"),
        pytest.param(an_object(a=ONE), an_object(a=TWO), {"a": None}, {"a": 1}, id="null-is-missing"),
        pytest.param(an_object(a={**ONE, "nullable": True}), an_object(a=TWO), {"a": None}, {"a": None}, id="nullable"),
        pytest.param(an_object(o=an_object(a=ONE)), an_object(o=an_object(a=TWO)), {}, {}, id="no-object-around"),
        pytest.param(an_object(o=an_object(a=ONE)), an_object(o=an_object(a=TWO)), {"o": {}}, {"o": {"a": 1}},
                     id="an-object-around"),
        pytest.param(an_object(o=an_object({}, a=ONE)), an_object(o=an_object({}, a=TWO)), {}, {"o": {"a": 1}},
                     id="an-object-that-is-filled-in-differently"),
        pytest.param(an_object(o=an_object({"a": 1}, a=ONE)), an_object(o=an_object({}, a=ONE)), {}, {},
                     id="an-object-that-is-filled-in-alike"),
        pytest.param(an_object(o=an_object({}, a=ONE, b=ONE)), an_object(o=an_object(a=ONE)), {}, {"o": {"a": 1}},
                     id="a-part-of-a-default-that-the-target-drops"),
        pytest.param(an_object(l={"type": "array", "items": an_object(a=ONE)}),
                     an_object(l={"type": "array", "items": an_object(a=TWO)}), {"l": [{}, {"a": 3}]},
                     {"l": [{"a": 1}, {"a": 3}]}, id="items"),
        pytest.param(an_object(m={"type": "object", "additionalProperties": an_object(a=ONE)}),
                     an_object(m={"type": "object", "additionalProperties": an_object(a=TWO)}), {"m": {"k": {}}},
                     {"m": {"k": {"a": 1}}}, id="values-of-a-map"),
        pytest.param(an_object(o=an_object(a=ONE)), an_object(o={"type": "object", "additionalProperties": TWO}),
                     {"o": {}}, {"o": {"a": 1}}, id="a-map-there"),
        pytest.param(an_object(o=an_object(a=ONE)),
                     an_object(o={"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
                     {"o": {}}, {"o": {"a": 1}}, id="kept-and-not-described"),
        pytest.param(an_object(o=an_object(a=ONE)), an_object(o=an_object(a=TWO)), {"o": "text"}, {"o": "text"},
                     id="another-type"),
        pytest.param(an_object(metadata=an_object(a=ONE)), an_object(metadata=an_object(a=TWO)), {"metadata": {}},
                     {"metadata": {}}, id="metadata"),
    ],
)  # fmt: skip
def test_what_one_version_fills_in_and_the_other_does_not_is_written(source, target, value, wanted):
    assert written(source, target, value) == wanted


def test_versions_that_fill_in_the_same_need_nothing():
    schema = an_object(a=ONE, o=an_object({}, a=ONE), l={"type": "array", "items": an_object(a=ONE)})
    assert filling(schema, copy_json(schema), keeps(schema)) is None
    described = {**copy_json(schema), "description": "The same."}
    assert filling(schema, described, keeps(described)) is None


def test_the_fields_are_counted():
    source = an_object(a=ONE, o=an_object({}, a=ONE), l={"type": "array", "items": an_object(a=ONE)})
    target = an_object(a=TWO, o=an_object({}, a=TWO), l={"type": "array", "items": an_object(a=TWO)})
    found = filling(source, target, keeps(target))
    assert found is not None
    assert found.count() == 4
