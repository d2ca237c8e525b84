"""What is said about a manifest that its cluster cannot have, and about what a conversion back cannot restore."""

from __future__ import annotations

import pytest

from converter.works.overflow import OVERFLOW_LIMIT
from converter.works.version_selection import choose
from tests.reviewkit import NEW, VAGUE, ask, review, work
from tests.rulekit import converter, rule_text
from tests.unit.works.test_overflow import hook, thing
from tests.unit.works.test_plan import LASTING, THING, after, serving
from tests.unit.works.test_version_selection import CHAIN, things


def test_a_version_that_no_rule_reaches():
    choice = choose("a.example/v1", "Thing", things("b.example/v1", "c.example/v1"), converter(*CHAIN))
    assert choice.why == (
        "the cluster does not serve a.example/v1 Thing, but b.example/v1, c.example/v1, "
        "and no rule converts between them"
    )


def test_a_conversion_that_a_rule_file_rules_out():
    rules = converter(rule_text("unconvertible: v2 has another meaning"))
    choice = choose("a.example/v1", "Thing", things("a.example/v2"), rules)
    assert choice.why == (
        "the cluster does not serve a.example/v1 Thing, but a.example/v2, "
        "and that cannot be converted: v2 has another meaning"
    )


def test_a_kind_that_is_not_there_at_all(shipped):
    assert "nor any other version" in choose("batch/v1", "CronJob", things(), shipped).why
    assert choose("batch/v1", "CronJob", NEW, shipped).why == ""


def test_what_is_not_known_completely(shipped):
    assert "is not known" in choose("apps/v1", "Deployment", VAGUE, shipped).why
    unreached = choose("a.example/v1", "Thing", things("b.example/v1", complete=False), shipped)
    assert "it serves b.example/v1, and no rule converts" in unreached.why


def test_a_version_lost_for_good_and_a_version_unknown():
    _, converted = after(work(THING), serving("a.example/v2"))
    assert "does not serve a.example/v1 Thing" in after(converted, serving("b.example/v1"))[0].denial
    outcome, _ = after(converted, serving(complete=False))
    assert "is not known" in outcome.warnings[0]


def test_a_way_back_whose_rules_are_gone():
    _, converted = after(work(THING), serving("a.example/v2"))
    refused, _ = after(converted, serving("a.example/v1"), converter())
    assert "cannot be taken back to a.example/v1" in refused.denial


def test_conversion_data_that_has_no_room():
    large = {**THING, "spec": {"zone": "x" * (100 << 10)}}
    outcome, _ = after(work(large, annotations={"other": "y" * (150 << 10)}), serving("a.example/v2"))
    assert "is not kept" in outcome.warnings[0]
    answer = ask(hook(), review(work(thing(size=OVERFLOW_LIMIT), thing(size=10, name="small"))))
    assert sum("not kept" in warning for warning in answer.warnings) == 1


@pytest.mark.parametrize("second", ["a.example/v1", "a.example/v2"])
def test_a_value_that_an_edit_keeps_out(second):
    _, converted = after(work(LASTING), serving("a.example/v3"))
    converted["spec"]["workload"]["manifests"][0]["spec"] = {"colour": "blue", "zone": "Venus"}
    outcome, _ = after(converted, serving(second))
    assert sum("t: spec.zone: the original value was not restored" in one for one in outcome.warnings) == 1
