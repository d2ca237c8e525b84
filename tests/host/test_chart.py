"""The chart by a real Helm, for two Karmadas on one host cluster: its Jobs and Pods run in containers.

Load is on a Karmada while its release is upgraded and rolled back, and while the other one's is removed.
"""

from __future__ import annotations

import time

import pytest

from tests.controlplanes import fixtures
from tests.controlplanes.fleet import Fleet, MemberSpec
from tests.controlplanes.waiting import wait_until
from tests.e2e.everything import at_rest, everything
from tests.e2e.propagated import CONVERTED, Propagated
from tests.e2e.templates import template
from tests.host.conftest import NEXT
from tests.host.ours import DEPLOYMENTS, OLD, VERSIONS, images, load, of_ours, pods, versions
from tests.host.results import record
from tests.host.setting import Setting
from tests.integration.chart import CHART, helm, nested
from tests.nonempty import some

RELEASE = "converter"
SECOND = "karmada-two"
WAIT = ("--wait", "--timeout=10m")
"""A machine that does much else takes minutes for what takes seconds on another one."""

WEBHOOKS = ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "apiconverter")


@pytest.fixture(scope="module")
def second(request, session_setting):
    """Another Karmada, with one old member, whose namespace is in the same host cluster."""
    fleet = Fleet.open([MemberSpec(OLD, "1.20")], purpose="host-two", verbosity=4, bind="0.0.0.0")
    try:
        setting = Setting(fleet, session_setting.host, session_setting.image, SECOND)
        yield setting
        setting.remove()
    finally:
        fleet.close(keep=fixtures.keep_logs(request.session, fleet.world.run.folder))


@pytest.fixture(scope="module")
def both(session_setting, second):
    """Each Karmada by a name, with the clusters that its template goes to."""
    return {"first": (session_setting, list(VERSIONS)), "second": (second, [OLD])}


@pytest.fixture(scope="module")
def templates(both):
    """A CronJob on each Karmada; both stay until the end of the module."""
    made = {name: Propagated(one.fleet, template("CronJob", name), clusters) for name, (one, clusters) in both.items()}
    yield made
    for one in made.values():
        one.__exit__()


def run(setting, *arguments, values=None):
    """Run Helm in the namespace of a Karmada, and note how long it took."""
    start = time.monotonic()
    done = helm(
        *arguments, f"--namespace={setting.namespace}", kubeconfig=setting.host.server.kubeconfig, values=values,
        timeout=700,
    )  # fmt: skip
    log = setting.host.node.log_of("converter-")[-6000:]
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}\n{log}"
    if setting.namespace != SECOND:
        record(f"`helm {arguments[0]}`", time.monotonic() - start, "s")
    return done.stdout


def upgrade(setting, image):
    repository, _, tag = image.rpartition(":")
    patient = {"jobs.timeout": "9m", "jobs.activeDeadlineSeconds": 590}
    values = nested({"image.repository": repository, "image.tag": tag, **patient})
    run(setting, "upgrade", RELEASE, CHART, "--install", *WAIT, values=values)


def clients(setting):
    return {"karmada": setting.fleet.client, "host": setting.host.client}


@pytest.fixture(scope="module")
def before(both):
    """Nothing of ours is on either Karmada before, or on the host."""
    for one, _ in some(both.values()):
        for side, client in some(clients(one).items()):
            assert of_ours(client) == [], side


def test_two_releases_convert_for_two_karmadas(both, before, templates):
    for name, (one, _) in some(both.items()):
        upgrade(one, one.image)
        templates[name].__enter__()
    for name, (one, clusters) in some(both.items()):
        templates[name].wait_until_applied(300)
        got = {cluster: templates[name].versions(cluster) for cluster in clusters}
        assert got == {cluster: [VERSIONS[cluster]] for cluster in clusters}
        assert CONVERTED in templates[name].work(OLD)["metadata"]["labels"]
        assert images(one) >= {one.image}


def test_the_test_of_the_chart_verifies_each(both, templates):
    for one, _ in some(both.values()):
        assert "Phase:          Succeeded" in run(one, "test", RELEASE)


def test_an_upgrade_to_another_version_under_load_fails_no_admission(setting, templates, next_image):
    with load(setting) as sent:
        upgrade(setting, next_image)
        for name in DEPLOYMENTS:
            setting.host.wait_for(setting.namespace, name, 300)
        wait_until("the end of the Pods that drain", lambda: setting.image not in images(setting), 300)
    assert sent.failures == []
    record("admissions during `helm upgrade`, none failed", sent.count, "requests")
    assert sent.count > 0
    assert next_image in images(setting)
    assert versions(setting) == {NEXT}


def test_a_rollback_under_load_fails_no_admission(setting, templates, next_image):
    uid = templates["first"].on(OLD)["metadata"]["uid"]
    with load(setting) as sent:
        run(setting, "rollback", RELEASE, "1", *WAIT)
        wait_until("the end of the Pods that drain", lambda: next_image not in images(setting), 300)
    assert sent.failures == []
    record("admissions during `helm rollback`, none failed", sent.count, "requests")
    assert sent.count > 0
    assert templates["first"].on(OLD)["metadata"]["uid"] == uid


def test_one_release_is_removed_and_the_other_does_not_notice(both, before, templates):
    (one, _), (other, _) = both["first"], both["second"]
    uid = templates["second"].on(OLD)["metadata"]["uid"]

    def seen():
        """What the first one could notice on its own Karmada and in its own namespace."""
        running = {pod["metadata"]["uid"] for pod in pods(one)}
        objects = at_rest(everything(one.host.client))
        own = {path: thing for path, thing in objects.items() if f"/{one.namespace}/" in path}
        return running, own, at_rest(everything(one.fleet.client))

    noticed = seen()
    with load(one) as sent:
        run(other, "uninstall", RELEASE, *WAIT)
        wait_until("the end of its Pods", lambda: not pods(other), 300)
    assert sent.failures == []
    record(
        "admissions on the first Karmada while the second one's converter is removed, none failed",
        sent.count,
        "requests",
    )
    assert sent.count > 0
    assert seen() == noticed

    assert other.fleet.client.find(*WEBHOOKS) is None
    left = templates["second"]
    stored = other.fleet.members[OLD].client.get(VERSIONS[OLD], left.kind, left.name, left.namespace)
    assert stored["metadata"]["uid"] == uid, "the workload runs on, untouched"
    assert of_ours(other.fleet.client) == []
    assert "Phase:          Succeeded" in run(one, "test", RELEASE)
    assert templates["first"].versions(OLD) == [VERSIONS[OLD]]


def test_helm_uninstall_leaves_every_object_and_nothing_of_its_own(setting, templates):
    first = templates["first"]
    assert versions(setting) != {NEXT}
    uids = {cluster: first.on(cluster)["metadata"]["uid"] for cluster in VERSIONS}
    run(setting, "uninstall", RELEASE, *WAIT)
    for cluster, version in some(VERSIONS.items()):
        stored = setting.fleet.members[cluster].client.get(version, first.kind, first.name, first.namespace)
        assert stored["metadata"]["uid"] == uids[cluster]
    for side, client in some(clients(setting).items()):

        def nothing_left(client=client):
            assert of_ours(client) == []
            return True

        wait_until(f"nothing of ours on {side}", nothing_left, 300)
