"""Fixtures for tests against real API servers of several releases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.controlplanes import fixtures
from tests.controlplanes.apiserver import ALL_VERSIONS
from tests.controlplanes.servers import RELEASES, ApiServers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.controlplanes.apiserver import ApiServer

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    fixtures.skip_unless_asked_for(config, items, HERE, "controlplane")


ALL_GATES = "AllAlpha=true,AllBeta=true"


@pytest.fixture(scope="session")
def apiservers(request: pytest.FixtureRequest) -> Iterator[ApiServers]:
    """API servers by release (``apiservers["1.20"]``), as each release comes; started when first asked for."""
    servers = ApiServers.open()
    yield servers
    servers.close(keep=fixtures.keep_logs(request.session, servers.world.run.folder))


@pytest.fixture(scope="session")
def all_versions_apiservers(request: pytest.FixtureRequest) -> Iterator[ApiServers]:
    """The same, but each serves every version its release still has, alpha ones too."""
    servers = ApiServers.open(runtime_config=(ALL_VERSIONS,))
    yield servers
    servers.close(keep=fixtures.keep_logs(request.session, servers.world.run.folder))


@pytest.fixture(scope="session")
def all_gates_apiservers(request: pytest.FixtureRequest) -> Iterator[ApiServers]:
    """The same, but each has every alpha and beta feature gate on, and serves every version."""
    flags = (f"--feature-gates={ALL_GATES}",)
    servers = ApiServers.open(runtime_config=(ALL_VERSIONS,), flags=flags)
    yield servers
    servers.close(keep=fixtures.keep_logs(request.session, servers.world.run.folder))


@pytest.fixture(scope="session", params=RELEASES, ids=[f"v{release}" for release in RELEASES])
def apiserver(request: pytest.FixtureRequest, apiservers: ApiServers) -> ApiServer:
    """One API server after the other: a test that asks for it runs once a release."""
    return apiservers[request.param]
