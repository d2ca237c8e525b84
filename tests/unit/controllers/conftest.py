"""One control plane in memory for each test; the invariant is asserted at its end, whatever the test is about."""

import pytest

from tests.unit.controllers.plane import Plane
from tests.unit.controllers.world import World


@pytest.fixture
async def world():
    made = World()
    yield made
    await made.stop()
    assert made.broken == []


@pytest.fixture
async def plane():
    made = Plane()
    yield made
    while made.replicas:
        await made.stop()
