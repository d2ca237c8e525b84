"""The discovery server is down: namespaces can be deleted again within the documented time, and it recovers."""

from __future__ import annotations

import time

import pytest

from converter.controllers.apiservices import PATIENCE
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import Propagated
from tests.e2e.templates import template

API_SERVICE = "apiregistration.k8s.io/v1"
OURS = "apiconverter.dev/discovery=true"
#: The interval of the controller's checks, and what a busy machine adds.
LOOKS = 25
#: The namespace controller tries again with growing pauses.
NAMESPACE_SECONDS = 60


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Installation(session_fleet)
    yield installed
    installed.stop()


def ours(fleet):
    return sorted(item["metadata"]["name"] for item in fleet.client.list(API_SERVICE, "APIService", labels=OURS))


def test_api_services_go_with_the_discovery_server_and_come_back_with_it(fleet, converter):
    before = ours(fleet)
    assert "v1beta1.batch" in before
    fleet.client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "passing"}})
    with Propagated(fleet, template("CronJob", "discovered"), ["new", "old"]) as it:
        it.wait_until_applied()
        began = time.monotonic()
        converter.discovery.kill()
        wait_until("it being missed", lambda: not _available(fleet), 40)
        fleet.client.delete("v1", "Namespace", "passing")
        time.sleep(5)
        assert fleet.client.find("v1", "Namespace", "passing"), "this is the danger that the converter must end"
        assert ours(fleet) == before, "a restart of a minute changes nothing"
        wait_until("the APIServices being gone", lambda: ours(fleet) == [], PATIENCE + LOOKS)
        assert time.monotonic() - began > PATIENCE - 1
        wait_until(
            "the namespace being gone", lambda: not fleet.client.find("v1", "Namespace", "passing"), NAMESPACE_SECONDS
        )
        assert it.versions("old") == ["batch/v1beta1"], "what stands is left alone"
        assert it.on("old") is not None

        converter.discovery.start()
        converter.wait()
        wait_until("all of them being back", lambda: ours(fleet) == before, LOOKS)
        fleet.client.patch(
            "batch/v1", "CronJob", it.name, {"spec": {"schedule": "0 4 * * *"}}, it.template["metadata"]["namespace"]
        )
        wait_until("a change arriving as before", lambda: it.on("old")["spec"]["schedule"] == "0 4 * * *", 90)
    it.wait_until_gone("old", ["batch/v1beta1"])


def _available(fleet):
    """Whether all of them are Available on the control plane."""
    conditions = [
        condition["status"]
        for item in fleet.client.list(API_SERVICE, "APIService", labels=OURS)
        for condition in item.get("status", {}).get("conditions", ())
        if condition["type"] == "Available"
    ]
    return set(conditions) == {"True"}
