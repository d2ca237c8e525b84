"""Each step of the rule language: there, back, what is in its way, and what it refuses."""

import copy
import functools

import pytest

from converter.errors import ManifestError, RefusedError
from converter.kube import parse_path
from tests.rulekit import converter, rule_text, thing

V1, V2 = "a.example/v1", "a.example/v2"


def both_ways(body, left, right):
    """Convert right and back, and left and back, and check all four; nothing may be lost."""
    rules = converter(rule_text(body))
    left, right = thing(V1, **left), thing(V2, **right)
    for given, wanted, to in ((left, right, V2), (right, left, V1)):
        before = copy.deepcopy(given)
        result = rules.convert(given, to=to)
        assert result.manifest == wanted
        assert given == before
        assert not result.losses
        back = rules.convert(result.manifest, to=given["apiVersion"], conversion_data=result.conversion_data)
        assert back.manifest == given


@pytest.mark.parametrize(
    ("steps", "left", "right"),
    [
        ("rename: {spec.old: spec.new}", {"spec": {"old": 1, "x": 2}}, {"spec": {"new": 1, "x": 2}}),
        ("rename: {spec.a.b: spec.c}", {"spec": {"a": {"b": 1}}}, {"spec": {"c": 1}}),
        ("rename: {spec.a.b: spec.c}", {"spec": {"a": {"b": 1, "k": 2}}}, {"spec": {"c": 1, "a": {"k": 2}}}),
        ('rename: {"spec.l[*].a": "spec.l[*].b"}', {"spec": {"l": [{"a": 1}, {}]}}, {"spec": {"l": [{"b": 1}, {}]}}),
        (
            "nest: {into: spec.in, fields: [a, b], side: right}",
            {"spec": {"a": 1, "b": 2}},
            {"spec": {"in": {"a": 1, "b": 2}}},
        ),
        (
            "nest: {into: spec.in, fields: [a, b], side: left}",
            {"spec": {"in": {"a": 1}, "k": 0}},
            {"spec": {"a": 1, "k": 0}},
        ),
        (
            "annotation: {field: spec.n, name: x.y/n, as: integer, side: left}",
            {"spec": {"n": 5}},
            {"metadata": {"annotations": {"x.y/n": "5"}}},
        ),
        (
            "annotation: {field: spec.n, name: x.y/n, as: json, side: right}",
            {"metadata": {"annotations": {"x.y/n": '{"a":1}', "other": ""}}},
            {"spec": {"n": {"a": 1}}, "metadata": {"annotations": {"other": ""}}},
        ),
        ("intOrString: {into: spec.p, number: spec.n, string: spec.s}", {"spec": {"n": 80}}, {"spec": {"p": 80}}),
        (
            "intOrString: {into: spec.p, number: spec.n, string: spec.s}",
            {"spec": {"s": "http"}},
            {"spec": {"p": "http"}},
        ),
        ("values: {path: spec.m, pairs: [{left: A, right: [1]}]}", {"spec": {"m": "A"}}, {"spec": {"m": [1]}}),
        ("values: {path: spec.m, pairs: [{left: A, right: B}]}", {"spec": {"m": "C"}}, {"spec": {"m": "C"}}),
    ],
)
def test_a_step_goes_there_and_back(steps, left, right):
    both_ways(f"steps: [{{{steps}}}]", left, right)


@pytest.mark.parametrize(
    "step",
    [
        "rename: {spec.old: spec.new}",
        "nest: {into: spec.in, fields: [old], side: right}",
        "annotation: {field: spec.old, name: x.y/n, as: integer, side: left}",
        "intOrString: {into: spec.in, number: spec.old, string: spec.s}",
        "values: {path: spec.old, pairs: [{left: 1, right: 2}]}",
        "drop: {path: spec.old, side: left, why: because}",
        "refuse: {path: spec.old, side: left, why: because}",
    ],
)
@pytest.mark.parametrize("spec", [{}, {"spec": None}, {"spec": {}}, {"spec": {"old": None}}])
def test_what_is_not_there_is_left_alone(step, spec):
    rules = converter(rule_text(f"steps: [{{{step}}}]"))
    result = rules.convert(thing(V1, **spec), to=V2)
    assert not result.losses
    assert rules.convert(result.manifest, to=V1, conversion_data=result.conversion_data).manifest == thing(V1, **spec)


@pytest.mark.parametrize(
    ("step", "fields", "path"),
    [
        ("rename: {spec.old: spec.new}", {"spec": {"new": 1}}, "spec.new"),
        ("rename: {spec.a.b: spec.c}", {"spec": {"a": {"b": 1}, "c": 2}}, "spec.c"),
        ("nest: {into: spec.in, fields: [a], side: right}", {"spec": {"in": {"a": 1}}}, "spec.in"),
        ("nest: {into: spec.in, fields: [a], side: left}", {"spec": {"in": {"a": 1}, "a": 2}}, "spec.a"),
        ("intOrString: {into: spec.p, number: spec.n, string: spec.s}", {"spec": {"p": 1}}, "spec.p"),
        (
            "annotation: {field: spec.n, name: x.y/n, as: integer, side: right}",
            {"spec": {"n": 1}, "metadata": {"annotations": {"x.y/n": "2"}}},
            "spec.n",
        ),
        ('in: ["spec.l[*]"]\n    steps: [{rename: {a: b}}]', {"spec": {"l": [{}, {"b": 1}]}}, "spec.l[1].b"),
    ],
)
def test_a_field_the_source_does_not_know_is_dropped_where_it_would_get_a_meaning(step, fields, path):
    """An API server drops it from a manifest of that version: decision 7."""
    rules = converter(rule_text(f"steps:\n  - {step}"))
    given = thing(V1, **fields)
    made = rules.convert(given, to=V2)
    assert [loss.path for loss in made.losses] == [path]
    without = copy.deepcopy(given)
    *steps, last = parse_path(path)
    holder = functools.reduce(lambda node, step: node[step], steps, without)
    assert holder.pop(last) == made.losses[0].value
    assert made.manifest == rules.convert(without, to=V2).manifest
    assert rules.convert(made.manifest, V1, made.conversion_data).manifest == given


INT_OR_STRING = "intOrString: {into: spec.p, number: spec.n, string: spec.s}"
ANNOTATED = "annotation: {field: spec.n, name: x.y/n, as: integer, side: left}"
IN_A_LIST = 'rename: {"spec.l[*].a": "spec.l[*].b"}'


@pytest.mark.parametrize(
    ("step", "fields", "path"),
    [
        ("rename: {spec.old: spec.new}", {"spec": "text"}, "spec"),
        (IN_A_LIST, {"spec": {"l": "text"}}, "spec.l"),
        (IN_A_LIST, {"spec": {"l": [{}, 5]}}, "spec.l[1]"),
        (INT_OR_STRING, {"spec": {"n": "80"}}, "spec.n"),
        (INT_OR_STRING, {"spec": {"s": [1]}}, "spec.s"),
        (ANNOTATED, {"spec": {"n": True}}, "spec.n"),
        (ANNOTATED, {"metadata": {"annotations": []}, "spec": {"n": 1}}, "metadata.annotations"),
    ],
)
def test_a_wrong_type_is_reported_with_its_path(step, fields, path):
    rules = converter(rule_text(f"steps: [{{{step}}}]"))
    with pytest.raises(ManifestError) as caught:
        rules.convert(thing(V1, **fields), to=V2)
    assert caught.value.path == path


def test_a_number_beside_a_name_is_refused():
    rules = converter(rule_text("steps: [{intOrString: {into: spec.p, number: spec.n, string: spec.s}}]"))
    with pytest.raises(RefusedError) as caught:
        rules.convert(thing(V1, spec={"n": 80, "s": "http"}), to=V2)
    assert caught.value.path == "spec.n"


def test_neither_number_nor_name_is_the_number_the_rule_gives():
    both_ways(
        'steps: [{in: ["spec.b"], steps: [{intOrString: {into: p, number: "n", string: s, neither: 0}}]}]',
        {"spec": {"b": {"k": 1}}},
        {"spec": {"b": {"k": 1, "p": 0}}},
    )


class TestDefaults:
    STEP = "steps: [{default: {path: spec.limit, left: 10, right: 2}}]"

    @pytest.mark.parametrize(("version", "to", "written"), [(V1, V2, 10), (V2, V1, 2)])
    def test_the_source_version_s_default_is_written_out(self, version, to, written):
        result = converter(rule_text(self.STEP)).convert(thing(version, spec={}), to=to)
        assert result.manifest["spec"] == {"limit": written}
        assert not result.losses

    @pytest.mark.parametrize("value", [0, 2, 10, False, ""])
    def test_a_value_that_is_there_stays(self, value):
        result = converter(rule_text(self.STEP)).convert(thing(V1, spec={"limit": value}), to=V2)
        assert result.manifest["spec"] == {"limit": value}

    def test_equal_defaults_write_nothing(self):
        rules = converter(rule_text("steps: [{default: {path: spec.limit, left: 1, right: 1}}]"))
        assert rules.convert(thing(V1), to=V2).manifest == thing(V2)

    def test_one_and_true_are_not_equal_defaults(self):
        rules = converter(rule_text("steps: [{default: {path: spec.limit, left: 1, right: true}}]"))
        assert rules.convert(thing(V1), to=V2).manifest["spec"] == {"limit": 1}

    def test_a_default_of_one_side_is_written_from_that_side_only(self):
        rules = converter(rule_text("steps: [{default: {path: spec.limit, side: right, value: 3}}]"))
        assert rules.convert(thing(V2), to=V1).manifest["spec"] == {"limit": 3}
        assert rules.convert(thing(V1), to=V2).manifest == thing(V2)

    def test_what_was_written_out_is_taken_back_unless_it_was_changed(self):
        rules = converter(rule_text(self.STEP))
        result = rules.convert(thing(V1, spec={}), to=V2)
        assert rules.convert(result.manifest, to=V1, conversion_data=result.conversion_data).manifest == thing(
            V1, spec={}
        )
        result.manifest["spec"]["limit"] = 99
        assert rules.convert(result.manifest, to=V1, conversion_data=result.conversion_data).manifest["spec"] == {
            "limit": 99
        }

    def test_items_that_are_not_there_are_not_made(self):
        rules = converter(rule_text('steps: [{default: {path: "spec.l[*].p", side: left, value: 1}}]'))
        assert rules.convert(thing(V1, spec={"l": [{}]}), to=V2).manifest["spec"] == {"l": [{"p": 1}]}
        assert rules.convert(thing(V1, spec={}), to=V2).manifest["spec"] == {}

    def test_a_guard_sees_the_defaults_above_it_in_both_directions(self):
        rules = converter(
            rule_text(
                """
                steps:
                  - default: {path: spec.type, left: Rolling, right: Fixed}
                  - default: {path: spec.surge, left: 1, right: 9, when: {spec.type: [Rolling, Fixed]}}
                """
            )
        )
        assert rules.convert(thing(V1), to=V2).manifest["spec"] == {"type": "Rolling", "surge": 1}
        assert rules.convert(thing(V2), to=V1).manifest["spec"] == {"type": "Fixed", "surge": 9}
        assert rules.convert(thing(V1, spec={"type": "Else"}), to=V2).manifest["spec"] == {"type": "Else"}

    @pytest.mark.parametrize(
        ("found", "written"), [(None, [1]), ([], [1]), ("", [1]), ([0], [0]), (0, 0), (False, False)]
    )
    def test_an_empty_value_counts_as_missing_where_the_rule_says_so(self, found, written):
        rules = converter(rule_text("steps: [{default: {path: spec.list, side: right, value: [1], empty: true}}]"))
        assert rules.convert(thing(V2, spec={"list": found}), to=V1).manifest["spec"] == {"list": written}
        rules = converter(rule_text("steps: [{default: {path: spec.list, side: right, value: [1]}}]"))
        kept = [1] if found is None else found
        assert rules.convert(thing(V2, spec={"list": found}), to=V1).manifest["spec"] == {"list": kept}

    def test_a_default_can_copy_another_field(self):
        rules = converter(
            rule_text("steps: [{default: {path: spec.match, side: right, copy: spec.labels, unless: [spec.selector]}}]")
        )
        labels = {"labels": {"a": "b"}}
        assert rules.convert(thing(V2, spec=labels), to=V1).manifest["spec"] == {**labels, "match": {"a": "b"}}
        assert rules.convert(thing(V1, spec=labels), to=V2).manifest["spec"] == labels
        other = {**labels, "selector": {}}
        assert rules.convert(thing(V2, spec=other), to=V1).manifest["spec"] == other


def test_a_dropped_field_is_reported_kept_and_restored():
    rules = converter(rule_text("steps: [{drop: {path: spec.zone, side: left, why: v2 runs everywhere}}]"))
    given = thing(V1, spec={"zone": "eu", "x": 1})
    result = rules.convert(given, to=V2)
    assert result.manifest == thing(V2, spec={"x": 1})
    assert [(loss.path, loss.value, loss.why) for loss in result.losses] == [("spec.zone", "eu", "v2 runs everywhere")]
    assert rules.convert(result.manifest, to=V1, conversion_data=result.conversion_data).manifest == given


def test_a_dropped_field_inside_a_list_is_reported_with_its_place():
    rules = converter(rule_text('steps: [{drop: {path: "spec.l[*].zone", side: left, why: gone}}]'))
    result = rules.convert(thing(V1, spec={"l": [{}, {"zone": "eu"}]}), to=V2)
    assert [loss.path for loss in result.losses] == ["spec.l[1].zone"]


def test_a_refused_value_stops_the_conversion_and_others_pass():
    rules = converter(rule_text("steps: [{refuse: {path: spec.mode, side: left, values: [Hard], why: v2 is soft}}]"))
    with pytest.raises(RefusedError, match=r"spec\.mode: v2 is soft"):
        rules.convert(thing(V1, spec={"mode": "Hard"}), to=V2)
    assert rules.convert(thing(V1, spec={"mode": "Soft"}), to=V2).manifest == thing(V2, spec={"mode": "Soft"})
    assert rules.convert(thing(V2, spec={"mode": "Hard"}), to=V1).manifest == thing(V1, spec={"mode": "Hard"})


DISKS = 'steps: [{values: {path: "spec.disks[*]", pairs: [{left: "", right: {}}], else: {left: "", right: {}}}}]'


def test_values_of_a_map_or_a_list_are_mapped():
    both_ways(DISKS, {"spec": {"disks": {"a": "", "b": ""}}}, {"spec": {"disks": {"a": {}, "b": {}}}})
    both_ways(DISKS, {"spec": {"disks": ["", ""]}}, {"spec": {"disks": [{}, {}]}})


def test_a_value_that_the_step_replaces_is_lost_with_a_report():
    rules, given = converter(rule_text(DISKS)), thing(V1, spec={"disks": {"a": "fast", "b": ""}})
    result = rules.convert(given, to=V2)
    assert result.manifest["spec"] == {"disks": {"a": {}, "b": {}}}
    assert [loss.path for loss in result.losses] == ["spec.disks.a"]
    assert rules.convert(result.manifest, to=V1, conversion_data=result.conversion_data).manifest == given


def test_steps_in_a_block_hold_where_its_guard_does():
    rules = converter(rule_text('steps: [{in: ["spec.l[*]"], when: {type: A}, steps: [{rename: {old: new}}]}]'))
    given = thing(V1, spec={"l": [{"type": "A", "old": 1}, {"type": "B", "old": 1}]})
    assert rules.convert(given, to=V2).manifest["spec"]["l"] == [{"type": "A", "new": 1}, {"type": "B", "old": 1}]


def test_each_steps_into_the_values_of_a_map_too():
    both_ways(
        'steps: [{rename: {"spec.m[*].a": "spec.m[*].b"}}]',
        {"spec": {"m": {"x": {"a": 1}, "y": {}}}},
        {"spec": {"m": {"x": {"b": 1}, "y": {}}}},
    )


def test_an_object_is_made_even_where_it_is_empty_if_the_rule_says_so():
    rules = converter(rule_text("steps: [{nest: {into: 'l[*].in', fields: [a], side: right, always: true}}]"))
    result = rules.convert(thing(V1, l=[{"a": 1}, {"x": 2}]), to=V2)
    assert result.manifest == thing(V2, l=[{"in": {"a": 1}}, {"x": 2, "in": {}}])
    assert rules.convert(result.manifest, to=V1).manifest == thing(V1, l=[{"a": 1}, {"x": 2}])


def test_null_in_a_pair_leaves_the_field_out_and_never_makes_one():
    rules = converter(rule_text("steps: [{values: {path: spec.on, pairs: [{left: null, right: false}]}}]"))
    off = thing(V2, spec={"on": False, "x": 1})
    result = rules.convert(off, to=V1)
    assert result.manifest == thing(V1, spec={"x": 1})
    assert rules.convert(result.manifest, to=V2).manifest == thing(V2, spec={"x": 1})
    assert rules.convert(result.manifest, to=V2, conversion_data=result.conversion_data).manifest == off


@pytest.mark.parametrize(("empty", "refused"), [("true", True), ("false", False)])
def test_an_empty_object_is_refused_if_the_step_says_so(empty, refused):
    body = f"steps: [{{refuse: {{path: spec.p, side: left, empty: {empty}, why: it matters}}}}]"
    given = thing(V1, spec={"p": {}})
    if not refused:
        assert converter(rule_text(body)).convert(given, to=V2).manifest == {**given, "apiVersion": V2}
        return
    with pytest.raises(RefusedError) as error:
        converter(rule_text(body)).convert(given, to=V2)
    assert error.value.path == "spec.p"


def test_of_several_values_that_say_the_same_the_first_is_written_and_none_is_lost():
    rules = converter(
        rule_text(
            "steps: [{values: {path: spec.n, pairs: [{left: a, right: x}, {left: b, right: x}, {left: c, right: y}]}}]"
        )
    )
    made = rules.convert(thing(V1, spec={"n": "b"}), to=V2)
    assert (made.manifest["spec"], made.losses) == ({"n": "x"}, ())
    assert rules.convert(made.manifest, V1, made.conversion_data).manifest == thing(V1, spec={"n": "b"})
    assert rules.convert(thing(V2, spec={"n": "x"}), to=V1).manifest == thing(V1, spec={"n": "a"})
