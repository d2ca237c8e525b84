"""CustomResourceDefinition: what versions share stands once in v1beta1 and in each version in v1."""

import pytest

from converter.errors import ManifestError, RefusedError
from tests.nonempty import some

V1, BETA = "apiextensions.k8s.io/v1", "apiextensions.k8s.io/v1beta1"
OBJECT = {"openAPIV3Schema": {"type": "object"}}
NULLABLE = {"openAPIV3Schema": {"type": "object", "nullable": True}}


def crd(api_version, **spec):
    return {"apiVersion": api_version, "kind": "CustomResourceDefinition", "metadata": {"name": "w"}, "spec": spec}


def version(name, **fields):
    return {"name": name, "served": True, "storage": name == "v1", **fields}


def to_beta(shipped, *versions, **others):
    return shipped.convert(crd(V1, versions=list(versions), **others), to=BETA).manifest["spec"]


def to_v1(shipped, **spec):
    return shipped.convert(crd(BETA, **spec), to=V1).manifest["spec"]


def test_one_version_has_everything_above(shipped):
    status = {"status": {}}
    columns = [{"name": "A", "type": "string", "jsonPath": ".a"}]
    given = version("v1", schema=OBJECT, subresources=status, additionalPrinterColumns=columns)
    assert to_beta(shipped, given) == {
        "version": "v1",
        "versions": [version("v1")],
        "validation": OBJECT,
        "subresources": status,
        "additionalPrinterColumns": [{"name": "A", "type": "string", "JSONPath": ".a"}],
        "preserveUnknownFields": False,
    }


def test_each_shared_field_is_judged_by_itself(shipped):
    one = version("v1", schema=OBJECT, subresources={"status": {}})
    two = version("v2", schema=NULLABLE, subresources={"status": {}})
    spec = to_beta(shipped, one, two)
    assert spec["versions"] == [version("v1", schema=OBJECT), version("v2", schema=NULLABLE)]
    assert spec["subresources"] == {"status": {}}
    assert "validation" not in spec


def test_clusters_with_v1beta1_are_too_old_to_select_by_fields(shipped):
    given = crd(V1, versions=[version("v1", selectableFields=[{"jsonPath": ".spec.a"}])])
    result = shipped.convert(given, to=BETA)
    assert result.manifest["spec"]["versions"] == [version("v1")]
    assert [loss.path for loss in result.losses] == ["spec.versions[name=v1].selectableFields"]
    assert shipped.convert(result.manifest, to=V1, conversion_data=result.conversion_data).manifest == given


def test_a_field_that_one_version_lacks_stays_in_the_others(shipped):
    spec = to_beta(shipped, version("v1", subresources={"status": {}}), version("v2"))
    assert spec["versions"][0]["subresources"] == {"status": {}}
    assert "subresources" not in spec


@pytest.mark.parametrize(
    "other",
    [
        {"openAPIV3Schema": {"type": "object", "nullable": False, "description": "", "required": []}},
        {"openAPIV3Schema": {"type": "object", "properties": {}, "default": None}},
    ],
)
def test_schemas_that_say_the_same_are_the_same(shipped, other):
    spec = to_beta(shipped, version("v1", schema=OBJECT), version("v2", schema=other))
    assert spec["validation"] == OBJECT
    assert all("schema" not in each for each in some(spec["versions"]))


@pytest.mark.parametrize(
    "other",
    [
        {"openAPIV3Schema": {"type": "object", "not": {}}},
        {"openAPIV3Schema": {"type": "object", "default": {}}},
        {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": False}},
        {"openAPIV3Schema": {"type": "object", "properties": {"nullable": {}}}},
        {"openAPIV3Schema": {"type": "object", "minimum": 0}},
        {},
        None,
    ],
)
def test_schemas_that_differ_stay_apart(shipped, other):
    spec = to_beta(shipped, version("v1", schema=OBJECT), version("v2", schema=other))
    assert "validation" not in spec
    assert spec["versions"][0]["schema"] == OBJECT


def test_true_is_not_one(shipped):
    one, two = ({"openAPIV3Schema": {"default": value}} for value in (1, True))
    assert "validation" not in to_beta(shipped, version("v1", schema=one), version("v2", schema=two))


def test_a_real_false_is_written_in_v1beta1_and_left_out_in_v1(shipped):
    assert to_beta(shipped, version("v1"))["preserveUnknownFields"] is False
    assert "preserveUnknownFields" not in to_v1(shipped, preserveUnknownFields=False, version="v1")
    assert to_v1(shipped, version="v1")["preserveUnknownFields"] is True
    assert to_beta(shipped, version("v1"), preserveUnknownFields=True)["preserveUnknownFields"] is True


def test_the_old_single_version_becomes_a_list(shipped):
    spec = to_v1(shipped, version="v1", validation=OBJECT, scope="Cluster", preserveUnknownFields=False)
    assert spec == {
        "scope": "Cluster",
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": OBJECT}],
    }


def test_every_version_gets_its_own_copy(shipped):
    spec = to_v1(shipped, versions=[version("v1"), version("v2")], validation=OBJECT, subresources={"status": {}})
    one, two = spec["versions"]
    assert one["schema"] == two["schema"] == OBJECT
    assert one["subresources"] == two["subresources"] == {"status": {}}
    assert one["schema"] is not two["schema"]


def test_v1beta1_is_namespaced_unless_it_says_so(shipped):
    assert to_v1(shipped, version="v1")["scope"] == "Namespaced"
    assert "scope" not in to_beta(shipped, version("v1"))


def test_conversion_webhooks(shipped):
    client = {"service": {"namespace": "n", "name": "s"}}
    nested = {"strategy": "Webhook", "webhook": {"clientConfig": client, "conversionReviewVersions": ["v1"]}}
    flat = {"strategy": "Webhook", "webhookClientConfig": client, "conversionReviewVersions": ["v1"]}
    assert to_beta(shipped, version("v1"), conversion=nested)["conversion"] == flat
    assert to_v1(shipped, version="v1", conversion=flat)["conversion"] == nested


def test_v1beta1_reviews_v1beta1_unless_it_says_so(shipped):
    conversion = to_v1(shipped, version="v1", conversion={"strategy": "Webhook"})["conversion"]
    assert conversion == {"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1beta1"]}}
    empty = {"strategy": "Webhook", "conversionReviewVersions": []}
    assert to_v1(shipped, version="v1", conversion=empty)["conversion"] == conversion
    for said in ({"strategy": "None"}, {}):
        assert to_v1(shipped, version="v1", conversion=said)["conversion"] == said


def test_a_field_above_and_in_a_version_is_refused(shipped):
    given = crd(BETA, version="v1", validation=OBJECT, versions=[version("v1"), version("v2", schema=NULLABLE)])
    with pytest.raises(RefusedError) as caught:
        shipped.convert(given, to=V1)
    assert caught.value.path == "spec.versions[1].schema"


def test_a_field_of_v1beta1_in_v1_is_dropped(shipped):
    made = shipped.convert(crd(V1, versions=[version("v1")], validation=OBJECT), to=BETA)
    assert [loss.path for loss in made.losses] == ["spec.validation"]
    assert "validation" not in made.manifest["spec"]


def test_a_version_that_says_what_v1_says_anyway_passes(shipped):
    assert to_beta(shipped, version("v1"), version="v1")["version"] == "v1"
    made = shipped.convert(crd(V1, versions=[version("v1")], version="v2"), to=BETA)
    assert [loss.path for loss in made.losses] == ["spec.version"]
    assert made.manifest["spec"]["version"] == "v1"


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"versions": "v1"}, "spec.versions"),
        ({"versions": ["v1"]}, "spec.versions[0]"),
        ({"version": 1}, "spec.version"),
        ({"versions": [{"name": "v1", "additionalPrinterColumns": 7}]}, "spec.versions[0].additionalPrinterColumns"),
        ({"version": "v1", "conversion": []}, "spec.conversion"),
    ],
)
def test_wrong_types_name_their_place(shipped, spec, path):
    with pytest.raises(ManifestError) as caught:
        shipped.convert(crd(BETA, **spec), to=V1)
    assert caught.value.path == path


def test_a_schema_is_not_copied_into_more_versions_than_any_server_stores(shipped):
    many = [version(f"v{number}") for number in range(3000)]
    schema = {"openAPIV3Schema": {"description": "x" * 1000}}
    with pytest.raises(RefusedError) as caught:
        shipped.convert(crd(BETA, versions=many, validation=schema), to=V1)
    assert caught.value.path == "spec.validation"
    assert to_v1(shipped, versions=many[:20], validation=schema)["versions"][19]["schema"] == schema


def test_status_travels_as_it_is(shipped):
    status = {"acceptedNames": {"kind": "W", "plural": "w"}, "conditions": [], "storedVersions": ["v1"]}
    given = {**crd(V1, versions=[version("v1")]), "status": status}
    assert shipped.convert(given, to=BETA).manifest["status"] == status
