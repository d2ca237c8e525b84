"""What to do with a manifest for a cluster."""

from __future__ import annotations

from converter.clusters import Cluster
from converter.works.version_selection import Availability, choose
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
    assert choice.why == (
        "the cluster does not serve a.example/v1 Thing, but b.example/v1, c.example/v1, "
        "and no rule converts between them"
    )


def test_a_kind_that_is_not_there_at_all(shipped):
    assert choose("batch/v1", "CronJob", things(), shipped).availability is Availability.UNREACHABLE
    assert "nor any other version" in choose("batch/v1", "CronJob", things(), shipped).why


def test_what_is_not_known_completely_is_uncertain_unless_a_version_is_reached(shipped):
    assert choose("apps/v1", "Deployment", VAGUE, shipped).availability is Availability.UNKNOWN
    assert "is not known" in choose("apps/v1", "Deployment", VAGUE, shipped).why
    assert choose("batch/v1", "CronJob", VAGUE, shipped).availability is Availability.CONVERTIBLE
    unreached = choose("a.example/v1", "Thing", things("b.example/v1", complete=False), shipped)
    assert unreached.availability is Availability.UNKNOWN
    assert "it serves b.example/v1, and no rule converts" in unreached.why


def test_an_api_version_that_is_none_is_only_not_served(shipped):
    assert choose("a/b/c", "CronJob", OLD, shipped).availability is Availability.UNREACHABLE
