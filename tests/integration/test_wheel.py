"""The wheel as the image holds it: the Dockerfile's own steps build and install it, with locked dependencies."""

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
PROGRAM = ROOT / "tests" / "packaging" / "library_program.py"
EXPECTED = [
    "lost status.devices[0].shareID = a671734a",
    "target resource.k8s.io/v1alpha3",
    "round trip True",
    "no route for Gadget",
]
"""What the program prints."""

DOCKERFILE = (ROOT / "Dockerfile").read_text()


def instructions(word):
    """Return all instructions of a kind, with continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", DOCKERFILE)
    return re.findall(rf"^{word} (.+)$", joined, re.MULTILINE)


def copied():
    """Return the paths that the image's build copies from the repository."""
    return [source for line in instructions("COPY") if "--from" not in line for source in line.split()[:-1]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Run the Dockerfile's steps in folders instead of an image, and return the folder with the programs."""
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
    shutil.rmtree(source)  # the installed wheel must not need it
    return folder / "opt" / "converter" / "bin"


@pytest.fixture
def converter(installed, tmp_path):
    """Run the installed command in an empty folder, without a home and without this checkout on the path."""
    variables = {"PATH": os.defpath, "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*arguments, start=False):
        command = [installed / "converter", *arguments]
        if start:
            return subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=subprocess.PIPE, text=True)
        return subprocess.run(
            command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False, timeout=120
        )

    return run


def python_in(installed, tmp_path, *arguments):
    """Run the installed environment's Python in an empty folder, isolated from this checkout."""
    command = [installed / "python", "-I", *arguments]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)


def test_the_environment_has_no_checkout_on_its_path(installed, tmp_path):
    done = python_in(
        installed, tmp_path, "-c", "import sys, converter; print(*sys.path, converter.__file__, sep='\\n')"
    )
    assert done.returncode == 0, done.stderr
    places = done.stdout.splitlines()
    assert places[-1].startswith(str(installed.parent))
    assert [place for place in places if place.startswith(str(ROOT))] == []


def test_the_only_top_level_name_is_converter(installed, tmp_path):
    script = (
        "from importlib import metadata;"
        "files = metadata.files('karmada-api-version-converter');"
        "print(*sorted({file.parts[0] for file in files if '.dist-info' not in file.parts[0]}), sep='\\n')"
    )
    done = python_in(installed, tmp_path, "-c", script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["..", "converter"]  # `..` leads to bin/converter


def type_check(installed, program):
    """Run `mypy --strict` on a program, with the types of the installed environment."""
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", installed / "python", program]
    variables = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MYPYPATH"}}
    return subprocess.run(
        command, cwd=program.parent, env=variables, capture_output=True, text=True, check=False, timeout=300
    )


def test_a_program_type_checks_strictly_against_the_wheel(installed, tmp_path):
    done = type_check(installed, Path(shutil.copy(PROGRAM, tmp_path)))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_program_does_not_type_check(installed, tmp_path):
    program = tmp_path / "wrong.py"
    program.write_text("from converter import Converter\n\nnumber: int = Converter.from_rules().convert({}, to='v1')\n")
    done = type_check(installed, program)
    assert done.returncode == 1
    assert "[assignment]" in done.stdout


def test_a_program_runs_against_the_wheel(installed, tmp_path):
    done = python_in(installed, tmp_path, shutil.copy(PROGRAM, tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == EXPECTED


def test_it_converts(converter, tmp_path):
    manifest = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}, "spec": {}}
    (tmp_path / "cron.json").write_text(json.dumps(manifest))
    done = converter("convert", "-f", "cron.json", "--to", "batch/v1beta1", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["apiVersion"] == "batch/v1beta1"


def test_the_dockerignore_allows_exactly_what_is_copied():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert {line[1:] for line in lines if line.startswith("!")} == set(copied())
    assert "*" in lines


def test_the_image_runs_as_an_unprivileged_user():
    assert instructions("USER") == ["65532:65532"]
    assert instructions("ENTRYPOINT") == ['["converter"]']


def test_it_has_its_version_and_its_rules(converter):
    version = converter("--version")
    assert (version.returncode, version.stdout.split()[0]) == (0, "converter")
    assert re.match(r"\d+\.\d+\.\d+", version.stdout.split()[1]), version.stdout
    for verb in ("lint", "test"):
        done = converter("rules", verb)
        assert done.returncode == 0, done.stderr


def test_it_has_the_karmada_part(converter):
    done = converter("install", "--output", "yaml")
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
