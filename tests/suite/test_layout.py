"""The unit tests mirror the tree of modules, so that the tests of a module are where its name says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nonempty import some
from tests.suite.layout import ROOT, UNIT, misplaced_tests, modules_without_test

LONGEST = 350
"""Lines of a module; the convention is about 300."""


def test_every_unit_test_is_where_its_module_is():
    assert any((ROOT / UNIT).rglob("test_*.py"))
    misplaced = misplaced_tests()
    assert not misplaced, "no such module; name the topic in tests/suite/layout.py:\n" + "\n".join(misplaced)


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_a_misplaced_test_and_an_untested_module_are_found(tmp_path):
    make(
        tmp_path,
        "converter/__init__.py", "converter/a.py", "converter/b/__init__.py", "converter/b/c.py", "tools/d.py",
        "tests/unit/test_a.py", "tests/unit/test_b.py", "tests/unit/b/test_a.py", "tests/unit/tools/test_d.py",
    )  # fmt: skip
    assert misplaced_tests(tmp_path) == ["b/test_a.py"]
    assert modules_without_test(tmp_path) == [Path("converter/b/c.py")]


@pytest.mark.parametrize("tree", ["converter", "tools", "tests"])
def test_no_module_is_longer_than_one_can_keep_in_mind(tree):
    lengths = {file: len(file.read_text("utf-8").splitlines()) for file in some(sorted((ROOT / tree).rglob("*.py")))}
    assert {str(file.relative_to(ROOT)): length for file, length in lengths.items() if length > LONGEST} == {}
