"""The controller converts again what rules made: the same rules find nothing, other rules find what they would make."""

import gzip
import itertools
import json
from pathlib import Path

import msgspec
import pytest

from converter.clusters import Cluster
from converter.errors import ConverterError
from converter.karmada.names import CONVERSION_DATA_ANNOTATION, SOURCES_ANNOTATION
from converter.karmada.work import decode_work
from converter.works.patches import merge_patch
from converter.works.plan import plan_work
from converter.works.policy import Policy
from tests.fakes.requests import merge
from tests.nonempty import some
from tests.reviewkit import work
from tests.rulekit import converter, rule_text, thing

SEEDS = Path(__file__).parents[2] / "data" / "oracle" / "seeds.jsonl.gz"
EVERY = 5
"""Every how many pairs of versions of a seed are tried."""


def plan(given, cluster, rules, *, recheck=False, overflow=None):
    return plan_work(
        decode_work(json.dumps(given).encode()), cluster, rules, Policy("ignore"), overflow, recheck=recheck
    )


def stored(given, cluster, rules):
    """The Work as the API server stores it: with its fields sorted."""
    made = plan(given, cluster, rules)
    assert not made.denial
    return json.loads(
        json.dumps(merge(given, merge_patch(decode_work(json.dumps(given).encode()), made)), sort_keys=True)
    )


def is_idle(found):
    """Whether a plan changes nothing, and waits for nothing."""
    return not any((found.changes, found.outdated, found.denial))


def seeds():
    with gzip.open(SEEDS, "rb") as lines:
        for line in lines:
            record = msgspec.json.decode(line)
            for source, target in itertools.permutations(record["forms"], 2):
                yield record["kind"], source, target, record["forms"][source]


def test_the_same_rules_find_nothing_in_what_they_made(shipped):
    checked = 0
    for kind, source, target, form in some(list(seeds())[::EVERY]):
        cluster = Cluster.from_versions("old", {target: [kind]})
        try:
            shipped.route(kind, source, target)
        except ConverterError:
            continue
        given = work({**form, "apiVersion": source})
        if plan(given, cluster, shipped).issues:
            continue  # refused, and passes as it is
        made = stored(given, cluster, shipped)
        found = plan(made, cluster, shipped, recheck=True)
        assert is_idle(found), (kind, source, target)
        checked += 1
    assert checked > 100


OLD = Cluster.from_versions("old", {"a.example/v2": ["Thing"]})


def rules(*steps):
    return converter(rule_text("steps:\n" + "\n".join(f"  - {step}" for step in steps)))


BIG, LARGE = rules("rename: {spec.size: spec.big}"), rules("rename: {spec.size: spec.large}")
ZONE = "drop: {path: spec.zone, side: left, why: none}"


def named(**spec):
    return work(thing(metadata={"name": "t", "namespace": "demo"}, spec=spec))


@pytest.fixture
def made():
    return stored(named(size=1), OLD, BIG)


def test_admission_does_not_convert_again(made):
    found = plan(made, OLD, LARGE)
    assert is_idle(found)


def test_rules_that_cannot_tell_what_was_sent_say_so_and_change_nothing(made):
    found = plan(made, OLD, LARGE, recheck=True)
    assert found.outdated
    assert not found.changes


def test_what_was_sent_again_is_as_the_rules_make_it(made):
    again = stored({**made, "spec": named(size=1)["spec"]}, OLD, LARGE)
    assert again["spec"]["workload"]["manifests"][0]["spec"] == {"large": 1}
    assert not plan(again, OLD, LARGE, recheck=True).outdated


def test_conversion_data_lead_to_what_other_rules_make_of_the_same():
    made = stored(named(size=1, zone="Mars"), OLD, rules(ZONE))
    found = plan(made, OLD, rules("rename: {spec.zone: spec.place}"), recheck=True)
    assert json.loads(found.manifests[0])["spec"] == {"size": 1, "place": "Mars"}
    assert found.annotations[CONVERSION_DATA_ANNOTATION] is None
    assert not found.outdated


def test_a_rule_that_loses_more_stores_what_it_loses():
    made = stored(named(size=1, zone="Mars"), OLD, rules("rename: {spec.size: spec.size2}"))
    changed = rules("rename: {spec.size: spec.size2}", ZONE)
    found = plan(made, OLD, changed, recheck=True)
    again = stored(named(size=1, zone="Mars"), OLD, changed)
    assert {**made["metadata"]["annotations"], **found.annotations} == again["metadata"]["annotations"]
    assert json.loads(found.manifests[0]) == again["spec"]["workload"]["manifests"][0]


@pytest.mark.parametrize("digest", ["fromDigest", "toDigest"])
def test_a_digest_that_is_missing_or_wrong_never_leads_to_another_manifest(made, digest):
    (entry,) = json.loads(made["metadata"]["annotations"][SOURCES_ANNOTATION])
    for value in (None, "", "0" * 16):
        changed = {**entry, digest: value} if value is not None else {k: v for k, v in entry.items() if k != digest}
        made["metadata"]["annotations"][SOURCES_ANNOTATION] = json.dumps([changed])
        found = plan(made, OLD, LARGE, recheck=True)
        assert not found.manifests


def test_an_edited_manifest_stays():
    made = stored(named(size=1), OLD, BIG)
    made["spec"]["workload"]["manifests"][0]["spec"]["extra"] = 1
    found = plan(made, OLD, LARGE, recheck=True)
    assert is_idle(found)


def test_a_rule_that_is_gone_changes_nothing(made):
    found = plan(made, OLD, converter(), recheck=True)
    assert is_idle(found)


def test_rules_that_refuse_what_was_sent_leave_it_to_admission(made):
    refusing = rules("refuse: {path: spec.size, side: left, values: [1], why: w}", "rename: {spec.size: spec.big}")
    found = plan(made, OLD, refusing, recheck=True)
    assert found.outdated
    assert not found.changes
