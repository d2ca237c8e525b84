"""``converter install`` with nothing but the host cluster's kubeconfig, on a real Karmada with default flags.

The host cluster has a node that runs the Pods of the converter's Deployments as they are (tests/controlplanes/node.py).
The tests run in their order, on one fleet.
"""

from __future__ import annotations

import json
import time

import pytest

from tests.controlplanes import fixtures, names
from tests.controlplanes.fleet import Fleet, MemberSpec
from tests.controlplanes.host import Host
from tests.controlplanes.waiting import wait_until
from tests.integration.hosted import (
    IMAGE,
    NEXT,
    ON_HOST,
    ON_KARMADA,
    Load,
    converted,
    converter,
    next_release,
    succeed,
    versions,
    work,
    writes_of_works,
)
from tests.integration.test_deployed import JOB, POLICY, WORK

pytestmark = pytest.mark.skipif(not names.works(), reason="Pods on this machine need root and mount namespaces")

FIVE_MINUTES = 300
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "default"}}
EXISTING, NEEDED = 1000, 20


@pytest.fixture(scope="module")
def fleet(request):
    members = [MemberSpec("new", "1.36"), MemberSpec("old", "1.20")]
    fleet = Fleet.open(members, purpose="one-command", plugins="", named=True)
    yield fleet
    fleet.close(keep=fixtures.keep_logs(request.session, fleet.world.run.folder))


@pytest.fixture(scope="module")
def host(fleet):
    host = Host(fleet)
    host.add_karmada()
    yield host
    host.close()


def both(fleet, host):
    return versions(fleet.client, ON_KARMADA), versions(host.server.client, ON_HOST)


def test_from_nothing_to_a_converted_object(fleet, host):
    """The newcomer's path: two commands, under five minutes."""
    client, member = fleet.client, fleet.members["old"].client
    before = both(fleet, host)
    succeed(host, "install", "--image", f"{IMAGE}:0.1.0", "--dry-run")
    assert both(fleet, host) == before, "a dry run writes nothing"

    began = time.monotonic()
    succeed(host, "install", "--image", f"{IMAGE}:0.1.0")  # the first command
    client.create(POLICY)  # kubectl apply: the second
    client.create(JOB)

    def applied():
        fleet.check()
        return member.get("batch/v1beta1", "CronJob", "nightly", "default")["spec"]["schedule"] == "0 3 * * *"

    wait_until("the CronJob on the member", applied, 90, ignore=(Exception,))
    took = time.monotonic() - began
    print(f"\nfrom a running Karmada to a converted object: 2 commands, {took:.0f} s")
    assert took < FIVE_MINUTES
    assert len(client.list(WORK, "Work", labels="apiconverter.dev/converted=true")) == 1


def test_everything_is_verified_and_reported(host):
    status = json.loads(succeed(host, "status", "--output", "json"))
    assert status["convertedWorks"] == 1
    assert {one["name"]: one["available"] for one in status["processes"]}["converter-admission"] == 2
    assert [one["problem"] for one in status["tokens"]] == [None] * 4
    checks = json.loads(succeed(host, "verify", "--output", "json"))["checks"]
    assert {one["name"]: one["state"] for one in checks} == dict.fromkeys(
        ("works", "discovery", "bindings", "status", "scheduler", "rules"), "passed"
    )


def test_repeated_it_changes_nothing(fleet, host):
    before = both(fleet, host)
    succeed(host, "install", "--image", f"{IMAGE}:0.1.0")
    assert both(fleet, host) == before


def test_a_damage_is_reported_and_repaired(fleet, host):
    client = fleet.client
    client.delete("rbac.authorization.k8s.io/v1", "ClusterRole", "converter-admission")
    code, said, _ = converter(host, "status")
    assert code == 1
    assert "missing    ClusterRole converter-admission" in said
    succeed(host, "install", "--image", f"{IMAGE}:0.1.0")
    succeed(host, "status")


def test_a_token_that_does_not_work_is_replaced(host):
    client = host.server.client
    name = "converter-admission-kubeconfig"
    client.patch("v1", "Secret", name, {"data": {"token": "bm9uZQ=="}}, "karmada-system")
    code, said, _ = converter(host, "status", "--output", "json")
    assert code == 1
    problems = {one["account"]: one["problem"] for one in json.loads(said)["tokens"]}
    assert problems["karmada-system/converter-admission"] == "refused"
    succeed(host, "install", "--image", f"{IMAGE}:0.1.0")
    succeed(host, "status")


def test_an_upgrade_under_load_fails_no_admission(fleet, host, tmp_path):
    tree = next_release(tmp_path)
    host.trees[NEXT] = tree
    with Load(fleet.world, fleet.karmada.apiserver.port) as load:
        wait_until("load", lambda: load.sent > 20, 60)
        succeed(host, "upgrade", "--image", f"{IMAGE}:{NEXT}", tree=tree)
        sent = load.sent
        wait_until("load after it", lambda: load.sent > sent + 20, 60)
    print(f"\nupgrade under load: {load.sent} admissions, {len(load.failed)} failed")
    assert load.failed == []
    status = json.loads(succeed(host, "status", "--output", "json", tree=tree))
    releases = {one["name"]: one["version"] for one in status["processes"]}
    assert releases["converter-admission"] == releases["converter-controller"] == NEXT
    budgets = {name for kind, _, name in versions(host.server.client, ON_HOST) if kind == "PodDisruptionBudget"}
    assert budgets == {"converter-admission", "converter-scheduler"}, "what the release does not have is deleted"


def test_a_release_with_an_older_format_does_not_replace_it(fleet, host):
    path = ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "apiconverter")
    for number in ("2", "1"):
        fleet.client.patch(*path, {"metadata": {"annotations": {"apiconverter.dev/data-format": number}}})
        if number == "2":
            before = both(fleet, host)
            code, _, said = converter(host, "upgrade", "--image", f"{IMAGE}:0.1.0")
            assert code == 2
            assert "format 2" in said
            assert both(fleet, host) == before


def content(found):
    """A Work without its status, which Karmada goes on to write."""
    metadata = {key: found["metadata"].get(key) for key in ("labels", "annotations", "ownerReferences", "generation")}
    return metadata, found["spec"]


def test_on_many_existing_works_it_converts_what_needs_it_and_nothing_else(fleet, host):
    client = fleet.client
    succeed(host, "uninstall", "--yes", f"--karmada-kubeconfig={fleet.karmada.apiserver.kubeconfig}")
    manifests = [JOB] * NEEDED + [CONFIG_MAP] * (EXISTING - NEEDED)
    for number, manifest in enumerate(manifests):
        client.create(work(f"existing-{number}", manifest))

    def existing():
        found = client.list(WORK, "Work", "karmada-es-old")
        return {one["metadata"]["name"]: one for one in found if one["metadata"]["name"].startswith("existing-")}

    def quiet():
        count = writes_of_works(client)
        time.sleep(3)
        return writes_of_works(client) == count

    wait_until("quiet", quiet, 120)
    before, count = existing(), writes_of_works(client)
    assert len(before) == EXISTING
    succeed(host, "install", "--image", f"{IMAGE}:0.1.0")

    def settled():
        return sum(map(converted, existing().values())) == NEEDED and quiet()

    wait_until("the conversions", settled, 180)
    after, writes = existing(), writes_of_works(client) - count
    changed = {name for name in after if content(after[name]) != content(before[name])}
    print(
        f"\ninstall on {EXISTING} Works, of which {NEEDED} need a conversion: {writes} writes, {len(changed)} changed"
    )
    assert changed == {f"existing-{number}" for number in range(NEEDED)}
    assert writes <= 3 * NEEDED + 10
