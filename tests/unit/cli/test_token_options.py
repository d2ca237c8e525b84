"""The options about tokens, and what they make the leader do."""

import argparse
import base64
import json
from types import SimpleNamespace

import pytest
from kubernetes.aio.client import Configuration

from converter.cli import build_parser
from converter.cli.token_options import part, token_renewal
from converter.client import ApiServer
from converter.client.access import Access
from converter.client.credentials import LoadedHeader


def options(*arguments):
    return build_parser().parse_args(["controller", *arguments])


@pytest.fixture
def manager():
    return SimpleNamespace(leader_tasks=[])


@pytest.fixture
def karmada():
    return ApiServer(Access(Configuration(), LoadedHeader("", None)))


async def test_no_token_is_renewed_unless_asked_for(karmada, manager):
    async with token_renewal(options(), karmada, manager) as renewal:
        assert renewal is None
    assert manager.leader_tasks == []


async def test_the_leader_renews_the_tokens_of_a_namespace(karmada, manager, tmp_path):
    config = {
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
        "users": [{"name": "u", "user": {"token": base64.b64encode(b"t").decode()}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    (tmp_path / "host").write_text(json.dumps(config))
    given = options(
        "--renew-tokens=place", f"--host-kubeconfig={tmp_path / 'host'}", "--lease-namespace=control",
        "--token-seconds=600", "--token-renew-after=0.25",
    )  # fmt: skip
    async with token_renewal(given, karmada, manager) as renewal:
        assert manager.leader_tasks == [renewal.run]
        found = renewal._options
    assert (found.namespace, found.host_namespace) == ("control", "place")
    assert (found.seconds, found.renew_after) == (600, 0.25)


def test_the_defaults():
    given = options()
    assert given.renew_tokens == ""
    assert given.token_seconds == 90 * 24 * 3600
    assert given.token_renew_after == pytest.approx(2 / 3)


@pytest.mark.parametrize("text", ["0", "1", "-0.5", "nan", "much", ""])
def test_a_part_of_a_life_is_between_nothing_and_all(text):
    with pytest.raises(argparse.ArgumentTypeError):
        part(text)


@pytest.mark.parametrize("seconds", ["599", "1e3", "31622401"])
def test_an_api_server_grants_ten_minutes_at_least(seconds):
    with pytest.raises(SystemExit):
        options(f"--token-seconds={seconds}")
