"""Custom resources without a rule: conversion by name alone, and what an older CRD of a member drops."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.controlplanes.karmada import NAMESPACE as SYSTEM
from tests.controlplanes.waiting import wait_until
from tests.e2e.host import MEMBER_SCHEMAS
from tests.e2e.installation import CONVERTER, Installation
from tests.e2e.propagated import WORK, Propagated
from tests.e2e.templates import NAMESPACE

ROOT = Path(__file__).parents[2]
NEW, OLD = "new", "old"
GROUP, KIND = "learned.example.org", "Gadget"
CRDS, NAME = "apiextensions.k8s.io/v1", f"gadgets.{GROUP}"
V1, V1ALPHA1 = f"{GROUP}/v1", f"{GROUP}/v1alpha1"
LOSSES_TEXT = "apiconverter.dev/losses-text"
FIELDS = {"v1": {"size": "integer", "color": "string"}, "v1alpha1": {"size": "integer"}}


def crd(**versions):
    """The CRD with these fields of the spec, by version; the first version is stored."""
    status = {"type": "object", "properties": {"phase": {"type": "string"}}}
    served = []
    for name, fields in versions.items():
        spec = {"type": "object", "properties": {field: {"type": kind} for field, kind in fields.items()}}
        schema = {"type": "object", "properties": {"spec": spec, "status": status}}
        served.append(
            {"name": name, "served": True, "storage": not served, "schema": {"openAPIV3Schema": schema},
             "subresources": {"status": {}}}
        )  # fmt: skip
    return {
        "apiVersion": CRDS,
        "kind": "CustomResourceDefinition",
        "metadata": {"name": NAME},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "singular": "gadget", "kind": KIND, "listKind": "GadgetList"},
            "conversion": {"strategy": "None"},
            "versions": served,
        },
    }


def gadget(name, **spec):
    return {"apiVersion": V1, "kind": KIND, "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


@pytest.fixture(scope="module")
def converter(session_fleet):
    """The converter runs when the CRDs come; the control plane has both versions, each member another one."""
    for item in yaml.safe_load_all(MEMBER_SCHEMAS.read_text()):
        session_fleet.client.put(item)
    installed = Installation(session_fleet, member_schemas=True)
    members = {name: member.client for name, member in session_fleet.members.items()}
    session_fleet.client.put(crd(**FIELDS))
    members[NEW].put(crd(v1=FIELDS["v1"]))
    members[OLD].put(crd(v1alpha1=FIELDS["v1alpha1"]))
    wait_until(
        "Karmada seeing the CRDs", lambda: serves(session_fleet, NEW, V1) and serves(session_fleet, OLD, V1ALPHA1), 90
    )
    yield installed
    installed.stop()
    for client in (session_fleet.client, members[NEW], members[OLD]):
        client.delete(CRDS, "CustomResourceDefinition", NAME)


def serves(fleet, cluster, api_version):
    return api_version in fleet.karmada.served(cluster)


def test_a_kind_in_two_versions_needs_no_rule_and_what_one_lacks_is_kept(fleet, converter):
    with Propagated(fleet, gadget("both", size=3, color="red"), [NEW, OLD]) as it:
        it.wait_until_applied(120)
        assert (it.versions(NEW), it.versions(OLD)) == ([V1], [V1ALPHA1])
        assert it.on(NEW)["spec"] == {"size": 3, "color": "red"}
        assert it.on(OLD)["spec"] == {"size": 3}
        assert "spec.color" in it.work(OLD)["metadata"]["annotations"][LOSSES_TEXT]
        for cluster in it.clusters:
            it.report(cluster, {"phase": f"at {cluster}"})
        for cluster in it.clusters:
            it.wait_for_status(cluster, {"phase": f"at {cluster}"}, 90)
        assert it.condition() == "True"

        # The member's CRD is upgraded: it serves v1 as well, and gets what v1alpha1 could not hold.
        fleet.members[OLD].client.put(crd(**FIELDS))
        wait_until("the version as sent", lambda: it.versions(OLD) == [V1], 120)
        # A server of v1.20 can take an update just after its CRD changed, and leave the new field out.
        kept = {"size": 3, "color": "red"}
        wait_until("the value that was kept", lambda: (it.on(OLD) or {}).get("spec") == kept, 180)
        it.wait_until_applied()
    it.wait_until_gone(NEW, [V1])
    it.wait_until_gone(OLD, [V1, V1ALPHA1])


def lacking(fleet, cluster):
    """What the controller stored of the schemas of a member, by apiVersion and kind."""
    found = fleet.client.find("v1", "ConfigMap", f"apiconverter-schemas.{cluster}", SYSTEM)
    return json.loads(found["data"]["lacking.json"])["versions"] if found is not None else {}


def dropped_by_check(fleet, manifest, folder):
    """What `converter check` says the new member drops, by what Karmada and both CRDs are now."""
    cluster = fleet.client.get("cluster.karmada.io/v1alpha1", "Cluster", NEW)
    crds = [each.get(CRDS, "CustomResourceDefinition", NAME) for each in (fleet.client, fleet.members[NEW].client)]
    documents = {"manifest": manifest, "cluster": cluster, "control-plane": crds[0], "member": crds[1]}
    documents["fleet"] = {
        "apiVersion": "apiconverter.dev/v1alpha1", "kind": "ClusterInventory",
        "clusters": [{"name": NEW, "cluster": "cluster.json"}],
    }  # fmt: skip
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    words = [*CONVERTER, "check", "-f", "manifest.json", "--inventory", "fleet.json", "--crds", "control-plane.json",
             "--crds", f"{NEW}=member.json", "-o", "json", "--fail-on", "never"]  # fmt: skip
    done = subprocess.run(
        words, cwd=folder, check=True, capture_output=True, timeout=60, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    return [finding["field"] for finding in json.loads(done.stdout)["findings"]]


def test_a_member_whose_crd_lacks_a_field_is_reported_and_gets_it_after_the_upgrade(fleet, converter, tmp_path):
    """At the same apiVersion; and no built-in kind of a real API server lacks what the catalog says it has."""
    member = fleet.members[NEW].client
    member.put(crd(v1=FIELDS["v1alpha1"]))
    only = {V1: {KIND: {"f": {"spec": {"f": {"color": 1}}}}}}
    wait_until("the controller seeing what the CRD lacks", lambda: lacking(fleet, NEW) == only, 90)
    silent = gadget("silent", size=3, color="red")
    assert dropped_by_check(fleet, silent, tmp_path) == ["spec.color"]
    with Propagated(fleet, silent, [NEW]) as it:
        it.wait_until_applied(90)
        assert it.versions(NEW) == [V1]
        assert it.on(NEW)["spec"] == {"size": 3}, "the member drops it without an error"
        work = it.work(NEW)
        assert work["spec"]["workload"]["manifests"][0]["spec"]["color"] == "red"
        assert "spec.color" in work["metadata"]["annotations"][LOSSES_TEXT]

        member.put(crd(v1=FIELDS["v1"]))
        wait_until("the value that was kept", lambda: it.on(NEW)["spec"] == {"size": 3, "color": "red"}, 120)
        assert lacking(fleet, NEW) == {}
        assert dropped_by_check(fleet, silent, tmp_path) == []
        wait_until("the end of the report", lambda: LOSSES_TEXT not in it.work(NEW)["metadata"].get("annotations", {}))
        it.wait_until_applied()
    it.wait_until_gone(NEW, [V1])


def test_a_member_older_than_openapi_v3_is_read_too(fleet, converter):
    """v1.20 publishes OpenAPI v2 only: what its CRD lacks is known, at each version."""
    member = fleet.members[OLD].client
    member.put(crd(v1={"size": "integer"}, v1alpha1={}))
    try:
        fields = {V1: "color", V1ALPHA1: "size"}
        lacks = {version: {KIND: {"f": {"spec": {"f": {field: 1}}}}} for version, field in fields.items()}
        wait_until("what the member's CRD lacks", lambda: lacking(fleet, OLD) == lacks, 90)
    finally:
        member.put(crd(**FIELDS))
    wait_until("the end of it", lambda: lacking(fleet, OLD) == {}, 90)


def sent(*fields):
    """A CRD of another kind, which has these fields."""
    made = crd(v1=dict.fromkeys(fields, "integer"))
    made["metadata"]["name"] = "parcels.sent.example.org"
    names = {"plural": "parcels", "singular": "parcel", "kind": "Parcel", "listKind": "ParcelList"}
    made["spec"] |= {"group": "sent.example.org", "names": names}
    return made


def test_a_crd_that_passes_as_a_work_says_what_a_member_has_that_does_not_publish_it(fleet, converter):
    """The Work is suspended, so the member does not have the CRD yet."""
    older = sent("width")
    older["metadata"]["labels"] = {"karmada.io/managed": "true"}
    work = {
        "apiVersion": WORK,
        "kind": "Work",
        "metadata": {"name": "older-crd", "namespace": f"karmada-es-{OLD}"},
        "spec": {"suspendDispatching": True, "workload": {"manifests": [older]}},
    }
    fleet.client.put(sent("width", "size"))
    fleet.client.create(work)
    try:
        only = {"sent.example.org/v1": {"Parcel": {"f": {"spec": {"f": {"size": 1}}}}}}
        wait_until("the controller reading the Work", lambda: lacking(fleet, OLD) == only, 90)
    finally:
        fleet.client.delete(WORK, "Work", "older-crd", f"karmada-es-{OLD}")
        fleet.client.delete(CRDS, "CustomResourceDefinition", older["metadata"]["name"])
    wait_until("the end of what the Work said", lambda: lacking(fleet, OLD) == {}, 90)
