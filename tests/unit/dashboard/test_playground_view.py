"""The playground: a manifest is tried, and nothing is stored."""

from __future__ import annotations

import json

import pytest

from converter.dashboard.playground_view import EXAMPLE, LARGEST, playground
from tests.dashboardkit import config_map, cronjob, fleet_store, look


@pytest.fixture
def seen(shipped):
    return look(fleet_store(shipped))


async def tried(seen, text, target):
    return await playground(seen, {"manifest": text, "target": target})


@pytest.mark.parametrize("target", ["old", "v1.20", "1.20"])
async def test_a_manifest_is_converted_for_a_cluster_or_a_release(seen, target):
    (result,) = (await tried(seen, EXAMPLE, target))["results"]
    assert (result["source"], result["target"], result["problem"]) == ("batch/v1", "batch/v1beta1", "")
    assert [loss.path for loss in result["losses"]] == ["spec.timeZone"]
    assert result["steps"]
    assert any(line.changed for line in result["lines"])


async def test_several_manifests_are_tried(seen):
    text = json.dumps(cronjob()) + "\n---\n" + json.dumps(config_map())
    results = (await tried(seen, text, "new"))["results"]
    assert [(result["kind"], result["target"]) for result in results] == [("CronJob", "batch/v1"), ("ConfigMap", "v1")]


async def test_what_a_cluster_cannot_have_is_told(seen):
    text = json.dumps({"apiVersion": "policy/v1beta1", "kind": "PodSecurityPolicy", "metadata": {"name": "p"}})
    (result,) = (await tried(seen, text, "new"))["results"]
    assert (bool(result["problem"]), result["target"], result["lines"]) == (True, "", [])


@pytest.mark.parametrize("text", ["a: [", "[]", "kind: X", "x" * (LARGEST + 1)])
async def test_what_cannot_be_read_is_told_and_stays_in_the_form(seen, text):
    found = await tried(seen, text, "old")
    assert found["problem"]
    assert found["results"] is None
    assert found["text"] == text


async def test_a_target_must_exist(seen):
    assert (await tried(seen, EXAMPLE, "nowhere"))["problem"]


async def test_without_a_manifest_there_is_an_example(seen):
    found = await playground(seen, {})
    assert (found["text"], found["results"], found["problem"]) == (EXAMPLE, None, "")
