"""The scaffolding agrees with the Makefile, the locks and the workflows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def make_calls(text):
    """The targets that a text calls, outside of comments."""
    return set(re.findall(r"^[^#\n]*\bmake ([a-z0-9-]+)", text, re.MULTILINE))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_a_full_sha_with_its_version(path):
    uses = re.findall(r"^ *(?:- )?uses: (.*)$", path.read_text(), re.MULTILINE)
    assert uses
    assert [line for line in uses if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./", line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_permissions_are_declared_and_jobs_are_bounded(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] in ({}, {"contents": "read"})
    assert [name for name, job in workflow["jobs"].items() if not job.get("timeout-minutes")] == []


@pytest.mark.parametrize(
    "path", [*WORKFLOWS, ROOT / ".ci" / "run", ROOT / ".pre-commit-config.yaml"], ids=lambda path: path.name
)
def test_every_make_target_that_is_called_exists(path):
    calls = make_calls(path.read_text())
    assert calls
    assert calls - TARGETS == set()


def test_the_ci_workflow_runs_every_step_of_the_ci_script():
    script = set(re.findall(r"^ *step make ([a-z0-9-]+)", (ROOT / ".ci" / "run").read_text(), re.MULTILINE))
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    called = {call for step in steps(workflow) for call in make_calls(step.get("run", ""))}
    assert {"test", "e2e", "aiohttp", "workflows"} <= script
    assert script - called == set()


def test_the_changelog_has_the_sections_of_keep_a_changelog():
    text = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^## \[Unreleased\]$", text, re.MULTILINE)
    kinds = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert kinds
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_every_generated_file_in_gitattributes_exists():
    lines = [
        line.split()[0] for line in (ROOT / ".gitattributes").read_text().splitlines() if "linguist-generated" in line
    ]
    assert lines
    assert [pattern for pattern in lines if not list(ROOT.glob(pattern))] == []
