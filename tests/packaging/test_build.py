"""The wheel and the sdist: what they contain, and that the wheel from the sdist is the same."""

from __future__ import annotations

import email
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PROGRAM = ROOT / "tests" / "packaging" / "library_program.py"
GENERATORS = ("compare.py", "distil.py", "make.py")


def build(source, target, output):
    """Build one distribution with the locked hatchling, without an index, and return its path."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(output)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    (built,) = [path for path in output.iterdir() if path.suffix in {".whl", ".gz"}]
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    with zipfile.ZipFile(build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The folder that the sdist unpacks to."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build(ROOT, "sdist", folder / "dist")) as opened:
        opened.extractall(folder / "src", filter="data")
    (source,) = (folder / "src").iterdir()
    return source


def files_below(folder):
    """The files of a folder of the checkout, as paths relative to the checkout."""
    found = [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert found
    return {path.relative_to(ROOT).as_posix() for path in found}


def metadata_of(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return email.message_from_bytes(wheel.read(name))


def test_the_wheel_installs_one_top_level_package(wheel):
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    packages = {top for top in tops if not top.endswith(".dist-info")}
    assert packages == {"converter"}
    assert len(tops) == len(packages) + 1


def test_the_wheel_contains_the_package_the_rules_and_the_manifests(wheel):
    data = {f"converter/_data/{path}" for path in files_below("conversion_rules") | files_below("deploy")}
    contents = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert contents == files_below("converter") | data
    assert "converter/py.typed" in contents


def test_the_wheel_contains_no_generator(wheel):
    assert [name for name in wheel.namelist() if name.endswith(GENERATORS) or "/tools/" in name] == []


def test_the_metadata_is_complete(wheel):
    metadata = metadata_of(wheel)
    assert metadata["Name"] == PROJECT["name"]
    assert metadata["License-Expression"] == "Apache-2.0"
    urls = {entry.partition(", ")[0] for entry in metadata.get_all("Project-URL")}
    assert urls >= {"Homepage", "Documentation", "Source", "Issues", "Changelog"}
    classifiers = set(metadata.get_all("Classifier"))
    assert classifiers == set(PROJECT["classifiers"])
    assert "Typing :: Typed" in classifiers


def test_the_sdist_contains_sources_tests_tools_and_docs(unpacked):
    contents = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    wanted = {
        path for folder in ("converter", "conversion_rules", "deploy", "tests", "tools") for path in files_below(folder)
    }
    assert wanted - contents == set()
    assert {"LICENSE", "README.md", "Makefile", "pyproject.toml", "requirements/dev.txt"} <= contents
    assert not [name for name in contents if name.startswith((".venv/", ".git/"))]


def test_the_wheel_from_the_sdist_is_the_wheel_from_the_checkout(wheel, unpacked, tmp_path):
    with zipfile.ZipFile(build(unpacked, "wheel", tmp_path)) as again:
        assert again.namelist() == wheel.namelist()
        assert [name for name in wheel.namelist() if again.read(name) != wheel.read(name)] == []


@pytest.fixture
def run(wheel, tmp_path):
    """Run Python in an empty folder with the unpacked wheel first on the path."""
    site = tmp_path / "site"
    wheel.extractall(site)
    work = tmp_path / "work"
    work.mkdir()

    def start(*arguments):
        command = [sys.executable, "-P", *arguments]
        variables = {"PATH": os.defpath, "HOME": "/nonexistent", "PYTHONPATH": str(site)}
        done = subprocess.run(
            command, cwd=work, env=variables, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return start


def test_the_wheel_reads_its_own_data(run, shipped, tmp_path):
    script = "import converter.engine, converter.install.manifests as m; print(m.KARMADA_PART, m.__file__)"
    places = run("-c", script).split()
    assert [place for place in places if not place.startswith(str(tmp_path))] == []
    listed = run("-m", "converter", "rules", "list")
    assert [rule.name for rule in shipped.book.rules if rule.name not in listed] == []
    run("-m", "converter", "rules", "test")
    kinds = {manifest["kind"] for manifest in yaml.safe_load_all(run("-m", "converter", "install", "--output", "yaml"))}
    assert {"MutatingWebhookConfiguration", "ResourceInterpreterCustomization", "Deployment"} <= kinds


def test_pytest_finds_the_plugin_of_the_wheel(run):
    assert "--converter-update" in run("-m", "pytest", "--help")


def test_pytest_is_an_extra_of_the_wheel(wheel):
    needed = [text for text in metadata_of(wheel).get_all("Requires-Dist") if text.startswith("pytest")]
    assert [text for text in needed if "extra ==" not in text] == []
    assert [text for text in needed if "extra == 'testing'" in text]


def test_a_program_runs_against_the_wheel(run):
    assert "round trip True" in run(str(PROGRAM)).splitlines()
