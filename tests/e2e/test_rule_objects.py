"""Rules as objects of Karmada: waiting Works go out when a rule comes, and stay as they are when it goes."""

from __future__ import annotations

import json
import time

import pytest

from converter.testing import make_work
from tests.controlplanes.client import ApiError
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import Propagated
from tests.e2e.templates import NAMESPACE
from tests.e2e.test_uninstall import run

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


def crd(*versions, group=GROUP, kind=KIND):
    """The CRD with these versions; the control plane's says that only a webhook converts between them."""
    plural = f"{kind.lower()}s"
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
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
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


def test_a_rule_lets_waiting_works_out_and_leaves_them_when_it_goes(fleet, converter, tmp_path):
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
        check_commands(fleet, tmp_path)

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


CHANGED = {
    **RULE,
    "spec": {
        **RULE["spec"],
        "steps": [{"rename": {"spec.size": "spec.largeness"}}],
        "examples": [{"left": {"spec": {"size": 3}}, "right": {"spec": {"largeness": 3}}}],
    },
}


def gizmo(name, **spec):
    return {"apiVersion": V1, "kind": KIND, "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def test_a_changed_rule_reaches_what_it_made_and_writes_nothing_else(fleet, converter):
    """Only Karmada knows the size, since the changed rule cannot read it back. It has nothing to say of the color."""
    fleet.client.apply(RULE)
    with (
        Propagated(fleet, gizmo("sized", size=3), [NEW, OLD]) as sized,
        Propagated(fleet, gizmo("colored", color="red"), [NEW, OLD]) as colored,
    ):
        for one in (sized, colored):
            one.wait_until_applied(120)
        assert sized.on(OLD)["spec"] == {"bigness": 3}
        wait_until("the statuses of all Works", lambda: all(map(is_reported, works_of(sized, colored))), 60)
        before = {identity(work): work["metadata"]["resourceVersion"] for work in works_of(sized, colored)}
        bound = colored.binding()["metadata"]["generation"]

        words = {**RULE, "spec": {**RULE["spec"], "description": "other words"}}
        for what, rule in (("the words", words), ("the same again", RULE)):
            generation = fleet.client.apply(rule)["metadata"]["generation"]
            wait_until(what, lambda seen=generation: observed(fleet, RULE) == seen, 60)

        began = time.monotonic()
        fleet.client.apply(CHANGED)
        wait_until("the change on the member", lambda: sized.on(OLD)["spec"] == {"largeness": 3}, 120)
        print(f"the changed rule was on the member {time.monotonic() - began:.2f} s after it was applied")
        written = {identity(sized.work(OLD))}
        after = {identity(work): work["metadata"]["resourceVersion"] for work in works_of(sized, colored)}
        assert {name for name in before if after[name] != before[name]} == written
        assert colored.binding()["metadata"]["generation"] == bound

        fleet.client.delete(API, RULE["kind"], RULE["metadata"]["name"])
        wait_until("admission without the rule", lambda: is_denied(fleet, sized.template), 60)
        assert sized.on(OLD)["spec"] == {"largeness": 3}
        fleet.client.apply(RULE)
        wait_until("the first rule on the member", lambda: sized.on(OLD)["spec"] == {"bigness": 3}, 120)
    for one in (sized, colored):
        one.wait_until_gone(OLD, [V1ALPHA1])


def works_of(*propagated):
    return [one.work(cluster) for one in propagated for cluster in (NEW, OLD)]


def identity(work):
    return work["metadata"]["namespace"], work["metadata"]["name"]


def is_reported(work):
    """Whether Karmada has written all that it writes of a Work whose object does not change."""
    status = work.get("status", {})
    return status.get("manifestStatuses") and any(one["type"] == "Applied" for one in status.get("conditions", ()))


def observed(fleet, manifest):
    """The generation that the controller has taken into use."""
    return fleet.client.get(API, manifest["kind"], manifest["metadata"]["name"])["status"].get("observedGeneration")


def check_commands(fleet, folder):
    """The commands of an administrator know the objects: a file replaces the one of its name, and nothing else."""
    same, other = folder / "same.yaml", folder / "other.yaml"
    same.write_text(json.dumps(RULE))
    other.write_text(json.dumps({**RULE, "spec": {**RULE["spec"], "steps": [], "examples": []}}))
    assert not json.loads(run(fleet, "rules", "diff", str(same), "-o", "json"))["changes"]
    changes = json.loads(run(fleet, "rules", "diff", str(other), "-o", "json", code=1))["changes"]
    (change,) = [one for one in changes if one["kind"] == KIND]
    assert (change["for"], change["before"]["spec"], change["after"]["spec"]) == (OLD, {"bigness": 3}, {"size": 3})
    run(fleet, "rules", "graph", says=[KIND])
    run(fleet, "rules", "lint")
    checks = json.loads(run(fleet, "verify", "--wait", "30s", "--output", "json"))["checks"]
    assert {one["name"]: one["state"] for one in checks}["rules"] == "passed"


def is_denied(fleet, manifest):
    """Whether admission denies a Work for the old member; a change of the template before that is still converted."""
    try:
        fleet.client.create(make_work(manifest, cluster=OLD, name="asked"), dry_run=True)
    except ApiError as error:
        return manifest["kind"] in str(error) and OLD in str(error)
    return False


def sizes(work):
    return [manifest["spec"].get("bigness") for manifest in work["spec"]["workload"]["manifests"]]


def is_accepted(fleet, manifest):
    return {"Accepted": "True", "Compiled": "True", "Conflicts": "False"}.items() <= conditions(fleet, manifest).items()


APART = "apart.example.org"
APART_RULE = {
    "apiVersion": API,
    "kind": "ConversionRule",
    "metadata": {"name": "trinket-v1-v1alpha1"},
    "spec": {**RULE["spec"], "kind": "Trinket", "resource": {"plural": "trinkets"},
             "between": [f"{APART}/v1", f"{APART}/v1alpha1"]},
}  # fmt: skip
SERVICE = f"v1alpha1.{APART}"


@pytest.fixture
def apart(fleet, converter):
    """A CRD whose old version only a member serves."""
    member, kinds = fleet.members[OLD].client, {"group": APART, "kind": "Trinket"}
    fleet.client.put(crd("v1", **kinds))
    member.put(crd("v1alpha1", **kinds))
    wait_until("Karmada seeing the CRD", lambda: serves(fleet, OLD, f"{APART}/v1alpha1"), 90)
    yield
    fleet.client.delete(API, "ConversionRule", APART_RULE["metadata"]["name"])
    for client in (fleet.client, member):
        client.delete(CRDS, "CustomResourceDefinition", f"trinkets.{APART}")


def is_available(fleet):
    """Whether the control plane reaches the discovery server for the version that only a member serves."""
    found = fleet.client.find("apiregistration.k8s.io/v1", "APIService", SERVICE)
    given = (found or {}).get("status", {}).get("conditions", [])
    return [one["status"] for one in given if one["type"] == "Available"] == ["True"]


def test_a_version_of_a_rule_object_is_registered_for_as_long_as_works_have_it(fleet, converter, apart):
    """Only the member serves the version: Karmada maps it by discovery alone, without the rule and after a restart."""
    metadata = {"name": "far", "namespace": NAMESPACE}
    trinket = {"apiVersion": f"{APART}/v1", "kind": "Trinket", "metadata": metadata, "spec": {"size": 3}}
    with Propagated(fleet, trinket, [OLD]) as it:
        wait_until("the binding", it.binding, 60)
        assert not it.works(OLD)
        assert not fleet.client.find("apiregistration.k8s.io/v1", "APIService", SERVICE)
        began = time.monotonic()
        fleet.client.apply(APART_RULE)
        for what, there in (
            ("the APIService was available", lambda: is_available(fleet)),
            ("the Work was written", lambda: it.works(OLD)),
            ("the object was on the member", lambda: it.on(OLD)),
        ):
            wait_until(what, there, 120)
            print(f"{what} {time.monotonic() - began:.2f} s after the rule")
        it.wait_until_applied(120)
        assert it.versions(OLD) == [f"{APART}/v1alpha1"]
        assert it.on(OLD)["spec"] == {"bigness": 3}

        fleet.client.delete(API, "ConversionRule", APART_RULE["metadata"]["name"])
        wait_until("admission without the rule", lambda: is_denied(fleet, trinket), 60)
        converter.discovery.restart()
        wait_until("the discovery server", lambda: names_trinkets(fleet), 60, ignore=(ApiError,))
        assert is_available(fleet)
    it.wait_until_gone(OLD, [f"{APART}/v1alpha1"])


def names_trinkets(fleet):
    found = fleet.client.raw("GET", f"/apis/{APART}/v1alpha1")
    return [one["name"] for one in found["resources"]] == ["trinkets"]


DOODAD_RULE = {
    "apiVersion": API,
    "kind": "ConversionRule",
    "metadata": {"name": "doodad"},
    "spec": {**RULE["spec"], "kind": "Doodad", "between": ["proved.example.org/v1", "proved.example.org/v1alpha1"]},
}


def with_fields(**fields):
    """The CRD of Doodad, whose versions have these fields."""
    made = crd(*fields, group="proved.example.org", kind="Doodad")
    for version in made["spec"]["versions"]:
        spec = {"type": "object", "properties": {name: {"type": "integer"} for name in fields[version["name"]]}}
        version["schema"]["openAPIV3Schema"] = {"type": "object", "properties": {"spec": spec}}
    return made


def test_a_rule_is_proved_by_the_crd_of_the_control_plane_and_again_when_that_changes(fleet, converter):
    fleet.client.put(with_fields(v1=["size", "color"], v1alpha1=["bigness"]))
    try:
        fleet.client.apply(DOODAD_RULE)
        wait_until("the open field", lambda: conditions(fleet, DOODAD_RULE).get("Proved") == "False", 30)
        found = fleet.client.get(API, "ConversionRule", "doodad")["status"]["conditions"]
        assert "spec.color" in next(one["message"] for one in found if one["type"] == "Proved")
        assert is_accepted(fleet, DOODAD_RULE), "it only warns"
        fleet.client.put(with_fields(v1=["size"], v1alpha1=["bigness"]))
        wait_until("the proof", lambda: conditions(fleet, DOODAD_RULE).get("Proved") == "True", 30)
    finally:
        fleet.client.delete(API, "ConversionRule", "doodad")
        fleet.client.delete(CRDS, "CustomResourceDefinition", "doodads.proved.example.org")
