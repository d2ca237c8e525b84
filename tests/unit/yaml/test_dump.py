"""The dumper: what is written is read as the same values, and looks as people write manifests."""

import pytest
import yaml

from converter.yaml import dump, dump_all, load, load_all
from tests.nonempty import some

UNSAFE = (
    "1e3", "08", "y", "Y", "1234e56", ".5", "0x1", "1_000", "~", "", "=", "<<", "2001-01-01", "12:30", "0o17",
    "on", "null", "Null", "True", "+.inf", ".nan", "0b1", "-1", "1.", "2001-12-14T21:59:43Z",
    "190:20:30.15", "0b-1", ".5_0", "18446744073709551615",
)  # fmt: skip


@pytest.mark.parametrize("text", UNSAFE)
def test_a_string_that_go_yaml_takes_for_something_else_is_quoted(text):
    assert dump([text]) == f"- '{text}'\n"
    assert dump({text: 1}) == f"'{text}': 1\n"


@pytest.mark.parametrize(
    "text", ["abc", "v1", "100m", "1.2.3", "a:b", "10.0.0.1", "0xg", "yEs", "http://x/y?z=1", "1e999"]
)
def test_other_strings_are_written_plain(text):
    assert dump([text]) == f"- {text}\n"


@pytest.mark.parametrize(
    "value", ["a\nb\n", "\n", " x ", "é\u2028\u0085\ufeff", "\x00\x1b", "a: b #c", "- x", "x" * 20_000, "a\r\nb"]
)
def test_every_string_comes_back(value):
    assert load(dump({value: [value]})) == {value: [value]}


def test_numbers_keep_their_value():
    values = [0, -1, 2**63, 1.5, 1e-7, 1e300, True, False, None]
    assert load(dump(values)) == values
    assert dump([1e-7]) == "- 1.0e-07\n"


def test_the_style_is_the_one_of_pyyaml_in_blocks():
    manifest = {"a": {"b": [{"c": 1, "d": []}, [1, [2]], {}]}, "e": "two\nlines", "f": None}
    assert dump(manifest) == yaml.safe_dump(manifest, sort_keys=False, default_flow_style=False)


def test_a_value_used_twice_is_written_twice():
    shared = {"a": [1]}
    assert "&" not in dump({"x": shared, "y z": shared})


def test_documents_are_separated():
    assert dump_all([{"a": 1}, {"b": 2}]) == "a: 1\n---\nb: 2\n"
    assert load_all(dump_all([{"a": 1}, {"b": "---"}])) == [{"a": 1}, {"b": "---"}]


def test_deep_values_are_written_without_recursion():
    value = 1
    for _ in some(range(5_000)):
        value = [value]
    assert dump(value).count("- ") == 5_000
