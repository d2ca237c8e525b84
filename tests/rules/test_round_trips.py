"""A → B → A gives A exactly, for every ordered pair of a kind's versions, with manifests made from the catalog.

As many examples a pair as the profile says (300 in CI) where some step lies between the two versions, a tenth where
none does: there the rules have nothing to get wrong. `make fuzz` runs 10,000; the kinds of `test_fuzz_workloads.py`
have 1,000 in CI.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.catalog import load_catalog
from tests.fuzz.roundtrip import assert_round_trips, assert_typed_errors
from tests.generators.any_values import AnyValues
from tests.generators.edge_words_access import WORDS
from tests.generators.from_catalog import AT_ONCE, BATCHES, SEEDS, try_each
from tests.generators.hand_written_parts import wrong_types
from tests.shipped import shipped_engine

if TYPE_CHECKING:
    from converter.engine import Engine
    from converter.kube import GroupVersionKind

GROUPS = (
    "flowcontrol.apiserver.k8s.io",
    "node.k8s.io",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
)
KINDS = ("IPAddress", "PodSecurityPolicy", "ServiceCIDR")
"""The groups, and kinds of other groups, whose tests are here; the others have theirs in files of their own."""


def _sources() -> list[GroupVersionKind]:
    converter = shipped_engine()
    mine = (gvk for gvk in load_catalog().kinds() if gvk.group in GROUPS or gvk.kind in KINDS)
    return [gvk for gvk in mine if converter.routes.reachable(gvk.kind, gvk.api_version)]


@pytest.fixture(scope="module", params=_sources(), ids=lambda gvk: f"{gvk.kind}-{gvk.api_version}")
def source(request: pytest.FixtureRequest) -> GroupVersionKind:
    """A kind in one version."""
    return request.param


def _targets(converter: Engine, source: GroupVersionKind) -> tuple[list[str], list[str]]:
    """The versions with some step on the way there, and those without any."""
    routes = converter.routes.reachable(source.kind, source.api_version)
    stepped = [target for target, route in routes.items() if any(edge.rule.steps for edge in route.edges)]
    return stepped, [target for target in routes if target not in stepped]


def _try(converter: Engine, maker: AnyValues, targets: list[str], count: int) -> None:
    @settings(max_examples=count // AT_ONCE + 1)
    @given(batch=BATCHES)
    def there_and_back(batch: range) -> None:
        try_each(batch, lambda seed: assert_round_trips(converter, maker.make(seed), targets))

    there_and_back()


def test_there_and_back(shipped: Engine, source: GroupVersionKind) -> None:
    stepped, plain = _targets(shipped, source)
    maker = AnyValues(source.api_version, source.kind, WORDS.get(source.kind))
    if stepped:
        _try(shipped, maker, stepped, settings().max_examples)
    if plain:
        _try(shipped, maker, plain, settings().max_examples // 10)


def test_wrong_types_are_typed_errors(shipped: Engine, source: GroupVersionKind) -> None:
    stepped, _ = _targets(shipped, source)
    if not stepped:
        return
    maker = AnyValues(source.api_version, source.kind, WORDS.get(source.kind))

    @settings(max_examples=settings().max_examples // 5)
    @given(data=st.data(), seed=SEEDS)
    def wrong(data: st.DataObject, seed: int) -> None:
        manifest = data.draw(wrong_types(maker.make(seed)))
        for target in stepped:
            assert_typed_errors(shipped, manifest, target)

    wrong()
