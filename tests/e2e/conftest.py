"""Fixtures for tests inside a real Karmada."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.controlplanes import fixtures
from tests.controlplanes.fleet import Fleet

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    fixtures.skip_unless_asked_for(config, items, HERE, "karmada")


@pytest.fixture(scope="session")
def session_fleet(request: pytest.FixtureRequest) -> Iterator[Fleet]:
    """The fleet itself; tests ask for ``fleet``, which also sees whether it lives."""
    fleet = Fleet.open(purpose="e2e")
    yield fleet
    fleet.close(keep=fixtures.keep_logs(request.session, fleet.world.run.folder))


@pytest.fixture
def fleet(session_fleet: Fleet) -> Iterator[Fleet]:
    """Karmada with five members (new, mid, old, ancient, and pull): one for all tests, so they clean up.

    A process that ends by itself during a test fails that test.
    """
    yield session_fleet
    session_fleet.check()
