"""Two Karmadas whose components share a host cluster, with a converter each: one is removed, the other works on."""

from __future__ import annotations

import json

import pytest

from tests.controlplanes import fixtures, names
from tests.controlplanes.fleet import Fleet, MemberSpec
from tests.controlplanes.host import Host
from tests.controlplanes.waiting import wait_until
from tests.integration.hosted import (
    IMAGE,
    ON_HOST,
    ON_KARMADA,
    Load,
    converted,
    converter,
    succeed,
    versions,
    work,
)
from tests.integration.test_deployed import JOB, WORK
from tests.nonempty import some

pytestmark = pytest.mark.skipif(not names.works(), reason="Pods on this machine need root and mount namespaces")

FIRST, SECOND = "karmada-system", "fleet-b"
MEMBERS = (MemberSpec("old", "1.20"),)


@pytest.fixture
def fleets(request):
    first = Fleet.open(MEMBERS, purpose="instance-a", plugins="", named=True)
    second = None
    try:
        second = Fleet.open(MEMBERS, purpose="instance-b", plugins="", names=first.world.names)
        yield first, second
    finally:
        keep = fixtures.keep_logs(request.session, first.world.run.folder)
        if second is not None:
            second.close(keep=keep)
        first.close(keep=keep)


@pytest.fixture
def host(fleets):
    host = Host(fleets[0])
    host.add_karmada(FIRST)
    port = fleets[1].karmada.apiserver.port
    host.add_karmada(SECOND, fleet=fleets[1], server=f"https://localhost:{port}")
    yield host
    host.close()


def test_one_is_removed_and_the_other_does_not_notice(fleets, host):
    code, _, said = converter(host, "install", "--image", f"{IMAGE}:0.1.0")
    assert code == 2
    assert f"{SECOND}, {FIRST}" in said, "it asks which one"
    untouched = versions(host.server.client, ON_HOST, FIRST)
    succeed(host, "install", "--image", f"{IMAGE}:0.1.0", "--namespace", SECOND)
    assert versions(host.server.client, ON_HOST, FIRST) == untouched

    kubeconfig = f"--karmada-kubeconfig={fleets[0].karmada.apiserver.kubeconfig}"
    succeed(host, "install", "--image", f"{IMAGE}:0.1.0", "--namespace", FIRST, kubeconfig)
    for fleet, namespace in some([*zip(fleets, (FIRST, SECOND), strict=True)]):
        fleet.client.create(work("by-hand", JOB))
        assert converted(fleet.client.get(WORK, "Work", "by-hand", "karmada-es-old"))
        status = json.loads(succeed(host, "status", "--namespace", namespace, "--output", "json"))
        assert status["convertedWorks"] == 1
        succeed(host, "verify", "--namespace", namespace, "--wait", "60s")

    before = versions(host.server.client, ON_HOST, FIRST), versions(fleets[0].client, ON_KARMADA)
    with Load(fleets[0].world, fleets[0].karmada.apiserver.port) as load:
        wait_until("load", lambda: load.sent > 20, 60)
        karmada = f"--karmada-kubeconfig={fleets[1].karmada.apiserver.kubeconfig}"
        succeed(host, "uninstall", "--yes", "--namespace", SECOND, karmada)
        sent = load.sent
        wait_until("load after it", lambda: load.sent > sent + 20, 60)
    assert load.failed == []
    assert (versions(host.server.client, ON_HOST, FIRST), versions(fleets[0].client, ON_KARMADA)) == before
    succeed(host, "status", "--namespace", FIRST)
    assert not fleets[1].client.find("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "apiconverter")
    assert "converter" not in str(list(versions(host.server.client, ON_HOST, SECOND)))
