import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.errors import ManifestError
from converter.kube import EACH, Named, format_path, parse_path
from converter.kube.path import item_segments

SEGMENT = (
    st.text(min_size=1) | st.integers(0, 99) | st.just(EACH) | st.from_regex(r"[a-z0-9.-]+", fullmatch=True).map(Named)
)


@given(st.lists(SEGMENT).map(tuple))
def test_what_is_written_reads_back(path):
    assert parse_path(format_path(path)) == path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ()),
        ("spec.replicas", ("spec", "replicas")),
        ("spec.rules[*].http", ("spec", "rules", EACH, "http")),
        ('metadata.annotations["a.b/c"]', ("metadata", "annotations", "a.b/c")),
        ("containers[name=app].image", ("containers", Named("app"), "image")),
        ("rules[0]", ("rules", 0)),
    ],
)
def test_paths_read_as_rules_write_them(text, path):
    assert parse_path(text) == path
    assert format_path(path) == text


@pytest.mark.parametrize("text", ["a..b", ".a", "a.", "a[", "a[x]", "a b", "[*]a"])
def test_what_is_not_a_path_is_refused_and_quoted(text):
    with pytest.raises(ManifestError) as caught:
        parse_path(text)
    assert repr(text) in str(caught.value)


def test_an_item_is_pointed_at_by_its_name_where_that_is_unique():
    items = [{"name": "a"}, {"name": "b"}, {"name": "b"}, {}, "c"]
    assert item_segments(items) == [Named("a"), 1, 2, 3, 4]
