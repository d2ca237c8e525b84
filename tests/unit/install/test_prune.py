"""Objects of an earlier release: found by label and manager, and deleted; others are left alone."""

import pytest

from converter.install.manifests import FIELD_MANAGER, place_of
from converter.install.prune import HOST_KINDS, KARMADA_KINDS, delete_stale, find_stale
from tests.fakes.apiserver import FakeApiServer

OURS = {"app.kubernetes.io/name": "karmada-api-version-converter"}
APPLIED = [{"manager": FIELD_MANAGER, "operation": "Apply"}]
KINDS = {
    "Role": "rbac.authorization.k8s.io/v1",
    "Deployment": "apps/v1",
    "Service": "v1",
    "PodDisruptionBudget": "policy/v1",
}


def manifest(kind, name, namespace="fleet-a", labels=OURS, managers=APPLIED):
    metadata = {"name": name, "namespace": namespace, "labels": labels, "managedFields": managers}
    return {"apiVersion": KINDS[kind], "kind": kind, "metadata": metadata}


@pytest.fixture
def host():
    made = FakeApiServer()
    made.collections |= {one.resource for one in (*HOST_KINDS.values(), *KARMADA_KINDS.values())}
    return made


def put(server, *manifests):
    for one in manifests:
        server.put(place_of(one).path, one)


async def names(server, wanted=()):
    return [one.name for one in await find_stale(server, HOST_KINDS, "fleet-a", wanted)]


async def test_only_what_the_installer_applied_and_does_not_want_any_more_is_stale(host):
    kept = manifest("Deployment", "converter-admission")
    put(
        host, kept,
        manifest("Deployment", "converter-old"),
        manifest("Role", "converter-old"),
        manifest("Role", "theirs", labels={}),
        manifest("Service", "by-kubectl", managers=[{"manager": "kubectl", "operation": "Apply"}]),
        manifest("Service", "by-us-otherwise", managers=[{"manager": FIELD_MANAGER, "operation": "Update"}]),
        manifest("PodDisruptionBudget", "converter-old", namespace="fleet-b"),
    )  # fmt: skip
    assert await names(host, [kept]) == ["fleet-a/converter-old", "fleet-a/converter-old"]
    stale = await find_stale(host, HOST_KINDS, "fleet-a", [kept])
    assert [one.kind for one in stale] == ["Deployment", "Role"], "what runs goes first"
    await delete_stale(host, [*stale, *stale])
    assert await names(host, [kept]) == []
    assert len(host.objects) == 5


async def test_the_scheduler_is_never_stale(host):
    put(host, manifest("Deployment", "converter-scheduler"))
    assert await names(host) == []


async def test_a_kind_that_is_not_served_has_nothing_stale(host):
    host.collections -= {"validatingadmissionpolicies"}
    assert await find_stale(host, KARMADA_KINDS, "fleet-a", []) == []
    assert any(one.resource == "validatingadmissionpolicies" for one in KARMADA_KINDS.values())
