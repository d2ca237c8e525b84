"""What clusters get by changed rules is compared with what they get by the present ones."""

from __future__ import annotations

import json
from types import SimpleNamespace

from converter.admission.works import WorkWebhook
from converter.clusters import Cluster, Fleet, FleetView
from converter.planning import from_files, sent_objects
from converter.planning.rule_changes import in_clusters, in_versions
from tests.reviewkit import ask, config_map, review, work
from tests.rulekit import converter, rule_text

OLD = converter(rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: v2 knows no zones}"))
NEW = converter(rule_text("steps:\n  - rename: {spec.zone: spec.region}"))
REFUSING = converter(rule_text("steps:\n  - refuse: {path: spec.zone, side: left, why: v2 knows no zones}"))
LESSER = Cluster.from_versions("old", {"a.example/v2": ["Thing"], "v1": ["ConfigMap"]})
OTHER = Cluster.from_versions("other", {"a.example/v1": ["Thing"], "v1": ["ConfigMap"]})


def thing(**spec):
    metadata = {"name": "t", "namespace": "demo"}
    return {"apiVersion": "a.example/v1", "kind": "Thing", "metadata": metadata, "spec": spec}


def changes(manifests, before, after, clusters=(LESSER, OTHER)):
    return list(in_clusters(from_files(manifests, "", before), clusters, before, after))


def test_only_what_changes_is_listed():
    assert changes([thing(zone="Mars")], OLD, OLD) == []
    assert changes([thing(size=1)], OLD, NEW) == []
    [change] = changes([thing(zone="Mars"), config_map()], OLD, NEW)
    assert (change.place, change.sent.identity.name) == ("old", "t")
    assert (change.before.manifest["spec"], change.after.manifest["spec"]) == ({}, {"region": "Mars"})
    assert ([loss.path for loss in change.end], change.begin, change.breaks) == (["spec.zone"], (), False)


def test_losses_that_begin_and_objects_that_break_are_told():
    [change] = changes([thing(zone="Mars")], NEW, OLD)
    assert ([loss.path for loss in change.begin], change.end) == (["spec.zone"], ())
    [change] = changes([thing(zone="Mars")], OLD, REFUSING)
    assert change.breaks
    assert change.after.problem
    [change] = changes([thing(zone="Mars")], converter(), OLD)
    assert not change.breaks
    assert change.before.manifest is None


def test_a_work_of_the_fleet_is_compared_as_it_was_sent_and_for_its_cluster():
    hook = WorkWebhook(SimpleNamespace(current=OLD), FleetView(Fleet.of([LESSER])), has_overflow_store=True)
    given = work(thing(zone="Mars"))
    stored = ask(hook, review(given)).applied(given)
    assert stored["spec"]["workload"]["manifests"][0]["apiVersion"] == "a.example/v2"
    objects = sent_objects(json.dumps(stored).encode(), OLD)
    [change] = in_clusters(objects, [LESSER, OTHER], OLD, NEW)
    assert (change.place, change.after.manifest["spec"]) == ("old", {"region": "Mars"})


def test_files_can_be_compared_for_versions():
    objects = from_files([thing(zone="Mars")], "", OLD)
    [change] = in_versions(objects, ["a.example/v2", "a.example/v1", "b.example/v9"], OLD, NEW)
    assert (change.place, change.after.manifest["spec"]) == ("a.example/v2", {"region": "Mars"})
