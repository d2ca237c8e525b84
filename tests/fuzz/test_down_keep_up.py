"""Down, kept, and up again: whatever stops a Work made on the way, at home every manifest is the original.

A Work with generated manifests, in versions and with fields of today or of once, is admitted for one cluster again
and again while that cluster changes its release: to older ones, to newer ones, to any versions a release knows. At
every stop the member gets fields of the version it is sent, and what the user sent, and nothing else; the annotation
for people names what the release drops, all of it and no more; and what stands on the Work is what would stand there if
the stop were its first. At last the cluster serves what was sent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.catalog import load_catalog
from converter.engine import Engine
from converter.errors import ConversionError, ManifestError
from converter.karmada.names import (
    CONVERSION_DATA_ANNOTATION,
    CONVERTED_LABEL,
    CRDS_LABEL,
    GROUP,
    LOSSES_ANNOTATION,
    LOSSES_TEXT_ANNOTATION,
    SOURCES_ANNOTATION,
)
from converter.kube import canonical_json, format_path, gvk_of
from tests.fuzz.journeys import Journey, cluster_of, home_of, manifests_of
from tests.fuzz.lookout import MISSING, at, dropped_by, is_cut, strays, told, types_of, wrote
from tests.generators.from_catalog import SEEDS
from tests.generators.originals import Original, is_changed_by_steps, of_once, of_today
from tests.nonempty import some
from tests.shipped import shipped_engine

if TYPE_CHECKING:
    from converter.catalog import Release
    from converter.clusters import Cluster

_TELL_ALL = """
apiVersion: apiconverter.dev/v1alpha1
kind: LossPolicy
metadata: {name: all}
spec: {default: {dangerous: warn, degrading: warn, harmless: warn}}
"""
_METADATA: tuple[dict[str, Any], ...] = ({}, {"labels": {"own": "x"}, "annotations": {"own": "x/y~z"}})

_OURS = (LOSSES_ANNOTATION, LOSSES_TEXT_ANNOTATION, CRDS_LABEL)

_NAMED = "[name="
"""In paths of losses: items of lists go by the name that they have when they come back, which is not always theirs."""


def cargo_of(kinds: tuple[Original, ...]) -> st.SearchStrategy[list[tuple[Original, int]]]:
    """Up to three manifests; two of three are of kinds that steps change, of which there is more to get wrong."""
    converter = shipped_engine()
    stepped = [one for one in kinds if is_changed_by_steps(converter, one)]
    alike = [one for one in kinds if one not in stepped]
    one = st.sampled_from(stepped) | st.sampled_from(stepped) | st.sampled_from(alike)
    return st.lists(st.tuples(one, SEEDS), min_size=1, max_size=3)


STOPS = st.lists(st.tuples(st.sampled_from(load_catalog().releases), SEEDS), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The shipped converter under a policy that tells harmless losses too."""
    policy = tmp_path_factory.mktemp("policy") / "policy.yaml"
    policy.write_text(_TELL_ALL)
    return Engine.from_rules([policy])


@settings(max_examples=2 * settings().max_examples)
@given(cargo=cargo_of(of_today()), stops=STOPS, metadata=st.sampled_from(_METADATA))
def test_manifests_of_today(
    telling: Engine, cargo: list[tuple[Original, int]], stops: list[tuple[Release, int]], metadata: dict[str, Any]
) -> None:
    travel(telling, cargo, stops, metadata)


@given(cargo=cargo_of(of_once()), stops=STOPS, metadata=st.sampled_from(_METADATA))
def test_manifests_in_versions_that_are_gone(
    telling: Engine, cargo: list[tuple[Original, int]], stops: list[tuple[Release, int]], metadata: dict[str, Any]
) -> None:
    travel(telling, cargo, stops, metadata)


def travel(
    converter: Engine, cargo: list[tuple[Original, int]], stops: list[tuple[Release, int]], metadata: dict[str, Any]
) -> None:
    """Send a Work through all stops, and home."""
    manifests = [original.make(seed, f"n{index}") for index, (original, seed) in enumerate(cargo)]
    journey = Journey(converter, manifests, metadata)
    kinds = [original.gvk.kind for original, _ in cargo]
    for release, seed in stops:
        look(converter, journey, cluster_of(release, kinds, seed))
    look(converter, journey, home_of(original.gvk for original, _ in cargo))

    assert canonical_json(journey.manifests) == canonical_json(manifests)
    assert bare(journey.stored) == bare(journey.sent)
    assert CONVERTED_LABEL not in journey.labels
    assert kept_on(journey.stored) == [None, None]


def kept_on(work: dict[str, Any]) -> list[str | None]:
    """What stands on a Work for the way back."""
    annotations = work["metadata"].get("annotations") or {}
    return [annotations.get(name) for name in (SOURCES_ANNOTATION, CONVERSION_DATA_ANNOTATION)]


def bare(work: dict[str, Any]) -> bytes:
    """A Work without its losses, and without the mark of Works with CRDs; an empty map counts as none."""
    metadata = {**work["metadata"]}
    for field in ("labels", "annotations"):
        left = {name: value for name, value in (metadata.pop(field, None) or {}).items() if name not in _OURS}
        metadata |= {field: left} if left else {}
    return canonical_json({**work, "metadata": metadata})


def look(converter: Engine, journey: Journey, cluster: Cluster) -> None:
    """Admit a Work at a stop, and look at all that a member would get of it, and at what is told."""
    before = journey.manifests
    journey.admit(cluster)
    again = journey.sent_again(cluster)
    if all(cluster.serves(sent["apiVersion"], sent["kind"]) for sent in journey.manifests):
        assert kept_on(again) == kept_on(journey.stored), "the way here has left a trace"
    annotation = journey.annotations.get(LOSSES_ANNOTATION, "")
    lines = told(annotation)
    for index, (original, sent) in some(enumerate(zip(manifests_of(journey.sent), journey.manifests, strict=True))):
        assert GROUP not in json.dumps(sent)
        assert_only_its_own(original, sent)
        if not cluster.serves(sent["apiVersion"], sent["kind"]):
            assert sent == before[index], "it cannot be had there, and waits as it is"
            continue
        assert sent == manifests_of(again)[index], "the way here has left a trace"
        about = lines[f"{sent['kind']} demo/{sent['metadata']['name']}"]
        whole, converted = not is_cut(annotation), original["apiVersion"] != sent["apiVersion"]
        assert_dropped(converter, cluster.release, sent, about.dropped, whole=whole, converted=converted)
        assert_lost(converter, original, sent, about.gone)


def assert_only_its_own(original: dict[str, Any], sent: dict[str, Any]) -> None:
    """All that a manifest holds is a field of its version, or a field of the user's that no rule knows of."""
    for path, value in strays(sent, types_of(gvk_of(sent))):  # may be empty
        assert wrote(original, path[-1], value), f"{path} is no field of {gvk_of(sent)}, nor the user's"


def assert_dropped(
    converter: Engine, release: Release | None, sent: dict[str, Any], dropped: set[str], *, whole: bool, converted: bool
) -> None:
    """What a release is said to drop or refuse is what it has no field, or not that value, for: all, and nothing else.

    Apart from that it is what its validation refuses. Kinds that every release knows alike are not looked into unless
    they are converted, and so nothing is said of fields that no release knows.
    """
    assert release is not None
    refused = {loss.path for loss in converter.losses.refused_by(sent, gvk_of(sent), release)}
    if converted or converter.losses.may_lose(release, sent["apiVersion"], sent["kind"]):
        lacking = dropped_by(release, sent) | refused
        assert dropped == lacking if whole else dropped <= lacking
    else:
        assert dropped == refused if whole else dropped <= refused
        nowhere = {format_path(path) for path, _ in strays(sent, types_of(gvk_of(sent)))}
        assert dropped_by(release, sent) <= nowhere


def assert_lost(converter: Engine, original: dict[str, Any], sent: dict[str, Any], gone: set[str]) -> None:
    """What a conversion is said to have lost does not come back from what was sent.

    But for an EndpointSlice's topology: v1 has a field for it, which a server leaves out of what is new to it.
    """
    if not gone:
        return
    assert sent["apiVersion"] != original["apiVersion"]
    try:
        back = converter.convert(sent, original["apiVersion"]).manifest
    except (ConversionError, ManifestError):
        return
    for path in gone:  # may be empty
        there = at(original, path)
        assert there is not MISSING or _NAMED in path, f"{path} is no place in what the user wrote"
        assert at(back, path) != there or ".topology" in path, f"{path} is not lost in {sent['apiVersion']}"
