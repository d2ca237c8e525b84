"""`converter uninstall` on a real Karmada: every member's object stays, and nothing of the converter is left."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time

import pytest

from tests.controlplanes.client import ApiError
from tests.controlplanes.waiting import wait_until
from tests.e2e.everything import at_rest, everything, naming
from tests.e2e.installation import CONVERTER, Installation
from tests.e2e.propagated import Propagated
from tests.e2e.templates import template
from tests.nonempty import some

OURS = ("apiconverter", "karmada-api-version-converter", "converter-", "converter:", "api-version-converter")
CLUSTERS = ["new", "old"]
#: What the hand-over itself leaves: the Works as Karmada makes them, and what Karmada reports about them.
OF_KARMADA = {"work.karmada.io/works", "core/events", "events.k8s.io/events"}


@pytest.fixture
def propagated(fleet):
    """Templates from before the installation: two that need a conversion, and one that does not."""
    its = [
        Propagated(fleet, template(kind, f"stays-{kind.lower()}"), CLUSTERS)
        for kind in ("CronJob", "PodDisruptionBudget")
    ]
    plain = Propagated(
        fleet, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "plain", "namespace": "shop"}}, CLUSTERS
    )
    for it in (*its, plain):
        it.__enter__()
    plain.wait_until_applied()
    yield its
    for it in (*its, plain):
        it.__exit__()


def members(its):
    """Each object on each member, as the member stores it."""
    found = {(it.kind, cluster): it.on(cluster) for it in its for cluster in CLUSTERS}
    assert all(some(found.values()))
    return found


def identity(objects):
    return {
        place: {field: thing["metadata"].get(field) for field in ("uid", "resourceVersion", "generation")}
        for place, thing in objects.items()
    }


def settled(client):
    """Everything, once Karmada is done with what was created last."""
    last = {}

    def same():
        nonlocal last
        before, last = last, at_rest(everything(client))
        assert before == last
        return True

    wait_until("a quiet control plane", same, 60)
    return everything(client)


def without_events_of_karmada(objects):
    """Leave out what Karmada's own processes reported.

    The fixture installs the webhooks before it starts their server, so Karmada can report a call that failed. The API
    server deletes Events after an hour; those of the converter's own processes may not stay.
    """
    ours = ("api-version-converter", "apiconverter")

    def is_karmadas(path, thing):
        source = thing.get("source") or thing.get("deprecatedSource") or {}
        return path.split("/")[1] == "events" and source.get("component") not in ours

    return {path: thing for path, thing in objects.items() if not is_karmadas(path, thing)}


def test_every_object_stays_and_nothing_of_the_converter_is_left(fleet, propagated):
    its = propagated
    for event in fleet.client.list("v1", "Event"):  # of the tests before; the API server deletes them after an hour
        metadata = event["metadata"]
        with contextlib.suppress(ApiError):
            fleet.client.delete("v1", "Event", metadata["name"], metadata["namespace"])
    before = settled(fleet.client)
    assert naming(before, OURS) == [], "a clean control plane"

    converter = Installation(fleet)
    try:
        for it in its:
            it.wait_until_applied()
            wait_until("the anchor", lambda it=it: it.anchor("old"))
        on_members = members(its)
        run(fleet, "uninstall", "--karmada-part-only", "--dry-run", says=[it.name for it in its])
        run(fleet, "uninstall", "--karmada-part-only", "--yes")
    finally:
        for process in converter.processes:
            process.stop()

    for it in its:
        wait_until("the truth in the binding", lambda it=it: says_that_old_cannot_have_it(it), 30)
    time.sleep(45)  # all that Karmada could do now; nothing to wait for: nothing may happen
    assert identity(members_as(its, on_members)) == identity(on_members), "the very same objects"
    after = everything(fleet.client)
    assert naming(without_events_of_karmada(after), OURS) == []
    new = {path for path in after.keys() - before.keys() if "/".join(path.split("/")[:2]) not in OF_KARMADA}
    assert new == set()
    unchanged = at_rest(before)
    kept = {path: thing for path, thing in at_rest(after).items() if path in unchanged}
    assert kept.keys() == unchanged.keys()
    changed = sorted(path for path in kept if kept[path] != unchanged[path])
    bindings = {f"work.karmada.io/resourcebindings/shop/{it.binding_name}" for it in its}
    assert set(changed) <= bindings, [(unchanged[path], kept[path]) for path in changed]
    for it in some(its):
        binding = after[f"work.karmada.io/resourcebindings/shop/{it.binding_name}"]
        assert {item["name"] for item in binding["spec"]["clusters"]} == set(CLUSTERS), "scheduled as before"
        work = it.work("old")
        assert it.versions("old") == [it.api_version], "as Karmada sent it"
        assert not work["metadata"].get("ownerReferences")
        assert "resourcebinding.karmada.io/permanent-id" in work["metadata"]["labels"]
    later = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "later", "namespace": "shop"}}
    with Propagated(fleet, later, CLUSTERS) as it:  # Karmada waits for no version that a cluster does not serve
        it.wait_until_applied(30)
    its[0].report("new", {"lastScheduleTime": "2026-11-04T02:15:00Z"})
    its[0].wait_for_status("new", {"lastScheduleTime": "2026-11-04T02:15:00Z"}, 120)


def says_that_old_cannot_have_it(it):
    found = it.aggregated()
    assert not found["old"].get("applied"), found
    assert found["old"]["appliedMessage"], found
    assert found["new"]["applied"], found
    assert it.condition() == "False"
    return True


def members_as(its, before):
    """The objects on the members, in the versions that they had before."""
    return {
        (it.kind, cluster): fleet_client(it, cluster).get(
            before[it.kind, cluster]["apiVersion"], it.kind, it.name, it.namespace
        )
        for it in its
        for cluster in CLUSTERS
    }


def fleet_client(it, cluster):
    return it.fleet.members[cluster].client


def run(fleet, *command, says=(), code=0, variables=None):
    """Run a command of the converter as an administrator of Karmada; every word has to be in its output."""
    config = str(fleet.karmada.apiserver.kubeconfig)
    done = subprocess.run(
        [*CONVERTER, *command, "--karmada-kubeconfig", config], check=False, capture_output=True, text=True,
        timeout=180, env=os.environ | (variables or {}),
    )  # fmt: skip
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    assert [words for words in says if words not in done.stdout] == []
    return done.stdout
