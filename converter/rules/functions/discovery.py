"""Endpoints of slices: node and zone are in the map ``topology`` in v1beta1, and in fields of their own in v1.

Source in Kubernetes: pkg/apis/discovery/v1beta1/conversion.go.
"""

from __future__ import annotations

from typing import Any

from converter.rules.functions.registry import register
from converter.rules.lens import Note, Notes, drop_foreign, get_object, wrong_type

_NODE = "kubernetes.io/hostname"
_ZONE = "topology.kubernetes.io/zone"
_DEPRECATED = "v1 has it as deprecatedTopology, which API servers remove from new objects"


def _to_map(endpoint: dict[str, Any], notes: Notes) -> None:
    """Put the zone into the map, and the node's name too, where the map has none of its own."""
    drop_foreign(endpoint, "topology", ("topology",), notes)
    node, zone = _text(endpoint, "nodeName"), _text(endpoint, "zone")
    topology = get_object(endpoint, ("deprecatedTopology",)) or {}
    endpoint.pop("deprecatedTopology", None)
    endpoint.pop("zone", None)
    if zone is not None:
        topology[_ZONE] = zone
    if node is not None and not topology.get(_NODE):
        topology[_NODE] = node
    if topology:
        endpoint["topology"] = topology


def _to_fields(endpoint: dict[str, Any], notes: Notes) -> None:
    """Take zone and node out of the map; a node that is not the endpoint's own stays there, and so does the rest."""
    for name in ("deprecatedTopology", "zone"):
        drop_foreign(endpoint, name, (name,), notes)
    node, topology = _text(endpoint, "nodeName"), get_object(endpoint, ("topology",))
    endpoint.pop("topology", None)
    if topology is None:
        return
    zone = topology.pop(_ZONE, None)
    if zone is not None:
        if type(zone) is not str:
            raise wrong_type(("topology", _ZONE), "a string", zone)
        endpoint["zone"] = zone
    if node is not None and topology.get(_NODE) == node:
        del topology[_NODE]
    if topology:
        endpoint["deprecatedTopology"] = topology
        notes += [Note(("topology", key), value, _DEPRECATED) for key, value in topology.items()]


def _text(endpoint: dict[str, Any], key: str) -> str | None:
    value = endpoint.get(key)
    if value is not None and type(value) is not str:
        raise wrong_type((key,), "a string", value)
    return value


register(
    "endpointslice-topology",
    "v1beta1 keeps an endpoint's node and zone in topology; v1 has nodeName, zone and deprecatedTopology",
    to_right=_to_map,
    to_left=_to_fields,
    left_fields=["deprecatedTopology", "zone", "nodeName"],
    right_fields=["topology", "nodeName"],
    losses_left=1,
)
