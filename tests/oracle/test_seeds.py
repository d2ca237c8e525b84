"""Every ordered pair of versions that real API servers answered, converted exactly; see tests/data/oracle."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path

import pytest

from converter.rules.differences import differences
from tests.nonempty import some

# Differences that do not follow from the form given, by (kind, release, name): see docs/reference/unreachable.md.
UNREACHABLE = {
    ("APIService", "1.16", "v1.xb.example.com"): "status",
    ("CustomResourceDefinition", "1.16", "aas.ex.example.com"): "status.conditions",
    ("CustomResourceDefinition", "1.20.15", "bds.ex.example.com"): "status.conditions",
    ("HorizontalPodAutoscaler", "1.24", "hpa-m4-v2beta2"): "spec.metrics[0].object.target.value",
    ("HorizontalPodAutoscaler", "1.36", "hpa-beh-v2"): "metadata.annotations.autoscaling.alpha.kubernetes.io/behavior",
}

SEEDS = Path(__file__).parent.parent / "data" / "oracle" / "seeds.jsonl.gz"


def tidy(node):
    """Leave out what carries no meaning: nulls and empty containers."""
    if isinstance(node, dict):
        cleaned = {key: tidy(value) for key, value in node.items()}
        return {key: value for key, value in cleaned.items() if value not in (None, {}, [])}
    return [tidy(value) for value in node] if isinstance(node, list) else node


def records():
    with gzip.open(SEEDS, "rt") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("record", [pytest.param(r, id=f"{r['kind']}-{r['server']}-{r['name']}") for r in records()])
def test_a_real_server_s_answers_are_met_exactly(record, shipped):
    proven = UNREACHABLE.get((record["kind"], record["server"], record["name"]), "nothing")
    for source, given in some(record["forms"].items()):
        for target, wanted in some(record["forms"].items()):
            if source == target:
                continue
            before = copy.deepcopy(given)
            result = shipped.convert(given, to=target)
            found = differences(tidy(result.manifest), tidy(wanted))
            assert [each for each in found if not each.path.startswith(proven)] == [], f"{source} -> {target}"
            assert given == before
            assert shipped.convert(result.manifest, to=source, conversion_data=result.conversion_data).manifest == given
