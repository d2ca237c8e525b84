"""Fixtures for tests in a real host cluster; ``make e2e-host`` runs them in namespaces of their own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.controlplanes import fixtures
from tests.controlplanes.fleet import QUICK, Fleet
from tests.host import network
from tests.host.archive import derived
from tests.host.cluster import HostCluster
from tests.host.setting import SCHEDULER_IMAGE, Setting
from tools.image.__main__ import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    fixtures.skip_unless_asked_for(config, items, HERE, "host", target="e2e-host")
    reason = "run `make e2e-host`: a node needs root, and namespaces of its own"
    if os.geteuid() != 0 or not network.is_private():
        for item in items:
            if item.path.is_relative_to(HERE):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def image() -> str:
    """The name of the image that `make image` built."""
    return json.loads((OUTPUT / "image.json").read_text())["name"]


@pytest.fixture(scope="session")
def session_setting(request: pytest.FixtureRequest, image: str, tmp_path_factory) -> Iterator[Setting]:
    """The setting itself; tests ask for ``setting``, which also sees whether it lives."""
    folder = tmp_path_factory.mktemp("host")
    network.prepare(folder)
    fleet = Fleet.open(QUICK, purpose="host", verbosity=4, bind="0.0.0.0")
    try:
        archive = OUTPUT / "image.tar"
        scheduler = fleet.world.binary("karmada-scheduler", fleet.karmada.version)
        with_scheduler = derived(
            archive, folder / "scheduler.tar", SCHEDULER_IMAGE.format(fleet.karmada.version), [], scheduler
        )
        host = HostCluster(fleet.world, [archive, with_scheduler])
        setting = Setting(fleet, host, image)
        yield setting
        host.stop()
    finally:
        fleet.close(keep=fixtures.keep_logs(request.session, fleet.world.run.folder))


@pytest.fixture
def setting(session_setting: Setting) -> Iterator[Setting]:
    """A Karmada with two members, as karmadactl would have installed it on a host cluster.

    A process that ends by itself during a test fails that test.
    """
    yield session_setting
    session_setting.fleet.check()
