"""Each API server the harness builds takes an object, gives it back, and names its release.

A build is good only when a POST works: the old releases, built naively with a new Go, answer ``/readyz`` and crash
in the first object they decode.
"""

from __future__ import annotations

import pytest

from tests.controlplanes.apiserver import ALL_VERSIONS, ApiServer
from tests.controlplanes.client import ApiError


def deployment(api_version):
    return {
        "apiVersion": api_version,
        "kind": "Deployment",
        "metadata": {"name": "answer", "namespace": "default", "labels": {"b": "2", "a": "1"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "answer"}},
            "template": {
                "metadata": {"labels": {"app": "answer"}},
                "spec": {"containers": [{"name": "main", "image": "example.test/main:1"}]},
            },
        },
    }


def test_it_names_its_release(apiserver):
    assert apiserver.client.version() == f"v{apiserver.version}"


def test_what_is_posted_can_be_read_patched_listed_and_deleted(apiserver):
    client = apiserver.client
    posted = client.create(deployment("apps/v1"))
    try:
        assert posted["spec"]["progressDeadlineSeconds"] == 600, "the server's defaults are missing"
        patched = client.patch("apps/v1", "Deployment", "answer", {"spec": {"replicas": 3}}, "default")
        assert patched["spec"]["replicas"] == 3
        assert [item["metadata"]["name"] for item in client.list("apps/v1", "Deployment", "default")] == ["answer"]
    finally:
        client.delete("apps/v1", "Deployment", "answer", "default", propagation="Background")
    assert client.find("apps/v1", "Deployment", "answer", "default") is None


def test_what_is_stored_lies_below_the_servers_own_prefix(apiserver, apiservers):
    apiserver.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mine"}})
    keys = apiservers.world.etcd.keys(f"{apiserver.prefix}/namespaces/")
    assert f"{apiserver.prefix}/namespaces/mine" in keys


def test_the_oldest_release_still_serves_the_oldest_groups(apiservers):
    client = apiservers["1.16"].client
    for version in ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2"):
        made = client.create(deployment(version), dry_run=True)
        assert made["apiVersion"] == version


def test_a_version_that_is_not_served_is_an_error_and_not_a_surprise(apiservers):
    with pytest.raises(ApiError, match="extensions/v1beta1"):
        apiservers["1.36"].client.create(deployment("extensions/v1beta1"))


@pytest.mark.parametrize("release", ["1.20", "1.36"])
def test_all_versions_can_be_switched_on(all_versions_apiservers, apiservers, release):
    everything = set(all_versions_apiservers[release].client.served())
    usual = set(apiservers[release].client.served())
    assert usual < everything
    assert any("alpha" in version for version in everything), ALL_VERSIONS


def test_an_upgrade_in_place_keeps_what_is_stored(apiservers):
    server = ApiServer(apiservers.world, "1.20", "upgraded").wait()
    cronjob = {
        "apiVersion": "batch/v1beta1",
        "kind": "CronJob",
        "metadata": {"name": "kept", "namespace": "default"},
        "spec": {
            "schedule": "0 3 * * *",
            "jobTemplate": {
                "spec": {
                    "template": {
                        "spec": {
                            "restartPolicy": "Never",
                            "containers": [{"name": "main", "image": "example.test/main:1"}],
                        }
                    }
                }
            },
        },
    }
    before = server.client.create(cronjob)
    port = server.port
    server.upgrade("1.24")
    after = server.client.get("batch/v1", "CronJob", "kept", "default")
    assert server.client.version() == "v1.24.17"
    assert server.port == port
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    server.client.close()
    server.stop()


def test_a_killed_server_comes_back_with_its_data(apiservers):
    server = apiservers["1.36"]
    server.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "survivor"}})
    server.kill()
    with pytest.raises(OSError, match="refused"):
        server.client.request("GET", "/readyz")
    server.start()
    server.wait()
    assert server.client.get("v1", "Namespace", "survivor")
