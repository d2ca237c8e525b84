"""A dangerous loss is refused where an admin asks for it: the binding says why, others go on, and it heals."""

from __future__ import annotations

import pytest

from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import Propagated
from tests.e2e.templates import NAMESPACE, template

LOSSES = "apiconverter.dev/losses"
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


def told(fleet, name):
    """What Events say of a binding."""
    events = fleet.client.list("v1", "Event", NAMESPACE)
    return [event["message"] for event in events if event["involvedObject"].get("name") == name]


def test_a_refused_work_holds_up_nobody_says_why_and_heals(fleet, converter):
    with Propagated(fleet, zoned("strict"), ["new", "old", "pull"]) as job:

        def refused():
            items = job.aggregated()
            assert items.get("new", {}).get("applied"), items
            assert items.get("pull", {}).get("applied"), items
            reasons = [text for text in told(fleet, job.binding_name) if "timeZone" in text]
            assert any("old" in text and "v1.20" in text and "v1.24" in text for text in reasons), reasons
            return True

        wait_until("the others being applied, and the reason on the binding", refused, 90)
        assert job.on("new")["spec"]["timeZone"] == "Europe/Madrid"
        assert not job.works("old"), "nothing of it is stored for the cluster that cannot hold it"
        assert job.condition() == "False", "not all of the binding is applied, and its condition says so"
        assert "timeZone" in job.work("pull")["metadata"]["annotations"][LOSSES], "there the policy only warns"

        def warned():
            found = [
                event for event in fleet.client.list("v1", "Event", NAMESPACE) if event["reason"] == "FieldsNotHeld"
            ]
            assert any("cluster pull" in event["message"] and "timeZone" in event["message"] for event in found), found
            return True

        wait_until("an Event about what is only warned of", warned)

        fleet.client.patch("batch/v1", "CronJob", job.name, {"spec": {"timeZone": None}}, NAMESPACE)
        job.wait_until_applied(90)
        assert job.versions("old") == ["batch/v1beta1"]
        wait_until(
            "the losses being gone", lambda: LOSSES not in job.work("pull")["metadata"].get("annotations", {}), 60
        )
