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


#: Stands for any reason: its words are for people.
WHY = "why"


def blank(step):
    """Put `WHY` in place of each reason in a step, and in the steps inside of it."""
    if isinstance(step, list):
        return [blank(each) for each in step]
    if not isinstance(step, dict):
        return step
    return {key: WHY if key == "why" and value else blank(value) for key, value in step.items()}


def suggested(left, right):
    return [(one.trust, blank(one.step)) for one in suggest(obj(spec=obj(**left)), obj(spec=obj(**right))).steps]


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
        ({"ref": obj(apiVersion=TEXT)}, {"ref": obj(apiGroup=TEXT)}, Trust.LIKELY,
         {"apiGroup": {"group": "spec.ref.apiGroup", "apiVersion": "spec.ref.apiVersion", "version": "v1",
                       "side": "right"}}),
        ({"ref": obj(apiVersion={**TEXT, **DOC})}, {"ref": obj(group={**TEXT, **DOC})}, Trust.LIKELY,
         {"apiGroup": {"group": "spec.ref.group", "apiVersion": "spec.ref.apiVersion", "version": "v1",
                       "side": "right"}}),
        ({"o": obj(a={**NUMBER, "default": 1})}, {"o": obj(a={**NUMBER, "default": 2})}, Trust.CERTAIN,
         {"in": "spec.o", "steps": [{"default": {"path": "a", "left": 1, "right": 2}}]}),
        ({"l": list_of(obj(o=obj(a={**NUMBER, "default": 1})))}, {"l": list_of(obj(o=obj(a=NUMBER)))}, Trust.CERTAIN,
         {"in": "spec.l[*].o", "steps": [{"default": {"path": "a", "side": "left", "value": 1}}]}),
        ({"o": {**obj(a=NUMBER), "default": {"a": 1}}}, {"o": obj(a=NUMBER)}, Trust.CERTAIN,
         {"default": {"path": "spec.o", "side": "left", "value": {"a": 1}}}),
        ({"a": {**TEXT, "enum": ["x"], "default": "x"}}, {"a": {**TEXT, "enum": ["y"], "default": "y"}}, Trust.LIKELY,
         {"values": {"path": "spec.a", "pairs": [{"left": "x", "right": "y"}]}}),
        ({"a": {**TEXT, "enum": ["x", "y", "z"]}}, {"a": {**TEXT, "enum": ["z"]}}, Trust.OPEN,
         {"refuse": {"path": "spec.a", "side": "left", "values": ["x", "y"],
                     "why": WHY}}),
        ({"a": {"type": "object"}}, {"a": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
         Trust.OPEN,
         {"drop": {"path": "spec.a", "side": "right", "why": WHY}}),
        ({"o": obj(a=TEXT)}, {"o": {**obj(a=TEXT), "required": ["a"]}}, Trust.OPEN,
             {"refuse": {"path": "spec.o.a", "side": "left", "missing": True,
                         "why": WHY}}),
        ({"o": obj(a=TEXT)}, {"o": {**obj(a=TEXT), "x-kubernetes-preserve-unknown-fields": True}}, Trust.OPEN, {}),
        ({"a": {**NUMBER, "default": 1}}, {"a": {**NUMBER, "default": 2}}, Trust.CERTAIN,
         {"default": {"path": "spec.a", "left": 1, "right": 2}}),
        ({"a": NUMBER}, {"a": {**NUMBER, "default": 2}}, Trust.CERTAIN,
         {"default": {"path": "spec.a", "side": "right", "value": 2}}),
        ({"a": {**TEXT, "enum": ["rsa"]}}, {"a": {**TEXT, "enum": ["RSA"]}}, Trust.CERTAIN,
         {"values": {"path": "spec.a", "pairs": [{"left": "rsa", "right": "RSA"}]}}),
        ({"a": obj(x=TEXT)}, {"a": TEXT}, Trust.LIKELY, {"rename": {"spec.a.x": "spec.a"}}),
        ({"a": {"type": "object", "additionalProperties": TEXT}},
         {"a": obj(labels={"type": "object", "additionalProperties": TEXT})}, Trust.LIKELY,
         {"rename": {"spec.a": "spec.a.labels"}}),
        ({"a": obj(x=TEXT, y=TEXT)}, {"a": TEXT}, Trust.OPEN, {}),
        ({"a": obj(x=NUMBER)}, {"a": TEXT}, Trust.OPEN, {}),
        ({"a": {**TEXT, "enum": ["x"]}}, {"a": TEXT}, Trust.OPEN,
             {"refuse": {"path": "spec.a", "side": "right", "except": ["x"],
                         "why": WHY}}),
        ({"a": TEXT}, {"a": {**TEXT, "enum": ["x"]}}, Trust.OPEN,
             {"refuse": {"path": "spec.a", "side": "left", "except": ["x"],
                         "why": WHY}}),
    ],
)  # fmt: skip
def test_a_pair_of_fields_suggests_a_step(left, right, trust, step):
    assert suggested(left, right) == [(trust, step)]


def test_each_default_of_a_field_that_moves_is_stated_at_its_own_place():
    field = {**NUMBER, **DOC, "default": 2}
    steps = [step for _, step in suggested({"size": field}, {"disk": obj(size=field)})]
    assert steps == [
        {"default": {"path": "spec.size", "side": "left", "value": 2}},
        {"rename": {"spec.size": "spec.disk.size"}},
        {"in": "spec.disk", "steps": [{"default": {"path": "size", "side": "right", "value": 2}}]},
    ]


def test_values_that_only_one_version_limits_are_open():
    ((trust, step),) = suggested({"a": TEXT}, {"a": {**TEXT, "enum": ["x"]}})
    assert (trust, step["refuse"]["side"], step["refuse"]["except"]) == (Trust.OPEN, "left", ["x"])


def test_what_has_no_counterpart_is_open():
    assert [(trust, [*step]) for trust, step in suggested({"alpha": TEXT}, {"omega": NUMBER})] == [
        (Trust.OPEN, ["drop"]), (Trust.OPEN, ["drop"])]  # fmt: skip


def test_identical_versions_need_nothing():
    found = suggest(obj(spec=obj(a=TEXT)), obj(spec=obj(a=TEXT)))
    assert (found.identical, found.steps) == (2, [])


def test_an_object_that_both_versions_create_has_the_defaults_of_its_fields():
    left = {"o": {**obj(a={**NUMBER, "default": 1}), "default": {}}}
    right = {"o": {**obj(a=NUMBER, b=TEXT), "default": {"b": "x"}, "required": ["b"]}}
    assert suggested(left, right) == [
        (Trust.CERTAIN, {"default": {"path": "spec.o", "left": {}, "right": {}}}),
        (Trust.CERTAIN, {"default": {"path": "spec.o.a", "side": "left", "value": 1}}),
        (Trust.OPEN, {"drop": {"path": "spec.o.b", "side": "right", "why": WHY}}),
    ]


def test_a_default_that_the_other_version_does_not_allow_is_not_certain():
    left = {"a": {**TEXT, "enum": ["x", "z"], "default": "x"}}
    right = {"a": {**TEXT, "enum": ["y", "z"], "default": "z"}}
    assert [(trust, [*step]) for trust, step in suggested(left, right)] == [
        (Trust.LIKELY, ["default"]),
        (Trust.OPEN, ["values"]),
    ]


def test_a_value_for_which_there_is_no_other_one_left_is_refused():
    left, right = {"a": {**TEXT, "enum": ["v", "w", "x"]}}, {"a": {**TEXT, "enum": ["X", "y"]}}
    assert suggested(left, right) == [
        (Trust.LIKELY, {"values": {"path": "spec.a", "pairs": [{"left": "x", "right": "X"}]}}),
        (Trust.OPEN, {"refuse": {"path": "spec.a", "side": "left", "values": ["v", "w"],
                                 "why": WHY}}),
        (Trust.OPEN, {"refuse": {"path": "spec.a", "side": "right", "values": ["y"],
                                 "why": WHY}}),
    ]  # fmt: skip


def test_two_fields_with_one_description_are_not_certain():
    left = {"one": {**TEXT, **DOC}}
    right = {"first": {**TEXT, **DOC}, "second": {**TEXT, **DOC}}
    assert Trust.CERTAIN not in [trust for trust, _ in suggested(left, right)]


def test_a_value_takes_the_place_of_an_object_once_its_other_fields_are_settled():
    """In the direction in which a step before it undoes what is inside of the object, the object has to be there."""
    assert suggested({"a": obj(x=TEXT, y=NUMBER)}, {"a": TEXT}) == [
        (Trust.OPEN, {"drop": {"path": "spec.a.y", "side": "left", "why": WHY}}),
        (Trust.OPEN, {"rename": {"spec.a.x": "spec.a"}}),
    ]
    assert [step for _, step in suggested({"a": obj(x=TEXT, size=NUMBER)}, {"a": TEXT, "size": NUMBER})] == [
        {"rename": {"spec.a.size": "spec.size"}},
        {"rename": {"spec.a.x": "spec.a"}},
    ]
    assert [step for _, step in suggested({"a": TEXT, "size": NUMBER}, {"a": obj(x=TEXT, size=NUMBER)})] == [
        {"rename": {"spec.a": "spec.a.x"}},
        {"rename": {"spec.size": "spec.a.size"}},
    ]


def test_what_else_is_in_the_object_that_a_field_became_is_open():
    assert suggested({"a": TEXT}, {"a": obj(x=TEXT, y=NUMBER)}) == [
        (Trust.LIKELY, {"rename": {"spec.a": "spec.a.x"}}),
        (Trust.OPEN, {"drop": {"path": "spec.a.y", "side": "right", "why": WHY}}),
    ]


def test_what_is_in_lists_is_compared_too():
    [(trust, step)] = suggested({"l": list_of(obj(csr=TEXT))}, {"l": list_of(obj(CSR=TEXT))})
    assert (trust, step) == (Trust.CERTAIN, {"rename": {"spec.l[*].csr": "spec.l[*].CSR"}})


PAIRED = [
    ({"size": NUMBER, "name": TEXT}, {"disk": obj(size=NUMBER, name=TEXT)}),
    ({"organization": list_of(TEXT)}, {"subject": obj(organizations=list_of(TEXT), countries=list_of(TEXT))}),
    ({"keySize": {**NUMBER, "default": 1}}, {"privateKey": obj(size={**NUMBER, "default": 2}, rotation=TEXT)}),
    ({"serviceAccount": TEXT}, {"serviceAccountName": TEXT}),
    ({"timeout": TEXT}, {"probe": obj(timeoutSeconds=NUMBER)}),
    ({"every": {**TEXT, **DOC}}, {"polling": obj(interval={**TEXT, **DOC})}),
    ({"jsonData": TEXT}, {"data": TEXT}),
]


@pytest.mark.parametrize(("left", "right"), PAIRED)
def test_the_same_fields_are_paired_in_both_directions(left, right):
    there, back = (suggest(obj(spec=obj(**one)), obj(spec=obj(**two))) for one, two in ((left, right), (right, left)))
    pairs = {(each.trust, *each.fields) for each in there.steps if all(each.fields)}
    assert pairs
    assert pairs == {(each.trust, *each.fields[::-1]) for each in back.steps if all(each.fields)}


def test_what_steps_leave_of_an_object_is_dropped_with_it():
    left = {"subject": obj(organizations=list_of(TEXT), countries=list_of(TEXT), more=obj(streets=list_of(TEXT)))}
    assert suggested(left, {"organization": list_of(TEXT)}) == [
        (Trust.LIKELY, {"rename": {"spec.subject.organizations": "spec.organization"}}),
        (Trust.OPEN, {"drop": {"path": "spec.subject", "side": "left", "why": WHY}}),
    ]


def test_a_default_in_an_object_is_stated_before_steps_empty_the_object():
    left = {"key": obj(algorithm={**TEXT, **DOC}, size={**NUMBER, "default": 4})}
    right = {"keyAlgorithm": {**TEXT, **DOC}, "keySize": {**NUMBER, "default": 2}}
    assert suggested(left, right)[:2] == [
        (Trust.LIKELY, {"in": "spec.key", "steps": [{"default": {"path": "size", "side": "left", "value": 4}}]}),
        (Trust.LIKELY, {"rename": {"spec.key.algorithm": "spec.keyAlgorithm"}}),
    ]


def test_no_two_steps_move_one_field():
    doc = {"description": "What the thing is called in the end."}
    left = {"alpha": obj(x=TEXT, y=TEXT), "x": {**TEXT, **doc}}
    right = {"Alpha": obj(x={**TEXT, **doc}, y=TEXT)}
    moves = [step["rename"] for _, step in suggested(left, right) if "rename" in step]
    assert moves == [{"spec.x": "spec.Alpha.x"}]


def test_a_description_of_several_fields_makes_nothing_certain():
    left = obj(one={**TEXT, **DOC}, both={**TEXT, **DOC})
    right = obj(first={**TEXT, **DOC}, both={**TEXT, **DOC})
    assert [trust for trust, step in suggested({"a": left}, {"a": right}) if "rename" in step] == [Trust.LIKELY]
    elsewhere = {"a": obj(one={**TEXT, **DOC}), "b": obj(other={**TEXT, **DOC})}
    moved = {"a": obj(deep=obj(first={**TEXT, **DOC})), "b": obj(other={**TEXT, **DOC})}
    assert [trust for trust, step in suggested(elsewhere, moved) if "rename" in step] == [Trust.LIKELY]


def test_descriptions_that_start_with_the_name_are_compared_without_it():
    left = {"repo": {**TEXT, "description": "Repo is where the sources are."}}
    right = {"url": {**TEXT, "description": "URL is where the sources are."}}
    assert suggested(left, right) == [(Trust.LIKELY, {"rename": {"spec.repo": "spec.url"}})]


def test_what_a_list_or_a_map_holds_is_compared():
    any_value = {"x-kubernetes-preserve-unknown-fields": True}
    maps = ({"type": "object", "additionalProperties": below} for below in (any_value, TEXT))
    assert suggested(*({"m": one} for one in maps)) == [(Trust.OPEN, {})]
    assert suggested({"l": list_of(TEXT)}, {"l": list_of(NUMBER)}) == [(Trust.OPEN, {})]
    values = ({**TEXT, "enum": ["rsa"]}, {**TEXT, "enum": ["RSA"]})
    assert suggested(*({"l": list_of(each)} for each in values)) == [
        (Trust.CERTAIN, {"values": {"path": "spec.l[*]", "pairs": [{"left": "rsa", "right": "RSA"}]}})
    ]


def test_every_manifest_has_a_spec():
    left, right = obj(spec=obj(a=TEXT)), {**obj(spec=obj(a=TEXT)), "required": ["spec"]}
    assert suggest(left, right).steps == []


def test_words():
    assert split_words("disablePVCReuse2x") == ["disable", "pvc", "reuse", "2", "x"]
    assert read_schema({}).kind == "any"
