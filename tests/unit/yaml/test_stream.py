"""The loader: what kubectl reads, what it refuses, and what is refused because kubectl would drop it silently."""

import pytest

from converter.yaml import (
    MAX_DEPTH,
    AliasError,
    AmbiguousError,
    BinaryError,
    DuplicateKeyError,
    SyntaxProblemError,
    TooDeepError,
    TrailingContentError,
    decode,
    load,
    load_all,
    read_documents,
    scalars,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12:30", "12:30"), ("0o17", 15), ("017", 15), ("0b101", 5), ("0x1F", 31), ("1_000", 1000), ("08", 8),
        ("1e3", 1000), ("1.0", 1), ("1.5", 1.5), (".5", 0.5), (".5_0", 0.5), ("1e21", 1e21), ("=", "="), ("Y", True),
        ("off", False), ("~", None), ("2001-01-01", "2001-01-01"), ("1e999", "1e999"),
        (".5e9_99", ".5e9_99"), ("1_0e999", "1_0e999"), ("0xg", "0xg"), ("0b-1", -1),
        ("18446744073709551615", 2**64 - 1), ("1.2345678901234567e20", 123456789012345670000),
    ],
)  # fmt: skip
def test_a_plain_scalar_has_the_type_that_go_yaml_gives_it(text, value):
    found = load(f"a: {text}")["a"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "key"),
    [("yes", "true"), ("on", "true"), ("1", "1"), ("0x10", "16"), ("1.5", "1.5"), ("1e20", "1e+20"),
     ("1234567.5", "1.2345675e+06"), (".inf", ".inf"), ("2001-01-01", "2001-01-01"), ("'1e3'", "1e3")],
)  # fmt: skip
def test_a_key_becomes_the_string_that_sigs_yaml_makes_of_it(text, key):
    assert load(f"{text}: z") == {key: "z"}


def test_two_keys_of_different_types_are_both_kept():
    assert load("{on: x, 1: z}") == {"true": "x", "1": "z"}


@pytest.mark.parametrize(
    "text", ["a: 1\na: 2", "{1: a, '1': b}", "yes: 1\non: 2", '{"a": 1, "a": 2}', "x: [{b: 1, b: 1}]"]
)
def test_a_duplicate_key_is_refused(text):
    with pytest.raises(DuplicateKeyError) as caught:
        load(text)
    assert caught.value.line >= 1


@pytest.mark.parametrize("opening", ["[", "- ", '{"a":', "{a: ", "[{a: "])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 80_000])
def test_deep_nesting_is_refused(opening, depth):
    with pytest.raises(TooDeepError):
        load_all(opening * depth)


@pytest.mark.parametrize("form", ["[{}]", '{{"a":{}}}'])
def test_a_closed_nesting_is_read_up_to_the_limit_and_refused_above_it(form):
    before, after = form.replace("{{", "{").replace("}}", "}").split("{}")
    load(f"{before * MAX_DEPTH}1{after * MAX_DEPTH}")
    with pytest.raises(TooDeepError):
        load(f"{before * (MAX_DEPTH + 1)}1{after * (MAX_DEPTH + 1)}")


def test_aliases_that_nest_deep_are_refused():
    links = "".join(f"a{n}: &a{n} [[*a{n - 1}]]\n" for n in range(1, 200))
    with pytest.raises(TooDeepError):
        load(f"a0: &a0 1\n{links}")


def test_a_billion_laughs_are_refused():
    lines = ["a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [
        f"{this}: &{this} [{', '.join([f'*{last}'] * 9)}]" for last, this in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    with pytest.raises(AliasError):
        load("\n".join(lines))


@pytest.mark.parametrize("text", ["a: &a [*a]", "&a {b: *a}", "a: *b"])
def test_an_alias_needs_a_complete_anchor(text):
    with pytest.raises(AliasError):
        load(text)


def test_an_alias_is_a_copy():
    found = load("a: &x {b: [1]}\nc: *x")
    found["a"]["b"].append(2)
    assert found["c"] == {"b": [1]}


def test_merge_keys_follow_the_order_of_the_text():
    assert load("a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\nc: {x: 3, <<: *a}\nd: {<<: [{x: 5}, *a]}") == {
        "a": {"x": 1, "true": 2},
        "b": {"x": 3, "true": 2},
        "c": {"x": 1, "true": 2},
        "d": {"x": 5, "true": 2},
    }


@pytest.mark.parametrize("text", ["<<: 1", "<<: [1]", "a: &a [1]\n<<: *a", "<<: [[{a: 1}]]"])
def test_only_mappings_are_merged(text):
    with pytest.raises(SyntaxProblemError):
        load(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"a":1}{"b":2}', [{"a": 1}, {"b": 2}]), ('{"a":1}\n\n {"b":2}\n', [{"a": 1}, {"b": 2}]),
        ('{"a":1}\n---\nb: 2', [{"a": 1}, {"b": 2}]), ('{\n\t"a":\t[1]\n}', [{"a": [1]}]),
        ("{a: 1}", [{"a": 1}]), ('{"a": NaN}', [{"a": "NaN"}]),
        ('{"a": 1.0, "b": 1e3, "c": -0}', [{"a": 1, "b": 1000, "c": 0}]),
        ("---\n---\n# only a comment\n--- # next\na: 1\n---", [{"a": 1}]),
        ("a: 1\r\n---\r\nb: 2\r\n", [{"a": 1}, {"b": 2}]),
        ("a: |+\r\n  x\r\n", [{"a": "x\n"}]), ("", []), ("---#: 1", [{"---#": 1}]), ("null", []),
        ("\ufeffa: 1", [{"a": 1}]), ("a: 1\n...\n", [{"a": 1}]),
    ],
)  # fmt: skip
def test_a_stream_is_split_as_kubectl_splits_it(text, values):
    assert load_all(text) == values


@pytest.mark.parametrize(
    "text", ["---x\na: 1", "a: 1\n----\nb: 2", '{"a":1}{"b":2}\n---\nc: 3', "%YAML 1.1\n---\na: 1"]
)
def test_a_separator_that_kubectl_refuses_is_refused(text):
    with pytest.raises(SyntaxProblemError):
        load_all(text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: 1\n...\nb: 2", TrailingContentError), ("{a: 1} b", TrailingContentError),
        ("a: !!binary /w==", BinaryError), ("[a?b]", AmbiguousError), ("[a:]", AmbiguousError),
        ("a: !x]{ 1", AmbiguousError), ("[!x, a]", AmbiguousError), ("null: 1", SyntaxProblemError),
        ("a: .inf", SyntaxProblemError),
        ("? [a]\n: 1", AmbiguousError), ("a: !!int x", SyntaxProblemError), ('{"a": 1e400}', SyntaxProblemError),
        ('{"a": "\\ud800"}', SyntaxProblemError), ("a: \x07", SyntaxProblemError), ("a: \ud800", SyntaxProblemError),
        ("a: [1", SyntaxProblemError),
        ('a: "\\/"', SyntaxProblemError), ('a: "\\\'"', AmbiguousError), ("a: !!binary x", SyntaxProblemError),
    ],
)  # fmt: skip
def test_a_value_that_would_be_lost_or_changed_is_refused(text, error):
    with pytest.raises(error):
        load_all(text)


def test_one_document_is_expected_of_one():
    with pytest.raises(TrailingContentError):
        load("a: 1\n---\nb: 2")


def test_each_value_has_its_line_in_the_whole_text():
    found = list(read_documents("a: 1\n---\nb:\n  - c: 2\n    d: 3\n", with_lines=True))
    assert found[1].lines[("b",)] == 3
    assert found[1].lines[("b", 0, "d")] == 5
    (document,) = read_documents('{\n "a": [\n  {"b": 1}]}', with_lines=True)
    assert document.lines[("a", 0, "b")] == 3


def test_a_reader_of_many_problems_gets_them_all():
    problems = []
    (document,) = read_documents("a: 1\na: 2\nb: &b 1\nc: *b", report=problems.append, with_aliases=False)
    assert [(type(problem), problem.line) for problem in problems] == [(DuplicateKeyError, 2), (AliasError, 4)]
    assert document.value == {"a": 2, "b": 1, "c": None}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_decoded_as_kubectl_decodes_it(encoding):
    assert decode("a: é".encode(encoding)) == "a: é"


def test_bytes_that_are_not_text_are_refused():
    with pytest.raises(UnicodeDecodeError):
        decode(b"a: \xff")


def test_long_scalars_do_not_stay_in_memory():
    scalars.plain("short")
    before = scalars._remembered.cache_info().currsize
    assert load(f"- {'1' * 100_000}") == ["1" * 100_000]
    assert scalars._remembered.cache_info().currsize == before


def test_lines_cost_as_much_as_the_values_however_deep_they_are():
    """A table of whole places held 250 segments for each of these values: 200 MB for a text of 200 KB."""
    values = 2_000
    (document,) = read_documents("[" * 249 + "1," * values + "]" * 249, with_lines=True)
    count, todo = 0, [document.lines]
    while todo:
        below = todo.pop().below
        count += len(below)
        todo += [line for line in below.values() if not isinstance(line, int)]
    assert count == values + 248
    assert document.lines.get((0,) * 248 + (7,)) == 1


def test_the_line_of_a_character_that_yaml_does_not_allow_is_reported():
    with pytest.raises(SyntaxProblemError) as caught:
        load("a: 1\nb: \x07\n")
    assert caught.value.line == 2
