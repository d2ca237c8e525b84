"""Dynamic resource allocation: the nesting of requests and devices, and what the alpha versions could not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from converter.errors import ManifestError, NoRouteError, RefusedError

if TYPE_CHECKING:
    from converter.engine import Engine

GROUP = "resource.k8s.io"


def convert(converter: Engine, kind: str, source: str, target: str, **fields: Any) -> dict[str, Any]:
    given = {"apiVersion": f"{GROUP}/{source}", "kind": kind, "metadata": {"name": "a"}, **fields}
    return converter.convert(given, to=f"{GROUP}/{target}").manifest


def claim(request: dict[str, Any]) -> dict[str, Any]:
    return {"devices": {"requests": [request]}}


EXACT = {"deviceClassName": "gpu", "allocationMode": "ExactCount", "count": 2, "adminAccess": True}
EITHER = [{"name": "a", "deviceClassName": "gpu"}]


@pytest.mark.parametrize("newer", ["v1", "v1beta2"])
@pytest.mark.parametrize("older", ["v1beta1", "v1alpha3"])
@pytest.mark.parametrize(
    ("nested", "flat"),
    [
        ({"name": "r", "exactly": EXACT}, {"name": "r", **EXACT}),
        ({"name": "r", "firstAvailable": EITHER}, {"name": "r", "deviceClassName": "", "firstAvailable": EITHER}),
    ],
    ids=["exactly", "firstAvailable"],
)
def test_requests(shipped: Engine, newer: str, older: str, nested: dict[str, Any], flat: dict[str, Any]) -> None:
    assert convert(shipped, "ResourceClaim", newer, older, spec=claim(nested))["spec"] == claim(flat)
    assert convert(shipped, "ResourceClaim", older, newer, spec=claim(flat))["spec"] == claim(nested)
    template = convert(shipped, "ResourceClaimTemplate", newer, older, spec={"spec": claim(nested)})
    assert template["spec"]["spec"] == claim(flat)


def test_devices(shipped: Engine) -> None:
    device = {"attributes": {"model": {"string": "x"}}, "capacity": {"memory": {"value": "1Gi"}}}
    new, beta = {"devices": [{"name": "d", **device}]}, {"devices": [{"name": "d", "basic": device}]}
    alpha = {"devices": [{"name": "d", "basic": {**device, "capacity": {"memory": "1Gi"}}}]}
    for source, given in (("v1", new), ("v1beta1", beta), ("v1alpha3", alpha)):
        for target, wanted in (("v1", new), ("v1beta2", new), ("v1beta1", beta), ("v1alpha3", alpha)):
            if source != target:
                assert convert(shipped, "ResourceSlice", source, target, spec=given)["spec"] == wanted


def test_a_device_without_anything_is_still_a_basic_one(shipped: Engine) -> None:
    slices = convert(shipped, "ResourceSlice", "v1", "v1beta1", spec={"devices": [{"name": "d"}]})
    assert slices["spec"]["devices"] == [{"name": "d", "basic": {}}]


def test_what_says_nothing_in_v1beta1_would_be_a_second_choice_of_nodes_in_v1(shipped: Engine) -> None:
    given = {"nodeName": "n", "allNodes": False}
    assert convert(shipped, "ResourceSlice", "v1beta1", "v1", spec=given)["spec"] == {"nodeName": "n"}
    given = {"nodeName": "", "allNodes": True}
    assert convert(shipped, "ResourceSlice", "v1beta1", "v1", spec=given)["spec"] == {"allNodes": True}


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"exactly": {"deviceClassName": "g", "capacity": {"requests": {"memory": "1Gi"}}}}, "capacity.requests"),
        ({"firstAvailable": [{"name": "a", "derivedAttributes": [{"name": "x"}]}]}, "derivedAttributes"),
    ],
)
def test_what_v1alpha3_cannot_ask_for_is_refused(shipped: Engine, request_: dict[str, Any], field: str) -> None:
    with pytest.raises(RefusedError, match=field.replace(".", r"\.")):
        convert(shipped, "ResourceClaim", "v1", "v1alpha3", spec=claim({"name": "r", **request_}))


def test_a_claim_for_a_controller_is_refused(shipped: Engine) -> None:
    with pytest.raises(RefusedError, match=r"spec\.controller"):
        convert(shipped, "ResourceClaim", "v1alpha3", "v1", spec={"controller": "gpu.example.com"})


@pytest.mark.parametrize("field", ["deviceClassName", "selectors"])
def test_a_taint_must_not_spread(shipped: Engine, field: str) -> None:
    selector = {"deviceClassName": "gpu", "selectors": [{"cel": {"expression": "true"}}]}
    spec = {"deviceSelector": {field: selector[field]}}
    with pytest.raises(RefusedError, match=field):
        convert(shipped, "DeviceTaintRule", "v1alpha3", "v1beta2", spec=spec)


def test_handles_of_the_oldest_claims(shipped: Engine) -> None:
    one = {"driverName": "d", "allocation": {"resourceHandle": "x"}}
    many = {"driverName": "d", "allocation": {"resourceHandles": [{"driverName": "d", "data": "x"}]}}
    assert convert(shipped, "ResourceClaim", "v1alpha1", "v1alpha2", status=one)["status"] == many
    assert convert(shipped, "ResourceClaim", "v1alpha2", "v1alpha1", status=many)["status"] == one
    several = {"allocation": {"resourceHandles": [{"data": "x"}, {"data": "y"}]}}
    with pytest.raises(RefusedError) as caught:
        convert(shipped, "ResourceClaim", "v1alpha2", "v1alpha1", status=several)
    assert caught.value.path == "status.allocation.resourceHandles"


@pytest.mark.parametrize("kind", ["ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"])
@pytest.mark.parametrize("target", ["v1alpha3", "v1beta1", "v1"])
def test_there_is_no_way_out_of_v1alpha2(shipped: Engine, kind: str, target: str) -> None:
    with pytest.raises(NoRouteError) as caught:
        convert(shipped, kind, "v1alpha2", target)
    reasons = shipped.routes.book.unconvertible
    assert caught.value.reason == reasons[kind, "resource.k8s.io/v1alpha2", "resource.k8s.io/v1alpha3"]


@pytest.mark.parametrize("capacity", [[1], {"memory": ["x"]}, {"memory": True}])
def test_a_capacity_of_a_wrong_type_is_a_typed_error(shipped: Engine, capacity: Any) -> None:
    spec = {"devices": [{"name": "d", "basic": {"capacity": capacity}}]}
    with pytest.raises(ManifestError, match=r"spec\.devices\[0\]\.basic\.capacity"):
        convert(shipped, "ResourceSlice", "v1alpha3", "v1", spec=spec)
