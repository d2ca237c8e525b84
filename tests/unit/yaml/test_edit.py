"""Edits of YAML documents: the new value, the old bytes everywhere else, and every comment."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.yaml import dump, load_all
from converter.yaml.edit import EditError, edit
from tests.shipped import shipped_engine
from tests.sizes import cases

INGRESS = """\
# head
apiVersion: networking.k8s.io/v1beta1   # version
kind:   Ingress
metadata:
    name: x
    labels: {a: "b",   c: d}
spec:
    # the backend
    backend:            # main
        serviceName: web   # svc
        servicePort: 80
    rules:
    -   host: "a.example"   # first
        http:
            paths:
            # root
            - path: /
              backend: {serviceName: a,   servicePort: "http"}
            - path: /b
              # second
              backend:
                serviceName: b
                servicePort: 81

# tail
"""


def changed(before, after):
    """The lines that are only in one of two texts."""
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def comments(text):
    return sorted(line.partition("#")[2] for line in text.splitlines() if "#" in line)


def test_a_converted_ingress_keeps_its_comments_order_and_formatting():
    (old,) = load_all(INGRESS)
    new = shipped_engine().convert(old, "networking.k8s.io/v1").manifest
    made = edit(INGRESS, old, new)
    assert load_all(made) == [new]
    assert comments(made) == comments(INGRESS)
    gone, came = changed(INGRESS, made)
    assert len(gone) <= 7
    for kept in ("kind:   Ingress", '    labels: {a: "b",   c: d}', '    -   host: "a.example"   # first', "# tail"):
        assert kept in made.splitlines()
    assert "              pathType: ImplementationSpecific" in came
    assert list(load_all(made)[0]["spec"]) == ["defaultBackend", "rules"]


@pytest.mark.parametrize(
    ("text", "new", "made"),
    [
        ("a:   1 # one\nb: 2\n", {"a": 1, "b": 3}, "a:   1 # one\nb: 3\n"),
        ("a: 1\n", {"b": 1}, "b: 1\n"),
        ("a: 'x'\n", {"a": "y"}, "a: 'y'\n"),
        ("apiVersion:  a/v1  # one\nb:   1\n", {"apiVersion": "a/v22", "b": 1}, "apiVersion:  a/v22  # one\nb:   1\n"),
        ('b: 1\napiVersion: "a/v1"', {"b": 1, "apiVersion": "a/v2"}, 'b: 1\napiVersion: "a/v2"'),
        (
            "x:   |\n  apiVersion: a/v1\napiVersion: a/v1\n",
            {"x": "apiVersion: a/v1\n", "apiVersion": "a/v2"},
            "x:   |\n  apiVersion: a/v1\napiVersion: a/v2\n",
        ),
        ("a: x\n", {"a": "yes"}, 'a: "yes"\n'),
        ("a: [1,   2]\nb: c\n", {"a": [1, 2], "b": "d"}, "a: [1,   2]\nb: d\n"),
        ("a:\n- 1\n- 2\n", {"a": [1]}, "a:\n- 1\n"),
        ("a:\n  - 1\nb:   2\n", {"a": [1, 3], "b": 2}, "a:\n  - 1\n  - 3\nb:   2\n"),
        ("a: 1\nb:  2\n", {"a": 1}, "a: 1\n"),
        ("x:\n   k:   1\n", {"x": {"k": 1, "l": {"m": 2}}}, "x:\n   k:   1\n   l:\n      m: 2\n"),
        ("a: |\n  x\n   y\nb: 1\n", {"a": "x\n y\n", "b": 2}, "a: |\n  x\n   y\nb: 2\n"),
        ("a: 012\nb: 1\n", {"a": 10, "b": 2}, "a: 012\nb: 2\n"),
        ("a: 1\nb: 2", {"a": 1, "b": 3}, "a: 1\nb: 3\n"),
    ],
)
def test_only_what_changes_is_written(text, new, made):
    (old,) = load_all(text)
    assert edit(text, old, new) == made


def test_nothing_to_change_changes_nothing():
    assert edit("a:   &x [1]\nb: *x\n", {"a": [1], "b": [1]}, {"a": [1], "b": [1]}) == "a:   &x [1]\nb: *x\n"


@pytest.mark.parametrize("text", ["a: &x {k: 1}\nb: *x\n", "a: {k: 1}\n2: x\n"])
def test_what_cannot_be_edited_is_refused(text):
    (old,) = load_all(text)
    with pytest.raises(EditError):
        edit(text, old, {**old, "a": {"k": 2, "l": 1}, "2": "y"})


def test_a_comment_of_a_removed_field_stays():
    text = "spec:\n  # why it is so\n  old: 1  # and more\n  kept:   2\n"
    made = edit(text, {"spec": {"old": 1, "kept": 2}}, {"spec": {"kept": 2}})
    assert comments(made) == comments(text)
    assert "  kept:   2" in made.splitlines()


def test_a_subtree_that_moves_takes_its_comments_along():
    text = "spec:\n  list:\n  - name: a  # first\n    # inner\n    x: 1\n  other: 1\n"
    new = {"spec": {"other": 1, "sub": {"list": [{"name": "a", "x": 1}]}}}
    made = edit(text, load_all(text)[0], new)
    assert load_all(made) == [new]
    assert comments(made) == comments(text)


scalars = (
    st.none() | st.booleans() | st.integers(-99, 99) | st.sampled_from(["a", "yes", "x y", "1", "", "a: b", "# no"])
)
values = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("abcdef"), below, max_size=4),
    max_leaves=10,
)
documents = st.dictionaries(st.sampled_from("abcdef"), values, min_size=1, max_size=4)


@settings(max_examples=cases(300))
@given(old=documents, new=documents, data=st.data())
def test_any_value_becomes_any_other_and_no_comment_is_lost(old, new, data):
    lines = dump(old).splitlines()
    place = data.draw(st.integers(0, len(lines)))
    near = lines[place] if place < len(lines) else ""
    margin = near[: len(near) - len(near.lstrip())]
    text = "\n".join([*lines[:place], f"{margin}# a comment", *lines[place:]]) + "\n"
    try:
        made = edit(text, old, new)
    except EditError:
        pytest.fail(f"{text!r} cannot become {new!r}")
    assert load_all(made) == [new]
    assert "# a comment" in made
