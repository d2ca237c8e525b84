"""The GitHub Action and the pre-commit hook around `converter check`."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from converter.cli import build_parser
from tests.nonempty import some

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEP = ACTION["runs"]["steps"][-1]
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
PAGE = (ROOT / "docs" / "how-to" / "check-manifests-in-ci.md").read_text()
STUB = """#!/bin/bash
printf '%s\\n' "$@" >> "$CALLS"
echo end >> "$CALLS"
exit "${CODE:-0}"
"""
FULL = {
    "FILES": "a b.yaml\nmanifests", "RELEASES": "v1.20\nv1.24\n", "INVENTORY": "fleet.yaml", "CLUSTERS": "edge",
    "RULES": "rules", "POLICY_FILE": "policy.yaml", "FAIL_ON": "harmless",
}  # fmt: skip


@pytest.fixture
def run(tmp_path):
    """Run the script of the action as GitHub does; returns its exit code and the commands that it ran."""

    def start(code=0, **inputs):
        programs = tmp_path / "converter" / "bin"
        programs.mkdir(parents=True)
        (programs / "converter").write_text(STUB)
        (programs / "converter").chmod(0o755)
        calls = tmp_path / "calls"
        given = {**dict.fromkeys(STEP["env"], ""), "FAIL_ON": "dangerous", **inputs}
        variables = {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(tmp_path), "CALLS": str(calls), "CODE": str(code)}
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEP["run"]]
        done = subprocess.run(shell, env={**variables, **given}, cwd=tmp_path, check=False)
        return done.returncode, [call.splitlines() for call in calls.read_text().split("end\n")[:-1]]

    return start


def parsed(arguments):
    return vars(build_parser().parse_args(arguments))


def test_every_input_reaches_the_command(run):
    code, (arguments,) = run(**FULL)
    found = parsed(arguments)
    assert code == 0
    assert found["filename"] == ["a b.yaml", "manifests"]
    assert (found["release"], found["inventory"], found["cluster"]) == (["v1.20", "v1.24"], "fleet.yaml", ["edge"])
    assert (found["rules"], found["policy_file"], found["fail_on"]) == (["rules"], "policy.yaml", "harmless")


@pytest.mark.parametrize("code", [1, 2])
def test_a_finding_fails_the_step(run, code):
    assert run(code, FILES="manifests", RELEASES="v1.20")[0] == code


def test_a_report_is_written_before_the_step_can_fail(run, tmp_path):
    _, calls = run(FILES="manifests", RELEASES="v1.20", SARIF="check.sarif")
    report, check = map(parsed, calls)
    assert (report["output"], report["fail_on"], report["filename"]) == ("sarif", "never", ["manifests"])
    assert (check["output"], check["fail_on"]) == ("table", "dangerous")
    assert (tmp_path / "check.sarif").exists()


def test_nothing_of_an_input_is_run_by_the_shell(run, tmp_path):
    _, (arguments,) = run(FILES="$(touch hacked); `touch hacked` *", RELEASES="v1.20")
    assert parsed(arguments)["filename"] == ["$(touch hacked); `touch hacked` *"]
    assert not (tmp_path / "hacked").exists()
    assert not [step["run"] for step in ACTION["runs"]["steps"] if "${{" in step["run"]]


def test_every_input_is_used_and_documented():
    assert {name.upper().replace("-", "_") for name in ACTION["inputs"]} == set(STEP["env"])
    for name, given in some(ACTION["inputs"].items()):
        assert given["description"]
        assert f"`{name}`" in PAGE


def test_the_hook_runs_the_command_with_the_arguments_of_the_page():
    (block,) = [text for text in PAGE.split("```") if text.startswith("yaml") and HOOK["id"] in text]
    (repository,) = yaml.safe_load(block.removeprefix("yaml"))["repos"]
    (used,) = repository["hooks"]
    program, *arguments = [*shlex.split(HOOK["entry"]), *used["args"]]
    assert (program, used["id"], HOOK["pass_filenames"]) == ("converter", HOOK["id"], False)
    assert parsed(arguments)["filename"]
