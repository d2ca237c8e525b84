"""The locks of what runs and what builds: whole, and the same versions that the tests run with."""

import re
import tomllib
from pathlib import Path

import pytest

from tools.oldest import lowest_pin

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


def names(requirements):
    return {re.match(r"[\w.-]+", requirement)[0].lower() for requirement in requirements}


def test_what_runs_has_every_dependency_in_the_version_that_is_tested():
    run, dev = locked("run"), locked("dev")
    assert names(PROJECT["project"]["dependencies"]) <= run.keys()
    assert run.items() <= dev.items()
    assert "pytest" not in run


def test_the_oldest_lock_has_the_lower_bound_of_aiohttp_and_dev_has_a_newer_one():
    pin = lowest_pin("aiohttp", PROJECT["project"]["dependencies"])
    assert pin == f"aiohttp=={locked('oldest')['aiohttp']}"
    assert locked("dev")["aiohttp"] != locked("oldest")["aiohttp"]


def test_a_lower_bound_is_read_with_an_upper_bound_and_a_marker():
    assert lowest_pin("one", ["one-more>=7", "one>=1.2,<3; python_version < '4'"]) == "one==1.2"
    with pytest.raises(ValueError, match="two"):
        lowest_pin("two", ["one>=1.2"])


def test_what_builds_the_wheel_is_locked():
    assert names(PROJECT["build-system"]["requires"]) <= locked("build").keys()


@pytest.mark.parametrize("name", ["dev", "run", "build", "oldest", "image"])
def test_every_pin_has_hashes_and_no_index_is_named(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    pins = re.findall(r"^[\w.-]+==.*?(?=^[\w.-]+==|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(pins) == len(locked(name))
    assert all("--hash=sha256:" in pin for pin in pins)
    assert "://" not in text
    assert "index" not in text


@pytest.mark.parametrize("file", ["Makefile", "Dockerfile"])
def test_a_lock_is_installed_as_it_is_and_then_checked(file):
    """A lock is complete, so pip must not resolve anything: pip 23.2 asks for the newest `coverage[toml]`, not only
    for the pinned one, and rejects the lock when a newer one is published."""
    text = (ROOT / file).read_text()
    installs = [line for line in text.splitlines() if "--require-hashes" in line]
    assert installs
    assert all("--no-deps" in line for line in installs)
    assert "pip check" in text
