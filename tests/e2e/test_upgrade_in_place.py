"""A member upgraded in place, v1.20 to v1.24 on the same data: Works are converted again, lost fields come back."""

from __future__ import annotations

import pytest

from tests.controlplanes.fleet import MemberSpec
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import ANCHOR, CONVERTED, WORK, Propagated
from tests.e2e.templates import NAMESPACE, switch_gates, template

LOSSES = "apiconverter.dev/losses"
RISING = "climbing"  # a name of its own: data of a member stays in etcd after it has left
#: Served by v1.24, but only where this is switched on (alpha there, on by default since v1.25).
GATE = "CronJobTimeZone=true"
OLD = {
    "CronJob": "batch/v1beta1",
    "PodDisruptionBudget": "policy/v1beta1",
    "HorizontalPodAutoscaler": "autoscaling/v2beta2",
}


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Installation(session_fleet)
    yield installed
    installed.stop()


@pytest.fixture
def rising(fleet, converter):
    """A member for this module alone, since an upgrade cannot be reverted."""
    member = fleet.add(MemberSpec(RISING, "1.20"))
    yield member
    fleet.remove(RISING)


def zoned(name):
    job = template("CronJob", name)
    job["spec"]["timeZone"] = "Europe/Madrid"
    return job


def test_an_upgraded_members_works_move_along_and_what_was_lost_comes_back(fleet, converter, rising):
    its = {
        kind: Propagated(fleet, zoned("up-cronjob") if kind == "CronJob" else template(kind, "up"), ["new", RISING])
        for kind in OLD
    }
    for it in its.values():
        it.__enter__()
    for kind, it in its.items():
        it.wait_until_applied()
        assert it.versions(RISING) == [OLD[kind]]
        wait_until(f"the anchor of {kind}", lambda it=it: it.anchor(RISING))
    job = its["CronJob"]
    assert "timeZone" not in job.on(RISING)["spec"], "v1.20 has no such field"
    assert "timeZone" in job.work(RISING)["metadata"]["annotations"][LOSSES]
    job.report(RISING, {"lastScheduleTime": "2026-11-04T02:15:00Z"})
    job.wait_for_status(RISING, {"lastScheduleTime": "2026-11-04T02:15:00Z"})
    uids = {kind: it.on(RISING)["metadata"]["uid"] for kind, it in its.items()}

    switch_gates(fleet.client, RISING, GATE)
    rising.upgrade("1.24", f"--feature-gates={GATE}")

    for kind, it in its.items():

        def moved(it=it):
            work = it.work(RISING)
            assert it.versions(RISING) == [it.api_version]
            assert CONVERTED not in work["metadata"].get("labels", {})
            assert not work["metadata"].get("ownerReferences")
            assert it.anchor(RISING) is None
            return True

        wait_until(f"the Work of {kind} being as it came", moved, 120)
        it.wait_until_applied(120)
        assert it.on(RISING)["metadata"]["uid"] == uids[kind], "the same object, not another one"
    assert fleet.client.list(WORK, "Work", f"karmada-es-{RISING}", labels=f"{ANCHOR}=true") == []
    wait_until("the time zone", lambda: job.on(RISING)["spec"].get("timeZone") == "Europe/Madrid", 60)
    assert LOSSES not in job.work(RISING)["metadata"].get("annotations", {})

    job.report(RISING, {"lastScheduleTime": "2026-11-05T02:15:00Z"})
    job.wait_for_status(RISING, {"lastScheduleTime": "2026-11-05T02:15:00Z"}, 120)
    fleet.client.patch("batch/v1", "CronJob", job.name, {"spec": {"schedule": "0 4 * * *"}}, NAMESPACE)
    wait_until("a change", lambda: job.on(RISING)["spec"]["schedule"] == "0 4 * * *", 60)
    for kind, it in its.items():
        it.__exit__()
        it.wait_until_gone(RISING, [it.api_version, OLD[kind]])
