"""Faults: the converter is killed at any moment, or down for a while; afterwards everything is as without the fault."""

from __future__ import annotations

import time

import pytest

from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import WORK, Propagated
from tests.e2e.templates import NAMESPACE, template
from tests.nonempty import some


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Installation(session_fleet, controllers=2)
    yield installed
    installed.stop()


def many(fleet, prefix, count, clusters):
    return [Propagated(fleet, template("CronJob", f"{prefix}-{number}"), clusters) for number in range(count)]


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
        for name, member in some(fleet.members.items()):
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
    for it in some(its):
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
    everything = (converter.admission, *converter.controllers, converter.discovery)
    for process in everything:
        process.kill()
    stays.__enter__()
    fleet.client.patch("batch/v1", "CronJob", changes.name, {"spec": {"schedule": "1 1 * * *"}}, NAMESPACE)
    goes.__exit__()
    time.sleep(60)
    for process in everything:
        process.start()
    converter.wait()
    stays.wait_until_applied(180)
    wait_until("the change", lambda: changes.on("old")["spec"]["schedule"] == "1 1 * * *", 180)
    goes.wait_until_gone("old", ["batch/v1beta1"], 180)
    for it in (stays, changes):
        it.__exit__()
    nothing_leaked(fleet, "down")
