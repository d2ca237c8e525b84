"""The main path, alone: a template is converted for an old cluster, and its status comes back.

`make e2e-quick` runs this file on the smallest fleet. The other files of this folder have every other path.
"""

from __future__ import annotations

import pytest

from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import CONVERTED, Propagated
from tests.e2e.templates import template

NEW, OLD = "new", "old"
VERSIONS = {NEW: "batch/v1", OLD: "batch/v1beta1"}


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Installation(session_fleet)
    yield installed
    installed.stop()


def test_a_template_is_converted_reported_on_updated_and_deleted(fleet, converter):
    with Propagated(fleet, template("CronJob", "main-path"), VERSIONS) as it:
        it.wait_until_applied()
        assert {cluster: it.versions(cluster) for cluster in VERSIONS} == {
            cluster: [version] for cluster, version in VERSIONS.items()
        }
        assert CONVERTED not in it.work(NEW)["metadata"]["labels"]
        assert CONVERTED in it.work(OLD)["metadata"]["labels"]
        assert it.anchor(NEW) is None
        assert it.anchor(OLD) is not None

        for day, cluster in enumerate(VERSIONS, 1):
            it.report(cluster, {"lastScheduleTime": f"2026-11-0{day}T02:15:00Z"})
        for day, cluster in enumerate(VERSIONS, 1):
            it.wait_for_status(cluster, {"lastScheduleTime": f"2026-11-0{day}T02:15:00Z"})
        wait_until(
            "the template's status",
            lambda: it.stored().get("status", {}).get("lastScheduleTime") == f"2026-11-0{len(VERSIONS)}T02:15:00Z",
        )

        fleet.client.patch(it.api_version, it.kind, it.name, {"spec": {"schedule": "0 4 * * *"}}, it.namespace)
        for cluster in VERSIONS:
            wait_until(
                f"the update on {cluster}", lambda cluster=cluster: it.on(cluster)["spec"]["schedule"] == "0 4 * * *"
            )
        assert it.versions(OLD) == [VERSIONS[OLD]]
    for cluster, version in VERSIONS.items():
        it.wait_until_gone(cluster, [version])


def test_what_both_clusters_serve_is_left_as_it_is(fleet, converter):
    with Propagated(fleet, template("Deployment", "main-path"), VERSIONS) as it:
        it.wait_until_applied()
        for cluster in VERSIONS:
            assert it.versions(cluster) == [it.api_version]
            assert CONVERTED not in it.work(cluster)["metadata"].get("labels", {})
            assert it.anchor(cluster) is None
    for cluster in VERSIONS:
        it.wait_until_gone(cluster, [it.api_version])
