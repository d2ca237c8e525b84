"""Policies."""

from __future__ import annotations

import pytest

from converter.works.policy import Action, Policy, PolicyError


def test_words_stand_for_policies():
    assert Policy.parse("deny") == Policy(Action.DENY, Action.WARN)
    assert Policy.parse("warn") == Policy(Action.WARN, Action.WARN)
    assert Policy.parse("ignore") == Policy(Action.IGNORE, Action.IGNORE)


@pytest.mark.parametrize("word", ["", "Deny", "allow"])
def test_other_words_are_reported(word):
    with pytest.raises(PolicyError) as caught:
        Policy.parse(word)
    assert all(action in str(caught.value) for action in ("deny", "warn", "ignore"))


def test_an_object_can_ask_for_less_but_not_make_losses_a_denial():
    strict = Policy(Action.DENY, Action.DENY)
    assert strict.under(Action.WARN) == Policy(Action.WARN, Action.WARN)
    assert strict.under(Action.IGNORE) == Policy(Action.IGNORE, Action.IGNORE)
    assert Policy(Action.WARN, Action.WARN).under(Action.DENY) == Policy(Action.DENY, Action.WARN)
    assert strict.under(Action.DENY) == strict
