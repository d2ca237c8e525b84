"""Every ordered pair of versions that real API servers answered, converted exactly; see tests/data/oracle."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path

import pytest

from converter.rules.examples import differences

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
    for source, given in record["forms"].items():
        for target, wanted in record["forms"].items():
            if source == target:
                continue
            before = copy.deepcopy(given)
            result = shipped.convert(given, to=target)
            assert list(differences(tidy(result.manifest), tidy(wanted))) == [], f"{source} -> {target}"
            assert given == before
            assert shipped.convert(result.manifest, to=source, kept=result.kept).manifest == given
