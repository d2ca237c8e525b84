"""Rules as objects of Karmada: waiting Works go out when a rule comes, and stay as they are when it goes."""

from __future__ import annotations

import time

import pytest

from converter.testing import make_work
from tests.controlplanes.client import ApiError
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import Propagated
from tests.e2e.templates import NAMESPACE

NEW, OLD = "new", "old"
GROUP, KIND = "ruled.example.org", "Gizmo"
CRDS, NAME = "apiextensions.k8s.io/v1", f"gizmos.{GROUP}"
V1, V1ALPHA1 = f"{GROUP}/v1", f"{GROUP}/v1alpha1"
API = "apiconverter.dev/v1alpha1"
RULE = {
    "apiVersion": API,
    "kind": "ConversionRule",
    "metadata": {"name": "gizmo-v1-v1alpha1"},
    "spec": {
        "kind": KIND,
        "between": [V1, V1ALPHA1],
        "steps": [{"rename": {"spec.size": "spec.bigness"}}],
        "examples": [{"left": {"spec": {"size": 3}}, "right": {"spec": {"bigness": 3}}}],
    },
}
WEIGHTS = {
    "apiVersion": API, "kind": "FieldWeights", "metadata": {"name": "gizmos"},
    "spec": {"weights": [{"weight": "dangerous", "kinds": [KIND], "fields": ["spec.size"]}]},
}  # fmt: skip
POLICY = {
    "apiVersion": API, "kind": "LossPolicy", "metadata": {"name": "fleet"}, "spec": {"default": {"dangerous": "warn"}},
}  # fmt: skip
OBJECTS = (RULE, WEIGHTS, POLICY)
REFUSED = "apiconverter.dev/WorkRefused"


def crd(*versions):
    """The CRD with these versions; the control plane's says that only a webhook converts between them."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = [
        {"name": name, "served": True, "storage": name == versions[0], "schema": {"openAPIV3Schema": schema}}
        for name in versions
    ]
    config = {"clientConfig": {"url": "https://127.0.0.1:1/never"}, "conversionReviewVersions": ["v1"]}
    webhook = {"strategy": "Webhook", "webhook": config}
    return {
        "apiVersion": CRDS,
        "kind": "CustomResourceDefinition",
        "metadata": {"name": NAME},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": "gizmos", "singular": "gizmo", "kind": KIND, "listKind": "GizmoList"},
            "conversion": webhook if len(versions) > 1 else {"strategy": "None"},
            "versions": served,
        },
    }


@pytest.fixture(scope="module")
def converter(session_fleet):
    """The converter runs; the control plane knows both versions, and each member serves another one."""
    installed = Installation(session_fleet)
    members = {name: member.client for name, member in session_fleet.members.items()}
    session_fleet.client.put(crd("v1", "v1alpha1"))
    members[NEW].put(crd("v1"))
    members[OLD].put(crd("v1alpha1"))
    wait_until(
        "Karmada seeing the CRDs", lambda: serves(session_fleet, NEW, V1) and serves(session_fleet, OLD, V1ALPHA1), 90
    )
    yield installed
    for manifest in OBJECTS:
        session_fleet.client.delete(API, manifest["kind"], manifest["metadata"]["name"])
    installed.stop()
    for client in (session_fleet.client, members[NEW], members[OLD]):
        client.delete(CRDS, "CustomResourceDefinition", NAME)


def serves(fleet, cluster, api_version):
    return api_version in fleet.karmada.served(cluster)


def conditions(fleet, manifest):
    found = fleet.client.get(API, manifest["kind"], manifest["metadata"]["name"])
    return {one["type"]: one["status"] for one in found.get("status", {}).get("conditions", [])}


def why_refused(it):
    found = {one["type"]: one for one in it.binding().get("status", {}).get("conditions", [])}
    return found[REFUSED]["message"] if REFUSED in found else ""


def test_a_rule_lets_waiting_works_out_and_leaves_them_when_it_goes(fleet, converter):
    gizmo = {"apiVersion": V1, "kind": KIND, "metadata": {"name": "both", "namespace": NAMESPACE}, "spec": {"size": 3}}
    with pytest.raises(ApiError) as refused:
        fleet.client.apply({**RULE, "spec": {**RULE["spec"], "steps": [{"rename": {"spec.size": "spec.size"}}]}})
    assert 'spec.steps[0].rename["spec.size"]' in str(refused.value)

    with Propagated(fleet, gizmo, [NEW, OLD]) as it:
        wait_until("the version that needs no rule", lambda: (it.on(NEW) or {}).get("spec") == {"size": 3}, 120)
        assert not it.works(OLD)

        for manifest in OBJECTS:
            fleet.client.apply(manifest)
        it.wait_until_applied(120)
        assert it.versions(OLD) == [V1ALPHA1]
        assert it.on(OLD)["spec"] == {"bigness": 3}
        for manifest in OBJECTS:
            wait_until(f"{manifest['kind']} accepted", lambda one=manifest: is_accepted(fleet, one), 60)

        # The rule goes: what runs stays, and the binding says why nothing new follows.
        fleet.client.delete(API, RULE["kind"], RULE["metadata"]["name"])
        wait_until("admission without the rule", lambda: is_denied(fleet, gizmo), 60)
        before = it.on(OLD)
        fleet.client.patch(V1, KIND, "both", {"spec": {"size": 4}}, NAMESPACE)
        wait_until("the other cluster's change", lambda: it.on(NEW)["spec"] == {"size": 4}, 120)
        wait_until("the reason on the binding", lambda: KIND in why_refused(it) and OLD in why_refused(it), 120)
        assert it.on(OLD)["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]

        # It comes back: the Work that waited goes out.
        began = time.monotonic()
        fleet.client.apply(RULE)
        wait_until("the Work that waited", lambda: sizes(it.work(OLD)) == [4], 120)
        print(f"the Work was written {time.monotonic() - began:.2f} s after the rule")
        wait_until("the change on the member", lambda: it.on(OLD)["spec"] == {"bigness": 4}, 60)
        wait_until("the reason to go", lambda: not why_refused(it), 120)
    it.wait_until_gone(NEW, [V1])
    it.wait_until_gone(OLD, [V1ALPHA1])


def is_denied(fleet, manifest):
    """Whether admission denies a Work for the old member; a change of the template before that is still converted."""
    try:
        fleet.client.create(make_work(manifest, cluster=OLD, name="asked"), dry_run=True)
    except ApiError as error:
        return KIND in str(error) and OLD in str(error)
    return False


def sizes(work):
    return [manifest["spec"].get("bigness") for manifest in work["spec"]["workload"]["manifests"]]


def is_accepted(fleet, manifest):
    return conditions(fleet, manifest) == {"Accepted": "True", "Compiled": "True", "Conflicts": "False"}
