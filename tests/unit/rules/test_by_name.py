"""Conversions by name alone between the versions of CRDs with conversion.strategy None."""

from __future__ import annotations

import pytest

from converter.config import Configuration, RuleFile
from converter.engine import Engine
from converter.errors import NoRouteError
from converter.losses import Origin
from converter.rules.by_name import MAX_VERSIONS, custom_kind
from converter.rules.crds import CrdError

SPEC = {"size": {"type": "integer"}}


def crd(versions, strategy="None", *, unserved=(), api_version="apiextensions.k8s.io/v1", **spec):
    """Make a CRD: the fields of spec, by version."""
    return {
        "apiVersion": api_version,
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.acme.io"},
        "spec": {
            "group": "acme.io",
            "names": {"kind": "Gadget", "plural": "gadgets"},
            "scope": "Namespaced",
            "conversion": {"strategy": strategy},
            "versions": [
                {"name": name, "served": name not in unserved, "schema": {"openAPIV3Schema": _schema(fields)}}
                for name, fields in versions.items()
            ],
            **spec,
        },
    }


def _schema(fields):
    spec = {"type": "object", "properties": {name: {"type": kind} for name, kind in fields.items()}}
    return {"type": "object", "properties": {"spec": spec, "status": spec}}


def gadget(version, **spec):
    return {"apiVersion": f"acme.io/{version}", "kind": "Gadget", "metadata": {"name": "g"}, "spec": spec}


def engine(*crds, rules="", served_only=False):
    files = [RuleFile("rules.yaml", rules)] if rules else []
    return Engine(Configuration.read(files)).with_kinds(map(custom_kind, crds), served_only=served_only)


RULE = """\
apiVersion: apiconverter.dev/v1alpha1
kind: ConversionRule
metadata: {{name: gadget}}
spec:
  kind: Gadget
  between: [acme.io/{}, acme.io/{}]
  {}
"""


def test_equal_versions_differ_in_the_name_alone():
    converter = engine(crd({"v1": {"size": "integer"}, "v1alpha1": {"size": "integer"}}))
    done = converter.convert(gadget("v1", size=3), "acme.io/v1alpha1")
    assert done.manifest == gadget("v1alpha1", size=3)
    assert not done.losses
    assert not done.conversion_data.values
    assert converter.convert(done.manifest, "acme.io/v1").manifest == gadget("v1", size=3)


def test_what_the_other_version_lacks_is_lost_and_comes_back():
    converter = engine(crd({"v1": {"size": "integer", "color": "string"}, "v1alpha1": {"size": "integer"}}))
    there = converter.convert(gadget("v1", size=3, color="red"), "acme.io/v1alpha1")
    assert there.manifest == gadget("v1alpha1", size=3)
    assert [(loss.path, loss.value, loss.origin) for loss in there.losses] == [("spec.color", "red", Origin.CONVERSION)]
    there.manifest["spec"]["size"] = 5
    back = converter.convert(there.manifest, "acme.io/v1", there.conversion_data)
    assert back.manifest == gadget("v1", size=5, color="red")


def test_a_field_that_only_the_target_has_is_not_activated():
    converter = engine(crd({"v1": {"size": "integer", "color": "string"}, "v1alpha1": {"size": "integer"}}))
    done = converter.convert(gadget("v1alpha1", size=3, color="red"), "acme.io/v1")
    assert done.manifest == gadget("v1", size=3)
    assert [loss.path for loss in done.losses] == ["spec.color"]


def test_a_missing_field_keeps_its_meaning_where_the_defaults_differ():
    """The server fills in the default of the version in which it got the object, before it converts."""
    document = crd({"v1": {"size": "integer", "color": "string"}, "v1alpha1": {"size": "integer", "color": "string"}})
    for version, size in zip(document["spec"]["versions"], (1, 2), strict=True):
        version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["size"]["default"] = size
    converter = engine(document)
    there = converter.convert(gadget("v1", color="red"), "acme.io/v1alpha1")
    assert there.manifest == gadget("v1alpha1", color="red", size=1)
    assert not there.losses
    assert converter.convert(there.manifest, "acme.io/v1", there.conversion_data).manifest == gadget("v1", color="red")
    edited = gadget("v1alpha1", color="red", size=4)
    assert converter.convert(edited, "acme.io/v1", there.conversion_data).manifest == gadget("v1", color="red", size=4)
    assert converter.convert(gadget("v1alpha1"), "acme.io/v1").manifest == gadget("v1", size=2)


def test_of_several_versions_the_one_that_holds_most_is_taken():
    fields = {"size": "integer", "color": "string"}
    converter = engine(crd({"v1": fields, "v1beta1": {"size": "integer"}, "v1alpha1": fields}))
    done = converter.convert(gadget("v1", color="red"), ("acme.io/v1beta1", "acme.io/v1alpha1"))
    assert done.manifest == gadget("v1alpha1", color="red")
    assert done.route is not None
    assert len(done.route.rules) == 1


def test_a_rule_decides_where_there_is_one():
    three = {name: {"size": "integer", "length": "integer"} for name in ("v1", "v1beta1", "v1alpha1")}
    converter = engine(crd(three), rules=RULE.format("v1", "v1beta1", "steps: [{rename: {spec.size: spec.length}}]"))
    assert converter.convert(gadget("v1", size=3), "acme.io/v1beta1").manifest == gadget("v1beta1", length=3)
    assert converter.convert(gadget("v1", size=3), "acme.io/v1alpha1").manifest == gadget("v1alpha1", length=3)
    assert converter.convert(gadget("v1alpha1", length=3), "acme.io/v1").manifest == gadget("v1", size=3)


def test_what_a_rule_says_to_be_impossible_stays_so():
    three = {name: {"size": "integer"} for name in ("v1", "v1beta1", "v1alpha1")}
    converter = engine(crd(three), rules=RULE.format("v1", "v1beta1", "unconvertible: they differ in meaning."))
    with pytest.raises(NoRouteError) as caught:
        converter.route("Gadget", "acme.io/v1", "acme.io/v1beta1")
    assert "they differ in meaning." in caught.value.reason
    assert converter.route("Gadget", "acme.io/v1beta1", "acme.io/v1alpha1")


def test_a_webhook_cannot_be_asked_and_the_reason_says_so():
    converter = engine(crd({"v1": SPEC, "v1alpha1": SPEC}, "Webhook"))
    with pytest.raises(NoRouteError) as caught:
        converter.route("Gadget", "acme.io/v1", "acme.io/v1alpha1")
    assert caught.value.reason


def test_a_rule_is_enough_where_a_webhook_converts():
    rules = RULE.format("v1", "v1alpha1", "steps: []")
    converter = engine(crd({"v1": SPEC, "v1alpha1": SPEC}, "Webhook"), rules=rules)
    assert converter.convert(gadget("v1", size=1), "acme.io/v1alpha1").manifest == gadget("v1alpha1", size=1)


def test_versions_that_are_not_served_can_be_left_out():
    found = crd({"v1": {}, "v1alpha1": {}}, unserved=["v1alpha1"])
    assert engine(found).route("Gadget", "acme.io/v1alpha1", "acme.io/v1")
    with pytest.raises(NoRouteError):
        engine(found, served_only=True).route("Gadget", "acme.io/v1alpha1", "acme.io/v1")


@pytest.mark.parametrize(
    ("api_version", "preserves", "prunes"),
    [
        ("apiextensions.k8s.io/v1", None, True),
        ("apiextensions.k8s.io/v1", True, False),
        ("apiextensions.k8s.io/v1beta1", None, False),
        ("apiextensions.k8s.io/v1beta1", True, False),
        ("apiextensions.k8s.io/v1beta1", False, True),
    ],
)
def test_a_crd_that_preserves_unknown_fields_loses_none(api_version, preserves, prunes):
    spec = {} if preserves is None else {"preserveUnknownFields": preserves}
    found = crd({"v1": {"color": "string"}, "v1alpha1": {}}, api_version=api_version, **spec)
    done = engine(found).convert(gadget("v1", color="red"), "acme.io/v1alpha1")
    assert bool(done.losses) is prunes
    assert done.manifest == gadget("v1alpha1", **({} if prunes else {"color": "red"}))


def test_statuses_are_converted_back():
    converter = engine(crd({"v1": {"size": "integer"}, "v1alpha1": {"size": "integer", "old": "string"}}))
    found = {**gadget("v1alpha1", size=1), "status": {"size": 1, "old": "x"}}
    assert converter.convert(found, "acme.io/v1").manifest["status"] == {"size": 1}


def test_an_engine_without_new_conversions_is_the_same():
    one = engine()
    assert one.with_kinds([custom_kind(crd({"v1": {}}))]) is one


def test_the_versions_are_never_registered_because_the_crd_serves_them():
    converter = engine(crd({"v1": {}, "v1alpha1": {}}))
    assert [rule.resource for rule in converter.book.rules] == [None]


def test_versions_have_a_bound():
    with pytest.raises(CrdError):
        custom_kind(crd({f"v{number}": {} for number in range(MAX_VERSIONS + 1)}))
    assert len(custom_kind(crd({f"v{number}": {} for number in range(1, MAX_VERSIONS + 1)})).versions) == MAX_VERSIONS


def test_a_schema_that_cannot_be_read_is_named():
    broken = crd({"v1": {}, "v1alpha1": {}})
    broken["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"] = 5
    with pytest.raises(CrdError) as caught:
        custom_kind(broken)
    assert caught.value.name == "gadgets.acme.io"
