"""Runs a real Helm on deploy/chart, and says which values the chart's schema has.

``python -m tests.integration.chart`` writes the golden files that tests/integration/test_chart.py compares.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import yaml

from tests.controlplanes import toolchain
from tests.controlplanes.places import Places

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "chart"
GOLDEN = ROOT / "tests" / "data" / "chart"
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
NAMESPACE = "karmada-system"
HOOK = "helm.sh/hook"


class Leaf(NamedTuple):
    """A value of the schema: where it is, another value that it may have, and what it needs to have an effect."""

    path: str
    example: object
    needs: dict


def leaves(schema=SCHEMA, prefix=""):
    """List the values of a schema. A property without an example is a group of values."""
    for key, node in schema["properties"].items():
        path = f"{prefix}{key}"
        if "examples" in node:
            yield Leaf(path, node["examples"][0], node.get("x-needs", {}))
        elif path != "global":
            yield from leaves(node, f"{path}.")


def nested(values):
    """Turn values by dotted path into the content of a values file."""
    made = {}
    for path, value in values.items():
        *folders, name = path.split(".")
        place = made
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = copy.deepcopy(value)
    return made


def helm(*arguments, values=None, kubeconfig=None, timeout=120):
    """Run Helm; returns the finished process."""
    program = toolchain.helm(Places.from_environment())
    command = [str(program), *map(str, arguments)]
    if kubeconfig is not None:
        command.append(f"--kubeconfig={kubeconfig}")
    if values is not None:
        command.append("--values=-")
    text = None if values is None else yaml.safe_dump(values)
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=timeout)


def render(values=None, *more, namespace=NAMESPACE, release="converter"):
    """Render the chart; returns what Helm prints.

    Raises:
        AssertionError: Helm refused it.
    """
    done = helm("template", release, CHART, f"--namespace={namespace}", *more, values=values)
    assert done.returncode == 0, done.stderr
    return done.stdout


def objects(text):
    """Parse a rendering: the objects by kind and name."""
    made = [item for item in yaml.load_all(text, Loader=yaml.CSafeLoader) if item]
    found = {(item["kind"], item["metadata"]["name"]): item for item in made}
    assert len(found) == len(made), "two objects with one name"
    return found


def hooks(found):
    """The objects that Helm creates for an event. The others are the release."""
    return {key: item for key, item in found.items() if HOOK in item["metadata"].get("annotations", {})}


def everything():
    """Values that differ from every default, but for those that turn something off."""
    return nested({leaf.path: leaf.example for leaf in leaves() if leaf.example is not False})


#: Values by the name of their golden file.
CASES = {
    "default": None,
    "everything": everything(),
    "dashboard": nested({"dashboard.enabled": True}),
    "by-hand": nested(
        {
            "image.repository": "registry.example/converter",
            "image.digest": "sha256:" + "0" * 64,
            "jobs.enabled": False,
            "certificates.managed": False,
            "networkPolicies.enabled": True,
        }
    ),
}


def main():
    """Write the golden files."""
    GOLDEN.mkdir(exist_ok=True)
    for name, values in CASES.items():
        (GOLDEN / f"{name}.yaml").write_text(render(values), encoding="utf-8")
        print(f"wrote {GOLDEN / f'{name}.yaml'}")


if __name__ == "__main__":
    sys.exit(main())
