"""What the controllers write about a Secret, and log: nothing of what is in it, in a control plane in memory."""

from __future__ import annotations

import copy
import io
import json
import logging

import pytest

from converter.karmada.names import LOSSES_ANNOTATION, LOSSES_TEXT_ANNOTATION
from converter.server.logging import set_up
from tests.fakes.karmada import NEW, WORK, new_work
from tests.nonempty import some

pytestmark = pytest.mark.virtual_time

SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {
        "name": "token", "namespace": "shop",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"canary":"canary"}}'},
    },
    "data": {"canary": "Y2FuYXJ5"},
    "stringdata": {"canary": ["canary"]},
    "immutable": True,
    "type": "canary",
}  # fmt: skip


@pytest.mark.parametrize("word", ["warn", "canary"])
async def test_no_object_and_no_line_of_the_log_has_anything_of_a_secret(karmada, word, caplog):
    log = io.StringIO()
    root = logging.getLogger()
    handlers = root.handlers[:]
    set_up("json", "debug", log)
    try:
        served = {**NEW, "v1": ["ConfigMap", "Secret"]}
        await karmada.started(served, release="v1.16.15")
        work = new_work()
        manifests = work["spec"]["workload"]["manifests"]
        manifests.append(copy.deepcopy(SECRET))
        manifests[1]["metadata"]["annotations"]["apiconverter.dev/policy"] = word
        karmada.server.put(WORK, work)
        await karmada.quiet()
    finally:
        root.handlers[:] = handlers
    stored = karmada.work
    record = json.loads(stored["metadata"]["annotations"][LOSSES_ANNOTATION])
    assert "Secret" in stored["metadata"]["annotations"][LOSSES_TEXT_ANNOTATION]
    assert {one["kind"] for one in some(record["manifests"])} == {"Secret"}
    assert any("Secret" in event["message"] for event in some(karmada.events("FieldsDropped")))
    stored["spec"]["workload"]["manifests"] = [one for one in manifests if one["kind"] != "Secret"]
    everything = json.dumps(list(karmada.server.objects.values())) + log.getvalue() + caplog.text
    assert "canary" not in everything
    assert "Y2FuYXJ5" not in everything
