"""The pytest plugin: fixtures for a fleet and for golden files. pytest loads it by its entry point.

pytest imports this module in every run of an environment in which the package is installed, so it imports nothing of
the converter before a test asks for a fixture.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from converter.clusters import Fleet
    from converter.testing.golden import Golden

_UPDATE = "--converter-update"
_GOLDEN = pytest.StashKey["list[Golden]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that select the fleet, and the snapshot mode."""
    group = parser.getgroup("converter", "fleets of converter.testing")
    group.addoption(_UPDATE, action="store_true", help="write the golden files of converter_golden")
    group.addoption("--converter-kubeconfig", metavar="FILE", help="converter_fleet: the clusters of this live Karmada")
    group.addoption("--converter-context", metavar="NAME", help="the context of --converter-kubeconfig")
    group.addoption(
        "--converter-fleet", metavar="PATH", help="converter_fleet: the clusters of an inventory or of saved Clusters"
    )
    parser.addini("converter_fleet", "the default of --converter-fleet, relative to the configuration file")
    parser.addini("converter_releases", "converter_fleet: one cluster for each of these releases", type="args")


@pytest.fixture(scope="session")
def converter_fleet(pytestconfig: pytest.Config) -> Fleet:
    """The fleet that the options select: a live Karmada, a file, or releases; the first one that is given."""
    from converter.testing.fleets import FleetError, make_fleet, read_fleet, read_live_fleet  # noqa: PLC0415

    kubeconfig = pytestconfig.getoption("--converter-kubeconfig")
    if kubeconfig:
        return read_live_fleet(kubeconfig, pytestconfig.getoption("--converter-context"))
    file = pytestconfig.getoption("--converter-fleet")
    if file:
        return read_fleet(file)
    listed = str(pytestconfig.getini("converter_fleet") or "")
    if listed:
        return read_fleet((pytestconfig.inipath or pytestconfig.rootpath / "pytest.ini").parent / listed)
    releases = pytestconfig.getini("converter_releases")
    if releases:
        return make_fleet(*releases)
    raise FleetError(
        "converter_fleet",
        "no fleet is selected; set converter_releases or converter_fleet in pytest's configuration, or pass "
        "--converter-fleet PATH or --converter-kubeconfig FILE",
    )


@pytest.fixture
def converter_golden(request: pytest.FixtureRequest) -> Golden:
    """Golden files in ``golden/TEST_FILE/`` next to the file of the test."""
    from converter.testing.golden import Golden  # noqa: PLC0415

    test = Path(request.path)
    golden = Golden(test.parent / "golden" / test.stem, update=request.config.getoption(_UPDATE))
    request.config.stash.setdefault(_GOLDEN, []).append(golden)
    return golden


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List the golden files that were written."""
    written = [file for golden in config.stash.get(_GOLDEN, []) for file in golden.written]
    if written:
        terminalreporter.section("golden files")
    for file in written:
        terminalreporter.write_line(f"wrote {file}")
