"""As many lines as there is room for, and the same ones each time a Work is looked at."""

from __future__ import annotations

import pytest

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster
from converter.karmada.names import LOSSES_ANNOTATION
from converter.losses.record import LIMIT, read_lines, write_lines
from tests.reviewkit import ask, cronjob, review, webhook, work
from tests.rulekit import converter, rule_text

ZONED = converter(rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: v2 knows no zones}"))
LESSER = Cluster.from_versions("old", {"a.example/v2": ["Thing"]})
RELEASE = "Kubernetes v1.20 does not know it and drops it without a word"


def lost(count, words="v2 has no place for it"):
    return [f"Thing t: spec.f{number:04} = 1: {words}" for number in range(count)]


def test_nothing_is_no_annotation():
    assert write_lines([]) is None
    assert read_lines(None) == ([], 0)


def test_lines_come_once_and_what_a_conversion_lost_comes_first():
    dropped = lost(2, RELEASE)
    text = write_lines([*dropped, *lost(2), *dropped])
    assert read_lines(text) == ([*lost(2), *dropped], 0)


@pytest.mark.parametrize("count", [1, 200, 1000])
@pytest.mark.parametrize("dropped", [0, 1, 1000])
def test_what_is_written_again_is_the_same(count, dropped):
    found = lost(dropped, RELEASE)
    text = write_lines([*lost(count), *found])
    assert len(text.encode()) <= LIMIT
    lines, more = read_lines(text)
    remembered = [line for line in lines if line in lost(count)]
    assert len(remembered) + more == count
    assert write_lines([*remembered, *found], more) == text


def test_the_count_is_of_what_is_left_out():
    text = write_lines(lost(1000, RELEASE))
    *told, last = text.splitlines()
    assert last == f"and {1000 - len(told)} more"
    assert len(told) > 100


def many(count=600):
    head = {"apiVersion": "a.example/v1", "kind": "Thing"}
    names = ({"name": f"t{number}", "namespace": "demo"} for number in range(count))
    return work(*({**head, "metadata": metadata, "spec": {"zone": "Mars"}} for metadata in names))


def test_a_work_that_loses_more_than_can_be_told_stays_as_it_is():
    hook = webhook(ZONED, LESSER)
    given = many()
    stored = ask(hook, review(given)).applied(given)
    lines = stored["metadata"]["annotations"][LOSSES_ANNOTATION].splitlines()
    assert lines[-1].endswith("more that conversions lost")
    assert "patch" not in ask(hook, review(stored)).response
    again = {**stored, "spec": given["spec"]}
    assert ask(hook, review(again)).applied(again) == stored
    fewer = {**stored, "spec": many(3)["spec"]}
    told = ask(hook, review(fewer)).applied(fewer)["metadata"]["annotations"][LOSSES_ANNOTATION].splitlines()
    assert len(told) == 3


def test_so_does_one_of_which_not_all_is_kept():
    """What is not kept is told last where it happens, and among its manifest's lines when it is remembered."""
    hook = webhook(ZONED, LESSER)
    head = {"apiVersion": "a.example/v1", "kind": "Thing"}
    large, small = ({"name": name, "namespace": "demo"} for name in ("a", "z"))
    given = work(
        {**head, "metadata": large, "spec": {"zone": "x" * (300 << 10)}},
        {**head, "metadata": small, "spec": {"zone": "Mars"}},
    )
    stored = ask(hook, review(given)).applied(given)
    assert "is not kept" in stored["metadata"]["annotations"][LOSSES_ANNOTATION]
    assert "patch" not in ask(hook, review(stored)).response


def test_so_does_one_whose_cluster_drops_more_than_can_be_told(shipped):
    cluster = Cluster.from_release("old", Release.parse("v1.20"), load_catalog())
    hook = webhook(shipped, cluster)
    given = work(cronjob(**{f"unknown{number:04}": number for number in range(500)}))
    stored = ask(hook, review(given)).applied(given)
    assert stored["metadata"]["annotations"][LOSSES_ANNOTATION].splitlines()[-1].startswith("and ")
    assert "patch" not in ask(hook, review(stored)).response
