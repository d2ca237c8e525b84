"""Fixtures for tests in a real host cluster; ``make e2e-host`` runs them in namespaces of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.controlplanes import fixtures
from tests.controlplanes.fleet import QUICK, Fleet
from tests.controlplanes.karmada import VERSION
from tests.host import network, results
from tests.host.archive import derived, with_version
from tests.host.cluster import HostCluster
from tests.host.setting import SCHEDULER_IMAGE, Setting
from tools.image.__main__ import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
NEXT = "99.0.0"
"""The version of the converter in ``next_image``."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    fixtures.skip_unless_asked_for(config, items, HERE, "host", target="e2e-host")
    reason = "run `make e2e-host`: a node needs root, and namespaces of its own"
    if os.geteuid() != 0 or not network.is_private():
        for item in items:
            if item.path.is_relative_to(HERE):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and HERE.name in report.nodeid.split("/"):
        results.record_test(report.nodeid.split("::")[-1], report.outcome, report.duration)


@pytest.fixture(scope="session")
def image() -> str:
    """The name of the image that `make image` built."""
    return json.loads((OUTPUT / "image.json").read_text())["name"]


@pytest.fixture(scope="session")
def next_image(image: str) -> str:
    """The name of an image of another version, for an upgrade."""
    return f"{image.rpartition(':')[0]}:{NEXT}"


@pytest.fixture(scope="session")
def session_setting(
    request: pytest.FixtureRequest, image: str, next_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Setting]:
    """The setting itself; tests ask for ``setting``, which also sees whether it lives."""
    folder = tmp_path_factory.mktemp("host")
    results.forget()
    results.record_fact("Karmada", VERSION)
    results.record_fact("members", ", ".join(f"v{member.release}" for member in QUICK))
    for program in ("containerd", "runc"):
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        results.record_fact(program, re.search(r"\d+\.\d+\.\d+", said)[0])
    start = time.monotonic()
    network.prepare(folder)
    fleet = Fleet.open(QUICK, purpose="host", verbosity=4, bind="0.0.0.0", plugins="")
    try:
        archive = OUTPUT / "image.tar"
        scheduler = fleet.world.binary("karmada-scheduler", fleet.karmada.version)
        with_scheduler = derived(
            archive, folder / "scheduler.tar", SCHEDULER_IMAGE.format(fleet.karmada.version), [],
            {"usr/bin/karmada-scheduler": scheduler.read_bytes()},
        )  # fmt: skip
        later = derived(archive, folder / "next.tar", next_image, ["converter"], with_version(archive, NEXT))
        host = HostCluster(fleet.world, [archive, with_scheduler, later])
        setting = Setting(fleet, host, image)
        results.record_fact("host cluster and kubelet", host.server.version)
        results.record(
            "start of Karmada, its members, the host cluster and Karmada's scheduler in it",
            time.monotonic() - start,
            "s",
        )
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
