"""`converter pause` on a real Karmada control plane: what is converted stays, and everything else passes."""

from __future__ import annotations

import time

import pytest

from tests.controlplanes.client import ApiError
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import WORK, Propagated
from tests.e2e.templates import NAMESPACE, template
from tests.e2e.test_uninstall import CLUSTERS, identity, run

SCHEDULE = "20 4 * * *"


@pytest.fixture
def converter(fleet):
    installed = Installation(fleet)
    yield installed
    installed.stop()


def change(it, schedule):
    it.client.patch(it.api_version, it.kind, it.name, {"spec": {"schedule": schedule}}, NAMESPACE)


def schedule(it, cluster):
    return it.fleet.members[cluster].client.get(VERSIONS[cluster], it.kind, it.name, NAMESPACE)["spec"]["schedule"]


VERSIONS = {"new": "batch/v1", "old": "batch/v1beta1"}


def test_what_is_converted_stays_and_all_else_passes(fleet, converter):
    its = [Propagated(fleet, template("CronJob", name), CLUSTERS) for name in ("paused", "deleted")]
    for it in its:
        it.__enter__()
    for it in its:
        it.wait_until_applied()
        wait_until("the anchor", lambda it=it: it.anchor("old"))
    it, deleted = its
    status = {"lastScheduleTime": "2026-11-04T02:15:00Z"}
    it.report("old", status)
    it.wait_for_status("old", status)
    before = {("CronJob", cluster): it.on(cluster) for cluster in CLUSTERS}

    run(fleet, "pause")
    with pytest.raises(ApiError, match="paused"):
        fleet.client.patch(
            WORK, "Work", it.work("old")["metadata"]["name"], {"spec": {"suspendDispatching": True}}, "karmada-es-old"
        )
    change(it, SCHEDULE)
    wait_until("the change on the new cluster", lambda: schedule(it, "new") == SCHEDULE, 60)
    plain = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "unconverted", "namespace": NAMESPACE}}
    with Propagated(fleet, plain, CLUSTERS) as config:
        config.wait_until_applied()
    it.report("new", {"lastScheduleTime": "2026-11-05T02:15:00Z"})
    deleted.__exit__()
    deleted.wait_until_gone("old", ["batch/v1beta1"])
    time.sleep(20)  # for Karmada to try again; nothing may come of it
    old = {("CronJob", "old"): before["CronJob", "old"]}
    assert identity({("CronJob", "old"): it.on("old")}) == identity(old), "as it was, on the member"
    assert it.versions("old") == ["batch/v1beta1"]
    assert it.aggregated()["old"]["status"] == status
    assert "apiconverter.dev" not in str(it.aggregated())
    assert it.condition() == "True"

    run(fleet, "resume")
    wait_until("the change on the old cluster", lambda: schedule(it, "old") == SCHEDULE, 60)
    assert it.on("old")["metadata"]["uid"] == before["CronJob", "old"]["metadata"]["uid"]
    it.wait_until_applied()
    it.__exit__()
    it.wait_until_gone("old", ["batch/v1beta1"])
