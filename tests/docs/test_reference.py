"""The reference names every label, annotation and metric, and every documented loss format can be read."""

import re
from pathlib import Path

import pytest

from converter.karmada import names
from converter.server.metrics import Metrics

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
CONSTANTS = {name: value for name, value in vars(names).items() if name.endswith(("_LABEL", "_ANNOTATION"))}
NAMES = sorted({value for value in CONSTANTS.values() if value.startswith(f"{names.GROUP}/")})


def test_there_are_names():
    assert f"{names.GROUP}/converted" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_label_and_annotation_is_listed(name):
    assert f"\n| `{name.removeprefix(f'{names.GROUP}/')}` | " in (REFERENCE / "objects.md").read_text("utf-8")


def test_the_metrics_page_lists_the_registry_with_its_labels():
    collectors = Metrics(["works"]).registry._names_to_collectors
    real = {}
    for collector in set(collectors.values()):
        (metric, *_) = collector.describe()
        real[metric.name + ("_total" if metric.type == "counter" else "")] = list(collector._labelnames)
    rows = re.findall(r"^\| `(converter_\w+)` \| (.*?) \|", (REFERENCE / "metrics.md").read_text("utf-8"), re.MULTILINE)
    assert real
    assert {name: re.findall(r"`(\w+)`", labels) for name, labels in rows} == real
