"""Blocks of steps: ``in`` with ``recurse``, and the order of steps."""

import pytest

from converter.errors import ManifestError, RefusedError
from tests.rulekit import converter, rule_text, thing
from tests.stepkit import both_ways

V1, V2 = "a.example/v1", "a.example/v2"
STEP = '{in: [spec.route], recurse: "routes[*]", steps: [{rename: {a: b}}]}'
ROUTES = f"steps: [{STEP}]"


def test_steps_recurse_into_objects_of_the_same_form():
    both_ways(STEP, {"spec": {"route": {"a": 1, "routes": [{"a": 2, "routes": [{"a": 3}, {"k": 4}]}]}}},
              {"spec": {"route": {"b": 1, "routes": [{"b": 2, "routes": [{"b": 3}, {"k": 4}]}]}}})  # fmt: skip


def test_a_loss_far_below_has_its_whole_path():
    drop = 'steps: [{in: [spec.route], recurse: "routes[*]", steps: [{drop: {path: a, side: left, why: gone}}]}]'
    given = thing(V1, spec={"route": {"routes": [{"k": 1}, {"routes": [{"a": 3}]}]}})
    result = converter(rule_text(drop)).convert(given, to=V2)
    assert [loss.path for loss in result.losses] == ["spec.route.routes[1].routes[0].a"]


def test_an_error_far_below_has_its_whole_path():
    given = thing(V1, spec={"route": {"routes": [{"routes": [{"a": 1}, 5]}]}})
    with pytest.raises(ManifestError) as error:
        converter(rule_text(ROUTES)).convert(given, to=V2)
    assert error.value.path == "spec.route.routes[0].routes[1]"


def test_the_deepest_manifest_is_within_the_stack():
    route = {"a": 1}
    for _ in range(120):
        route = {"routes": [route]}
    found = converter(rule_text(ROUTES)).convert(thing(V1, spec={"route": route}), to=V2).manifest["spec"]["route"]
    for _ in range(120):
        (found,) = found["routes"]
    assert found == {"b": 1}


REFUSE, DROP = "refuse: {path: spec.x.z, side: SIDE, values: [bad], why: w}", "drop: {path: spec.x, side: SIDE, why: d}"
INSIDE = "in: [spec.x], steps: [{refuse: {path: z, side: SIDE, values: [bad], why: w}}]"
INSIDE_DROP = "in: [spec], steps: [{drop: {path: x, side: SIDE, why: d}}]"


@pytest.mark.parametrize("steps", [(REFUSE, DROP), (DROP, REFUSE), (INSIDE, DROP), (INSIDE_DROP, REFUSE),
                                   (DROP, "rename: {spec.a: spec.b}", INSIDE)])  # fmt: skip
@pytest.mark.parametrize(("side", "source", "target"), [("left", V1, V2), ("right", V2, V1)])
def test_a_drop_does_not_hide_from_a_refusal_what_it_drops(steps, side, source, target):
    written = ", ".join(f"{{{step}}}" for step in steps).replace("SIDE", side)
    rules = converter(rule_text(f"steps: [{written}]"))
    with pytest.raises(RefusedError) as caught:
        rules.convert(thing(source, spec={"x": {"z": "bad"}}), to=target)
    assert caught.value.path == "spec.x.z"
    result = rules.convert(thing(source, spec={"x": {"z": "good"}}), to=target)
    assert [loss.path for loss in result.losses] == ["spec.x"]
    assert rules.convert(thing(target, spec={"x": {"z": "bad"}}), to=source)


def test_a_refusal_of_what_a_step_puts_in_place_of_the_dropped_field_is_about_that():
    drop, refuse = (step.replace("SIDE", "left").replace("spec.x.z", "spec.x") for step in (DROP, REFUSE))
    rules = converter(rule_text(f"steps: [{{{drop}}}, {{rename: {{spec.a: spec.x}}}}, {{{refuse}}}]"))
    with pytest.raises(RefusedError):
        rules.convert(thing(V1, spec={"a": "bad"}), to=V2)
    assert rules.convert(thing(V1, spec={"a": "good", "x": "bad"}), to=V2).manifest["spec"] == {"x": "good"}
