"""Fixtures for tests inside a real Karmada."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.controlplanes import fixtures
from tests.controlplanes.fleet import MEMBERS, QUICK, Fleet
from tests.controlplanes.karmada import VERSION
from tests.e2e.host import check_rights, close_host

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
#: Names the Karmada release of the whole session, so that the same tests run against each supported one.
RELEASE_VARIABLE = "CONVERTER_TEST_KARMADA"
#: Names the fleet of the whole session; `make e2e-quick` says ``quick``, which is enough for test_main_path.py.
FLEET_VARIABLE = "CONVERTER_TEST_FLEET"
DESELECTED = pytest.StashKey[bool]()
FLEETS = {"": MEMBERS, "full": MEMBERS, "quick": QUICK}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    fixtures.skip_unless_asked_for(config, items, HERE, "karmada")


def pytest_report_header() -> str:
    return f"karmada: v{karmada_version()}"


def karmada_version() -> str:
    return os.environ.get(RELEASE_VARIABLE) or VERSION


@pytest.fixture(scope="session")
def session_fleet(request: pytest.FixtureRequest) -> Iterator[Fleet]:
    """The fleet itself; tests ask for ``fleet``, which also sees whether it lives."""
    members = FLEETS[os.environ.get(FLEET_VARIABLE, "")]
    fleet = Fleet.open(members, purpose="e2e", version=karmada_version(), verbosity=4)
    yield fleet
    host = close_host(fleet)
    try:
        if host is not None:
            check_rights(fleet, host, whole=_is_whole(request.session))
    except AssertionError:
        fleet.close(keep=True)
        raise
    fleet.close(keep=fixtures.keep_logs(request.session, fleet.world.run.folder))


def _is_whole(session: pytest.Session) -> bool:
    """Whether every end-to-end test ran on the default fleet and passed: only then every right must have been used."""
    default = not os.environ.get(RELEASE_VARIABLE) and not os.environ.get(FLEET_VARIABLE)
    ran = {item.path for item in session.items}
    selected = any("::" in argument for argument in session.config.args) or session.config.stash.get(DESELECTED, False)
    good = not session.testsfailed and session.exitstatus == pytest.ExitCode.OK  # an interruption says something else
    return default and not selected and good and set(HERE.glob("test_*.py")) <= ran


def pytest_deselected(items: list[pytest.Item]) -> None:
    if items:
        items[0].config.stash[DESELECTED] = True


@pytest.fixture
def fleet(session_fleet: Fleet) -> Iterator[Fleet]:
    """Karmada with five members (new, mid, old, ancient, and pull), or two (new and old) in the quick fleet.

    There is one fleet for all tests, so each test cleans up.

    A process that ends by itself during a test fails that test.
    """
    yield session_fleet
    session_fleet.check()
