"""docs/examples/helm-chart: a project whose tests use converter.testing, with a real Helm."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.controlplanes import toolchain
from tests.controlplanes.places import Places

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "docs" / "examples" / "helm-chart"


@pytest.fixture
def project(tmp_path):
    """Copy the project, and run its tests as its users do."""
    folder = shutil.copytree(PROJECT, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__"))
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "helm").symlink_to(toolchain.helm(Places.from_environment()))
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}

    def run(*arguments):
        command = [sys.executable, "-m", "pytest", "-p", "converter.testing.plugin", "-p", "no:cacheprovider"]
        return subprocess.run([*command, *arguments], cwd=folder, env=variables, check=False)

    run.folder = folder
    return run


def test_its_tests_pass(project):
    assert project().returncode == 0


def test_its_golden_files_are_those_of_snapshot_mode(project):
    golden = project.folder / "tests" / "golden"
    before = {file.name: file.read_text() for file in golden.rglob("*.yaml")}
    assert before
    shutil.rmtree(golden)
    assert project().returncode == 1
    assert project("--converter-update").returncode == 0
    assert {file.name: file.read_text() for file in golden.rglob("*.yaml")} == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("chart/templates/report.yaml", "batch/v1", "batch/v9"),
        ("chart/values.yaml", 'timeZone: ""', "timeZone: UTC"),
        ("chart/templates/budget.yaml", "maxUnavailable: 1", "maxUnavailable: 2"),
        ("fleet.yaml", "release: v1.20", "release: v1.16"),
    ],
)
def test_its_tests_fail_for_a_mistake_in_the_chart_or_another_fleet(project, file, old, new):
    text = (project.folder / file).read_text()
    assert old in text
    (project.folder / file).write_text(text.replace(old, new))
    assert project().returncode == 1
