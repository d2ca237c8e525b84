"""What two schemas make certain, likely, or leave open."""

import pytest

from converter.rules.schema import read_schema
from converter.rules.suggest import suggest
from converter.rules.suggest_pairs import Trust, split_words

TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}


def obj(**properties):
    return {"type": "object", "properties": properties}


def list_of(item):
    return {"type": "array", "items": item}


def suggested(left, right):
    return [(one.trust, one.step) for one in suggest(obj(spec=obj(**left)), obj(spec=obj(**right))).steps]


DOC = {"description": "How often the source is read again."}


@pytest.mark.parametrize(
    ("left", "right", "trust", "step"),
    [
        ({"acmedns": TEXT}, {"acmeDNS": TEXT}, Trust.CERTAIN, {"rename": {"spec.acmedns": "spec.acmeDNS"}}),
        ({"every": {**TEXT, **DOC}}, {"interval": {**TEXT, **DOC}}, Trust.CERTAIN,
         {"rename": {"spec.every": "spec.interval"}}),
        ({"organization": list_of(TEXT)}, {"subject": obj(organizations=list_of(TEXT))}, Trust.LIKELY,
         {"rename": {"spec.organization": "spec.subject.organizations"}}),
        ({"keySize": NUMBER}, {"privateKey": obj(size=NUMBER)}, Trust.LIKELY,
         {"rename": {"spec.keySize": "spec.privateKey.size"}}),
        ({"timeout": TEXT}, {"timeoutSeconds": NUMBER}, Trust.LIKELY,
         {"duration": {"text": "spec.timeout", "number": "spec.timeoutSeconds", "unit": "s", "side": "left"}}),
        ({"memoryMiB": NUMBER}, {"memory": TEXT}, Trust.LIKELY,
         {"quantity": {"text": "spec.memory", "number": "spec.memoryMiB", "unit": "Mi", "side": "right"}}),
        ({"disableReuse": FLAG}, {"enableReuse": FLAG}, Trust.LIKELY,
         {"invert": {"left": "spec.disableReuse", "right": "spec.enableReuse",
                     "absent": {"left": False, "right": False}}}),
        ({"skipTests": FLAG}, {"tests": {**FLAG, "default": True}}, Trust.LIKELY,
         {"invert": {"left": "spec.skipTests", "right": "spec.tests", "absent": {"left": False, "right": True}}}),
        ({"valuesFiles": list_of(TEXT)}, {"valuesFile": TEXT}, Trust.LIKELY,
         {"listOfOne": {"list": "spec.valuesFiles", "item": "spec.valuesFile", "side": "left"}}),
        ({"ref": TEXT}, {"ref": list_of(TEXT)}, Trust.LIKELY,
         {"listOfOne": {"list": "spec.ref", "item": "spec.ref", "side": "right"}}),
        ({"params": {"type": "object", "additionalProperties": TEXT}}, {"params": list_of(obj(name=TEXT, value=TEXT))},
         Trust.LIKELY, {"mapList": {"map": "spec.params", "list": "spec.params", "key": "name", "value": "value",
                                    "side": "left"}}),
        ({"a": {**NUMBER, "default": 1}}, {"a": {**NUMBER, "default": 2}}, Trust.CERTAIN,
         {"default": {"path": "spec.a", "left": 1, "right": 2}}),
        ({"a": NUMBER}, {"a": {**NUMBER, "default": 2}}, Trust.CERTAIN,
         {"default": {"path": "spec.a", "side": "right", "value": 2}}),
        ({"a": {**TEXT, "enum": ["rsa"]}}, {"a": {**TEXT, "enum": ["RSA"]}}, Trust.CERTAIN,
         {"values": {"path": "spec.a", "pairs": [{"left": "rsa", "right": "RSA"}]}}),
        ({"a": obj(x=TEXT)}, {"a": TEXT}, Trust.OPEN, {}),
    ],
)  # fmt: skip
def test_a_pair_of_fields_suggests_a_step(left, right, trust, step):
    assert suggested(left, right) == [(trust, step)]


def test_what_has_no_counterpart_is_open():
    assert [(trust, [*step]) for trust, step in suggested({"alpha": TEXT}, {"omega": NUMBER})] == [
        (Trust.OPEN, ["drop"]), (Trust.OPEN, ["drop"])]  # fmt: skip


def test_identical_versions_need_nothing():
    found = suggest(obj(spec=obj(a=TEXT)), obj(spec=obj(a=TEXT)))
    assert (found.identical, found.steps) == (2, [])


def test_two_fields_with_one_description_are_not_certain():
    left = {"one": {**TEXT, **DOC}}
    right = {"first": {**TEXT, **DOC}, "second": {**TEXT, **DOC}}
    assert Trust.CERTAIN not in [trust for trust, _ in suggested(left, right)]


def test_what_is_in_lists_is_compared_too():
    [(trust, step)] = suggested({"l": list_of(obj(csr=TEXT))}, {"l": list_of(obj(CSR=TEXT))})
    assert (trust, step) == (Trust.CERTAIN, {"rename": {"spec.l[*].csr": "spec.l[*].CSR"}})


def test_words():
    assert split_words("disablePVCReuse2x") == ["disable", "pvc", "reuse", "2", "x"]
    assert read_schema({}).kind == "any"
