"""A minute without any change: the converter writes nothing, and Karmada logs no error."""

from __future__ import annotations

import datetime as dt
import re
import time

import pytest

from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import BINDING, WORK, Propagated
from tests.e2e.templates import NAMESPACE, template
from tests.nonempty import some

QUIET_SECONDS = 60
KINDS = ("CronJob", "Ingress", "PodDisruptionBudget", "HorizontalPodAutoscaler", "Deployment", "IngressClass")
#: What Karmada had begun when the last Work got its anchor may end after that. Generous, since the machine may be busy.
LAG_SECONDS = 10.0
#: That takes a second or less; here a whole fleet shares two cores with its tests.
ANCHORING_SECONDS = 30.0
NO_MANIFEST = re.compile(r'^E\d{4} (\S+) .*"Failed to aggregate.*no such manifest.* name="([^"]+)"', re.MULTILINE)
NO_VERSION = re.compile(r"^E.*Failed to watch.*could not find the requested resource.*$", re.MULTILINE)


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Installation(session_fleet)
    yield installed
    installed.stop()


@pytest.fixture(scope="module")
def log_before(session_fleet, converter):
    """How much Karmada had logged before this module's templates."""
    return len(session_fleet.karmada.controller_manager.process.log_text())


@pytest.fixture(scope="module")
def everywhere(session_fleet, converter, log_before):
    """Templates of several kinds on every member that serves them, with a status where one can be written."""
    clusters = list(session_fleet.members)
    its = [
        Propagated(
            session_fleet,
            template(kind, f"quiet-{kind.lower()}"),
            [name for name in clusters if (kind, name) != ("IngressClass", "ancient")],
        )
        for kind in KINDS
    ]
    for it in its:
        it.__enter__()
    for it in its:
        it.wait_until_applied(120)
    for cluster in ("new", "old", "pull"):
        its[0].report(cluster, {"lastScheduleTime": "2026-11-01T02:15:00Z"})
        its[0].wait_for_status(cluster, {"lastScheduleTime": "2026-11-01T02:15:00Z"})
    yield its
    for it in its:
        it.__exit__()


def versions(fleet, its):
    """The resourceVersion of everything that the converter, or a fight with it, could write."""
    client = fleet.client
    control_plane = [
        *client.list(WORK, "Work"),
        *client.list(BINDING, "ResourceBinding"),
        *client.list(BINDING, "ClusterResourceBinding"),
        *client.list("apiregistration.k8s.io/v1", "APIService"),
        *(it.stored() for it in its),
    ]
    found = {("karmada", *_identity(thing)): thing["metadata"]["resourceVersion"] for thing in control_plane}
    for it in its:
        for cluster in it.clusters:
            thing = it.on(cluster)
            found[(cluster, *_identity(thing))] = thing["metadata"]["resourceVersion"]
    return found


def _identity(thing):
    return thing["kind"], thing["metadata"].get("namespace"), thing["metadata"]["name"]


def _differences(before, after):
    return {key: (before.get(key), after.get(key)) for key in before | after if before.get(key) != after.get(key)}


def test_nothing_is_written_in_sixty_quiet_seconds(fleet, converter, everywhere):
    """Works, anchors, bindings, templates, APIServices and the members' own objects."""

    def settled():
        before = versions(fleet, everywhere)
        time.sleep(5)
        assert _differences(before, versions(fleet, everywhere)) == {}
        return before

    before = wait_until("the last of the statuses having come", settled, 90)
    assert sum(1 for key in before if key[1] == "Work") >= sum(len(it.clusters) for it in everywhere)
    time.sleep(QUIET_SECONDS)
    assert _differences(before, versions(fleet, everywhere)) == {}


def test_karmada_misses_no_manifest_after_the_first_moments_of_a_work(fleet, converter, everywhere, log_before):
    """Each converted Work lives without its anchor for a moment, and only then Karmada looks in vain.

    Neither later statuses nor a changed template, which Karmada sends unconverted, make it look in vain again.
    """
    log_text = fleet.karmada.controller_manager.process.log_text
    at_rest = len(log_text())
    job = everywhere[0]
    fleet.client.patch(job.api_version, job.kind, job.name, {"spec": {"schedule": "2 2 * * *"}}, NAMESPACE)
    wait_until("the change", lambda: job.on("old")["spec"]["schedule"] == "2 2 * * *")
    job.report("old", {"lastScheduleTime": "2026-11-02T02:15:00Z"})
    job.wait_for_status("old", {"lastScheduleTime": "2026-11-02T02:15:00Z"})
    assert NO_MANIFEST.findall(log_text()[at_rest:]) == []
    settled = {it.binding_name: max(moments) for it in some(everywhere) if (moments := _anchored(it))}
    found = NO_MANIFEST.findall(log_text()[log_before:at_rest])
    assert found, "none at all: the log is not written as this test reads it"
    for clock, name in found:
        moment = dt.datetime.combine(settled[name].date(), dt.time.fromisoformat(clock), tzinfo=dt.UTC)
        late = (moment - settled[name]).total_seconds()
        assert late < LAG_SECONDS, f"{name}: {late} s after its last Work got its anchor"


def _anchored(it):
    """When each converted Work of a template got its anchor: when the owner was written. Other Works have no owner."""
    moments = []
    for cluster in some(it.clusters):
        metadata = it.work(cluster)["metadata"]
        owned = [
            entry["time"]
            for entry in metadata["managedFields"]
            if "f:ownerReferences" in entry["fieldsV1"].get("f:metadata", {})
        ]
        created = dt.datetime.fromisoformat(metadata["creationTimestamp"])
        for moment in map(dt.datetime.fromisoformat, owned):  # may be empty
            assert (moment - created).total_seconds() < ANCHORING_SECONDS, (it.kind, cluster)
            moments.append(moment)
    return moments


def test_karmada_watches_no_version_that_a_member_lacks(fleet, converter, everywhere, log_before):
    logs = [fleet.karmada.controller_manager.process.log_text()[log_before:]]
    logs.append(fleet.members["pull"].agent.process.log_text())
    for log in logs:
        complaints = [line for line in NO_VERSION.findall(log) if not _of_another(line)]
        assert complaints == []
        assert "hasn't synced" not in log
    assert re.search(r'type="batch/v1beta1, Resource=cronjobs"', logs[0]), "the old version is what is watched"


def _of_another(line):
    """Karmada's own informers of CRDs that an earlier test took away."""
    return "example.org" in line
