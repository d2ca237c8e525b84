"""``converter verify``: how long it repeats its checks, and what it prints."""

import json

import pytest

from converter.cli import verify
from converter.install.verify_outcome import Check, State
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.virtual_time import advance

pytestmark = pytest.mark.virtual_time

GOOD = Check("works", State.PASSED, "converted")
NONE = Check("discovery", State.SKIPPED, "not needed")
BAD = Check("works", State.FAILED, "not converted")


@pytest.fixture
def rounds(monkeypatch):
    """Makes the checks give one list after the other, and counts them."""
    results, asked = [], []

    class Verifier:
        def __init__(self, *_, **options):
            asked.append(options)

        async def run(self):
            asked.append("run")
            return results.pop(0) if len(results) > 1 else results[0]

    monkeypatch.setattr(verify, "Verifier", Verifier)

    def give(*lists):
        results.extend(lists)
        return asked

    return give


async def test_it_repeats_until_no_check_fails(rounds):
    asked = rounds([BAD], [BAD, NONE], [GOOD, NONE])
    assert await verify.wait_for_checks(FakeApiServer(), "n", "apiconverter", 60) == [GOOD, NONE]
    assert asked.count("run") == 3
    assert asked[0] == {"scheduler": "apiconverter"}


async def test_after_the_time_it_gives_the_last_results(rounds):
    asked = rounds([BAD])
    assert await verify.wait_for_checks(FakeApiServer(), "n", "", 5) == [BAD]
    assert asked.count("run") == 4
    await advance(0)


async def test_without_a_time_it_checks_once(rounds):
    asked = rounds([BAD])
    assert await verify.wait_for_checks(FakeApiServer(), "n", "", 0) == [BAD]
    assert asked.count("run") == 1


@pytest.mark.parametrize(("checks", "good"), [([GOOD, NONE], True), ([GOOD, BAD], False)])
def test_the_checks_are_printed(capsys, checks, good):
    assert verify.report_checks(checks, "text") is good
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [[check.state.value, check.name] for check in checks]
    assert verify.report_checks(checks, "json") is good
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] is good
    assert found["checks"][0] == {"name": "works", "state": "passed", "detail": "converted"}
