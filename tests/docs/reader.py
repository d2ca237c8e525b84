"""Somebody who follows a page: writes its files, runs its commands as written, and compares what the page shows."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from tests.docs.test_examples import BLOCK

SECONDS = 300


class Step(NamedTuple):
    """One block of a page.

    Attributes:
        language: ``sh`` for commands, ``console`` for a command with its output, ``yaml`` for a file.
        text: what is in the block.
        code: the exit code that the page expects.
    """

    language: str
    text: str
    code: int


def steps(page: str) -> list[Step]:
    """Take the blocks out of a page, in their order."""
    return [Step(language, text, int(code or 0)) for code, language, text in BLOCK.findall(page)]


class Reader:
    """Follows the blocks, in one folder and one environment; a `cd` stays.

    Attributes:
        seconds: how long each block with commands took, by its first line.
    """

    def __init__(self, folder: Path, **variables: str) -> None:
        self._folder = folder
        self._here = folder
        self._environment = {**os.environ, **variables}
        self.seconds: dict[str, float] = {}

    def follow(self, step: Step) -> None:
        """Do what a block says."""
        if step.language == "yaml":
            found = re.match(r"# file: (\S+)\n", step.text)
            assert found, f"a file without its name:\n{step.text}"
            (self._here / found[1]).write_text(step.text, "utf-8")
        elif step.language == "console":
            command, _, expected = step.text.removeprefix("$ ").partition("\n")
            shown = self.run(command, step.code)
            assert shown == expected, f"{command}\nshows\n{shown}\nand the page has\n{expected}"
        else:
            assert step.language == "sh", step.language
            self.run(step.text, step.code)

    def run(self, commands: str, code: int = 0) -> str:
        """Run commands as in a terminal; returns what it shows, without blanks at the ends of lines."""
        began = time.monotonic()
        state = self._folder / ".here"
        done = subprocess.run(
            ["bash", "-c", f"set -e -o pipefail\ntrap 'pwd > {state}' EXIT\n{commands}"],
            cwd=self._here, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False, timeout=SECONDS,
        )  # fmt: skip
        self.seconds[commands.partition("\n")[0]] = time.monotonic() - began
        assert done.returncode == code, f"{commands}\nexit code {done.returncode}, not {code}\n{done.stdout}"
        self._here = Path(state.read_text("utf-8").strip())
        return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
