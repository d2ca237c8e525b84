"""What a Work already lost when it was let pass is not refused later, whatever is said about it by then."""

from __future__ import annotations

import copy
import json
import random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster, Fleet, FleetView
from converter.config import SHIPPED_RULES, Configuration, RuleFile, read_rule_files
from converter.controllers.drift import DriftDetector
from converter.engine import Engine
from converter.karmada.names import LOSSES_ANNOTATION, LOSSES_TEXT_ANNOTATION
from converter.karmada.work import decode_work
from converter.losses import messages
from converter.losses.model import FieldHistory, Loss
from converter.losses.record import LossRecord
from converter.works.plan import plan_work
from converter.works.policy import Policy
from tests.reviewkit import ask, cronjob, review, webhook, work
from tests.rulekit import rule_text
from tests.sizes import cases

DENY = """apiVersion: apiconverter.dev/v1alpha1
kind: LossPolicy
spec: {default: {dangerous: deny, degrading: deny, harmless: deny}}
"""
WEIGHT = """apiVersion: apiconverter.dev/v1alpha1
kind: FieldWeights
spec: {weights: [{weight: dangerous, kinds: [CronJob, Thing], fields: ["**"], why: WHY}]}
"""
DROP = "steps:\n  - drop: {{path: spec.zone, side: left, why: {why}}}"
OLD = Cluster.from_release("old", Release.parse("v1.22"), load_catalog())
SERVED = {"a.example/v2": ["Thing"], "batch/v1": ["CronJob"]}
LESSER = Cluster.from_versions("old", SERVED, release=Release.parse("v1.22"))


@pytest.fixture(scope="module")
def shipped_files():
    return read_rule_files([SHIPPED_RULES])


def rules(files, *texts):
    return Engine(Configuration.read([*files, *(RuleFile(f"{at}.yaml", text) for at, text in enumerate(texts))]))


def sent(given, cluster, converter):
    """The Work as it is stored after it was sent, once it is let pass."""
    answer = ask(webhook(converter, cluster), review(given))
    assert answer.allowed, answer.message
    return answer.applied(given)


def drift(stored, cluster, converter):
    detector = DriftDetector(lambda: converter, FleetView(Fleet.of([cluster])), Policy())
    return detector(json.dumps(stored).encode())


def thing(name="t", zone="Mars"):
    metadata = {"name": name, "namespace": "demo"}
    return {"apiVersion": "a.example/v1", "kind": "Thing", "metadata": metadata, "spec": {"zone": zone}}


def test_rewording_the_severity_table_denies_nothing_that_was_let_pass(shipped_files):
    given = work(cronjob(timeZone="UTC"))
    stored = sent(given, OLD, rules(shipped_files))
    reworded = rules(shipped_files, WEIGHT.replace("WHY", "it runs at another time"), DENY)
    assert sent(stored, OLD, reworded) == stored
    assert drift(stored, OLD, reworded).denial == ""
    assert drift(stored, OLD, reworded).patch is None
    assert not ask(webhook(reworded, OLD), review(given)).allowed, "a new Work is denied"


def test_a_release_more_in_the_catalog_denies_nothing_that_was_let_pass(shipped_files, monkeypatch):
    """The hints name other releases then; here each hint is another one."""
    given = work(cronjob(timeZone="UTC", unknown=1))
    stored = sent(given, OLD, rules(shipped_files))
    denying = rules(shipped_files, DENY)
    index = denying.losses._index
    monkeypatch.setattr(index, "newest", Release(1, 99))
    monkeypatch.setattr(index.histories, "find", lambda *_: FieldHistory(Release(1, 99)))
    assert sent(stored, OLD, denying) == stored
    assert drift(stored, OLD, denying).patch is None


@pytest.mark.parametrize(
    "why",
    ["the old operator reads it and refuses it", "v2 drops it without a word", "and 7 more that conversions lost"],
)
def test_a_rule_authors_words_are_not_read(why):
    """Webhook and controller once undid each other at every send: the words were taken for a loss by the release."""
    converter = rules([], rule_text(DROP.format(why=why)))
    given = work(thing())
    stored = sent(given, LESSER, converter)
    assert drift(stored, LESSER, converter).patch is None
    assert sent({**stored, "spec": given["spec"]}, LESSER, converter) == stored
    assert why in stored["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION]


def test_a_changed_wording_alone_writes_no_work():
    given = work(thing(), cronjob(timeZone="UTC"))
    first = rules([], rule_text(DROP.format(why="one")), WEIGHT.replace("WHY", "a"))
    second = rules([], rule_text(DROP.format(why="two")), WEIGHT.replace("WHY", "b"))
    stored = sent(given, LESSER, first)
    assert drift(stored, LESSER, second).patch is None
    assert sent({**stored, "spec": given["spec"]}, LESSER, second) == stored
    upgraded = Cluster.from_versions("old", SERVED, release=Release.parse("v1.23"))
    text = sent(stored, upgraded, second)["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION]
    assert "one" in text, "what an earlier conversion lost is told as it was"
    assert "v1.23" in text


def test_another_value_is_another_loss():
    rule = rule_text(DROP.format(why="gone"))
    stored = sent(work(thing()), LESSER, rules([], rule))
    again = {**stored, "spec": work(thing(zone="Venus"))["spec"]}
    assert not ask(webhook(rules([], rule, DENY), LESSER), review(again)).allowed
    same = {**stored, "spec": work(thing())["spec"]}
    assert sent(same, LESSER, rules([], rule, DENY)) == stored


@pytest.mark.parametrize("count", [50, 500, 1500])
def test_so_many_losses_that_they_have_no_room_are_not_denied_later(count):
    rule = rule_text(DROP.format(why="gone"))
    given = work(*(thing(f"t{number}") for number in range(count)))
    stored = sent(given, LESSER, rules([], rule))
    denying = webhook(rules([], rule, DENY), LESSER)
    assert ask(denying, review({**stored, "spec": given["spec"]})).allowed
    more = {**stored, "spec": work(*given["spec"]["workload"]["manifests"], thing("new"))["spec"]}
    assert not ask(denying, review(more)).allowed


WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=60).map("w{}".format)


@settings(max_examples=cases(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.tuples(WORDS, WORDS), later=st.integers(30, 99), seed=st.integers(0, 2**32))
def test_wording_catalog_and_order_decide_nothing(monkeypatch, words, later, seed):
    """For any words, any later catalog and any order of the manifests a stored Work is decided about the same."""
    quoted = [json.dumps(text, ensure_ascii=False) for text in words]
    first = rules([], rule_text(DROP.format(why="gone")), WEIGHT.replace("WHY", "bad"))
    second = rules([], rule_text(DROP.format(why=quoted[0])), WEIGHT.replace("WHY", quoted[1]), DENY)
    manifests = [thing("a"), thing("b", "Venus"), cronjob(timeZone="UTC"), cronjob(name="other", unknown=[1])]
    given = work(*manifests)
    stored = sent(given, LESSER, first)
    mixed = copy.deepcopy(manifests)
    random.Random(seed).shuffle(mixed)
    with monkeypatch.context() as patch:
        patch.setattr(messages, "reason", lambda _loss: words[0])
        patch.setattr(second.losses._index, "newest", Release(1, later))
        patch.setattr(second.losses._index.histories, "find", lambda *_: FieldHistory(Release(1, later)))
        assert drift(stored, LESSER, second).patch is None
        again = {**stored, "spec": given["spec"]}
        assert sent(again, LESSER, second) == stored
        moved = sent({**stored, "spec": work(*mixed)["spec"]}, LESSER, second)
    before, after = (
        LossRecord.read(one["metadata"]["annotations"][LOSSES_ANNOTATION]).losses for one in (stored, moved)
    )
    assert {loss.key for loss in before} == {loss.key for loss in after}
    assert isinstance(before[0], Loss)


def test_a_plan_is_the_same_from_the_bytes_of_the_controller_and_of_the_webhook():
    converter = rules([], rule_text(DROP.format(why="gone")))
    given = json.dumps(work(thing(), cronjob(timeZone="UTC"))).encode()
    plan = plan_work(decode_work(given), LESSER, converter, Policy())
    patch = DriftDetector(lambda: converter, FleetView(Fleet.of([LESSER])), Policy())(given).patch
    assert patch["metadata"] == {"annotations": dict(plan.annotations), "labels": dict(plan.labels)}
    assert patch["spec"]["workload"]["manifests"][0] == msgspec.json.decode(plan.manifests[0])
