"""Losses stored on a Work: as many in full as there is room for, the others as digests, and always the same again."""

from __future__ import annotations

import json
import re

import pytest

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster
from converter.karmada.names import LOSSES_ANNOTATION, LOSSES_TEXT_ANNOTATION
from converter.losses.messages import TEXT_LIMIT, annotation_text
from converter.losses.model import ByConversion, ByRelease, Loss, ManifestId, Origin, UnstoredData
from converter.losses.record import NO_LOSSES, RECORD_LIMIT, LetPass, LossRecord, fit
from converter.losses.severity import Severity
from tests.nonempty import some
from tests.reviewkit import ask, cronjob, review, webhook, work
from tests.rulekit import converter, rule_text

ZONED = converter(rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: v2 knows no zones}"))
LESSER = Cluster.from_versions("old", {"a.example/v2": ["Thing"]})
RELEASE = Release(1, 20)
THING = ManifestId("a.example", "Thing", "", "t")
BY_CONVERSION = ByConversion("a.example/v2")
BY_RELEASE = ByRelease(RELEASE)


def lost(count, cause=BY_CONVERSION, manifest=THING, value=1, start=0):
    numbers = range(start, start + count)
    return [Loss(manifest, f"spec.f{number:05}", value, Severity.DEGRADING, cause) for number in numbers]


def stored(record):
    return LossRecord.read(record.to_json())


def test_nothing_is_not_an_annotation():
    assert fit([], RELEASE).to_json() is None
    assert LossRecord.read(None) is NO_LOSSES
    assert LossRecord.read("") is NO_LOSSES


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "[]",
        "{}",
        '{"format":0}',
        '{"format":2,"manifests":[]}',
        '{"format":1,"release":"new"}',
        "\ud800",
        "[" * 9999,
        '{"format":1,"manifests":[{"kind":"Thing","losses":[{"path":"spec","severity":"huge"}]}]}',
    ],
)
def test_what_cannot_be_read_counts_as_absent(text):
    assert LossRecord.read(text) is NO_LOSSES


@pytest.mark.parametrize("digests", ["", "%%%", "AAAA", "AAA"])
@pytest.mark.parametrize("size", [0, 3, 6, 7, -1])
def test_digests_that_cannot_be_read_match_nothing(digests, size):
    more = [{"origin": "release", "count": 1, "size": size, "digests": digests}]
    record = LossRecord.read(json.dumps({"format": 1, "more": more}))
    assert record.passed(lost(1, BY_RELEASE)) == frozenset()


def test_a_loss_comes_once():
    record = fit([*lost(2), *lost(2)], None)
    assert len(record.losses) == 2


@pytest.mark.parametrize("count", [0, 1, 60, 200, 900, 5000])
@pytest.mark.parametrize("dropped", [0, 1, 60, 200, 900, 5000])
def test_what_is_stored_is_bounded_and_lets_the_same_losses_pass_again(count, dropped):
    given = [*lost(count), *lost(dropped, BY_RELEASE)]
    record = fit(given, RELEASE)
    text = record.to_json()
    assert text is None or len(text.encode()) <= RECORD_LIMIT
    again = stored(record)
    assert again == record or not given
    assert again.passed(given) == {loss.key for loss in given}
    others = [
        *lost(20, start=9000),
        *lost(20, BY_RELEASE, start=9000),
        *lost(20, value=2),
        *lost(3, BY_RELEASE, value=2),
    ]
    if max(count, dropped) < 5000:  # more than have a digest each pass together or not at all
        assert again.passed([*given, *others]) == {loss.key for loss in given}
    else:
        assert not again.passed(others)


@pytest.mark.parametrize("count", [1, 60, 200, 1000, 5000])
@pytest.mark.parametrize("dropped", [0, 1, 60, 1000])
def test_what_is_remembered_of_a_conversion_is_stored_again_as_it_was(count, dropped):
    record = stored(fit([*lost(count), *lost(dropped, BY_RELEASE)], RELEASE))
    carried = next((more for more in record.more if more.origin is Origin.CONVERSION), None)
    remembered = record.of_conversion(THING)
    assert len(remembered) + (carried.count if carried else 0) == count
    again = fit([*remembered, *lost(dropped, BY_RELEASE)], RELEASE, carried=carried)
    assert again.same_losses(record)


def test_losses_that_are_carried_are_joined_with_new_ones():
    record = stored(fit(lost(300), None))
    carried = record.more[0]
    joined = stored(fit([*record.losses, *lost(100, start=300)], None, carried=carried))
    assert joined.passed(lost(400)) == {loss.key for loss in lost(400)}


def test_the_words_and_the_catalog_change_no_identity():
    worded = ByConversion("a.example/v2", "the old operator reads it and refuses it")
    one, two = fit(lost(3), None), fit(lost(3, worded), None)
    assert one.same_losses(two)
    assert two.passed(lost(3)) == one.passed(lost(3)) == {loss.key for loss in lost(3)}
    assert not one.same_losses(fit(lost(3, ByConversion("a.example/v3")), None))
    assert not fit(lost(3, BY_RELEASE), RELEASE).same_losses(fit(lost(3, BY_RELEASE), Release(1, 21)))


def test_dropped_and_refused_are_different_losses():
    refused = ByRelease(RELEASE, refused=True)
    assert not stored(fit(lost(1, refused), RELEASE)).passed(lost(1, BY_RELEASE))


def test_a_long_value_is_abridged_and_known_again():
    long = lost(1, value="x" * 5000)
    record = stored(fit(long, None))
    assert len(record.to_json()) < 500
    assert record.passed(long) == {long[0].key}
    assert not record.passed(lost(1, value="x" * 5001))


@pytest.mark.parametrize(
    ("before", "after", "ends"), [(3, 3, False), (3, 2, True), (900, 900, False), (900, 899, True)]
)
def test_the_end_of_a_loss_by_release_is_seen(before, after, ends):
    record = stored(fit(lost(before, BY_RELEASE), RELEASE))
    assert record.ends_with(lost(after, BY_RELEASE)) is ends
    assert record.ends_with(lost(after, BY_RELEASE, start=before)) is True
    assert not stored(fit(lost(before), None)).ends_with([])


def test_what_is_not_stored_of_the_conversion_data_is_remembered():
    unstored = [UnstoredData(THING, "a.example/v2", 300_000, 240 << 10)]
    record = stored(fit([], None, unstored))
    assert list(record.unstored) == unstored
    many = [UnstoredData(THING._replace(name=f"t{number}"), "a.example/v2", 9, 9) for number in range(3000)]
    assert len(fit(lost(3000), None, many).to_json().encode()) <= RECORD_LIMIT


def test_the_text_counts_what_is_left_out():
    text = annotation_text([*lost(1000, BY_RELEASE), *lost(2)], [], carried=7)
    *lines, last = text.splitlines()
    assert re.findall(r"\d+", lines[2]) == ["7"]
    assert re.findall(r"\d+", last) == [str(1000 - (len(lines) - 3))]
    assert 10_000 < len(text.encode()) <= TEXT_LIMIT


def many(count=600):
    head = {"apiVersion": "a.example/v1", "kind": "Thing"}
    names = ({"name": f"t{number}", "namespace": "demo"} for number in range(count))
    return work(*({**head, "metadata": metadata, "spec": {"zone": "Mars"}} for metadata in names))


def test_a_work_that_loses_more_than_can_be_reported_stays_as_it_is():
    hook = webhook(ZONED, LESSER)
    given = many()
    after = ask(hook, review(given)).applied(given)
    lines = after["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION].splitlines()
    assert re.findall(r"\d+", lines[-1]) == [str(600 - (len(lines) - 1))]
    assert "patch" not in ask(hook, review(after)).response
    again = {**after, "spec": given["spec"]}
    assert ask(hook, review(again)).applied(again) == after
    fewer = {**after, "spec": many(3)["spec"]}
    told = ask(hook, review(fewer)).applied(fewer)["metadata"]["annotations"]
    assert len(told[LOSSES_TEXT_ANNOTATION].splitlines()) == 3
    assert len(LossRecord.read(told[LOSSES_ANNOTATION]).losses) == 3


def test_so_does_one_of_which_not_all_is_kept():
    hook = webhook(ZONED, LESSER)
    head = {"apiVersion": "a.example/v1", "kind": "Thing"}
    large, small = ({"name": name, "namespace": "demo"} for name in ("a", "z"))
    given = work(
        {**head, "metadata": large, "spec": {"zone": "x" * (300 << 10)}},
        {**head, "metadata": small, "spec": {"zone": "Mars"}},
    )
    after = ask(hook, review(given)).applied(given)
    of_large = [
        line for line in after["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION].splitlines() if " demo/a:" in line
    ]
    assert len(of_large) == 2  # the value, and that nothing gives it back
    assert "patch" not in ask(hook, review(after)).response


def test_so_does_one_whose_cluster_drops_more_than_can_be_reported(shipped):
    cluster = Cluster.from_release("old", Release.parse("v1.20"), load_catalog())
    hook = webhook(shipped, cluster)
    given = work(cronjob(**{f"unknown{number:04}": number for number in range(500)}))
    after = ask(hook, review(given)).applied(given)
    *lines, last = after["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION].splitlines()
    assert re.findall(r"\d+", last) == [str(500 - len(lines))]
    assert "patch" not in ask(hook, review(after)).response


def test_let_pass_has_what_is_stored_and_present():
    first, second, new = lost(3)
    passed = LetPass(fit([first, second], RELEASE), [first, new])
    assert first.key in passed
    assert new.key not in passed, "it is not stored"
    assert second.key not in passed, "the Work does not have it now"
    assert "spec.f00000" not in passed


def test_let_pass_has_losses_that_are_stored_as_digests():
    losses = lost(1500)
    record = fit(losses, RELEASE)
    assert record.more, "not all have room"
    later = lost(1, start=1500)[0]
    passed = LetPass(record, [*losses, later])
    assert all(loss.key in passed for loss in some(losses))
    assert later.key not in passed


def test_let_pass_distinguishes_values_and_origins():
    stored_loss = lost(1)[0]
    others = [*lost(1, value=2), *lost(1, cause=BY_RELEASE), *lost(1, manifest=THING._replace(name="u"))]
    passed = LetPass(fit([stored_loss], RELEASE), [stored_loss, *others])
    assert [loss.key in passed for loss in (stored_loss, *others)] == [True, False, False, False]


def test_let_pass_compares_only_when_it_is_asked(monkeypatch):
    """Most Works lose nothing that a policy denies: their admission must not wait for the comparison."""
    asked = []
    real = LossRecord.passed
    monkeypatch.setattr(LossRecord, "passed", lambda self, losses: asked.append(1) or real(self, losses))
    losses = lost(2)
    passed = LetPass(fit(losses, RELEASE), losses)
    assert asked == []
    assert losses[0].key in passed
    assert losses[1].key in passed
    assert asked == [1]


def test_the_key_and_the_line_of_a_loss_are_made_once_and_do_not_make_it_another_one():
    one, two = lost(1)[0], lost(1)[0]
    keys, lines = [one.key for _ in range(2)], [one.line for _ in range(2)]
    assert keys[0] is keys[1]
    assert lines[0] is lines[1]
    assert one == two
    assert hash(one) == hash(two)
