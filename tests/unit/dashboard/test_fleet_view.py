"""Clusters, and which of them get which kinds."""

from __future__ import annotations

import pytest

from converter.catalog import Release, load_catalog
from converter.client import Change, Key
from converter.clusters import Cluster
from converter.dashboard.fleet_view import COLUMNS, CellState, explain_cell, fleet, matrix
from converter.dashboard.look import NotFoundHereError
from converter.dashboard.store import ClusterFacts
from converter.losses.severity import Severity
from tests.dashboardkit import NEW, OLD, config_map, cronjob, fleet_store, look


def test_each_cluster_has_its_counts(shipped):
    found = fleet(look(fleet_store(shipped, cronjob(), config_map())), {})
    lines = {line.name: line for line in found["lines"]}
    assert (lines["old"].objects, lines["old"].converted, lines["old"].losses) == (2, 1, ((Severity.DANGEROUS, 1),))
    assert (lines["new"].objects, lines["new"].converted, lines["new"].losses) == (2, 0, ())
    assert (found["objects"], found["converted"], found["sums"][Severity.DANGEROUS]) == (4, 1, 1)


def test_what_is_wrong_comes_first(shipped):
    store = fleet_store(shipped, cronjob())
    vague = Cluster.from_versions("z", {}, complete=False, gates_problem="unreadable")
    store.cluster_changed(Change(Key("", "z"), None, ClusterFacts(vague, "False", "no answer")))
    found = fleet(look(store), {})
    assert [line.name for line in found["lines"]] == ["z", "old", "new"]
    assert len(found["lines"][0].problems) == 4
    assert found["wrong"] == 1


def test_pages_hold_a_hundred_clusters(shipped):
    clusters = [Cluster.from_release(f"c{number:03}", Release(1, 30), load_catalog()) for number in range(150)]
    store = fleet_store(shipped, clusters=clusters)
    assert [len(fleet(look(store), {"page": page})["lines"]) for page in ("", "1", "2", "3", "x", "-1")] == [
        100, 100, 50, 50, 100, 100,
    ]  # fmt: skip
    assert len(matrix(look(store), {"page": "2"})["names"]) == COLUMNS


def cells(found):
    return {(line.kind, cell.cluster): (cell.state, cell.version) for line in found["lines"] for cell in line.cells}


def test_the_matrix_tells_how_each_cluster_gets_each_kind(shipped):
    thing = {"apiVersion": "policy/v1beta1", "kind": "PodSecurityPolicy", "metadata": {"name": "p"}, "spec": {}}
    plain = cronjob("plain")
    del plain["spec"]["timeZone"]
    store = fleet_store(shipped, cronjob(), config_map(), thing)
    found = cells(matrix(look(store), {}))
    assert found["CronJob", "old"] == (CellState.LOSSY, "batch/v1beta1")
    assert found["CronJob", "new"] == (CellState.NATIVE, "batch/v1")
    assert found["ConfigMap", "old"] == (CellState.NATIVE, "v1")
    assert found["PodSecurityPolicy", "new"] == (CellState.UNREACHABLE, "")
    assert cells(matrix(look(fleet_store(shipped, plain)), {}))["CronJob", "old"][0] is CellState.EXACT


def test_the_matrix_can_have_all_kinds(shipped):
    store = fleet_store(shipped)
    assert matrix(look(store), {})["lines"] == []
    kinds = {line.kind for line in matrix(look(store), {"kinds": "all"})["lines"]}
    assert kinds == set(shipped.book.kinds())


def test_a_kind_is_unknown_where_not_all_is_known(shipped):
    vague = Cluster.from_versions("vague", {}, complete=False)
    found = cells(matrix(look(fleet_store(shipped, config_map(), clusters=(vague,))), {}))
    assert found["ConfigMap", "vague"] == (CellState.UNKNOWN, "")


def test_a_cell_is_explained_with_its_rules(shipped):
    found = explain_cell(
        look(fleet_store(shipped, cronjob())), {"kind": "CronJob", "version": "batch/v1", "cluster": "old"}
    )
    assert (found["cell"].state, found["cell"].objects, found["cell"].lossy) == (CellState.LOSSY, 1, 1)
    assert any("batch/v1beta1" in step for step in found["steps"])


@pytest.mark.parametrize("query", [{}, {"kind": "CronJob", "version": "batch/v1", "cluster": "none"}])
def test_a_cell_that_does_not_exist_cannot_be_explained(shipped, query):
    with pytest.raises(NotFoundHereError):
        explain_cell(look(fleet_store(shipped)), query)


def test_a_tenant_sees_the_clusters_of_their_objects(shipped):
    store = fleet_store(shipped, cronjob("x", "a"), clusters=(OLD,))
    store.cluster_changed(Change(Key("", "new"), None, ClusterFacts(NEW)))
    seen = fleet(look(store, "a", clusters=False), {})["lines"]
    assert [line.name for line in seen] == ["old"]
    assert [line.name for line in fleet(look(store, "b", clusters=False), {})["lines"]] == []
    assert len(fleet(look(store, "b"), {})["lines"]) == 2
