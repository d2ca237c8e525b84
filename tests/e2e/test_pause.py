"""`converter pause` on a real Karmada control plane: what is converted stays, and everything else passes."""

from __future__ import annotations

import http
import time

import pytest

from converter.install.manifests import WEBHOOKS
from converter.install.pause import BINDINGS_WEBHOOK, CONDITION
from tests.controlplanes.client import ApiError
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import WORK, Propagated
from tests.e2e.templates import NAMESPACE, template
from tests.e2e.test_uninstall import CLUSTERS, identity, run

KIND, FIELD, VALUE = "CronJob", "schedule", "20 4 * * *"
VERSIONS = {"new": "batch/v1", "old": "batch/v1beta1"}
STATUS = {"lastScheduleTime": "2026-11-04T02:15:00Z"}
OTHER_STATUS = {"lastScheduleTime": "2026-11-05T02:15:00Z"}
READY = {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1}
SOON = 60
"""Seconds: half of what Karmada waits for an informer of a version that a member lacks. Meanwhile its only worker for
the statuses of Works collects no other one."""


@pytest.fixture
def converter(fleet):
    installed = Installation(fleet)
    yield installed
    installed.stop()


def change(it, value):
    it.client.patch(it.api_version, it.kind, it.name, {"spec": {FIELD: value}}, NAMESPACE)


def value(it, cluster):
    return it.fleet.members[cluster].client.get(VERSIONS[cluster], it.kind, it.name, NAMESPACE)["spec"][FIELD]


def test_what_is_converted_stays_and_all_else_passes(fleet, converter):
    its = [Propagated(fleet, template(KIND, name), CLUSTERS) for name in ("paused", "deleted")]
    for it in its:
        it.__enter__()
    for it in its:
        it.wait_until_applied()
        wait_until("the anchor", lambda it=it: it.anchor("old"))
    it, deleted = its
    it.report("old", STATUS)
    it.wait_for_status("old", STATUS)
    before = it.on("old")

    run(fleet, "pause")
    with pytest.raises(ApiError) as refused:
        fleet.client.patch(
            WORK, "Work", it.work("old")["metadata"]["name"], {"spec": {"suspendDispatching": True}}, "karmada-es-old"
        )
    assert refused.value.status == http.HTTPStatus.FORBIDDEN
    converter.command("install", *converter.addresses)  # which does not end the pause
    hooks = fleet.client.get("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", WEBHOOKS)["webhooks"]
    called = [hook["name"] for hook in hooks if CONDITION not in {item["name"] for item in hook["matchConditions"]}]
    assert called == [BINDINGS_WEBHOOK]
    change(it, VALUE)
    wait_until("the change on the new cluster", lambda: value(it, "new") == VALUE, 60)
    late = Propagated(fleet, template(KIND, "late"), CLUSTERS)
    late.__enter__()
    wait_until("a Work in a version that the old cluster lacks", lambda: late.works("old"), 60)
    with Propagated(fleet, template("Deployment", "beside"), CLUSTERS) as beside:
        beside.wait_until_applied()
        for cluster in CLUSTERS:
            beside.report(cluster, READY)
        for cluster in CLUSTERS:
            beside.wait_for_status(cluster, READY, SOON)
    plain = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "unconverted", "namespace": NAMESPACE}}
    with Propagated(fleet, plain, CLUSTERS) as config:
        config.wait_until_applied()
    it.report("new", OTHER_STATUS)
    deleted.__exit__()
    deleted.wait_until_gone("old", [VERSIONS["old"]])
    time.sleep(20)  # for Karmada to try again; nothing may come of it
    assert identity({"old": it.on("old")}) == identity({"old": before}), "as it was, on the member"
    assert it.versions("old") == [VERSIONS["old"]]
    assert {name: it.aggregated()["old"]["status"].get(name) for name in STATUS} == STATUS
    assert "apiconverter.dev" not in str(it.aggregated())
    assert it.condition() == "True"

    run(fleet, "resume")
    wait_until("the change on the old cluster", lambda: value(it, "old") == VALUE, 60)
    assert it.on("old")["metadata"]["uid"] == before["metadata"]["uid"]
    it.wait_until_applied()
    late.wait_until_applied()
    assert late.versions("old") == [VERSIONS["old"]]
    late.__exit__()
    it.__exit__()
    it.wait_until_gone("old", [VERSIONS["old"]])
