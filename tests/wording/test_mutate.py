"""What counts as a message when messages are changed, and what stays as it is."""

from __future__ import annotations

import ast

import pytest

from tests.wording.mutate import Mutation, changed, mutate_rules


def mutated(source: str) -> tuple[str, int]:
    mutation = Mutation()
    return ast.unparse(mutation.visit(ast.parse(source))), mutation.changed


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("raise Wrong('not read yet')", "raise Wrong('abg ernq lrg')"),
        ("x = f'{kind} is gone'", "x = f'{kind} vf tbar'"),
        ("log.info('rules read: %s of %d', a, b)", "log.info('ehyrf ernq: %s bs %d', a, b)"),
        (
            "add('--all', help='show all (default: %(default)s)')",
            "add('--all', help='fubj nyy (qrsnhyg: %(default)s)')",
        ),
        ("x = {'a key': 'a good value'}", "x = {'a key': 'n tbbq inyhr'}"),
    ],
)
def test_a_message_is_changed_and_what_is_filled_in_stays(source, expected):
    assert mutated(source) == (expected, 1)


@pytest.mark.parametrize(
    "source",
    [
        "'''A module that does things.'''",
        "x = 'batch/v1'",
        "x = 'NotFound'",
        "if 'drops it' in text:\n    pass",
        "y = text.split(' and then ')",
        "z = re.compile('two words')",
        "x = table['two words']",
        "match x:\n    case 'two words':\n        pass",
    ],
)
def test_data_stays_as_it_is(source):
    assert mutated(source) == (source.replace("'''", '"""'), 0)


def test_messages_that_differ_still_differ():
    assert changed("no rule converts it") != changed("no rule reaches it")
    assert changed(changed("see docs/rules.md, then try")) == "see docs/rules.md, then try"


def test_reasons_in_rule_files_are_changed_and_nothing_else(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(
        "spec:  # a note\n  steps: [{drop: {path: a.b, why: 'not known there'}}]\n  unconvertible: no way\n"
    )
    assert mutate_rules(tmp_path) == 2
    expected = "spec:  # a note\n  steps: [{drop: {path: a.b, why: 'abg xabja gurer'}}]\n  unconvertible: ab jnl\n"
    assert file.read_text() == expected
