"""`converter doctor`: each trouble is made on a real Karmada, found with its evidence, and gone once it is mended."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import functools
import http.client
import json

import pytest

from converter.client import ApiServer
from converter.client.clock import micro_timestamp, utc_now
from converter.doctor.members import VARIABLE
from converter.doctor.replicas import compare, read_replica
from converter.install.identities import IDENTITIES, ensure_identities
from converter.install.tokens import secret_of
from tests.controlplanes.fleet import MemberSpec
from tests.controlplanes.karmada import NAMESPACE
from tests.controlplanes.waiting import wait_until
from tests.e2e.clocks import SHIFTED, SKEW, ahead
from tests.e2e.diagnosis import SECONDS, broken, doctor, found, gone, karmada_only, with_host
from tests.e2e.installation import Installation
from tests.e2e.test_uninstall import run
from tests.e2e.undoing import undoing
from tests.nonempty import some
from tests.rulekit import rule_text

REGISTRATION = "admissionregistration.k8s.io/v1"
CONFIGURATION = (REGISTRATION, "MutatingWebhookConfiguration", "apiconverter")
AGGREGATION = "apiregistration.k8s.io/v1"
RBAC = "rbac.authorization.k8s.io/v1"


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Installation(session_fleet)
    yield installed
    installed.stop()


def bundle(fleet, index=0):
    return fleet.client.get(*CONFIGURATION)["webhooks"][index]["clientConfig"]["caBundle"]


def set_bundle(fleet, text):
    patch = [{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": text}]
    fleet.client.patch(*CONFIGURATION, patch, how="json")


def test_a_fleet_that_is_well(fleet, converter):
    assert karmada_only(fleet) == {}
    said = run(fleet, "doctor", "--karmada-part-only", "--scheduler-name=", "--output", "json")
    assert json.loads(said)["findings"] == []


def test_an_apiservice_is_not_available(fleet, converter):
    service = {
        "apiVersion": AGGREGATION,
        "kind": "APIService",
        "metadata": {"name": "v1.doctor.example", "labels": {"apiconverter.dev/discovery": "true"}},
        "spec": {
            "group": "doctor.example", "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1,
            "insecureSkipTLSVerify": True, "service": {"namespace": NAMESPACE, "name": "nowhere", "port": 443},
        },
    }  # fmt: skip
    with broken(fleet, "apiservice-unavailable") as mending:
        fleet.client.create(service)
        mending.callback(fleet.client.delete, AGGREGATION, "APIService", "v1.doctor.example")


def test_discovery_is_down(fleet, converter):
    with broken(fleet, "discovery-down") as mending:
        converter.discovery.stop()
        mending.callback(converter.discovery.start)


def test_another_ca(fleet, converter):
    right, other = bundle(fleet), base64.b64encode(fleet.world.pki.front_authority.certificate.read_bytes()).decode()
    with broken(fleet, "ca-mismatch") as mending:
        set_bundle(fleet, other)
        mending.callback(set_bundle, fleet, right)
        assert "x509" in found(fleet, "webhook-unreachable")["facts"]["answer"]


def test_the_webhook_does_not_answer(fleet, converter):
    with broken(fleet, "webhook-unreachable") as mending:
        converter.admission.stop()
        mending.callback(converter.admission.start)


def test_another_webhook_undoes_the_conversion(fleet, converter):
    with undoing(fleet) as url, broken(fleet, "webhook-undone") as mending:
        configuration = {
            "apiVersion": REGISTRATION,
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": "zz-undo"},
            "webhooks": [
                {
                    "name": "undo.doctor.example",
                    "clientConfig": {"url": url, "caBundle": fleet.world.pki.authority.bundle},
                    "rules": [
                        {
                            "apiGroups": ["work.karmada.io"], "apiVersions": ["*"], "resources": ["works"],
                            "operations": ["CREATE"],
                        }
                    ],
                    "admissionReviewVersions": ["v1"],
                    "sideEffects": "None",
                    "reinvocationPolicy": "IfNeeded",
                }
            ],
        }  # fmt: skip
        fleet.client.create(configuration)
        mending.callback(fleet.client.delete, REGISTRATION, "MutatingWebhookConfiguration", "zz-undo")
        assert found(fleet, "webhook-undone")["facts"]["otherWebhooks"] == "zz-undo/undo.doctor.example"


def test_rights_are_missing(fleet, converter):
    role = fleet.client.get(RBAC, "ClusterRole", "converter-controller")
    with broken(fleet, "rights-missing") as mending:
        rules = [rule for rule in role["rules"] if "works/status" not in rule["resources"]]
        fleet.client.patch(RBAC, "ClusterRole", "converter-controller", {"rules": rules})
        mending.callback(fleet.client.patch, RBAC, "ClusterRole", "converter-controller", {"rules": role["rules"]})
        assert "patch:works.work.karmada.io/status" in found(fleet, "rights-missing")["facts"]["missing"]


def give_tokens(fleet):
    """Request tokens, as the installer does; the Secrets are on Karmada's own API server."""
    server, authority = fleet.karmada.apiserver, fleet.world.pki.authority.bundle

    async def ensure():
        async with await ApiServer.connect(server.kubeconfig) as karmada:
            await ensure_identities(karmada, karmada, namespace=NAMESPACE, server_url=server.url, ca_bundle=authority)

    asyncio.run(ensure())


def test_an_identity_is_refused(fleet, converter):
    give_tokens(fleet)
    admission, controller = (
        fleet.client.get("v1", "Secret", secret_of(name), NAMESPACE)["data"] for name in ("admission", "controller")
    )

    def set_token(text):
        fleet.client.patch("v1", "Secret", secret_of("admission"), {"data": {"token": text}}, NAMESPACE)

    with broken(fleet, "identity-refused", with_host) as mending:
        set_token(controller["token"])
        mending.callback(set_token, admission["token"])
        assert found(fleet, "identity-refused", with_host)["facts"]["problem"] == "other-account"
        forged = base64.b64encode(base64.b64decode(admission["token"])[:-9] + b"tampered-").decode()
        set_token(forged)
        assert found(fleet, "identity-refused", with_host)["facts"]["problem"] == "refused"
    for name in some(IDENTITIES):
        fleet.client.delete("v1", "Secret", secret_of(name), NAMESPACE)


def deployment(program, tag="v1.18.2", **container):
    labels = {"app": program}
    spec = {
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {
                "containers": [
                    {"name": program, "image": f"karmada/{program}:{tag}", "command": [f"/bin/{program}"], **container}
                ],
                "volumes": [{"name": "k", "secret": {"secretName": "doctor-kubeconfig"}}],
            },
        },
    }
    metadata = {"name": program, "namespace": NAMESPACE}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def test_karmada_is_below_a_floor(fleet, converter):
    text = base64.b64encode(fleet.karmada.apiserver.kubeconfig.read_bytes()).decode()
    mounts = {
        "command": ["/bin/karmada-scheduler", "--kubeconfig=/etc/kubeconfig"],
        "volumeMounts": [{"name": "k", "mountPath": "/etc/kubeconfig", "subPath": "kubeconfig"}],
    }
    with broken(fleet, "karmada-too-old", with_host) as mending:
        for name in ("doctor-kubeconfig", "karmada-kubeconfig", "kubeconfig"):
            secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": NAMESPACE}}
            fleet.client.create({**secret, "data": {"kubeconfig": text}})
            mending.callback(fleet.client.delete, "v1", "Secret", name, NAMESPACE)
        fleet.client.create(deployment("karmada-scheduler", "v1.13.2", **mounts))
        mending.callback(fleet.client.delete, "apps/v1", "Deployment", "karmada-scheduler", NAMESPACE)
        assert found(fleet, "karmada-too-old", with_host)["facts"]["oldest"] == "v1.13.7"


def test_a_member_without_watch_lists(fleet, converter):
    """A member of v1.16 that joins a Karmada whose karmada-controller-manager asks for watch-lists, as by default."""
    manager = fleet.karmada.controller_manager
    before = dict(manager.process.variables)
    manager.process.variables[VARIABLE] = "true"
    with broken(fleet, "watch-list-on") as mending:
        manager.restart()
        member = fleet.join(MemberSpec("doctor-ancient", "1.16"))
        mending.callback(fleet.remove, member.name)
        mending.callback(member.wait)
        mending.callback(manager.restart)
        mending.callback(manager.process.variables.update, {VARIABLE: "false"})
        assert found(fleet, "watch-list-on")["object"]["name"] == member.name
    if manager.process.variables != before:  # a fleet without old members
        manager.process.variables = before
        manager.restart()


def test_the_clock_of_the_controller_is_wrong(fleet, converter):
    with broken(fleet, "clock-skew") as mending:
        mending.enter_context(ahead(converter.controller))
        item = found(fleet, "clock-skew")
        assert item["object"]["kind"] == "Lease"
        assert SKEW - 20 <= int(item["facts"]["secondsAhead"]) <= SKEW


def test_the_clock_here_is_wrong(fleet, converter):
    gone(fleet, "clock-skew")
    options = ["--karmada-part-only", "--scheduler-name=", "--output", "json"]
    (item,) = json.loads(run(fleet, "doctor", *options, code=1, variables=SHIFTED))["findings"]
    assert (item["trouble"], item["object"]["kind"]) == ("clock-skew", "ApiServer")
    assert abs(int(item["facts"]["secondsBehind"]) - SKEW) <= 5


def test_the_scheduler_is_missing(fleet, converter):
    """The one that runs is killed; the Lease is that of a scheduler which stopped a while ago."""

    def look(fleet):
        return doctor(fleet, scheduler="apiconverter")

    renewed = utc_now() - dt.timedelta(minutes=5)
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "apiconverter-scheduler", "namespace": NAMESPACE},
        "spec": {"holderIdentity": "stopped", "leaseDurationSeconds": 15, "renewTime": micro_timestamp(renewed)},
    }
    with broken(fleet, "scheduler-missing", look) as mending:
        mending.callback(converter.scheduler.start)
        converter.scheduler.kill()
        fleet.client.create(lease)
        mending.callback(fleet.client.delete, lease["apiVersion"], "Lease", "apiconverter-scheduler", NAMESPACE)
        assert found(fleet, "scheduler-missing", look)["facts"]["leaseRenewed"] == micro_timestamp(renewed)


def metrics(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def test_replicas_have_other_rules(fleet, converter, tmp_path):
    same = [read_replica(name, converter.metrics(name)) for name in some(converter.health_ports)]
    assert all(some(replica.rules for replica in same))
    assert compare(same) == []
    rule = rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: it has none}", name="doctor")
    (tmp_path / "rules.yaml").write_text(rule)
    old, new = (converter.admission_port, converter.health_ports["admission"]), [fleet.world.ports.take() for _ in "ab"]
    words = {f"127.0.0.1:{before}": f"127.0.0.1:{after}" for before, after in zip(old, new, strict=True)}
    command = [words.get(word, word) for word in converter.admission.command]
    variables = converter.admission.variables
    process = fleet.world.run.process("converter-other", [*command, "--rules", str(tmp_path)], variables)
    try:
        other = read_replica("other", wait_until("its port", lambda: metrics(new[1]), SECONDS, ignore=(OSError,)))
    finally:
        process.stop()
    (finding,) = compare([*same, other])
    assert "other" in finding.facts.values()


RULES_WEBHOOK = (REGISTRATION, "ValidatingWebhookConfiguration", "apiconverter")
RULE = {
    "apiVersion": "apiconverter.dev/v1alpha1",
    "kind": "ConversionRule",
    "metadata": {"name": "doctor"},
    "spec": {"kind": "Thing", "between": ["doctor.example/v1", "doctor.example/v2"],
             "steps": [{"rename": {"spec.a": "spec.a"}}]},
}  # fmt: skip


def test_a_rule_object_is_not_in_use(fleet, converter):
    """Its webhook was away when it came in, so its status alone says what is wrong."""
    webhook = fleet.client.get(*RULES_WEBHOOK)
    fleet.client.delete(*RULES_WEBHOOK)
    with broken(fleet, "rule-not-in-use") as mending:
        fleet.client.apply(RULE)
        mending.callback(fleet.client.delete, RULE["apiVersion"], RULE["kind"], "doctor")
        facts = found(fleet, "rule-not-in-use")["facts"]
        assert (facts["reason"], facts["generationInUse"]) == ("Invalid", "none")
        assert 'rename["spec.a"]' in facts["message"]
    metadata = {"name": webhook["metadata"]["name"], "labels": webhook["metadata"].get("labels", {})}
    fleet.client.create({**webhook, "metadata": metadata})


def test_a_rule_object_was_not_seen(fleet, converter):
    good = {**RULE, "spec": {**RULE["spec"], "steps": []}}
    with broken(fleet, "rule-not-seen") as mending:
        converter.controller.freeze()
        mending.callback(fleet.client.delete, RULE["apiVersion"], RULE["kind"], "doctor")
        mending.callback(converter.controller.thaw)
        fleet.client.apply(good)


def test_the_crd_of_rules_is_of_another_release(fleet, converter):
    name = ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "losspolicies.apiconverter.dev")
    columns = fleet.client.get(*name)["spec"]["versions"][0]["additionalPrinterColumns"]
    path = "/spec/versions/0/additionalPrinterColumns"
    with broken(fleet, "rule-crds-outdated") as mending:
        fleet.client.patch(*name, [{"op": "replace", "path": path, "value": columns[:1]}], how="json")
        back = [{"op": "replace", "path": path, "value": columns}]
        mending.callback(functools.partial(fleet.client.patch, *name, back, how="json"))
        assert found(fleet, "rule-crds-outdated")["facts"]["differs"].endswith("additionalPrinterColumns")
