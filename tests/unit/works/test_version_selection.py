"""What to do with a manifest for a cluster."""

from __future__ import annotations

from converter.clusters import Cluster
from converter.works.version_selection import Availability, Unavailability, choose
from tests.reviewkit import NEW, OLD, VAGUE
from tests.rulekit import converter, rule_text

CHAIN = (
    rule_text("steps: []", name="one"),
    rule_text("steps: []", name="two", left="a.example/v2", right="a.example/v3"),
)


def things(*versions, complete=True):
    return Cluster.from_versions("c", {version: ["Thing"] for version in versions}, complete=complete)


def test_served_as_it_is(shipped):
    assert choose("batch/v1", "CronJob", NEW, shipped).availability is Availability.SERVED


def test_converted_along_the_cheapest_route(shipped):
    choice = choose("batch/v1", "CronJob", OLD, shipped)
    assert choice.availability is Availability.CONVERTIBLE
    assert choice.route is not None
    assert choice.route.versions() == ("batch/v1", "batch/v1beta1")
    nearer = choose("a.example/v1", "Thing", things("a.example/v3", "a.example/v2"), converter(*CHAIN))
    assert nearer.route is not None
    assert nearer.route.target == "a.example/v2"


def test_a_version_that_no_rule_reaches():
    choice = choose("a.example/v1", "Thing", things("b.example/v1", "c.example/v1"), converter(*CHAIN))
    assert choice.availability is Availability.UNREACHABLE
    assert choice.reason is Unavailability.NO_RULE
    assert choice.served == ("b.example/v1", "c.example/v1")


def test_a_kind_that_is_not_there_at_all(shipped):
    choice = choose("batch/v1", "CronJob", things(), shipped)
    assert choice.availability is Availability.UNREACHABLE
    assert choice.reason is Unavailability.KIND_NOT_SERVED
    assert choice.served == ()


def test_what_is_not_known_completely_is_uncertain_unless_a_version_is_reached(shipped):
    absent = choose("apps/v1", "Deployment", VAGUE, shipped)
    assert absent.availability is Availability.UNKNOWN
    assert absent.reason is Unavailability.KIND_NOT_SERVED
    assert choose("batch/v1", "CronJob", VAGUE, shipped).availability is Availability.CONVERTIBLE
    unreached = choose("a.example/v1", "Thing", things("b.example/v1", complete=False), shipped)
    assert unreached.availability is Availability.UNKNOWN
    assert unreached.reason is Unavailability.NO_RULE
    assert unreached.served == ("b.example/v1",)


def test_a_conversion_that_a_rule_file_rules_out():
    rules = converter(rule_text("unconvertible: v2 has another meaning"))
    choice = choose("a.example/v1", "Thing", things("a.example/v2"), rules)
    assert choice.availability is Availability.UNREACHABLE
    assert choice.reason is Unavailability.RULED_OUT
    assert choice.served == ("a.example/v2",)


def test_an_api_version_that_is_none_is_only_not_served(shipped):
    assert choose("a/b/c", "CronJob", OLD, shipped).availability is Availability.UNREACHABLE
