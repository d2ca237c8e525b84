"""deploy/chart, without Helm: its files agree with each other, with the project, and with deploy/host."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from converter.install.host import HostOptions, host_part
from tests.nonempty import some
from tools.chart.files import FILES
from tools.chart.model import Value, defaults, leaves
from tools.chart.values import VALUES

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "chart"
GOLDEN = ROOT / "tests" / "data" / "chart"
METADATA = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_files_about_values_are_the_ones_that_are_generated(path):
    assert path.read_text("utf-8") == FILES[path](), "run `make chart-values`"


def test_values_yaml_has_the_defaults():
    assert yaml.safe_load((CHART / "values.yaml").read_text("utf-8")) == defaults(VALUES)


def test_each_value_has_words_a_schema_and_an_example_that_differs():
    for path, value in some(list(leaves(VALUES))):
        assert isinstance(value, Value)
        assert value.text.endswith("."), path
        assert value.schema, path
        assert value.example != value.default, path


def objects(schema, path="values"):
    """All schemas of objects with properties, wherever they are."""
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") == "object":
            yield path, schema
        for key, below in schema.items():
            yield from objects(below, f"{path}.{key}") if key not in {"default", "examples"} else ()


def test_the_schema_is_closed_at_each_level():
    """A list of volumes or containers is left to the API server: it has all their fields."""
    opened = {path for path, schema in some(list(objects(SCHEMA))) if schema.get("additionalProperties") is not False}
    names = {re.sub(r".*\.([A-Za-z]+)\.items$", r"\1", path) for path in opened}
    assert names == {"extraVolumes", "extraContainers", "initContainers"}


def test_each_value_is_used_by_a_template():
    text = "".join(path.read_text("utf-8") for path in some(sorted((CHART / "templates").rglob("*.*"))))
    for path, _ in some(list(leaves(VALUES))):
        assert re.search(rf"\.{path.rpartition('.')[2]}\b", text), path


def test_the_chart_has_the_version_of_the_project():
    assert METADATA["version"] == METADATA["appVersion"] == PROJECT["version"]
    images = yaml.safe_load(METADATA["annotations"]["artifacthub.io/images"])
    assert [image["image"].rpartition(":")[2] for image in images] == [PROJECT["version"]]


def test_the_annotations_for_artifact_hub_are_complete():
    annotations = METADATA["annotations"]
    assert annotations["artifacthub.io/license"] == PROJECT["license"]
    links = {link["name"].lower(): link["url"] for link in yaml.safe_load(annotations["artifacthub.io/links"])}
    assert links == {key: PROJECT["urls"][key.title()] for key in ("documentation", "issues")}
    kinds = {"added", "changed", "deprecated", "removed", "fixed", "security"}
    for change in some(yaml.safe_load(annotations["artifacthub.io/changes"])):
        assert change["kind"] in kinds
        assert change["description"]


@pytest.mark.parametrize(("file", "options"), [("default", HostOptions()), ("dashboard", HostOptions(dashboard=True))])
def test_the_chart_makes_the_objects_that_converter_install_applies(file, options):
    """tests/integration/test_chart.py shows that a real Helm renders this file."""
    documents = yaml.load_all((GOLDEN / f"{file}.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    made = [item for item in documents if "helm.sh/hook" not in item["metadata"].get("annotations", {})]
    assert {key(item): item for item in made} == {key(item): item for item in host_part(options)}


def key(manifest):
    return manifest["kind"], manifest["metadata"]["name"]
