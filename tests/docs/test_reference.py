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


def test_the_metrics_page_lists_the_registry():
    collected = list(Metrics(["works"]).registry.collect())
    assert collected
    real = {metric.name + ("_total" if metric.type == "counter" else "") for metric in collected}
    listed = set(re.findall(r"^\| `(converter_\w+)` \|", (REFERENCE / "metrics.md").read_text("utf-8"), re.MULTILINE))
    assert listed == real
