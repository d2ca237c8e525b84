"""The documents of a stream are split, and their texts are the stream."""

import pytest

from converter.yaml.parts import split_documents


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", [("", "")]),
        ("a: 1\n", [("", "a: 1\n")]),
        ("---\na: 1\n---  # two\nb: 2\n", [("---\n", "a: 1\n"), ("---  # two\n", "b: 2\n")]),
        ("# head\n---\na: 1\n", [("", "# head\n"), ("---\n", "a: 1\n")]),
        ("--- {a: 1}\n---\n", [("", "--- {a: 1}\n"), ("---\n", "")]),
        ("a: |\n  ---\n  x\n---x: 1\n", [("", "a: |\n  ---\n  x\n---x: 1\n")]),
        ("a: 1\n---", [("", "a: 1\n"), ("---", "")]),
    ],
)
def test_a_stream_is_split_at_its_marks(text, parts):
    assert list(split_documents(text)) == parts
    assert "".join(head + body for head, body in parts) == text
