"""What API servers keep of each kind, by their OpenAPI v3 documents."""

from __future__ import annotations

import pytest

from converter.catalog import load_catalog
from converter.kube import GroupVersionKind
from converter.rules.openapi import keeps_of_builtin, keeps_of_type, kinds_of
from converter.rules.pruning import encode_lacking, lacking
from converter.rules.schema import SchemaError

REFERENCE = "#/components/schemas/"


def document(**schemas):
    return {"openapi": "3.0.0", "components": {"schemas": schemas}}


def named(group, version, kind, **rest):
    return {"x-kubernetes-group-version-kind": [{"group": group, "version": version, "kind": kind}], **rest}


def test_a_document_describes_the_kinds_of_its_own_version():
    options = {"x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "A"}] * 2}
    gadget = named("acme.io", "v1", "Gadget")
    found = document(a=gadget, b=named("acme.io", "v2", "Gadget"), c=options, d={"type": "string"}, e=5)
    assert list(kinds_of(found, "acme.io/v1")) == [("Gadget", gadget)]
    pod = named("", "v1", "Pod")
    assert list(kinds_of(document(a=pod), "v1")) == [("Pod", pod)]


@pytest.mark.parametrize(
    "broken", [None, {}, {"components": []}, {"components": {"schemas": 1}}, document(a=named("a", 1, 2))]
)
def test_other_documents_describe_nothing(broken):
    assert list(kinds_of(broken, "a/v1")) == []


CATALOG = load_catalog()
RELEASE = CATALOG.releases[-1]


def schema_of(field, schemas):
    """Write the OpenAPI schema of a type of the catalog."""
    if field.kind == "list":
        return {"type": "array", "items": schema_of(field.element, schemas)}
    if field.kind == "map":
        return {"type": "object", "additionalProperties": schema_of(field.element, schemas)}
    if field.target is not None:
        add(field.target, schemas)
        return {"allOf": [{"$ref": REFERENCE + field.target.name}], "default": {}}
    return {"type": "string"} if field.kind == "scalar" else {"type": "object"}


def add(target, schemas):
    if target.name not in schemas:
        made = schemas[target.name] = {"type": "object", "properties": {}}
        made["properties"] = {name: schema_of(each, schemas) for name, each in target.fields.items()}


def published(api_version, kind):
    """The document of a server that has all fields of a kind, and its root."""
    target = CATALOG.type_of(RELEASE, GroupVersionKind.of(api_version, kind))
    schemas = {}
    add(target, schemas)
    return target, document(**schemas), schemas[target.name]


@pytest.mark.parametrize(
    ("api_version", "kind"), [("apps/v1", "Deployment"), ("apiextensions.k8s.io/v1", "CustomResourceDefinition")]
)
def test_a_server_that_has_every_field_lacks_none(api_version, kind):
    target, whole, root = published(api_version, kind)
    assert lacking(keeps_of_type(target), keeps_of_builtin(root, whole)) is None


def test_a_vendor_that_took_a_field_away_is_found():
    target, whole, root = published("apps/v1", "Deployment")
    del whole["components"]["schemas"]["V1PodSpec"]["properties"]["hostUsers"]
    del whole["components"]["schemas"]["V1Container"]["properties"]["lifecycle"]
    found = encode_lacking(lacking(keeps_of_type(target), keeps_of_builtin(root, whole)))
    pod = found["f"]["spec"]["f"]["template"]["f"]["spec"]["f"]
    assert pod["hostUsers"] == 1
    assert pod["containers"] == pod["initContainers"] == {"i": {"f": {"lifecycle": 1}}}


def test_a_field_that_a_vendor_added_is_none_of_ours():
    target, whole, root = published("apps/v1", "Deployment")
    whole["components"]["schemas"]["V1PodSpec"]["properties"]["vendor"] = {"type": "string"}
    assert lacking(keeps_of_type(target), keeps_of_builtin(root, whole)) is None


def test_what_a_document_does_not_describe_is_kept():
    target, whole, root = published("apps/v1", "Deployment")
    del whole["components"]["schemas"]["V1PodSpec"]
    assert lacking(keeps_of_type(target), keeps_of_builtin(root, whole)) is None


def test_a_document_that_is_none_is_refused():
    with pytest.raises(SchemaError):
        keeps_of_builtin({"properties": {"a": 5}}, document())
