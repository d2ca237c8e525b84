"""Dynamic resource allocation: a device's capacities, and the handles of the oldest claims.

Sources in Kubernetes: pkg/apis/resource/v1alpha3/conversion.go (v1.31 to v1.33), which writes a capacity as a bare
quantity; k8s.io/api/resource/{v1alpha1,v1alpha2}/types.go for the handles.
"""

from __future__ import annotations

from typing import Any

from converter.kube import is_empty
from converter.rules.functions.registry import register
from converter.rules.lens import LensError, Note, Notes, get_object, get_value, wrong_type

_CAPACITY = "capacity"


def _unwrap(basic: dict[str, Any], notes: Notes) -> None:
    """V1beta1 to v1alpha3: ``{value: 1Gi}`` becomes ``1Gi``; a request policy has no place there."""
    capacities = get_object(basic, (_CAPACITY,))
    for name, capacity in (capacities or {}).items():
        if capacity is None:
            continue
        if type(capacity) is not dict:
            raise wrong_type((_CAPACITY, name), "an object", capacity)
        for key, value in capacity.items():
            if key != "value" and not is_empty(value):
                why = "v1alpha3 gives a device's capacity as a quantity alone"
                notes.append(Note((_CAPACITY, name, key), value, why))
        assert capacities is not None
        capacities[name] = capacity.get("value")


def _wrap(basic: dict[str, Any], _notes: Notes) -> None:
    """V1alpha3 to v1beta1: ``1Gi`` becomes ``{value: 1Gi}``."""
    capacities = get_object(basic, (_CAPACITY,))
    for name, quantity in (capacities or {}).items():
        if quantity is None:
            continue
        if type(quantity) not in (str, int, float):
            raise wrong_type((_CAPACITY, name), "a quantity", quantity)
        assert capacities is not None
        capacities[name] = {"value": quantity}


_ALLOCATION = ("status", "allocation")
_ONE, _MANY = "resourceHandle", "resourceHandles"


def _to_one_handle(claim: dict[str, Any], _notes: Notes) -> None:
    """V1alpha2 to v1alpha1: the one handle of the claim's own driver becomes its data."""
    allocation = get_object(claim, _ALLOCATION)
    handles = None if allocation is None else allocation.get(_MANY)
    if allocation is None or handles is None:
        return
    place = (*_ALLOCATION, _MANY)
    if type(handles) is not list:
        raise wrong_type(place, "a list", handles)
    if len(handles) > 1:
        raise LensError(place, "v1alpha1 has one handle for a claim, of one driver", refused=True)
    del allocation[_MANY]
    if not handles:
        return
    handle = handles[0]
    if type(handle) is not dict:
        raise wrong_type((*place, 0), "an object", handle)
    if handle.get("structuredData") is not None:
        raise LensError((*place, 0, "structuredData"), "v1alpha1 has no structured parameters", refused=True)
    if handle.get("data") is not None:
        allocation[_ONE] = handle["data"]


def _to_many_handles(claim: dict[str, Any], _notes: Notes) -> None:
    """V1alpha1 to v1alpha2: the handle's data becomes the one handle of the claim's own driver."""
    allocation = get_object(claim, _ALLOCATION)
    data = None if allocation is None else allocation.get(_ONE)
    if allocation is None or data is None:
        return
    if type(data) is not str:
        raise wrong_type((*_ALLOCATION, _ONE), "a string", data)
    del allocation[_ONE]
    driver = get_value(claim, ("status", "driverName"))
    allocation[_MANY] = [{"driverName": driver, "data": data} if driver else {"data": data}]


register(
    "resource-capacity-quantity",
    "a device's capacity is an object with a value; in v1alpha3 it is the value alone",
    to_right=_unwrap,
    to_left=_wrap,
    left_fields=(_CAPACITY,),
    right_fields=(_CAPACITY,),
)
register(
    "resource-claim-handles",
    "a claim's allocation has a list of handles; in v1alpha1 it has the data of one",
    to_right=_to_one_handle,
    to_left=_to_many_handles,
    left_fields=("status.allocation.resourceHandles",),
    right_fields=("status.allocation.resourceHandle",),
)
