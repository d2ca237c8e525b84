"""A → B → A for webhooks, policies, CRDs, certificates, leases, endpoint slices, events and reviews.

Every kind of these groups and every ordered pair of its versions, with manifests made from the catalog: a thousand a
pair where some step lies between the two, a tenth where none does.
"""

import pytest
from hypothesis import given, settings

from converter import Converter
from converter.catalog import load_catalog
from tests.fuzz.from_catalog import SEEDS, Maker
from tests.fuzz.requests import ADDRESS, DNS, signing_request
from tests.fuzz.roundtrip import assert_round_trip, assert_typed_errors
from tests.fuzz.strategies import wrong_types
from tests.fuzz.words_control import words_of

GROUPS = {
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
}


def kinds():
    known = load_catalog().kinds()
    return [gvk for gvk in known if gvk.group in GROUPS or (gvk.kind == "Event" and not gvk.group)]


def journeys():
    """From each version of each kind: the versions with some step on the way, and those without any."""
    routes = Converter.from_rules().routes
    found = []
    for gvk in kinds():
        there = {True: [], False: []}
        for target, route in routes.reachable(gvk.kind, gvk.api_version).items():
            there[any(edge.rule.steps for edge in route.edges)].append(target)
        found += [(gvk, stepped, targets) for stepped, targets in there.items() if targets]
    return found


def named(journey):
    gvk, stepped, _ = journey
    return f"{gvk.kind}-{gvk.api_version}-{'stepped' if stepped else 'alike'}"


def maker(gvk):
    requests = [signing_request(), signing_request("system:node:n1", ("system:nodes",), DNS, ADDRESS)]
    return Maker(gvk.api_version, gvk.kind, words_of(gvk.api_version, gvk.kind, requests))


@pytest.mark.parametrize("journey", journeys(), ids=named)
def test_there_and_back(shipped, journey):
    gvk, stepped, targets = journey
    made = maker(gvk)

    @settings(max_examples=1000 if stepped else 100)
    @given(seed=SEEDS)
    def there_and_back(seed):
        manifest = made.make(seed)
        for target in targets:
            assert_round_trip(shipped, manifest, target)

    there_and_back()


@pytest.mark.parametrize("journey", [journey for journey in journeys() if journey[1]], ids=named)
def test_wrong_types_are_typed_errors(shipped, journey):
    gvk, _, targets = journey
    made = maker(gvk)

    # One manifest is spoiled in many places: what stands there otherwise matters less than where it is.
    @settings(max_examples=150)
    @given(wrong_types(made.make(1)) | wrong_types(made.make(2)) | wrong_types(made.make(3)))
    def wrong(manifest):
        for target in targets:
            assert_typed_errors(shipped, manifest, target)

    wrong()


def test_every_kind_of_these_groups_with_several_versions_has_its_rules(shipped):
    """Kinds that some release served in two versions are connected; nothing is left out by oversight."""
    versions = {}
    for gvk in kinds():
        if gvk.group:
            versions.setdefault((gvk.group, gvk.kind), set()).add(gvk.api_version)
    for (_, kind), known in versions.items():
        for source in known if len(known) > 1 else ():
            assert known - {source} <= set(shipped.routes.reachable(kind, source)), (kind, source)
