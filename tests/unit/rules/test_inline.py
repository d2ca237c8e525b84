"""What a compiled lens writes out does the same as the lenses themselves, on any input."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from converter.kube import EACH
from converter.rules.codegen import CompiledLens, compile_lens, scoped, sequence
from converter.rules.inline import InlineLens, Way
from converter.rules.lens import LensError, Note, Side, ensure_object, get_object, prune_empty
from converter.rules.limits import MAX_LISTS, MAX_SEGMENTS
from converter.rules.steps.blocks import In, compile_steps
from converter.rules.steps.int_or_string import IntOrString
from converter.rules.steps.moves import Nest, Rename
from converter.rules.steps.values import Default, Drop, Values
from converter.rules.steps.zeros import OmitZero
from tests.shipped import shipped_engine

KEYS = ["a", "b", "c", "\"d'{0}\\"]
WAYS = st.lists(st.sampled_from(KEYS), max_size=3).map(tuple)
FIELDS = WAYS.filter(bool)
SCOPES = st.lists(st.sampled_from([*KEYS[:2], EACH]), max_size=2).map(tuple)
SIDES = st.sampled_from(Side)
LEAVES = st.sampled_from([None, 0, 1, True, 80, "", "http", 1.5])
JSON = st.recursive(
    LEAVES,
    lambda below: st.dictionaries(st.sampled_from(KEYS), below, max_size=3) | st.lists(below, max_size=2),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4)


@st.composite
def integers_or_strings(draw):
    parent, names = draw(WAYS), draw(st.permutations(KEYS))
    aside = draw(st.just(parent) | WAYS)
    neither = draw(st.none() | st.just(0))
    return IntOrString(
        scope=draw(SCOPES),
        into=draw(FIELDS),
        number=(*parent, names[0]),
        string=(*aside, names[1]),
        side=draw(SIDES),
        neither=neither,
    )


STEPS = st.one_of(
    st.builds(Rename, scope=SCOPES, left=FIELDS, right=FIELDS),
    integers_or_strings(),
    st.builds(
        Nest,
        scope=SCOPES,
        into=st.sampled_from(KEYS),
        fields=st.lists(st.sampled_from(KEYS), min_size=1, max_size=2, unique=True).map(tuple),
        side=SIDES,
    ),
    st.builds(Values, scope=SCOPES, keys=FIELDS, pairs=st.just((("http", 80), (0, None)))),
    st.builds(Default, scope=SCOPES, keys=FIELDS, left=LEAVES, right=LEAVES),
    st.builds(Drop, scope=SCOPES, keys=FIELDS, side=SIDES, why=st.just("dropped")),
    st.builds(OmitZero, scope=SCOPES, keys=FIELDS, side=st.none() | SIDES),
)
RULES = st.lists(
    STEPS | st.builds(In, paths=st.tuples(SCOPES), steps=st.lists(STEPS, max_size=3).map(tuple)), max_size=4
)


def called(lens):
    """The same lens, with nothing written out."""
    if isinstance(lens, InlineLens):
        return lens.lens
    if isinstance(lens, CompiledLens):
        return CompiledLens([(path, called(part)) for path, part in lens.parts])
    return lens


def outcome(lens, given_object):
    """What a lens makes of an object: its bytes with the order of its fields, the notes, and the error."""
    node, notes = copy.deepcopy(given_object), []
    try:
        lens(node, notes)
    except LensError as error:
        return None, (error.path, error.text, error.refused)
    return json.dumps(node), repr(notes)


def check(forward, backward, given_object):
    """Compare both ways of running on the way there, and on the way back from what came out."""
    there = outcome(forward, given_object)
    assert there == outcome(called(forward), given_object)
    if there[0] is not None:
        arrived = json.loads(there[0])
        assert outcome(backward, arrived) == outcome(called(backward), arrived)


@given(RULES, OBJECTS)
def test_a_rule_does_the_same_written_out_and_called(rule, given_object):
    right, left = compile_steps(rule, Side.RIGHT), compile_steps(rule, Side.LEFT)
    check(right, left, given_object)
    check(left, right, given_object)


@given(st.builds(Rename, scope=st.just(()), left=FIELDS, right=FIELDS) | integers_or_strings(), OBJECTS)
def test_a_step_does_the_same_written_out_and_called(step, given_object):
    right, left = compile_steps([step], Side.RIGHT), compile_steps([step], Side.LEFT)
    check(right, left, given_object)
    check(left, right, given_object)


def test_a_shipped_rule_does_the_same_written_out_and_called():
    edges = {
        (edge.rule.name, edge.kind, edge.target): edge
        for edges in shipped_engine().book.edges.values()
        for edge in edges
    }
    compared = 0
    for edge in edges.values():
        other = next(each for each in edges.values() if each.rule is edge.rule and each.target != edge.target)
        for case in edge.rule.examples:
            for side in (case.left, case.right):
                if side is not None:
                    check(edge.lens, other.lens, side)
                    compared += 1
    assert compared > 100


def failing(_node, _notes):
    raise AssertionError("called")


def noting(node, notes):
    notes.append(Note(("b",), node["b"], "noted"))


def test_a_lens_is_called_only_for_objects_of_another_shape():
    path = ("items", EACH)
    lens = compile_lens([(path, InlineLens(noting, "'a' in node", ("node['a'] += 1",)))])
    node, notes = {"items": [{"a": 1}, {"b": 2}, {"a": 3}]}, []
    lens(node, notes)
    assert (node, notes) == ({"items": [{"a": 2}, {"b": 2}, {"a": 4}]}, [Note(("items", 1, "b"), 2, "noted")])


@pytest.mark.parametrize("combine", [lambda lens: sequence([lens]), lambda lens: sequence([scoped((), lens)])])
def test_a_lens_on_its_own_is_written_out_too(combine):
    node = {"a": 1}
    combine(InlineLens(failing, "'a' in node", ("del node['a']",)))(node, [])
    assert node == {}


def port(*way):
    return IntOrString(scope=(), into=("p",), number=(*way, "n"), string=(*way, "s"), side=Side.RIGHT)


def some(**fields):
    """An object with some of the fields, or something else."""
    return st.fixed_dictionaries({}, optional=fields) | LEAVES


NUMBERED = some(n=LEAVES, s=LEAVES, x=LEAVES)


PORTS = st.fixed_dictionaries({}, optional={"p": LEAVES, "o": NUMBERED | some(p=NUMBERED, x=LEAVES)})


@given(st.sampled_from([port("o"), port("o", "p")]), PORTS)
@example(port("o"), {"o": {"n": 80, "s": "http"}})
@example(port("o"), {"o": {"n": 80, "x": 1}})
@example(port("o"), {"o": {"s": ""}})
@example(port("o"), {"o": {"n": True}})
@example(port("o"), {"o": {"n": 80}, "p": 81})
@example(port("o"), {"p": True})
def test_a_number_or_name_does_the_same_written_out_and_called(step, given_object):
    right, left = compile_steps([step], Side.RIGHT), compile_steps([step], Side.LEFT)
    check(right, left, given_object)
    check(left, right, given_object)


@pytest.mark.parametrize(
    ("step", "left", "right"),
    [
        (Rename(scope=(), left=("a",), right=("b",)), {"a": 1}, {"b": 1}),
        (Rename(scope=(), left=("a", "b"), right=("c",)), {"a": {"b": 1}}, {"c": 1}),
        (Rename(scope=("a",), left=("b",), right=("c", "d")), {"a": {"b": 1}}, {"a": {"c": {"d": 1}}}),
        (Rename(scope=(), left=("a", "b", "c"), right=("a", "d")), {"a": {"b": {"c": 1}}}, {"a": {"d": 1}}),
        (port("o", "p"), {"o": {"p": {"n": 1}}}, {"p": 1}),
        (port("o"), {"o": {"s": "http"}}, {"p": "http"}),
    ],
)
def test_the_usual_shapes_are_written_out(step, left, right):
    for toward, given_object, wanted in ((Side.RIGHT, left, right), (Side.LEFT, right, left)):
        node = copy.deepcopy(given_object)
        lens = step.lens(toward)
        parts = lens.parts if isinstance(lens, CompiledLens) else [((), lens)]
        compile_lens([(path, InlineLens(failing, part.usual, part.lines)) for path, part in parts])(node, [])
        assert node == wanted


def test_the_longest_ways_that_are_allowed_are_written_out():
    lists = tuple(segment for number in range(MAX_LISTS) for segment in (f"l{number}", EACH))
    rest = MAX_SEGMENTS - len(lists) - 1
    one, two = (tuple(f"{name}{number}" for number in range(rest)) for name in "op")
    step = Rename(scope=lists, left=(*one, "x"), right=(*two, "x"))
    number = IntOrString(scope=lists, into=("y",), number=(*one, "n"), string=(*one, "s"), side=Side.RIGHT)
    given_object = {"x": 1}
    for key in reversed(one):
        given_object = {key: given_object}
    for index in reversed(range(MAX_LISTS)):
        given_object = {f"l{index}": [given_object]}
    right, left = (compile_steps([step, number], side) for side in (Side.RIGHT, Side.LEFT))
    made = json.loads(outcome(right, given_object)[0])
    assert made != given_object
    assert json.loads(outcome(left, made)[0]) == given_object
    check(right, left, given_object)


@given(WAYS, OBJECTS, st.lists(st.sampled_from(KEYS), min_size=1, max_size=2))
@example(("a", "b"), {"a": {"b": {}}}, ["c"])
@example(("a", "b"), {"a": {}}, ["c"])
def test_a_way_leads_where_the_helpers_lead(keys, node, names):
    way, scope = Way(keys, "on"), {"node": node}
    before = copy.deepcopy(node)
    exists, has_room = eval(way.exists(), scope), eval(way.has_room(*names), scope)
    assert node == before
    found = _or_none(get_object, node, keys)
    assert exists == (found is not None)
    expected = _or_none(ensure_object, copy.deepcopy(node), keys)
    if has_room:
        assert expected is not None
        assert not set(names) & expected.keys()
    if exists:
        plain = copy.deepcopy(node)
        prune_empty(plain, keys)
        assert eval(way.exists(), scope)
        assert scope[way.end] is found
        exec("\n".join(way.prune()), scope)
        assert node == plain
    if has_room:
        plain = copy.deepcopy(node)
        ensure_object(plain, keys)
        eval(way.ensure, scope)
        assert node == plain


def _or_none(helper, node, keys):
    try:
        return helper(node, keys)
    except LensError:
        return None
