"""Runs the commands of a page's ``console`` blocks, and puts their real outputs into the page.

``python -m tests.wording.shown_outputs`` rewrites the page of recipes. Text blocks below ``<!-- symptom: NAME -->`` get
what the webhooks say.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from converter.cli import main
from converter.clusters import read_inventory
from converter.config import read_parts, read_rule_files
from converter.rule_objects import Combiner, read_object
from converter.testing import admit, make_review, make_work
from converter.yaml import load_all

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "rule-recipes.md"
FOLDER = ROOT / "docs" / "examples" / "recipes"

_CONSOLE = re.compile(r"```console\n\$ ([^\n]*)\n.*?```", re.DOTALL)
_SYMPTOM = re.compile(r"<!-- symptom: ([^\n]*) -->\n```text\n.*?```", re.DOTALL)


def run(command: str) -> str:
    """Run a command of ours in the current folder: what a terminal shows of it."""
    words = shlex.split(command)
    assert words.pop(0) == "converter", command
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        main(words)
    return "".join(f"{line.rstrip()}\n" for line in shown.getvalue().splitlines())


def _admission(name: str, *rules: str) -> str:
    (manifest,) = load_all(Path(name).read_text("utf-8"))
    answer = admit(make_review(make_work(manifest, cluster="old")), read_inventory("fleet.yaml"), rules=rules)
    return answer.message or "\n".join(answer.warnings)


def _rule_webhook(name: str, *rules: str) -> str:
    (document,) = load_all(Path(name).read_text("utf-8"))
    asked = read_object(msgspec.json.encode(document))
    return "\n".join(map(str, Combiner().check(read_parts(read_rule_files(rules)), [], asked)))


SYMPTOMS: dict[str, Callable[[], str]] = {
    "no rule": lambda: _admission("server.yaml"),
    "refused": lambda: _admission("exclusive.yaml", "rules"),
    "lost": lambda: _admission("server.yaml", "rules"),
    "conflict": lambda: _rule_webhook("two/mine.yaml", "rules"),
    "mistakes": lambda: _rule_webhook("mistakes/step.yaml"),
}
"""What the webhooks on Works and on rule objects say."""


def filled(page: str) -> str:
    """Make a page with the real outputs; runs its commands in the folder of the examples."""
    with contextlib.chdir(FOLDER):
        page = _CONSOLE.sub(lambda found: f"```console\n$ {found[1]}\n{run(found[1])}```", page)
        return _SYMPTOM.sub(lambda found: f"<!-- symptom: {found[1]} -->\n```text\n{SYMPTOMS[found[1]]()}\n```", page)


if __name__ == "__main__":
    os.environ.pop("COLUMNS", None)
    PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")
