from __future__ import annotations

from converter.losses.json_schema import loss_schemas
from converter.rule_objects import KINDS
from converter.rules.parse_steps import STEP_WORDS
from tests.nonempty import some
from tools.rule_crds.model import crds


def schemas():
    versions = {crd["spec"]["names"]["kind"]: crd["spec"]["versions"][0] for crd in crds()}
    return {kind: version["schema"]["openAPIV3Schema"] for kind, version in versions.items()}


def test_each_kind_of_rule_files_is_an_object():
    assert set(schemas()) == set(KINDS)


def test_every_step_is_described_inside_of_others_too():
    steps = schemas()["ConversionRule"]["properties"]["spec"]["properties"]["steps"]["items"]["properties"]
    inside = steps["steps"]["items"]["properties"]
    for word in some(STEP_WORDS):
        assert steps[word]["description"] == inside[word]["description"]


def test_every_field_is_described_and_has_a_type_or_holds_anything():
    def walk(schema, path):
        assert schema.get("type") or schema.get("x-kubernetes-preserve-unknown-fields"), path
        if path:
            assert schema.get("description"), path
        for name, below in schema.get("properties", {}).items():
            walk(below, f"{path}.{name}")
        for key in {"items", "additionalProperties"} & schema.keys():
            walk({"description": "an item", **schema[key]}, f"{path}[]")
        return True

    for kind, schema in some(schemas().items()):
        assert walk(schema["properties"]["spec"], "spec"), kind
        assert walk(schema["properties"]["status"], "status"), kind


def test_misspelled_keys_reach_the_linter():
    """The API server would drop them in silence, and a rule would mean something else."""

    def walk(schema):
        if "properties" in schema:
            assert schema["x-kubernetes-preserve-unknown-fields"] is True
        for below in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
            walk(below)

    for schema in some(schemas().values()):
        walk(schema["properties"]["spec"])


def test_the_policies_of_editors_and_of_the_api_server_are_the_same():
    for kind, schema in some(loss_schemas().items()):
        assert schema["properties"].keys() == schemas()[kind]["properties"]["spec"]["properties"].keys()
