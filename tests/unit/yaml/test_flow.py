"""Values in one line of YAML read back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.yaml import load_all
from converter.yaml.flow import flow, plain

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text()
    | st.sampled_from(["yes", "n", "a b", "spec.a"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
)


@given(values)
def test_a_value_reads_back(value):
    assert load_all(f"value: {flow(value)}\n") == [{"value": value}]


@given(st.text() | st.sampled_from(["yes", "a b", "v1 has none", "a: b", "a #b", "x "]))
def test_a_text_reads_back(text):
    assert load_all(f"value: {plain(text)}\n") == [{"value": text}]


@pytest.mark.parametrize(
    ("value", "written"),
    [({"path": "spec.a", "x": [1, "yes"]}, '{path: spec.a, x: [1, "yes"]}'), ("a[*].b", '"a[*].b"')],
)
def test_it_looks_as_people_write_it(value, written):
    assert flow(value) == written
