"""The wheel as the image holds it: built and installed by the Dockerfile's own steps, with locked dependencies."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.controlplanes.waiting import wait_until
from tests.nonempty import some

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def instructions(word):
    """All instructions of a kind, with continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", DOCKERFILE)
    return re.findall(rf"^{word} (.+)$", joined, re.MULTILINE)


def copied():
    """What the image's build sees of the repository."""
    return [source for line in instructions("COPY") if "--from" not in line for source in line.split()[:-1]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Runs the Dockerfile's steps in folders instead of an image; gives the folder with the programs."""
    folder = tmp_path_factory.mktemp("image")
    source = folder / "src"
    for name in copied():
        place = source / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, place)
    for step in some(instructions("RUN")):
        command = step.replace("/opt/", f"{folder}/opt/").replace("python -m", f"{sys.executable} -m", 1)
        done = subprocess.run(["bash", "-ec", command], cwd=source, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{step}\n{done.stdout}\n{done.stderr}"
    shutil.rmtree(source)  # nothing may be needed of it
    return folder / "opt" / "converter" / "bin"


@pytest.fixture
def converter(installed, tmp_path):
    """Runs the installed command in an empty folder, as nobody: no home, nothing of this checkout on the path."""
    variables = {"PATH": os.defpath, "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*arguments, start=False):
        command = [installed / "converter", *arguments]
        if start:
            return subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=subprocess.PIPE, text=True)
        return subprocess.run(
            command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False, timeout=120
        )

    return run


def test_the_dockerignore_lets_in_what_is_copied_and_no_more():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert {line[1:] for line in lines if line.startswith("!")} == set(copied())
    assert "*" in lines


def test_the_image_runs_as_nobody():
    assert instructions("USER") == ["65532:65532"]
    assert instructions("ENTRYPOINT") == ['["converter"]']


def test_it_has_its_rules_and_is_no_checkout(converter):
    version = converter("--version")
    assert (version.returncode, version.stdout.split()[0]) == (0, "converter")
    assert "not installed" not in version.stdout
    for verb in ("lint", "test"):
        done = converter("rules", verb)
        assert done.returncode == 0, done.stderr


def test_it_has_what_is_installed_on_karmada(converter):
    done = converter("install", "--dry-run")
    assert done.returncode == 0, done.stderr
    kinds = {manifest["kind"] for manifest in yaml.safe_load_all(done.stdout)}
    assert {"MutatingWebhookConfiguration", "ClusterRole", "ResourceInterpreterCustomization"} <= kinds


def test_it_knows_every_release(converter):
    done = converter("catalog", "v1.20", "CronJob", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert "batch/v1beta1" in done.stdout


def test_it_serves(converter, tmp_path):
    server = converter("serve", "--sample", "--listen", "127.0.0.1:0", start=True)
    try:
        facts = tmp_path / ".run" / "listening.json"
        wait_until("the sample server", lambda: json.loads(facts.read_text()), 60, ignore=(OSError, ValueError))
        done = converter("demo", "--kind", "Ingress")
        assert done.returncode == 0, done.stderr
        assert "networking.k8s.io/v1beta1" in done.stdout
    finally:
        server.terminate()
        server.communicate(timeout=30)
    assert server.returncode == 0
