"""Leases and their candidates: v1alpha1 lists strategies, later versions name one."""

import pytest

from converter.errors import ManifestError

LEASE = ("coordination.k8s.io/v1", "coordination.k8s.io/v1beta1")
BETA, ALPHA2, ALPHA1 = (f"coordination.k8s.io/{version}" for version in ("v1beta1", "v1alpha2", "v1alpha1"))


def candidate(api_version, **spec):
    return {"apiVersion": api_version, "kind": "LeaseCandidate", "spec": {"leaseName": "l", **spec}}


@pytest.mark.parametrize("version", [BETA, ALPHA2])
def test_one_strategy_both_ways(shipped, version):
    one, listed = candidate(version, strategy="S"), candidate(ALPHA1, preferredStrategies=["S"])
    assert shipped.convert(one, to=ALPHA1).manifest == listed
    assert shipped.convert(listed, to=version).manifest == one


@pytest.mark.parametrize("version", [BETA, ALPHA2])
def test_of_several_strategies_the_first_is_taken_and_all_come_back(shipped, version):
    given = candidate(ALPHA1, preferredStrategies=["S", "T"])
    result = shipped.convert(given, to=version)
    assert result.manifest == candidate(version, strategy="S")
    assert [loss.path for loss in result.losses] == ["spec.preferredStrategies"]
    assert shipped.convert(result.manifest, to=ALPHA1, conversion_data=result.conversion_data).manifest == given


def test_none_stays_none(shipped):
    assert shipped.convert(candidate(ALPHA1, preferredStrategies=[]), to=ALPHA2).manifest == candidate(ALPHA2)
    assert shipped.convert(candidate(ALPHA2, strategy=""), to=ALPHA1).manifest == candidate(ALPHA1)


@pytest.mark.parametrize(
    ("given", "target"),
    [(candidate(ALPHA1, preferredStrategies=[1]), ALPHA2), (candidate(ALPHA2, strategy=["S"]), ALPHA1)],
)
def test_wrong_types_are_errors(shipped, given, target):
    with pytest.raises(ManifestError):
        shipped.convert(given, to=target)


def test_a_field_of_the_other_version_is_dropped(shipped):
    made = shipped.convert(candidate(ALPHA1, strategy="S"), to=ALPHA2)
    assert [loss.path for loss in made.losses] == ["spec.strategy"]
    made = shipped.convert(candidate(ALPHA2, preferredStrategies=["S"]), to=ALPHA1)
    assert [loss.path for loss in made.losses] == ["spec.preferredStrategies"]


@pytest.mark.parametrize(("source", "target"), [LEASE, LEASE[::-1]])
def test_leases_are_the_same_in_every_version(shipped, source, target):
    given = {"apiVersion": source, "kind": "Lease", "spec": {"holderIdentity": "h", "strategy": "S"}}
    assert shipped.convert(given, to=target).manifest == {**given, "apiVersion": target}
