"""The records of versions, and the page about compatibility that is made of them."""

import json
from collections import Counter
from types import SimpleNamespace

import pytest

from tests import versions
from tests.nonempty import some
from tools.compatibility import PAGE, RECORDS, page_of


def record(tests="tests/e2e", karmada="1.18.2", python="3.11", passed=10, failed=0):
    return {
        "tests": tests, "karmada": karmada, "python": python, "kubernetes": ["1.16.15"], "passed": passed,
        "failed": failed,
    }  # fmt: skip


def test_a_record_replaces_that_of_the_same_tests_and_versions():
    old = [record(), record(karmada="1.17.3"), record(tests="tests/integration", karmada="")]
    found = versions.merged(old, record(passed=12))
    assert len(found) == 3
    assert record(passed=12) in found


def test_a_few_selected_tests_do_not_replace_a_whole_session_unless_one_fails():
    assert versions.merged([record()], record(passed=1)) == [record()]
    assert versions.merged([record()], record(passed=1, failed=1)) == [record(passed=1, failed=1)]


@pytest.fixture
def started(monkeypatch):
    monkeypatch.setattr(versions, "_used", {})
    for version in ("1.36.3", "1.9.1", "1.16.15", "1.36.3"):
        versions.used("kubernetes", version)
    versions.used("karmada", "1.18.2")


def session_of(*files):
    return SimpleNamespace(items=[SimpleNamespace(nodeid=f"{file}::test_x") for file in files])


def test_a_session_writes_what_it_started_and_how_its_tests_ended(started, tmp_path, monkeypatch):
    file = tmp_path / "records.json"
    monkeypatch.setenv(versions.VARIABLE, str(file))
    session = session_of("tests/e2e/test_a.py", "tests/integration/test_b.py", "tests/unit/a/test_c.py")
    versions.write(session, Counter({"tests/e2e passed": 3, "tests/e2e failed": 1, "tests/integration passed": 2}))
    found = json.loads(file.read_text("utf-8"))
    assert [(one["tests"], one["karmada"], one["passed"], one["failed"]) for one in found] == [
        ("tests/e2e", "1.18.2", 3, 1),
        ("tests/integration", "", 2, 0),
    ]
    assert found[0]["kubernetes"] == ["1.9.1", "1.16.15", "1.36.3"]


def test_without_the_variable_nothing_is_written(started, tmp_path, monkeypatch):
    monkeypatch.delenv(versions.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    versions.write(session_of("tests/e2e/test_a.py"), Counter({"tests/e2e passed": 3}))
    assert list(tmp_path.iterdir()) == []


def test_the_page_is_made_of_the_records():
    assert PAGE.read_text("utf-8") == page_of(json.loads(RECORDS.read_text("utf-8")))


def test_the_page_has_a_row_for_each_record():
    for one in some([record(), record(karmada="1.17.3", failed=2)]):
        assert f"| `tests/e2e` | v{one['karmada']} | v1.16.15 | 3.11 | 10 | {one['failed']} |" in page_of([one])
