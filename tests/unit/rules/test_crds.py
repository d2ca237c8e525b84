"""CustomResourceDefinitions in v1 and v1beta1, and those that cannot be read."""

import pytest

from converter.kube import GroupVersionKind
from converter.rules.crds import CrdError, CrdSchemas, read_crd

OBJECT = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": {"type": "string"}}}}}


def crd(**spec):
    names = {"kind": "Widget", "plural": "widgets"}
    versions = [{"name": "v1", "schema": {"openAPIV3Schema": OBJECT}}]
    spec = {"group": "acme.io", "names": names, "scope": "Namespaced", "versions": versions, **spec}
    return {"kind": "CustomResourceDefinition", "metadata": {"name": "widgets.acme.io"}, "spec": spec}


def test_a_crd_says_its_versions_and_schemas():
    found = read_crd(crd())
    assert (found.group, found.kind, found.plural, found.namespaced) == ("acme.io", "Widget", "widgets", True)
    assert (found.strategy, dict(found.schemas)) == ("None", {"acme.io/v1": OBJECT})


def test_a_crd_of_v1beta1_shares_one_schema():
    shared = {"openAPIV3Schema": OBJECT}
    found = read_crd(crd(versions=[{"name": "v1"}, {"name": "v2"}], validation=shared, scope="Cluster"))
    assert dict(found.schemas) == {"acme.io/v1": OBJECT, "acme.io/v2": OBJECT}
    assert not found.namespaced
    assert list(read_crd(crd(versions=None, version="v3")).schemas) == ["acme.io/v3"]


def test_a_webhook_is_named():
    assert read_crd(crd(conversion={"strategy": "Webhook"})).strategy == "Webhook"


@pytest.mark.parametrize(
    "spec",
    [{"group": ""}, {"group": 5}, {"names": []}, {"names": {"kind": "A"}}, {"versions": {}}, {"versions": []},
     {"versions": ["v1"]}, {"versions": [{}]}],
)  # fmt: skip
def test_what_is_not_a_crd_is_reported_with_its_name(spec):
    with pytest.raises(CrdError) as caught:
        read_crd(crd(**spec))
    assert caught.value.name == "widgets.acme.io"


def test_a_broken_schema_is_reported_when_it_is_read():
    versions = [{"name": "v1", "schema": {"openAPIV3Schema": {"properties": 3}}}]
    with pytest.raises(CrdError):
        CrdSchemas.of([crd(versions=versions)])


def test_an_embedded_resource_has_what_identifies_it():
    spec = {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"size": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"template": spec}}
    crds = CrdSchemas.of([crd(versions=[{"name": "v1", "schema": {"openAPIV3Schema": schema}}])])
    v1 = GroupVersionKind("acme.io", "v1", "Widget")
    for path in (("apiVersion",), ("metadata", "labels", "x"), ("size",)):
        assert crds.has_field(v1, ("template", *path))
    assert not crds.has_field(v1, ("template", "other"))


def test_fields_are_known_by_version():
    crds = CrdSchemas.of([crd(), {"kind": "Pod"}])
    v1, v2 = GroupVersionKind("acme.io", "v1", "Widget"), GroupVersionKind("acme.io", "v2", "Widget")
    assert crds.has(v1)
    assert not crds.has(v2)
    assert crds.expects(v2)
    assert not crds.expects(GroupVersionKind("acme.io", "v1", "Other"))
    assert crds.has_field(v1, ("spec", "a"))
    assert crds.has_field(v1, ("metadata", "labels", "x"))
    assert not crds.has_field(v1, ("spec", "b"))
    assert not crds.has_field(v2, ("spec", "a"))
