"""What was converted is remembered, up to a bound, and changes no answer."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from converter.admission.works import WorkWebhook
from converter.catalog import Release, load_catalog
from converter.clusters import Cluster, Fleet, FleetView
from converter.config import SHIPPED_RULES, Configuration, RuleFile, read_rule_files
from converter.engine import Engine
from converter.works import conversions
from converter.works.conversion_cache import LARGEST, MOST_LOSSES, ConversionCache
from converter.works.limits import limits_of
from converter.works.states import ManifestState, Target
from tests.reviewkit import CAPTURED, ask, cronjob, ingress, review, work

V20 = Cluster.from_release("old", Release.parse("v1.20"), load_catalog())
V18 = Cluster.from_release("old", Release.parse("v1.18"), load_catalog())
OTHER = Cluster.from_release("other", Release.parse("v1.20"), load_catalog())
ONE = limits_of(1)
STATE = ManifestState(None, encoded=b"{}")


@pytest.fixture
def converted(monkeypatch):
    """Counts the conversions that are made."""
    names = []
    made = conversions._convert_now

    def counted(head, *args, **options):
        names.append(head.name)
        return made(head, *args, **options)

    monkeypatch.setattr(conversions, "_convert_now", counted)
    return names


class Webhook:
    """A webhook whose rules and clusters can change."""

    def __init__(self, engine, *clusters):
        self.rules = SimpleNamespace(current=engine)
        self.fleet = FleetView(Fleet.of(clusters))
        self.cache = ConversionCache()
        self.hook = WorkWebhook(self.rules, self.fleet, "deny", cache=self.cache)

    def send(self, manifest, cluster="old"):
        return ask(self.hook, review(work(manifest, cluster=cluster), "CREATE")).response


def test_what_comes_for_the_third_time_is_not_converted_again(shipped, converted):
    webhook = Webhook(shipped, V20)
    answers = [webhook.send(cronjob(name="a")) for _ in range(4)]
    assert converted == ["a", "a"]
    assert answers == [answers[0]] * 4
    assert "patch" in answers[0]


def test_what_comes_once_takes_no_room(shipped):
    webhook = Webhook(shipped, V20)
    for number in range(50):
        webhook.send(cronjob(name=f"a{number}"))
    assert (len(webhook.cache), webhook.cache.bytes) == (0, 0)


def test_another_value_is_converted(shipped, converted):
    webhook = Webhook(shipped, V20)
    for schedule in ("1 * * * *", "2 * * * *"):
        manifest = cronjob(name="a", schedule=schedule)
        answers = [webhook.send(manifest) for _ in range(3)]
        assert answers == [Webhook(shipped, V20).send(manifest)] * 3
    assert len(converted) == 2 * 3


def test_a_conversion_is_for_one_cluster(shipped, converted):
    webhook = Webhook(shipped, V20, OTHER)
    for cluster in ("old", "other"):
        for _ in range(3):
            webhook.send(cronjob(name="a"), cluster)
    assert len(converted) == 2 * 2


def test_a_cluster_that_changes_gets_another_conversion(shipped):
    webhook = Webhook(shipped, V20)
    manifest = ingress("web")
    before = [webhook.send(manifest) for _ in range(3)][-1]
    webhook.fleet.current = Fleet.of([V18])
    after = [webhook.send(manifest) for _ in range(3)]
    assert after == [Webhook(shipped, V18).send(manifest)] * 3
    assert after[0] != before


def test_other_rules_convert_again(shipped, converted):
    drop = """
apiVersion: apiconverter.dev/v1alpha1
kind: LossPolicy
spec: {default: {dangerous: deny, degrading: deny, harmless: deny}}
"""
    webhook = Webhook(shipped, V20)
    for _ in range(3):
        webhook.send(cronjob(name="a"))
    files = [*read_rule_files([SHIPPED_RULES]), RuleFile("mine.yaml", drop)]
    webhook.rules.current = Engine(Configuration.read(files))
    webhook.send(cronjob(name="a"))
    assert len(converted) == 3


def test_a_manifest_is_remembered_with_the_bounds_that_it_had():
    """Two manifests of a Work share what one has alone."""
    cache, manifest = ConversionCache(), b"{}"
    alone, shared = (Target(V20, None, limits_of(count)) for count in (1, 2))
    for _ in range(2):
        cache.keep(manifest, alone, STATE, lossy=False)
    assert cache.find(manifest, alone, lossy=False) is STATE
    assert cache.find(manifest, shared, lossy=False) is None
    assert cache.find(manifest, alone, lossy=True) is None


def keep(cache, manifest, state=STATE):
    for _ in range(2):
        cache.keep(manifest, Target(V20, None, ONE), state, lossy=False)


def test_it_holds_so_many_and_the_one_that_was_not_asked_for_goes_first():
    cache, target = ConversionCache(entries=10), Target(V20, None, ONE)
    for number in range(10):
        keep(cache, b"%d" % number)
    assert cache.find(b"0", target, lossy=False) is STATE
    for number in range(10, 19):
        keep(cache, b"%d" % number)
    assert len(cache) == 10
    assert cache.find(b"0", target, lossy=False) is STATE
    assert cache.find(b"9", target, lossy=False) is None
    assert len(cache._came_once) <= 10


def test_it_holds_so_many_bytes():
    cache = ConversionCache(size=1000)
    for number in range(50):
        keep(cache, b"%098d" % number)
    assert (len(cache), cache.bytes) == (10, 1000)
    keep(cache, b"%098d" % 49)
    assert (len(cache), cache.bytes) == (10, 1000)


def test_what_is_large_or_loses_much_is_not_held(shipped, converted):
    webhook = Webhook(shipped, V20)
    manifest = cronjob(name="a")
    manifest["metadata"]["annotations"] = {"note": "x" * LARGEST}
    for _ in range(3):
        webhook.send(manifest)
    assert len(converted) == 3
    cache = ConversionCache()
    keep(cache, b"{}", ManifestState(None, losses=(None,) * (MOST_LOSSES + 1)))
    assert len(cache) == 0


def test_a_manifest_that_cannot_be_converted_is_remembered(shipped):
    manifest = ingress("web")
    manifest["spec"]["rules"] = "none"
    webhook = Webhook(shipped, V18)
    answers = [webhook.send(manifest) for _ in range(3)]
    assert answers == [answers[0]] * 3
    assert not answers[0]["allowed"]
    assert len(webhook.cache) == 1


def test_a_trace_shows_each_conversion(shipped, converted):
    spans = []

    def span(name, _facts):
        spans.append(name)
        return nullcontext()

    hook = WorkWebhook(SimpleNamespace(current=shipped), FleetView(Fleet.of([V20])), span=span)
    for _ in range(3):
        ask(hook, review(work(cronjob(name="a"))))
    assert converted == ["a"] * 3
    assert spans.count("convert") == 3


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.stem)
def test_a_real_review_is_answered_alike(shipped, path):
    clusters = [Cluster.from_release(name, Release.parse("v1.16"), load_catalog()) for name in ("old", "new", "mid")]
    rules, fleet, body = SimpleNamespace(current=shipped), FleetView(Fleet.of(clusters)), path.read_bytes()
    hook = WorkWebhook(rules, fleet)
    without = WorkWebhook(rules, fleet, cache=ConversionCache(0))
    expected = without.answer(body)
    assert [hook.answer(body) for _ in range(4)] == [expected] * 4
    assert without.answer(body) == without.answer(body) == expected
