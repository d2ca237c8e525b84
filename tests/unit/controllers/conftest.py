"""One control plane in memory for each test. At its end the invariant is asserted, whatever the test is about."""

import pytest

from tests.fakes.karmada import Karmada, Process


@pytest.fixture
async def karmada():
    made = Karmada()
    yield made
    await made.stop_all()
    assert made.broken == []


@pytest.fixture
async def process(karmada):
    made = Process(karmada)
    yield made
    await made.stop()
