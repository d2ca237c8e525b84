"""Steps that give values another shape: any manifest comes back, and broken rules are refused with their place."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.errors import ProblemCode, RuleBookError
from tests.fuzz.roundtrip import assert_round_trip, assert_typed_errors
from tests.nonempty import some
from tests.rulekit import book, converter, rule_text, thing

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = [
    {"field": "Recreate", "fields": ["Recreate", None]},
    {"field": "IfPossible", "fields": ["Update", "Prefer"]},
    {"field": "Plain", "fields": [None, None]},
]
STEPS: dict[str, dict[str, Any]] = {
    "label": {"field": "spec.label", "name": "x.y/label", "as": "integer", "side": "left"},
    "annotation": {"field": "spec.note", "name": "x.y/note", "as": "intOrString", "side": "right"},
    "enum": {"field": "spec.how.type", "fields": ["spec.mode", "spec.place"], "side": "left", "values": ROWS},
    "invert": {"left": "spec.off", "right": "spec.on", "absent": {"left": False, "right": False}},
    "listOfOne": {"list": "spec.items", "item": "spec.item", "side": "left", "more": "drop"},
    "mapList": {"map": "spec.map", "list": "spec.list", "key": "name", "value": "value", "side": "right"},
    "duration": {"text": "spec.time", "number": "spec.seconds", "unit": "s", "side": "left", "fractions": False},
    "apiGroup": {"group": "spec.group", "apiVersion": "spec.api", "version": "v1", "side": "left"},
    "implied": {"path": "spec.how.same", "side": "right", "copy": "spec.place", "why": "it is the same"},
    "omitEmpty": {"fields": ["spec.how", "spec.list"], "side": "right"},
    "quantity": {"text": "spec.size", "number": "spec.size", "unit": "Mi", "side": "right", "fractions": True},
}
ALL = converter(rule_text(f"steps: {json.dumps([{word: body} for word, body in STEPS.items()])}"))  # JSON is YAML

texts = st.sampled_from(
    ["", "a", "b", "5m", "90s", "1m30s", "1500ms", "1Gi", "1024Mi", "0.5", "Recreate", "IfPossible", "Update", "Prefer"]
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(-3, 5000), st.floats(-9, 9, width=16), texts)
values = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["name", "value", "a"]), below),
    max_leaves=6,
)
named = st.fixed_dictionaries({"name": texts}, optional={"value": scalars, "extra": scalars})
right_shapes = {
    "label": st.integers(-9, 10**6), "note": st.integers(-9, 9) | texts,
    "how": st.fixed_dictionaries({}, optional={"type": texts}), "mode": texts,
    "place": texts, "off": st.booleans(), "on": st.booleans(), "items": st.lists(values, max_size=2), "item": values,
    "map": st.dictionaries(texts, scalars), "list": st.lists(named, max_size=3), "time": texts,
    "group": texts | st.just("a.io"), "api": st.sampled_from(["a.io/v1", "a.io/v2", "v1", "a/b/c", ""]),
    "seconds": st.integers(-5000, 5000), "size": texts | st.integers(0, 5000),
}  # fmt: skip
labels = st.fixed_dictionaries({}, optional={"x.y/label": st.sampled_from(["1", "-2", "x", ""]), "other": texts})
annotations = st.fixed_dictionaries({}, optional={"x.y/note": st.sampled_from(["1", "+2", "1_0", ""]), "other": texts})


metadata = st.fixed_dictionaries({}, optional={"labels": labels, "annotations": annotations})


def things(shapes: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {"spec": st.fixed_dictionaries({}, optional=shapes)}
    return st.fixed_dictionaries(fields, optional={"metadata": metadata})


@given(things(right_shapes), st.booleans())
def test_a_manifest_comes_back_whatever_its_values(fields, is_left):
    source, target = ("a.example/v1", "a.example/v2") if is_left else ("a.example/v2", "a.example/v1")
    assert_round_trip(ALL, thing(source, **fields), target)


@given(things(dict.fromkeys(right_shapes, values)), st.booleans())
def test_a_wrong_shape_comes_back_or_is_a_typed_error(fields, is_left):
    source, target = ("a.example/v1", "a.example/v2") if is_left else ("a.example/v2", "a.example/v1")
    assert_typed_errors(ALL, thing(source, **fields), target)
    assert_round_trip(ALL, thing(source, **fields), target)


TEXTS = {
    "string": (st.sampled_from(["", "a", "v1.0", "true", "7"]), st.sampled_from(["", "a", "v1.0", "7"])),
    "integer": (st.integers(0, 10**9), st.sampled_from(["", "7", "007", "1_000", " 7", "many", "1.5", "9" * 40])),
    "boolean": (st.booleans(), st.sampled_from(["", "true", "false", "True", "yes", "1"])),
}
"""Values of a field, and what users may have written under the same name, by the type of the field."""


@pytest.mark.parametrize("encoding", TEXTS)
@pytest.mark.parametrize("target", ["a.example/v1", "a.example/v2"])
@given(st.data())
def test_an_annotation_behaves_as_a_label_does(encoding, target, data):
    """The same manifest, with the text in either place: what cannot be read as the field's type stays where it is."""
    values, written = TEXTS[encoding]
    there = st.fixed_dictionaries({}, optional={"x.y/z": written, "o": st.just("p")})
    fields = data.draw(st.fixed_dictionaries({}, optional={"spec": st.fixed_dictionaries({}, optional={"f": values})}))
    texts_there = data.draw(st.none() | there)
    source = "a.example/v2" if target == "a.example/v1" else "a.example/v1"
    outcomes = []
    for word, place in (("label", "labels"), ("annotation", "annotations")):
        body = {"field": "spec.f", "name": "x.y/z", "as": encoding, "side": "left"}
        rules = ALIKE.setdefault((word, encoding), converter(rule_text(f"steps: [{json.dumps({word: body})}]")))
        given = thing(source, **fields, **({} if texts_there is None else {"metadata": {place: texts_there}}))
        assert_round_trip(rules, given, target)
        made = rules.convert(given, to=target)
        outcomes.append(json.dumps([made.manifest, [one.path for one in made.losses]]).replace(place, "texts"))
    assert outcomes[0] == outcomes[1]


ALIKE: dict[tuple[str, str], Any] = {}
"""The rules of the test above, which cost more than a conversion."""

BROKEN_VALUES: tuple[Any, ...] = (None, True, 7, [], {}, "", "a b", "a..b", "x[0]", "metadata.name", [1], {"a": 1})


def broken(rng: random.Random, word: str) -> tuple[dict[str, Any], str]:
    """Break one step in a way that no reader may accept; returns it and what was done."""
    step = {key: value for key, value in STEPS[word].items() if key not in {"more", "fractions", "as"}}
    required = [key for key in step if (word, key) != ("mapList", "value")]
    if word in {"label", "annotation"}:  # any text is the name of one
        required.remove("name")
    if word == "mapList":
        required.remove("key")
    if word == "implied":  # any text is a reason
        required.remove("why")
    if word == "apiGroup":
        required.remove("version")
    key = rng.choice(required)
    match rng.randrange(4):
        case 0:
            del step[key]
            return {word: step}, f"without {key}"
        case 1:
            step[rng.choice(("paths", "Field", "when", "default", f"x{rng.randrange(10**6)}"))] = rng.choice(
                BROKEN_VALUES
            )
            return {word: step}, "unknown key"
        case 2:
            step[key] = rng.choice([value for value in BROKEN_VALUES if type(value) is not type(step[key])])
            return {word: step}, f"{key} is {step[key]!r}"
        case _:
            other = rng.choice(["steps", "when"])
            return {word: step, other: rng.choice(BROKEN_VALUES)}, f"{other} next to {word}"


def test_a_thousand_broken_rules_are_refused_with_place_and_reason(report_count: Callable[[str], None]) -> None:
    counts: Counter[str] = Counter()
    for number in range(1000):
        rng = random.Random(number)
        before = rng.randrange(4)
        word = rng.choice(sorted(STEPS))
        step, how = broken(rng, word)
        steps = [{"rename": {f"spec.a{index}": f"spec.b{index}"}} for index in range(before)]
        lines = rule_text("steps:\n").rstrip() + "\n"
        first = lines.count("\n") + 1 + before
        text = lines + "".join(f"    - {json.dumps(one)}\n" for one in [*steps, step])
        with pytest.raises(RuleBookError) as caught:
            book(text)
        problems = caught.value.problems
        assert all(problem.problem and problem.code is not ProblemCode.INTERNAL for problem in some(problems)), (
            number,
            how,
        )
        assert {problem.line for problem in problems} == {first}, (number, how, text)
        counts[word] += 1
    report_count(f"{counts.total()} broken rules, by step: {dict(sorted(counts.items()))}")
    assert set(counts) == set(STEPS)


def test_the_unbroken_rules_are_accepted() -> None:
    for word, body in STEPS.items():
        assert book(rule_text(f"steps:\n  - {json.dumps({word: body})}")).rules
