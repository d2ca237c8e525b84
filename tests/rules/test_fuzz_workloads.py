"""Workloads, autoscalers, ingresses and their kin: A → B → A for every ordered pair of versions, whatever they hold."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings

from tests.fuzz.roundtrip import assert_round_trips, assert_typed_errors
from tests.generators.any_values import AnyValues
from tests.generators.from_catalog import AT_ONCE, BATCHES, try_each
from tests.generators.hand_written import KINDS
from tests.generators.hand_written_parts import made_by, wrong_types
from tests.sizes import cases

SOURCES = [(kind, source) for kind, (_, versions) in KINDS.items() for source in versions]


@pytest.fixture(params=SOURCES, ids="-".join)
def source(request):
    """One version of a kind: the kind, the maker of its manifests, the version, and the versions it goes to."""
    kind, version = request.param
    maker, versions = KINDS[kind]
    return kind, maker(version), version, [other for other in versions if other != version]


def test_there_and_back_again(shipped, source):
    """In CI a thousand manifests of the version, each to every other version: a thousand examples a pair."""
    _, maker, _, targets = source

    @settings(max_examples=max(cases(1000), settings().max_examples) // AT_ONCE)
    @given(BATCHES)
    def there_and_back(batch):
        try_each(batch, lambda seed: assert_round_trips(shipped, maker(random.Random(seed)), targets))

    there_and_back()


def test_every_field_of_the_catalog_there_and_back_again(shipped, source):
    kind, _, version, targets = source
    maker = AnyValues(version, kind)

    @settings(max_examples=settings().max_examples // 3 // AT_ONCE + 1)
    @given(BATCHES)
    def there_and_back(batch):
        try_each(batch, lambda seed: assert_round_trips(shipped, maker.make(seed), targets))

    there_and_back()


def test_wrong_types_are_reported_by_a_typed_error(shipped, source):
    _, maker, _, targets = source

    @settings(max_examples=settings().max_examples // 3)
    @given(made_by(maker).flatmap(wrong_types))
    def convert(manifest):
        for target in targets:
            assert_typed_errors(shipped, manifest, target)

    convert()


@pytest.mark.parametrize("kind", KINDS)
def test_the_versions_are_those_of_the_book(shipped, kind):
    groups = {version.partition("/")[0] for version in KINDS[kind][1]}  # OpenKruise has a StatefulSet, too
    versions = {version for version in shipped.book.versions(kind) if version.partition("/")[0] in groups}
    assert set(KINDS[kind][1]) == versions
