"""What the tutorial about rolling a rule out does without a cluster; tests/e2e/test_tutorial.py follows all of it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from converter.cli import OK, main
from tests.docs.reader import Reader, steps

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorials" / "roll-out-a-rule.md"
ELSEWHERE = ("kubectl ", "--kubeconfig", "cp -r ", "sed ")


def test_the_commands_that_need_no_cluster(tmp_path):
    shutil.copytree(ROOT / "docs" / "examples" / "caches", tmp_path, dirs_exist_ok=True)
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "converter"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m converter "$@"\n')
    command.chmod(0o755)
    reader = Reader(tmp_path, PATH=f"{command.parent}:{os.environ['PATH']}", PYTHONPATH=str(ROOT))
    followed = [step for step in steps(PAGE.read_text("utf-8")) if not any(word in step.text for word in ELSEWHERE)]
    for step in followed:
        reader.follow(step)
    assert len([step for step in followed if "converter " in step.text]) >= 5


def test_the_page_counts_the_steps_of_the_draft(capsys):
    """Two are certain, two are likely, and three are to decide."""
    crd = ROOT / "docs" / "examples" / "caches" / "crds" / "karmada.yaml"
    assert main(["rules", "new", "--crd", str(crd), "--from", "v1beta1", "--to", "v1"]) == OK
    certain, _, rest = capsys.readouterr().out.partition("# Likely:")
    likely, _, undecided = rest.partition("  examples:")[0].partition("# To decide:")
    found = [len(re.findall(r"(?m)^    (?:# )?- ", part)) for part in (certain, likely, undecided)]
    assert found == [2, 2, 3]
