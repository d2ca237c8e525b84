"""The step ``refuse``: which manifests it lets pass, in either direction, and that it changes none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.errors import ManifestError, ProblemCode, RefusedError, RuleBookError
from converter.kube import canonical_json, copy_json, is_empty
from tests.rulekit import book, converter, rule_text, thing
from tests.sizes import cases

V1, V2 = "a.example/v1", "a.example/v2"

MISSING = "path: spec.o.f, side: left, missing: true"
MISSING_IN_ITEMS = "path: 'spec.l[*].f', side: left, missing: true"
EXCEPT = "path: spec.f, side: left, except: [a, '', {x: 1}]"
EXCEPT_ITEMS = "path: 'spec.l[*]', side: left, except: [a, 1]"


def rules(*bodies):
    return converter(rule_text(f"steps: [{', '.join(f'{{refuse: {{{body}, why: never}}}}' for body in bodies)}]"))


def refused_at(engine, spec):
    """Convert a manifest toward the right; where it is refused, or None, and then only its version is another one."""
    given = thing(V1, spec=spec)
    before = copy_json(given)
    try:
        made = engine.convert(given, to=V2)
    except RefusedError as error:
        return error.path
    finally:
        assert given == before
    assert canonical_json(made.manifest) == canonical_json({**given, "apiVersion": V2})
    assert made.losses == ()
    assert made.conversion_data.values == ()
    return None


@pytest.mark.parametrize(
    ("body", "spec", "path"),
    [
        (MISSING, {"o": {}}, "spec.o.f"),
        (MISSING, {"o": {"other": 1}}, "spec.o.f"),
        (MISSING, {"o": {"f": None}}, "spec.o.f"),
        (MISSING, {"o": {"f": 1}}, None),
        # What is empty is there: a version that requires the field takes it.
        *((MISSING, {"o": {"f": empty}}, None) for empty in ({}, [], "", 0, False)),
        (MISSING, {}, None),
        (MISSING, {"o": None}, None),
        (MISSING, None, None),
        (MISSING_IN_ITEMS, {"l": [{"f": 1}, {"g": 1}]}, "spec.l[1].f"),
        (MISSING_IN_ITEMS, {"l": [{"f": 1}, None]}, None),
        (MISSING_IN_ITEMS, {"l": {"k": {"f": 1}, "m": {}}}, "spec.l.m.f"),
        (MISSING_IN_ITEMS, {"l": []}, None),
        (EXCEPT, {"f": "a"}, None),
        (EXCEPT, {"f": ""}, None),
        (EXCEPT, {"f": {"x": 1}}, None),
        (EXCEPT, {"f": "b"}, "spec.f"),
        (EXCEPT, {"f": []}, "spec.f"),
        (EXCEPT, {"f": 1}, "spec.f"),
        (EXCEPT, {"f": None}, None),
        (EXCEPT, {}, None),
        ("path: spec.f, side: left, except: [a]", {"f": ""}, "spec.f"),
        ("path: spec.f, side: left, except: [true]", {"f": 1}, "spec.f"),
        (EXCEPT_ITEMS, {"l": ["a", 1, "a"]}, None),
        (EXCEPT_ITEMS, {"l": ["a", "b"]}, "spec.l[1]"),
        (EXCEPT_ITEMS, {"l": {"k": "a", "m": "b"}}, "spec.l.m"),
        (EXCEPT_ITEMS, {"l": []}, None),
        ("path: spec.f, side: left, values: ['']", {"f": ""}, "spec.f"),
        ("path: spec.f, side: left, values: [[]]", {"f": []}, "spec.f"),
        ("path: 'spec.l[*]', side: left, values: ['']", {"l": ["a", ""]}, "spec.l[1]"),
        ("path: 'spec.l[*]', side: left", {"l": ["", "a"]}, "spec.l[1]"),
        ("path: 'spec.l[*]', side: left, empty: true", {"l": [""]}, "spec.l[0]"),
        ("path: 'spec.m[*].l[*]', side: left, except: [a]", {"m": [{"l": ["a"]}, {"l": ["a", "b"]}]}, "spec.m[1].l[1]"),
    ],
)
def test_a_manifest_passes_or_is_refused_at_the_place(body, spec, path):
    assert refused_at(rules(body), spec) == path


@pytest.mark.parametrize("body", [MISSING, MISSING_IN_ITEMS, EXCEPT, EXCEPT_ITEMS])
def test_manifests_of_the_other_version_pass(body):
    given = thing(V2, spec={"o": {}, "l": [{}], "f": "other"})
    assert rules(body).convert(given, to=V1).manifest == {**given, "apiVersion": V1}


@pytest.mark.parametrize(
    ("body", "spec"),
    [(MISSING, {"o": 1}), (MISSING, 1), (MISSING_IN_ITEMS, {"l": 1}), (EXCEPT_ITEMS, {"l": "a"}), (EXCEPT, 1)],
)
def test_a_value_of_the_wrong_type_on_the_way_is_reported(body, spec):
    with pytest.raises(ManifestError):
        rules(body).convert(thing(V1, spec=spec), to=V2)


def test_a_field_of_the_manifest_itself_can_be_required():
    engine = rules("path: driver, side: left, missing: true")
    with pytest.raises(RefusedError):
        engine.convert(thing(V1), to=V2)
    assert engine.convert(thing(V1, driver="x"), to=V2).manifest == thing(V2, driver="x")


def test_a_field_that_an_earlier_step_writes_is_there():
    engine = converter(
        rule_text(
            "steps: [{default: {path: spec.a, side: left, value: 1}}, {rename: {spec.a: spec.b}}, "
            "{refuse: {path: spec.b, side: left, missing: true, why: never}}]"
        )
    )
    assert engine.convert(thing(V1, spec={}), to=V2).manifest == thing(V2, spec={"b": 1})


def test_a_drop_of_the_same_field_runs_after_it():
    engine = converter(
        rule_text(
            "steps: [{drop: {path: spec.f, side: left, why: gone}}, "
            "{refuse: {path: spec.f, side: left, missing: true, why: never}}]"
        )
    )
    assert engine.convert(thing(V1, spec={"f": 1}), to=V2).manifest == thing(V2, spec={})
    with pytest.raises(RefusedError):
        engine.convert(thing(V1, spec={}), to=V2)


VALUES = st.sampled_from([None, "", "a", "b", 0, 1, False, [], {}, [""], {"f": "a"}])
SPECS = st.fixed_dictionaries(
    {}, optional={"f": VALUES, "o": st.none() | st.fixed_dictionaries({}, optional={"f": VALUES, "g": VALUES})}
)


@settings(max_examples=cases(300))
@given(spec=SPECS)
def test_what_passes_has_the_field_and_only_what_lacks_it_is_refused(spec):
    lacks = isinstance(spec.get("o"), dict) and spec["o"].get("f") is None
    assert refused_at(rules(MISSING), spec) == ("spec.o.f" if lacks else None)


@settings(max_examples=cases(300))
@given(spec=SPECS, listed=st.lists(st.sampled_from(["", "a", "b", 0, 1, False, [], {}]), max_size=3))
def test_each_value_is_refused_by_its_list_or_by_the_list_of_all_but_it(spec, listed):
    written = canonical_json(listed).decode()
    found = refused_at(rules(f"path: spec.f, side: left, values: {written}"), spec)
    others = refused_at(rules(f"path: spec.f, side: left, except: {written}"), spec)
    if spec.get("f") is None:
        assert (found, others) == (None, None)
        return
    assert {found, others} == {"spec.f", None}
    assert (found == "spec.f") == (canonical_json(spec["f"]) in {canonical_json(value) for value in listed})


@settings(max_examples=cases(100))
@given(value=VALUES)
def test_without_a_list_only_empty_values_pass(value):
    spec = {"f": value}
    assert refused_at(rules("path: spec.f, side: left"), spec) == (None if is_empty(value) else "spec.f")
    assert refused_at(rules("path: spec.f, side: left, empty: true"), spec) == (None if value is None else "spec.f")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("path: spec.f, side: left, missing: true, values: [a], why: x", ProblemCode.CONFLICT),
        ("path: spec.f, side: left, missing: true, except: [a], why: x", ProblemCode.CONFLICT),
        ("path: spec.f, side: left, values: [a], except: [b], why: x", ProblemCode.CONFLICT),
        ("path: spec.f, side: left, missing: true, empty: true, why: x", ProblemCode.CONFLICT),
        ("path: spec.f, side: left, except: [a], empty: true, why: x", ProblemCode.CONFLICT),
        ("path: spec.f, side: left, values: [null], why: x", ProblemCode.CONFLICT),
        ("path: spec.f, side: left, except: [a, null], why: x", ProblemCode.CONFLICT),
        ("path: 'spec.l[*]', side: left, missing: true, why: x", ProblemCode.CONFLICT),
        ("path: '[*]', side: left, except: [a], why: x", ProblemCode.CONFLICT),
        ("path: spec.f, side: left, missing: 1, why: x", ProblemCode.WRONG_TYPE),
        ("path: spec.f, side: left, except: a, why: x", ProblemCode.WRONG_TYPE),
        ("path: spec.f, side: left, missing: true", ProblemCode.MISSING),
        ("path: spec.f, missing: true, why: x", ProblemCode.MISSING),
        ("path: metadata.name, side: left, missing: true, why: x", ProblemCode.IDENTITY),
    ],
)
def test_a_broken_step_is_reported_with_its_line(body, code):
    with pytest.raises(RuleBookError) as caught:
        book(rule_text(f"steps:\n  - refuse: {{{body}}}"))
    assert (8, code) in [(problem.line, problem.code) for problem in caught.value.problems]


def test_missing_can_be_false():
    assert refused_at(rules("path: spec.f, side: left, missing: false, values: [a]"), {"f": "b"}) is None
