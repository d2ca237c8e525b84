"""What a file costs grows as its size: counted in calls of functions, so that no machine is too slow or too fast."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from converter.catalog import load_catalog
from converter.clusters import InventoryError, read_inventory
from converter.config import Configuration, RuleFile
from converter.errors import RuleBookError
from converter.rules.limits import MAX_PLACES
from tests.rulekit import rule_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = "apiVersion: apiconverter.dev/v1alpha1\nkind: "
HALF = MAX_PLACES // 2
"""Rules are as large as they may be at twice this size."""

RULES: dict[str, tuple[int, Callable[[int], str]]] = {
    "steps": (HALF, lambda n: rule_text("steps:\n" + "".join(f"  - rename: {{a{i}: b{i}}}\n" for i in range(n)))),
    "steps of one field": (
        HALF, lambda n: rule_text("steps:\n" + "  - drop: {path: a, side: left, why: x}\n" * n)
    ),
    "wrong steps": (HALF, lambda n: rule_text("steps:\n" + "".join(f"  - rename: {{a{i}: 7}}\n" for i in range(n)))),
    "kinds": (
        HALF, lambda n: rule_text("steps: []").replace(
            "kind: Thing", f"kinds: [{', '.join(f'K{i}' for i in range(n))}]"
        ),
    ),
    "too many kinds": (
        5_000, lambda n: rule_text("steps: []").replace(
            "kind: Thing", f"kinds: [{', '.join(f'K{i}' for i in range(n))}]"
        ),
    ),
    "rules": (100, lambda n: "---\n".join(
        rule_text("steps: [{rename: {a: b}}]\n", f"r{i}", f"a.example/v{i + 1}", f"b.example/v{i + 1}")
        for i in range(n)
    )),
    "unknown keys": (2_000, lambda n: rule_text("steps: []\n" + "".join(f"k{i}: 1\n" for i in range(n)))),
    "examples": (100, lambda n: rule_text(
        "steps: [{rename: {a: b}}]\nexamples:\n" + "  - {left: {a: 1}, right: {b: 1}}\n" * n
    )),
    "weights": (500, lambda n: f"{HEAD}FieldWeights\nspec:\n  weights:\n" + "".join(
        f"    - {{weight: harmless, kinds: [Pod], fields: [spec.a{i}]}}\n" for i in range(n)
    )),
    "patterns": (500, lambda n: (
        f"{HEAD}FieldWeights\nspec:\n  weights: [{{weight: harmless, kinds: [Pod], fields: ["
        + ", ".join(f"'**.a{i}'" for i in range(n)) + "]}]\n"
    )),
    "policies": (200, lambda n: f"{HEAD}LossPolicy\nspec: {{}}\n---\n" * n),
    "documents": (1_000, lambda n: "{} " * n),
    "values": (2_000, lambda n: "[" * 100 + "1, " * n + "]" * 100),
    "separators": (2_000, lambda n: "---\n" * n),
}  # fmt: skip


def calls(act: Callable[[], Any]) -> int:
    """Count the calls of Python functions, and of functions in C."""
    count = 0

    def counting(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    re.purge()
    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        act()
    except (RuleBookError, InventoryError):
        pass
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("shape", RULES)
def test_a_rule_file_of_twice_the_size_costs_twice_as_much(shape: str, report_count: Callable[[str], None]) -> None:
    size, make = RULES[shape]
    catalog = load_catalog()

    def read(number: int) -> int:
        file = RuleFile("my.yaml", make(number))
        return calls(lambda: Configuration.read([file], catalog))

    read(size)  # what is cached
    one, two = read(size), read(2 * size)
    report_count(f"{shape}: {one} calls at {size}, {two} at {2 * size}")
    assert two < 2.3 * one


def test_an_inventory_of_twice_the_size_costs_twice_as_much(
    tmp_path: Path, report_count: Callable[[str], None]
) -> None:
    file = tmp_path / "fleet.yaml"

    def read(number: int) -> int:
        clusters = "".join(f"  - {{name: c{i}, versions: {{apps/v1: [Deployment]}}}}\n" for i in range(number))
        file.write_text(f"{HEAD}ClusterInventory\nclusters:\n{clusters}")
        return calls(lambda: read_inventory(file))

    read(300)
    one, two = read(300), read(600)
    report_count(f"{one} calls for 300 clusters, {two} for 600")
    assert two < 2.3 * one
