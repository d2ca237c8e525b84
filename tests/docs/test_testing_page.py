"""The page about tests: its examples run, as one project."""

from pathlib import Path

import pytest

from converter.yaml import dump
from tests.docs.test_examples import BLOCK
from tests.reviewkit import cronjob

pytest_plugins = ("pytester",)

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "test-your-manifests.md").read_text("utf-8")


@pytest.fixture
def project(pytester):
    """A project that consists of the page's blocks and one manifest."""
    blocks = [(language, text) for _, language, text in BLOCK.findall(PAGE)]
    (settings,) = [text for language, text in blocks if language == "ini"]
    pytester.makeini(f"{settings}asyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile("\n".join(text for language, text in blocks if language == "python"))
    (pytester.mkdir("manifests") / "job.yaml").write_text(dump(cronjob()))
    return lambda *more: pytester.runpytest_inprocess("-p", "converter.testing.plugin", "-p", "no:cacheprovider", *more)


def test_the_examples_of_the_page_run(project):
    project().assert_outcomes(passed=2, failed=1)
    project("--converter-update").assert_outcomes(passed=3)
    project().assert_outcomes(passed=3)
