"""A dangerous loss is denied if the policy says so: the binding says why, and other clusters get the object."""

from __future__ import annotations

import pytest

from tests.controlplanes.fleet import MemberSpec
from tests.controlplanes.waiting import wait_until
from tests.e2e.conftest import karmada_version
from tests.e2e.installation import Installation
from tests.e2e.propagated import Propagated
from tests.e2e.templates import NAMESPACE, switch_gates, template

LOSSES = "apiconverter.dev/losses"
REFUSED = "apiconverter.dev/WorkRefused"
MENDING = "mending"
#: Served by v1.24, but only where this is switched on (alpha there, on by default since v1.25).
GATE = "CronJobTimeZone=true"
DENY = """\
apiVersion: apiconverter.dev/v1alpha1
kind: LossPolicy
metadata: {name: strict}
spec:
  default: {dangerous: deny, degrading: warn, harmless: ignore}
  rules:
    - clusters: [pull]
      actions: {dangerous: warn}
"""


@pytest.fixture(scope="module")
def converter(session_fleet, tmp_path_factory):
    rules = tmp_path_factory.mktemp("rules")
    (rules / "policy.yaml").write_text(DENY)
    installed = Installation(session_fleet, rules=rules)
    yield installed
    installed.stop()


def zoned(name):
    job = template("CronJob", name)
    job["spec"]["timeZone"] = "Europe/Madrid"
    return job


def refusal(job):
    """What the binding's condition says of a refused Work; empty where it has none."""
    conditions = job.binding().get("status", {}).get("conditions", ())
    return next((item["message"] for item in conditions if item["type"] == REFUSED), "")


def messages_of(fleet, name):
    """The messages of the Events on a binding."""
    events = fleet.client.list("v1", "Event", NAMESPACE)
    return [event["message"] for event in events if event["involvedObject"].get("name") == name]


@pytest.mark.skipif(
    karmada_version().startswith("1.12."), reason="Karmada v1.12 itself stops at the first Work that is refused"
)
def test_a_refused_work_blocks_no_other_reports_why_and_recovers(fleet, converter):
    with Propagated(fleet, zoned("strict"), ["new", "old", "pull"]) as job:

        def refused():
            items = job.aggregated()
            assert items.get("new", {}).get("applied"), items
            assert items.get("pull", {}).get("applied"), items
            reasons = [text for text in messages_of(fleet, job.binding_name) if "timeZone" in text]
            assert any("old" in text and "v1.20" in text and "v1.25" in text for text in reasons), reasons
            return True

        wait_until("the others being applied, and the reason on the binding", refused, 90)
        assert job.on("new")["spec"]["timeZone"] == "Europe/Madrid"
        assert not job.works("old"), "nothing of it is stored for the cluster that cannot hold it"
        assert job.condition() == "False", "not all of the binding is applied, and its condition says so"
        assert "timeZone" in job.work("pull")["metadata"]["annotations"][LOSSES], "there the policy only warns"

        def warned():
            found = [
                event for event in fleet.client.list("v1", "Event", NAMESPACE) if event["reason"] == "FieldsDropped"
            ]
            assert any("cluster pull" in event["message"] and "timeZone" in event["message"] for event in found), found
            return True

        wait_until("an Event about what is only warned of", warned)
        wait_until("the reason in a condition", lambda: "timeZone" in refusal(job))

        fleet.client.patch("batch/v1", "CronJob", job.name, {"spec": {"timeZone": None}}, NAMESPACE)
        job.wait_until_applied(90)
        assert job.versions("old") == ["batch/v1beta1"]
        wait_until("the end of the condition", lambda: refusal(job) == "", 60)
        wait_until(
            "the losses being gone", lambda: LOSSES not in job.work("pull")["metadata"].get("annotations", {}), 60
        )


def probed(name, probe):
    deployment = template("Deployment", name)
    deployment["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = probe
    return deployment


@pytest.mark.skipif(
    karmada_version().startswith("1.12."), reason="Karmada v1.12 itself stops at the first Work that is refused"
)
def test_what_a_cluster_is_known_to_refuse_is_denied_and_goes_there_once_it_is_changed(fleet, converter):
    """v1.20 drops the only handler of the probe, and then refuses the Deployment."""
    with Propagated(fleet, probed("certain", {"grpc": {"port": 80}}), ["new", "old"]) as deployment:
        wait_until("the refusal", lambda: "readinessProbe.grpc" in refusal(deployment), 90)
        wait_until("the other being applied", lambda: deployment.aggregated().get("new", {}).get("applied"), 60)
        assert not deployment.works("old")
        changed = probed(deployment.name, {"tcpSocket": {"port": 80}})["spec"]
        fleet.client.patch("apps/v1", "Deployment", deployment.name, {"spec": changed}, NAMESPACE)
        deployment.wait_until_applied(90)
        wait_until("the end of the condition", lambda: refusal(deployment) == "", 60)


@pytest.fixture
def mending(fleet, converter):
    """A member of its own, since nothing takes an upgrade back."""
    member = fleet.add(MemberSpec(MENDING, "1.20"))
    yield member
    fleet.remove(MENDING)


def test_a_refused_work_is_taken_once_its_cluster_is_upgraded(fleet, converter, mending):
    with Propagated(fleet, zoned("upgraded"), ["new", MENDING]) as job:
        wait_until("the refusal", lambda: "timeZone" in refusal(job), 90)
        assert not job.works(MENDING)
        switch_gates(fleet.client, MENDING, GATE)
        mending.upgrade("1.24", f"--feature-gates={GATE}")
        job.wait_until_applied(120)
        assert job.on(MENDING)["spec"]["timeZone"] == "Europe/Madrid"
        wait_until("the end of the condition", lambda: refusal(job) == "", 60)
    job.wait_until_gone(MENDING, ["batch/v1"])


def test_a_refused_work_is_taken_once_the_policy_lets_it_pass(fleet, converter):
    with Propagated(fleet, zoned("relaxed"), ["old"]) as job:
        wait_until("the refusal", lambda: "timeZone" in refusal(job), 90)
        policy = converter.rules / "policy.yaml"
        policy.write_text(DENY.replace("dangerous: deny", "dangerous: warn"))
        try:
            job.wait_until_applied(120)
            assert "timeZone" in job.work("old")["metadata"]["annotations"][LOSSES]
            wait_until("the end of the condition", lambda: refusal(job) == "", 60)
        finally:
            policy.write_text(DENY)
