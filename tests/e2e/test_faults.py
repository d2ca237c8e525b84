"""What goes wrong: members upgraded, the converter killed at any moment, down for a while, one replica of two gone."""

from __future__ import annotations

import time

import pytest

from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import ANCHOR, BINDING, CONVERTED, WORK, Propagated
from tests.e2e.templates import NAMESPACE, template


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Installation(session_fleet, controllers=2)
    yield installed
    installed.stop()


def many(fleet, prefix, count, clusters):
    return [Propagated(fleet, template("CronJob", f"{prefix}-{number}"), clusters) for number in range(count)]


def versions_of_everything(fleet):
    """The resourceVersion of every Work, anchor and binding."""
    client = fleet.client
    things = [
        *client.list(WORK, "Work"),
        *client.list(BINDING, "ResourceBinding"),
        *client.list(BINDING, "ClusterResourceBinding"),
    ]
    return {
        (thing["kind"], thing["metadata"].get("namespace"), thing["metadata"]["name"]): thing["metadata"][
            "resourceVersion"
        ]
        for thing in things
    }


def nothing_leaked(fleet, prefix):
    """No Work, no anchor, nothing on any member."""

    def clean():
        works = [
            work["metadata"]["name"]
            for work in fleet.client.list(WORK, "Work")
            for manifest in work["spec"]["workload"].get("manifests", ())
            if manifest["metadata"]["name"].startswith(prefix)
        ]
        assert works == []
        for name, member in fleet.members.items():
            for version in ("batch/v1", "batch/v1beta1"):
                if "CronJob" in member.client.resources(version):
                    left = [job["metadata"]["name"] for job in member.client.list(version, "CronJob", NAMESPACE)]
                    assert [job for job in left if job.startswith(prefix)] == [], name
        return True

    wait_until(f"nothing of {prefix} being left", clean, 90)


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.1, 0.2, 0.4, 0.8])
def test_the_controller_is_killed_soon_after_a_template_is_made(fleet, converter, moment):
    """Together with the unit tests, which kill it after each single write."""
    prefix = f"killed-{int(moment * 100)}"
    its = many(fleet, prefix, 4, ["new", "old", "pull"])
    for it in its:
        it.__enter__()
    time.sleep(moment)
    for process in converter.controllers:
        process.kill()
    time.sleep(1)
    for process in converter.controllers:
        process.start()
    for it in its:
        it.wait_until_applied(90)
        assert it.anchor("old") is not None
    for it in its:
        it.__exit__()
    nothing_leaked(fleet, prefix)


def test_everything_of_the_converter_is_down_while_templates_come_change_and_go(fleet, converter):
    stays, changes, goes = many(fleet, "down", 3, ["new", "old"])
    for it in (changes, goes):
        it.__enter__()
        it.wait_until_applied()
    for process in (converter.admission, *converter.controllers):
        process.kill()
    stays.__enter__()
    fleet.client.patch("batch/v1", "CronJob", changes.name, {"spec": {"schedule": "1 1 * * *"}}, NAMESPACE)
    goes.__exit__()
    time.sleep(20)
    for process in (converter.admission, *converter.controllers):
        process.start()
    converter.wait()
    stays.wait_until_applied(180)
    wait_until("the change", lambda: changes.on("old")["spec"]["schedule"] == "1 1 * * *", 180)
    goes.wait_until_gone("old", ["batch/v1beta1"], 180)
    for it in (stays, changes):
        it.__exit__()
    nothing_leaked(fleet, "down")


def test_the_leader_is_killed_and_the_other_replica_takes_over(fleet, converter):
    lease = fleet.client.get("coordination.k8s.io/v1", "Lease", "apiconverter", "karmada-system")
    leader = next(p for p in converter.controllers if p.name.endswith(lease["spec"]["holderIdentity"]))
    leader.kill()
    with Propagated(fleet, template("CronJob", "takeover"), ["old"]) as it:
        it.wait_until_applied(60)
    leader.start()
    converter.wait()


def test_a_minute_of_quiet_sees_not_one_write(fleet, converter):
    kinds = ["CronJob", "Ingress", "PodDisruptionBudget", "Deployment"]
    its = [Propagated(fleet, template(kind, "quiet"), list(fleet.members)) for kind in kinds]
    for it in its:
        it.__enter__()
    for it in its:
        it.wait_until_applied(120)
    time.sleep(10)
    before = versions_of_everything(fleet)
    time.sleep(60)
    assert versions_of_everything(fleet) == before
    for it in its:
        it.__exit__()


def test_karmadas_log_knows_of_no_missing_manifest_and_no_informer_that_never_syncs(fleet, converter):
    log = fleet.karmada.controller_manager.process
    with Propagated(fleet, template("CronJob", "logged"), ["new", "old"]) as it:
        it.wait_until_applied()
        time.sleep(2)
        before = len(log.log_text())
        it.report("old", {"lastScheduleTime": "2026-11-01T02:15:00Z"})
        it.wait_for_status("old", {"lastScheduleTime": "2026-11-01T02:15:00Z"})
        fleet.client.patch("batch/v1", "CronJob", "logged", {"spec": {"schedule": "2 2 * * *"}}, NAMESPACE)
        wait_until("the change", lambda: it.on("old")["spec"]["schedule"] == "2 2 * * *")
        time.sleep(5)
        news = log.log_text()[before:]
    assert "no such manifest" not in news
    assert "hasn't synced" not in news


def test_a_member_is_upgraded_and_its_works_move_along(fleet, converter):
    """Last here: the member stays upgraded."""
    with Propagated(fleet, template("CronJob", "upgraded"), ["new", "old"]) as it:
        it.wait_until_applied()
        assert it.versions("old") == ["batch/v1beta1"]
        fleet.members["old"].upgrade("1.24")
        wait_until("the source version", lambda: it.versions("old") == ["batch/v1"], 120)
        wait_until("no anchor", lambda: it.anchor("old") is None, 60)
        assert CONVERTED not in it.work("old")["metadata"]["labels"]
        it.wait_until_applied(120)
        it.report("old", {"lastScheduleTime": "2026-11-05T02:15:00Z"})
        it.wait_for_status("old", {"lastScheduleTime": "2026-11-05T02:15:00Z"}, 120)
        assert fleet.client.list(WORK, "Work", "karmada-es-old", labels=f"{ANCHOR}=true") == []
    it.wait_until_gone("old", ["batch/v1", "batch/v1beta1"])
