"""The options of commands that work on both API servers."""

import argparse
import json

import pytest

from converter.cli.clusters import add_cluster_options, duration, host_kubeconfig, open_clusters
from converter.cli.options import UsageError

SECONDS = {"2m": 120, "90s": 90, "1h30m": 5400, "0": 0, "24h": 86400, "1h0m1s": 3601}


@pytest.mark.parametrize(("text", "expected"), SECONDS.items())
def test_a_duration_is_read_as_kubectl_reads_it(text, expected):
    assert duration(text) == expected


@pytest.mark.parametrize("text", ["", "2", "m", "2m3", "3s2m", "-1s", "1.5h", "25h", "86401s", "²s"])
def test_anything_else_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError):
        duration(text)


def options(*given):
    parser = argparse.ArgumentParser()
    add_cluster_options(parser, wait="2m")
    return parser.parse_args(given)


def test_the_host_cluster_is_the_one_of_kubectl(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert host_kubeconfig(None) is None
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text("{}")
    assert host_kubeconfig(None) == str(tmp_path / ".kube" / "config")
    monkeypatch.setenv("KUBECONFIG", "/one")
    assert host_kubeconfig(None) == "/one"
    assert host_kubeconfig("/given") == "/given"
    monkeypatch.setenv("KUBECONFIG", "/one:/two")
    with pytest.raises(UsageError):
        host_kubeconfig(None)


def kubeconfig(file, server):
    entry = {"name": "one", "cluster": {"server": server}}
    context = {"name": "one", "context": {"cluster": "one", "user": "one"}}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [entry],
        "contexts": [context],
        "current-context": "one",
    }
    file.write_text(json.dumps({**content, "users": [{"name": "one", "user": {"token": "secret"}}]}))
    return str(file)


async def test_both_are_opened(tmp_path):
    karmada = kubeconfig(tmp_path / "karmada", "https://karmada:1")
    host = kubeconfig(tmp_path / "host", "https://host:1")
    args = options("--karmada-kubeconfig", karmada, "--kubeconfig", host, "--namespace", "fleet", "--wait", "5m")
    assert args.wait == 300
    async with open_clusters(args) as clusters:
        assert clusters.namespace == "fleet"
        assert clusters.karmada._url("/") == "https://karmada:1/"
        assert clusters.host._url("/") == "https://host:1/"
