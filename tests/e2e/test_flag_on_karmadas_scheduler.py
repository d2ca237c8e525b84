"""The old way: Karmada's own scheduler runs without APIEnablement, and the converter has no scheduler."""

from __future__ import annotations

import pytest

from converter.karmada.names import EXCLUDED_LABEL, SCHEDULER_LABEL
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import Propagated
from tests.e2e.templates import template


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Installation(session_fleet, own_scheduler=False)
    yield installed
    installed.stop()


def test_every_cluster_is_reached_without_a_scheduler_of_the_converters(fleet, converter):
    assert converter.scheduler is None
    clusters = list(fleet.members)
    with (
        Propagated(fleet, template("CronJob", "flag"), clusters) as it,
        Propagated(fleet, template("IngressClass", "flag"), clusters) as other,
    ):
        it.wait_until_applied()
        other.clusters = [name for name in clusters if name != "ancient"]
        other.wait_until_applied()
        for one in (it, other):
            binding = one.binding()
            assert binding["spec"]["schedulerName"] == "default-scheduler"
            assert SCHEDULER_LABEL not in binding["metadata"]["labels"]
        excluded = EXCLUDED_LABEL in other.binding()["metadata"]["labels"]
        assert excluded == ("ancient" in clusters)
        wait_until("the version for old", lambda: it.versions("old") == ["batch/v1beta1"])
