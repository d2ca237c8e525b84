"""`converter dashboard`: who may listen where."""

from __future__ import annotations

import pytest

from converter.cli import FAILED, main
from converter.server.run import Address


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost", "127.1.2.3"])
def test_loopback(address):
    assert Address(address, 80).is_loopback


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "10.0.0.1", "example.com"])
def test_elsewhere(address):
    assert not Address(address, 80).is_loopback


@pytest.mark.parametrize(
    "arguments",
    [
        ["--sample", "--listen", ":8090"],
        ["--kubeconfig", "none", "--anonymous", "--listen", "0.0.0.0:8090"],
        ["--kubeconfig", "none", "--tls-cert", "x"],
        ["--kubeconfig", "none", "--session-key-file", "none"],
        ["--kubeconfig", "none"],
    ],
)
def test_wrong_usage_is_refused(arguments):
    assert main(["dashboard", *arguments]) == FAILED
