"""``python -m tools.monitoring``: writes the derived files of deploy/monitoring; with ``--check``, compares them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

from tools.monitoring.dashboard import dashboard
from tools.monitoring.slo import groups_of

FOLDER = Path(__file__).parents[2] / "deploy" / "monitoring"

_HEAD = "# Made of slos.yaml by `python -m tools.monitoring`; do not edit.\n"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and repeats what occurs twice."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def made() -> dict[str, str]:
    """Make the content of each derived file, by name."""
    spec = yaml.safe_load((FOLDER / "slos.yaml").read_text("utf-8"))
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "converter-slos"},
        "spec": {"groups": groups_of(spec)},
    }
    return {
        "slo-rules.yaml": _HEAD + yaml.dump(rule, Dumper=_Dumper, sort_keys=False, width=1000),
        "dashboard.json": json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n",
    }


def main() -> int:
    """Write or compare; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.monitoring", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; 1 if a file differs")
    args = parser.parse_args()
    differs = False
    for name, content in made().items():
        file = FOLDER / name
        if file.exists() and file.read_text("utf-8") == content:
            continue
        differs = True
        if args.check:
            print(f"{file}: not up to date; run `python -m tools.monitoring`")
        else:
            file.write_text(content, "utf-8")
            print(f"wrote {file}")
    return 1 if differs and args.check else 0


if __name__ == "__main__":
    sys.exit(main())
