"""EndpointSlice: node and zone in v1beta1's topology, and in fields of their own in v1."""

import pytest

from converter.errors import ManifestError

V1, BETA, ALPHA = (f"discovery.k8s.io/{version}" for version in ("v1", "v1beta1", "v1alpha1"))
NODE, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


def slice_of(api_version, **endpoint):
    return {"apiVersion": api_version, "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": [endpoint]}


def convert(shipped, source, target, **endpoint):
    return shipped.convert(slice_of(source, **endpoint), to=target).manifest["endpoints"][0]


BOTH_WAYS = [
    ({"zone": "z"}, {"topology": {ZONE: "z"}}),
    ({"nodeName": "n"}, {"nodeName": "n", "topology": {NODE: "n"}}),
    (
        {"nodeName": "n", "zone": "z", "deprecatedTopology": {"rack": "7"}},
        {"nodeName": "n", "topology": {NODE: "n", ZONE: "z", "rack": "7"}},
    ),
    ({"deprecatedTopology": {NODE: "n"}}, {"topology": {NODE: "n"}}),
    # An old endpoint may be on one node by its name and on another by its topology; neither is thrown away.
    ({"nodeName": "n", "deprecatedTopology": {NODE: "m"}}, {"nodeName": "n", "topology": {NODE: "m"}}),
    ({"addresses": ["10.0.0.1"], "hints": {"forZones": [{"name": "z"}]}},) * 2,
]


@pytest.mark.parametrize(("new", "old"), BOTH_WAYS)
@pytest.mark.parametrize("version", [BETA, ALPHA])
def test_both_ways(shipped, new, old, version):
    assert convert(shipped, V1, version, **new) == old
    assert convert(shipped, version, V1, **old) == new


def test_an_empty_node_in_the_map_gives_way(shipped):
    endpoint = convert(shipped, V1, BETA, nodeName="n", deprecatedTopology={NODE: ""})
    assert endpoint == {"nodeName": "n", "topology": {NODE: "n"}}


def test_what_an_api_server_would_leave_out_of_a_new_object_is_reported(shipped):
    result = shipped.convert(slice_of(BETA, nodeName="n", topology={NODE: "n", ZONE: "z", "rack": "7"}), to=V1)
    assert [(loss.path, loss.value) for loss in result.losses] == [("endpoints[0].topology.rack", "7")]
    assert shipped.convert(slice_of(BETA, topology={ZONE: "z"}), to=V1).losses == ()


def test_an_empty_map_goes(shipped):
    assert convert(shipped, BETA, V1, topology={}) == {}
    assert convert(shipped, V1, BETA, deprecatedTopology={}) == {}


def test_a_field_of_the_other_version_is_dropped(shipped):
    for source, target, field in ((V1, BETA, "topology"), (BETA, V1, "deprecatedTopology")):
        assert convert(shipped, source, target, **{field: {"a": "b"}}) == {}


@pytest.mark.parametrize(
    ("source", "target", "endpoint", "path"),
    [
        (BETA, V1, {"topology": "z"}, "endpoints[0].topology"),
        (BETA, V1, {"topology": {ZONE: 1}}, f'endpoints[0].topology["{ZONE}"]'),
        (BETA, V1, {"nodeName": []}, "endpoints[0].nodeName"),
        (V1, BETA, {"zone": {}}, "endpoints[0].zone"),
        (V1, BETA, {"deprecatedTopology": []}, "endpoints[0].deprecatedTopology"),
    ],
)
def test_wrong_types_name_their_place(shipped, source, target, endpoint, path):
    with pytest.raises(ManifestError) as caught:
        convert(shipped, source, target, **endpoint)
    assert caught.value.path == path
