"""Steps that no rule may have: on an object's identity, nested too deep, or too many."""

import pytest

from converter.config import Configuration, RuleFile
from converter.errors import ProblemCode, RuleBookError
from converter.rules.limits import MAX_LISTS, MAX_PLACES, MAX_PROBLEMS, MAX_SEGMENTS, MAX_TEXT
from tests.nonempty import some
from tests.rulekit import book, rule_text


def problems(body):
    with pytest.raises(RuleBookError) as caught:
        Configuration.read([RuleFile("my.yaml", rule_text(body))])
    return caught.value.problems


IDENTITY = [
    "rename: {kind: spec.kind}",
    "rename: {spec.version: apiVersion}",
    "rename: {metadata.name: spec.name}",
    "rename: {spec.meta: metadata}",
    "drop: {path: metadata.namespace, side: left, why: x}",
    "drop: {path: metadata, side: left, why: x}",
    "drop: {path: metadata.labels, side: left, why: x}",
    'drop: {path: "metadata.annotations[\\"work.karmada.io/name\\"]", side: left, why: x}',
    'rename: {spec.x: "metadata.labels[\\"resourcebinding.karmada.io/permanent-id\\"]"}',
    "default: {path: metadata.name, side: left, value: x}",
    "values: {path: kind, pairs: [{left: A, right: B}]}",
    "omitZero: {path: metadata.generation, side: left}",
    "nest: {into: metadata, fields: [a], side: right}",
    "nest: {into: spec, fields: [kind], side: right}",
    "refuse: {path: metadata.name, side: left, why: x}",
    "annotation: {field: metadata.uid, name: example.com/x, side: left}",
    "annotation: {field: spec.x, name: apiconverter.dev/conversion-data, side: left}",
    "intOrString: {into: kind, number: spec.a, string: spec.b}",
    "in: metadata\n    steps: [{rename: {name: other}}]",
    'in: "metadata.ownerReferences[*]"\n    steps: [{drop: {path: uid, side: left, why: x}}]',
]


@pytest.mark.parametrize("step", IDENTITY)
def test_a_step_on_what_identifies_the_object_is_refused(step):
    found = problems(f"steps:\n  - {step}")
    assert {problem.code for problem in found} == {ProblemCode.IDENTITY}
    assert all(problem.line >= 8 and problem.hint for problem in some(found))


@pytest.mark.parametrize(
    "step",
    [
        "default: {path: metadata.labels, side: left, copy: metadata.name}",
        "annotation: {field: spec.x, name: example.com/x, side: left}",
        'rename: {spec.x: "metadata.labels[\\"example.com/x\\"]"}',
        "rename: {spec.template.metadata.name: spec.name}",
        "rename: {spec.kind: spec.apiVersion}",
    ],
)
def test_a_step_on_other_metadata_is_allowed(step):
    assert book(rule_text(f"steps:\n  - {step}")).rules


def nested(lists):
    return f"{{drop: {{path: 'spec.a{'[*]' * lists}.b', side: left, why: x}}}}"


@pytest.mark.parametrize(
    "body",
    [
        nested(MAX_LISTS + 1),
        nested(25),
        nested(200),
        f"{{in: 'list[*]', steps: [{nested(MAX_LISTS)}]}}",
        f"{{drop: {{path: {'.'.join('a' * (MAX_SEGMENTS + 1))}, side: left, why: x}}}}",
    ],
)
def test_a_path_that_is_nested_too_deep_is_refused(body):
    (problem,) = problems(f"steps:\n  - {body}")
    assert (problem.line, problem.code) == (8, ProblemCode.TOO_LARGE)
    assert problem.hint


def test_the_deepest_path_that_is_allowed_converts():
    lists, fields = MAX_LISTS, MAX_SEGMENTS - MAX_LISTS
    names = [f"f{number}" for number in range(fields)]
    path = ".".join(f"{name}{'[*]' if number < lists else ''}" for number, name in enumerate(names))
    (edge,) = book(rule_text(f"steps: [{{drop: {{path: '{path}', side: right, why: x}}}}]")).edges[
        "a.example/v2", "Thing"
    ]
    value: object = 1
    for number in reversed(range(fields)):
        value = {names[number]: [value] if number < lists else value}
    notes: list[object] = []
    edge.lens(value, notes)
    assert len(notes) == 1


def test_places_that_multiply_are_counted_not_listed():
    """Forty nested steps with two paths each are 2 ** 40 places; listing them would never end."""
    step = "{drop: {path: x, side: left, why: x}}"
    for _ in range(40):
        step = f"{{in: [a, b], steps: [{step}]}}"
    (problem,) = problems(f"steps: [{step}]")
    assert problem.code is ProblemCode.TOO_LARGE
    assert str(2**40) in problem.problem


def test_a_rule_of_too_many_steps_is_refused():
    steps = "".join(f"\n  - rename: {{a{number}: b{number}}}" for number in range(MAX_PLACES + 1))
    (problem,) = problems(f"steps:{steps}")
    assert problem.code is ProblemCode.TOO_LARGE


def test_problems_are_bounded_and_the_last_one_says_so():
    steps = "".join(f"\n  - rename: {{a{number}: 7}}" for number in range(10 * MAX_PROBLEMS))
    found = problems(f"steps:{steps}")
    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1].code is ProblemCode.TOO_LARGE


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (f"steps: []\nunconvertible: {'x' * (MAX_TEXT + 1)}", 8),
        (f"steps: [{{drop: {{path: a, side: left, why: {'x' * (MAX_TEXT + 1)}}}}}]", 7),
        (f"steps: [{{drop: {{path: {'x' * (MAX_TEXT + 1)}, side: left, why: x}}}}]", 7),
        (f"steps: [{{rename: {{a: {'x' * (MAX_TEXT + 1)}}}}}]", 7),
    ],
)
def test_a_long_text_is_refused(body, line):
    found = problems(body)
    assert (line, ProblemCode.TOO_LARGE) in {(problem.line, problem.code) for problem in found}
    assert all(len(str(problem)) < 3_000 for problem in some(found))


def test_one_recursion_is_not_inside_another():
    """A lens would visit an object once for each object around it."""
    inner = "{in: [x], recurse: 'a[*]', steps: [{rename: {b: c}}]}"
    (found,) = problems(f"steps:\n  - {{in: [spec], recurse: 'a[*]', steps: [{{in: [w], steps: [{inner}]}}]}}")
    assert found.code is ProblemCode.CONFLICT
    assert found.hint


def test_a_recursion_is_no_deeper_than_a_path():
    path = ".".join("a" * (MAX_SEGMENTS + 1))
    (found,) = problems(f"steps:\n  - {{in: [spec], recurse: {path}, steps: [{{rename: {{b: c}}}}]}}")
    assert found.code is ProblemCode.TOO_LARGE
