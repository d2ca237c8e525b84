"""A → B → A for webhooks, policies, CRDs, certificates, leases, endpoint slices, events and reviews.

Every kind of these groups and every ordered pair of its versions, with manifests made from the catalog: in CI a
thousand a pair where some step lies between the two, a tenth where none does.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.catalog import load_catalog
from tests.fuzz.roundtrip import assert_round_trips, assert_typed_errors
from tests.generators.any_values import AnyValues
from tests.generators.edge_words_control import words_of
from tests.generators.from_catalog import AT_ONCE, BATCHES, try_each
from tests.generators.hand_written_parts import wrong_types
from tests.generators.signing_requests import ADDRESS, DNS, signing_request
from tests.nonempty import some
from tests.shipped import shipped_engine
from tests.sizes import cases

GROUPS = {
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
}


def kinds():
    known = load_catalog().kinds()
    return [gvk for gvk in known if gvk.group in GROUPS or (gvk.kind == "Event" and not gvk.group)]


def journeys():
    """For each kind: from each version, the versions with some step on the way, and apart those without any."""
    routes = shipped_engine().routes
    found = {}
    for gvk in kinds():
        for target, route in routes.reachable(gvk.kind, gvk.api_version).items():
            stepped = any(edge.rule.steps for edge in route.edges)
            found.setdefault((gvk.kind, stepped), {}).setdefault(gvk, []).append(target)
    return [(stepped, sources) for (_, stepped), sources in found.items()]


def named(journey):
    stepped, sources = journey
    return f"{next(iter(sources)).kind}-{'stepped' if stepped else 'alike'}"


def maker(gvk):
    requests = [signing_request(), signing_request("system:node:n1", ("system:nodes",), DNS, ADDRESS)]
    return AnyValues(gvk.api_version, gvk.kind, words_of(gvk.api_version, gvk.kind, requests))


@pytest.mark.parametrize("journey", journeys(), ids=named)
def test_there_and_back(shipped, journey):
    stepped, sources = journey
    makers = [(maker(gvk), targets) for gvk, targets in sources.items()]

    # One number makes a manifest in each version, so it is as many examples for each pair.
    @settings(max_examples=cases(1000 if stepped else 100) // AT_ONCE + 1)
    @given(batch=BATCHES)
    def there_and_back(batch):
        try_each(batch, check)

    def check(seed):
        for made, targets in makers:
            assert_round_trips(shipped, made.make(seed), targets)

    there_and_back()


@pytest.mark.parametrize("journey", [journey for journey in journeys() if journey[0]], ids=named)
def test_wrong_types_are_typed_errors(shipped, journey):
    _, sources = journey
    targets = {gvk.api_version: known for gvk, known in sources.items()}

    # Few manifests are spoiled in many places: what stands there otherwise matters less than where it is.
    @settings(max_examples=cases(300))
    @given(st.one_of([wrong_types(maker(gvk).make(seed)) for gvk in sources for seed in (1, 2, 3)]))
    def wrong(manifest):
        for target in targets[manifest["apiVersion"]]:
            assert_typed_errors(shipped, manifest, target)

    wrong()


def test_every_kind_of_these_groups_with_several_versions_has_its_rules(shipped):
    """Kinds that some release served in two versions are connected; nothing is left out by oversight."""
    versions = {}
    for gvk in kinds():
        if gvk.group:
            versions.setdefault((gvk.group, gvk.kind), set()).add(gvk.api_version)
    several = {names: known for names, known in versions.items() if len(known) > 1}
    for (_, kind), known in some(several.items()):
        for source in some(known):
            assert known - {source} <= set(shipped.routes.reachable(kind, source)), (kind, source)
