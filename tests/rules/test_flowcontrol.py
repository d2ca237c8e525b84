"""FlowSchema and PriorityLevelConfiguration: what a share of zero means in each version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from converter.errors import ManifestError, RefusedError

if TYPE_CHECKING:
    from converter.engine import Engine

GROUP = "flowcontrol.apiserver.k8s.io"
ZERO = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares"


def level(version: str, limited: Any, **annotations: str) -> dict[str, Any]:
    metadata = {"name": "a", **({"annotations": annotations} if annotations else {})}
    spec = {"type": "Limited", "limited": limited}
    return {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "PriorityLevelConfiguration",
        "metadata": metadata,
        "spec": spec,
    }


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (level("v1", {"nominalConcurrencyShares": 0}), level("v1beta3", {"nominalConcurrencyShares": 0}, **{ZERO: ""})),
        (level("v1", {"nominalConcurrencyShares": 7}), level("v1beta3", {"nominalConcurrencyShares": 7})),
        (level("v1", {}), level("v1beta3", {})),
        (level("v1", {}, **{ZERO: ""}), level("v1beta3", {"nominalConcurrencyShares": 30}, **{ZERO: ""})),
        (level("v1beta3", {"nominalConcurrencyShares": 0}, **{ZERO: ""}), level("v1", {"nominalConcurrencyShares": 0})),
        (level("v1beta3", {}, **{ZERO: ""}), level("v1", {"nominalConcurrencyShares": 0})),
        (level("v1beta3", {"nominalConcurrencyShares": 0}), level("v1", {"nominalConcurrencyShares": 30})),
        (level("v1beta3", {"nominalConcurrencyShares": 9}, **{ZERO: ""}), level("v1", {"nominalConcurrencyShares": 9})),
        (level("v1beta3", {"nominalConcurrencyShares": 5}), level("v1beta2", {"assuredConcurrencyShares": 5})),
        (level("v1beta2", {"assuredConcurrencyShares": 0}), level("v1", {"nominalConcurrencyShares": 30})),
        (level("v1alpha1", {"assuredConcurrencyShares": 5}), level("v1", {"nominalConcurrencyShares": 5})),
    ],
    ids=str,
)
def test_shares(shipped: Engine, given: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert shipped.convert(given, to=wanted["apiVersion"]).manifest == wanted


def test_another_annotation_stays(shipped: Engine) -> None:
    given = level("v1beta3", {"nominalConcurrencyShares": 0}, **{ZERO: "", "note": "x"})
    assert shipped.convert(given, to=f"{GROUP}/v1").manifest["metadata"]["annotations"] == {"note": "x"}


@pytest.mark.parametrize("version", ["v1beta2", "v1beta1", "v1alpha1"])
def test_older_versions_would_read_zero_as_thirty(shipped: Engine, version: str) -> None:
    with pytest.raises(RefusedError) as caught:
        shipped.convert(level("v1", {"nominalConcurrencyShares": 0}), to=f"{GROUP}/{version}")
    assert caught.value.path == "spec.limited.nominalConcurrencyShares"


def test_lending_is_lost_where_it_is_not_known(shipped: Engine) -> None:
    limited = {"nominalConcurrencyShares": 5, "lendablePercent": 50, "borrowingLimitPercent": 30}
    result = shipped.convert(level("v1", limited), to=f"{GROUP}/v1beta1")
    assert result.manifest["spec"]["limited"] == {"assuredConcurrencyShares": 5}
    assert {loss.path for loss in result.losses} == {
        "spec.limited.lendablePercent",
        "spec.limited.borrowingLimitPercent",
    }
    assert shipped.convert(level("v1", limited), to=f"{GROUP}/v1beta2").losses == ()


@pytest.mark.parametrize("shares", ["30", 1.5, [3], {"a": 1}, True])
def test_a_share_is_a_number(shipped: Engine, shares: Any) -> None:
    with pytest.raises(ManifestError) as caught:
        shipped.convert(level("v1", {"nominalConcurrencyShares": shares}), to=f"{GROUP}/v1beta3")
    assert caught.value.path == "spec.limited.nominalConcurrencyShares"
