"""Changes of one text are applied to another one that differs in blanks only."""

import pytest

from converter.yaml.line_patch import patch_lines, with_comments


@pytest.mark.parametrize(
    ("text", "before", "after", "made"),
    [
        ("a:   1\nb:  2\n", "a: 1\nb: 2\n", "a: 1\nb: 3\n", "a:   1\nb: 3\n"),
        ("a:\n    b:  1\n", "a:\n  b: 1\n", "a:\n  b: 1\n  c: 2\n", "a:\n    b:  1\n    c: 2\n"),
        ("-   a: 1\n", "- a: 1\n", "- a: 1\n  b: 2\n", "-   a: 1\n    b: 2\n"),
        ("a: 1  # why\nb:  2\n", "a: 1  # why\nb: 2\n", "b: 2\n", "# why\nb:  2\n"),
        ("a: 1\n# tail\n", "a: 1\n# tail\n", "b: 1\n", "b: 1\n# tail\n"),
        ("a: 1\n", "a: 1\n", "a: 1\n", "a: 1\n"),
        ("", "", "a: 1\n", "a: 1\n"),
    ],
)
def test_only_what_changes_is_taken_over(text, before, after, made):
    assert patch_lines(text, before, after) == made


def test_comments_that_are_missing_are_put_before():
    assert with_comments("# one\na: 1 # two\n# three\n", "# three\na: 1\n") == "# one\n# two\n# three\na: 1\n"
