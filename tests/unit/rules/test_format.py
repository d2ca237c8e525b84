"""Formatted rule files: the same content, every comment, and the same again when formatted again."""

from pathlib import Path

import pytest

from converter.config import SHIPPED_RULES, read_rule_files
from converter.rules.format import FormatError, format_rules
from converter.yaml import load_all

DATA = Path(__file__).parents[2] / "data"
FILES = [*(file.text for file in read_rule_files([SHIPPED_RULES])), (DATA / "admin" / "every_step.yaml").read_text(),
         *(file.read_text() for file in sorted((DATA / "crds" / "rules").glob("*.yaml")))]  # fmt: skip

RULE = """\
# head
kind: ConversionRule
apiVersion: apiconverter.dev/v1alpha1
metadata:   {name: a}
spec:
    between: [a.example/v1,   a.example/v2]
    kind: Thing    # which
    steps:
    - drop: {why: gone,  side: left, path: spec.a}
    # the second
    - in: [spec.b]
      steps:
      - enum:
            values:
            - {fields: [1, 2], field: x}
            side: left
            fields: [b, c]
            field: a
    examples: [{right: {}, left: {}}]
"""


@pytest.mark.parametrize("text", FILES)
def test_formatting_keeps_content_and_comments_and_is_stable(text):
    made = format_rules(text)
    assert load_all(made) == load_all(text)
    assert made.count("#") == text.count("#")
    assert format_rules(made) == made


@pytest.mark.parametrize("file", read_rule_files([SHIPPED_RULES]), ids=lambda file: Path(file.path).stem)
def test_the_shipped_book_is_formatted(file):
    assert format_rules(file.text) == file.text


def test_keys_get_one_order_and_lists_one_indentation():
    made = format_rules(RULE)
    assert load_all(made) == load_all(RULE)
    for line in (
        "metadata: {name: a}",
        "  between: [a.example/v1, a.example/v2]",
        "    - drop: {path: spec.a, side: left, why: gone}",
        "    # the second",
        "        - enum:",
        "            field: a",
        "  examples: [{left: {}, right: {}}]",
    ):
        assert line in made.splitlines()


def test_comments_between_keys_keep_the_order_of_these():
    head = "apiVersion: apiconverter.dev/v1alpha1\nkind: ConversionRule\n"
    text = f"{head}spec:\n  # steps\n  steps: []\n  # kind\n  kind: A\n"
    assert format_rules(text) == text


def test_other_documents_keep_their_bytes():
    other = "kind:   ConfigMap\nb:    [1,2]\n---\n# odd\n"
    made = format_rules(f"{other}---  # next\n{RULE}")
    assert made.startswith(f"{other}---  # next\n# head\n")
    assert format_rules(other) == other
    assert format_rules("") == ""


@pytest.mark.parametrize("text", ["a: [", "kind: ConversionRule\na: &x [1]\nb: *x\nspec: {a: 1, a: 2}\n"])
def test_what_cannot_be_formatted_is_refused(text):
    with pytest.raises(FormatError):
        format_rules(text)
