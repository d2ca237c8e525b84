"""Schemas of CRDs: one walk, of bounded work, finds what a server refuses in them."""

from __future__ import annotations

import pytest

from converter.catalog import Release
from converter.kube import gvk_of
from converter.refusals import schemas
from tests.generators.refused import crd
from tests.nonempty import some


def places(shipped, schema, release="v1.24"):
    manifest = crd("v1", schema)
    return [loss.path for loss in shipped.losses.refused_by(manifest, gvk_of(manifest), Release.parse(release))]


def test_every_version_of_a_crd_is_walked(shipped):
    manifest = crd("v1", {"type": "object"})
    manifest["spec"]["versions"].append({"name": "v2", "schema": {"openAPIV3Schema": {}}})
    (loss,) = shipped.losses.refused_by(manifest, gvk_of(manifest), Release(1, 24))
    assert loss.path == "spec.versions[1].schema.openAPIV3Schema.type"


@pytest.mark.parametrize("junctor", ["anyOf", "allOf", "oneOf"])
def test_types_may_stand_in_the_anyof_of_an_int_or_string_alone(shipped, junctor):
    choice = [{"type": "integer"}, {"type": "string"}]
    port = {"x-kubernetes-int-or-string": True, junctor: choice}
    assert bool(places(shipped, {"type": "object", "properties": {"port": port}})) == (junctor != "anyOf")
    first = {"x-kubernetes-int-or-string": True, "allOf": [{"anyOf": choice}, {"pattern": "^a"}]}
    assert places(shipped, {"type": "object", "properties": {"port": first}}) == []
    second = {"x-kubernetes-int-or-string": True, "allOf": [{"pattern": "^a"}, {"anyOf": choice}]}
    assert len(places(shipped, {"type": "object", "properties": {"port": second}})) == 2


def test_the_schema_of_additional_properties_is_walked(shipped):
    labels = {"type": "object", "additionalProperties": {"description": "no type"}}
    assert [
        place.rpartition(".labels.")[2]
        for place in places(shipped, {"type": "object", "properties": {"labels": labels}})
    ] == ["additionalProperties.type"]
    assert places(shipped, {"type": "object", "additionalProperties": {"type": "string"}})


def test_the_work_is_bounded(shipped, monkeypatch):
    """However many schemas there are, and whatever is wrong with each of them."""
    monkeypatch.setattr(schemas, "MOST_SCHEMAS", 10)
    sound, wrong = {"type": "string"}, {"description": "no type"}
    many = {f"a{number}": sound for number in range(10)}
    assert places(shipped, {"type": "object", "properties": {**many, "z": wrong}}) == []
    assert places(shipped, {"type": "object", "properties": {"z": wrong, **many}})
    nested = [{"type": "object"}] * 5000
    assert 0 < len(places(shipped, {"type": "object", "anyOf": nested})) < 20


@pytest.mark.parametrize("key", ["items", "not", "additionalProperties", "properties"])
def test_any_depth_is_walked_or_left(shipped, key):
    schema = {"description": "no type"}
    for _ in some(range(2000)):
        schema = {"type": "object", key: {"a": schema} if key == "properties" else schema}
    places(shipped, schema)
