"""``python -m tools.rule_crds``: writes deploy/karmada/crds.yaml; with ``--check``, compares it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from converter.yaml import dump_all
from tools.rule_crds.model import crds

FILE = Path(__file__).parents[2] / "deploy" / "karmada" / "crds.yaml"

_HEAD = """\
# The rules as objects of the Karmada API server: ConversionRule, FieldWeights and LossPolicy have the specs of the
# documents of those kinds in rule files. Made of converter/rules/json_schema.py and converter/losses/json_schema.py by
# `python -m tools.rule_crds`; do not edit.
"""


def made() -> str:
    """Make the content of the file."""
    return _HEAD + dump_all(crds())


def main() -> int:
    """Write or compare; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.rule_crds", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if the file differs")
    if not parser.parse_args().check:
        FILE.write_text(made(), encoding="utf-8")
        return 0
    if FILE.read_text(encoding="utf-8") == made():
        return 0
    print(f"{FILE} differs: run `python -m tools.rule_crds`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
