"""A member loses the version of an object that is being deleted: Karmada deletes it in the version that is left."""

from __future__ import annotations

import pytest

from tests.controlplanes.client import ApiError
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import ANCHOR, Propagated, admitted_version
from tests.e2e.templates import NAMESPACE
from tests.e2e.widgets import RULE, WIDGET, crd

NEW, OLD = "new", "old"
V1 = "example.org/v1"
THE_CRD = ("apiextensions.k8s.io/v1", "CustomResourceDefinition", WIDGET["metadata"]["name"])


@pytest.fixture(scope="module")
def converter(session_fleet):
    rules = session_fleet.world.run.folder / "deletion-rules"
    rules.mkdir(exist_ok=True)
    (rules / "widget.yaml").write_text(RULE)
    installed = Installation(session_fleet, rules=rules)
    yield installed
    installed.stop()


@pytest.fixture(scope="module")
def member(session_fleet):
    """A member of which the test chooses the versions of widgets; the others have v1."""
    clients = [session_fleet.client, *(session_fleet.members[name].client for name in (NEW, OLD))]
    for client in clients:
        client.put(crd("v1"))
    yield session_fleet.members[OLD]
    for client in clients:
        client.delete(*THE_CRD)
    for client in clients:
        wait_until("the end of the CRD", lambda client=client: client.find(*THE_CRD) is None)


def serve(member, *versions):
    """Have a member serve these versions of widgets; both have been stored since the start."""
    both = crd("v1", "v1beta1")
    for version in both["spec"]["versions"]:
        version["served"] = version["name"] in versions
    patch = {"spec": {"versions": both["spec"]["versions"]}}
    member.client.patch(*THE_CRD, patch)


@pytest.mark.parametrize(("before", "after"), [("v1", "v1beta1"), ("v1beta1", "v1")])
def test_an_object_goes_although_its_member_has_lost_the_version_of_the_work(fleet, converter, member, before, after):
    """The controller hangs, so it does not convert the Work before Karmada deletes in vain."""
    widget = {
        "apiVersion": V1,
        "kind": "Widget",
        "metadata": {"name": f"lost-{before}", "namespace": NAMESPACE},
        "spec": {"size": 3},
    }
    serve(member, before)
    wait_until("the CRD", lambda: V1 in fleet.karmada.served(NEW), 90)
    wait_until(
        "the first version",
        lambda: admitted_version(fleet, OLD, widget) == f"example.org/{before}",
        90,
        ignore=(ApiError,),
    )
    it = Propagated(fleet, widget, [NEW, OLD])
    with it:
        it.wait_until_applied(120)
        assert it.versions(OLD) == [f"example.org/{before}"]
        if before == "v1beta1":
            wait_until("the anchor", lambda: it.anchor(OLD))
        converter.controller.freeze()
        serve(member, after)
        wait_until("the other version", lambda: admitted_version(fleet, OLD, widget) == f"example.org/{after}", 90)
        assert it.versions(OLD) == [f"example.org/{before}"], "nobody has converted it"
    try:
        wait_until("the Work being kept, or deleted in time", lambda: kept_or_gone(it, after))
    finally:
        converter.controller.thaw()  # for the version that the control plane has to know
    it.wait_until_gone(OLD, [f"example.org/{after}"], 120)


def kept_or_gone(it, version):
    """Whether the webhook has converted the member's Work, which is being deleted, or Karmada is already done."""
    works = [work for work in it.works(OLD) if ANCHOR not in work["metadata"].get("labels", {})]
    if not works:
        return True
    assert works[0]["metadata"].get("deletionTimestamp")
    return works[0]["spec"]["workload"]["manifests"][0]["apiVersion"] == f"example.org/{version}"
