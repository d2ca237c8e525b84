"""What a placement leaves out: ours beside a policy's own, settled once, and taken away again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.clusters import Cluster, Fleet, FleetView
from converter.karmada.binding import read_binding
from converter.karmada.names import STATUS_MARKER
from converter.placement.exclusions import Unavailable, Unreachable, exclude, held_clusters, reasons
from tests.nonempty import some
from tests.shipped import shipped_engine

REASONS = {"old": "serves no version of Gateway", "ancient": "serves no version of Gateway"}
WHY = {name: Unavailable(why) for name, why in REASONS.items()}


def settled(placement, held=(), unreachable=WHY, note=None):
    """Apply it until nothing changes; it has to be at once."""
    first = exclude(placement, held, unreachable, note)
    again = exclude(first.placement, held, unreachable, first.note)
    assert again == first
    return first


def test_without_affinity_one_is_made_and_goes_again():
    made = settled({"replicaScheduling": {"replicaSchedulingType": "Duplicated"}})
    assert made.placement["clusterAffinity"] == {"exclude": ["ancient", "old"]}
    assert made.placement["replicaScheduling"] == {"replicaSchedulingType": "Duplicated"}
    assert reasons(made.note) == REASONS
    gone = settled(made.placement, unreachable={}, note=made.note)
    assert gone.placement == {"replicaScheduling": {"replicaSchedulingType": "Duplicated"}}
    assert gone.note is None


def test_a_policys_own_exclusions_stay_when_ours_go():
    made = settled({"clusterAffinity": {"exclude": ["test", "old"]}})
    assert made.placement == {"clusterAffinity": {"exclude": ["test", "old", "ancient"]}}
    assert set(json.loads(made.note)) == {"ancient"}
    gone = settled(made.placement, unreachable={}, note=made.note)
    assert gone.placement == {"clusterAffinity": {"exclude": ["test", "old"]}}


def test_only_clusters_that_could_be_chosen_are_named():
    made = settled({"clusterAffinity": {"clusterNames": ["new", "old"]}})
    assert made.placement == {"clusterAffinity": {"clusterNames": ["new", "old"], "exclude": ["old"]}}


def test_every_term_of_cluster_affinities_and_its_overflow():
    placement = {
        "clusterAffinities": [
            {"affinityName": "a", "clusterNames": ["new", "old"], "overflowAffinities": [{"exclude": ["old"]}]},
            {"affinityName": "b", "labelSelector": {"matchLabels": {"x": "y"}}},
        ]
    }
    made = settled(placement)
    assert made.placement == {
        "clusterAffinities": [
            {
                "affinityName": "a",
                "clusterNames": ["new", "old"],
                "overflowAffinities": [{"exclude": ["old", "ancient"]}],
                "exclude": ["old"],
            },
            {"affinityName": "b", "labelSelector": {"matchLabels": {"x": "y"}}, "exclude": ["ancient", "old"]},
        ]
    }
    assert settled(made.placement, unreachable={}, note=made.note).placement == placement


def test_what_already_holds_the_object_keeps_it():
    made = settled({}, held={"old"})
    assert made.placement == {"clusterAffinity": {"exclude": ["ancient"]}}
    later = settled(made.placement, held={"old", "ancient"}, note=made.note)
    assert later.placement == {}
    assert later.note is None


def test_karmadas_detector_writes_the_policys_placement_and_keeps_the_note():
    made = settled({"clusterAffinity": {"exclude": ["test"]}})
    afresh = settled({"clusterAffinity": {"exclude": ["test"]}}, note=made.note)
    assert afresh == made


def test_a_policy_that_has_come_to_exclude_one_of_ours_itself_keeps_it():
    made = settled({})
    afresh = settled({"clusterAffinity": {"exclude": ["old"]}}, note=made.note)
    assert afresh.placement == {"clusterAffinity": {"exclude": ["old", "ancient"]}}
    gone = settled(afresh.placement, unreachable={}, note=afresh.note)
    assert gone.placement == {"clusterAffinity": {"exclude": ["old"]}}


def test_a_binding_without_placement_follows_others_and_is_left_alone():
    assert exclude(None, (), WHY, None).placement is None


@pytest.mark.parametrize("note", ["", "nonsense", "[]", '{"old":1}', '{"old":{"why":"x"}}'])
def test_a_spoilt_note_is_not_a_note(note):
    assert settled({}, note=note).placement == {"clusterAffinity": {"exclude": ["ancient", "old"]}}
    assert reasons(note) == {}


def test_nothing_given_is_changed():
    placement = {"clusterAffinity": {"exclude": ["test"]}}
    exclude(placement, (), WHY, None)
    assert placement == {"clusterAffinity": {"exclude": ["test"]}}


NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
AFFINITY = st.fixed_dictionaries(
    {}, optional={"exclude": st.lists(NAMES, min_size=1, unique=True), "clusterNames": st.lists(NAMES, min_size=1)}
)


@given(
    st.one_of(
        st.just({}),
        AFFINITY.filter(bool).map(lambda affinity: {"clusterAffinity": affinity}),
        st.lists(AFFINITY, min_size=1, max_size=3).map(
            lambda all_: {"clusterAffinities": [{"affinityName": str(i), **one} for i, one in enumerate(all_)]}
        ),
    ),
    st.lists(st.tuples(st.sets(NAMES), st.sets(NAMES)), min_size=1, max_size=4),
)
def test_whatever_happens_between_it_settles_at_once_and_comes_back_to_the_policy(policy, steps):
    placement, note = policy, None
    for unreachable, held in some(steps):
        done = settled(placement, held, dict.fromkeys(unreachable, Unavailable("no")), note)
        placement, note = done.placement, done.note
        for affinity in [placement.get("clusterAffinity", {}), *placement.get("clusterAffinities", [])]:
            listed = affinity.get("exclude", [])
            assert len(listed) == len(set(listed))
    assert settled(placement, (), {}, note).placement == policy


FLEET = Fleet.of(
    [
        Cluster.from_versions("new", {"batch/v1": ["CronJob"]}),
        Cluster.from_versions("old", {"batch/v1beta1": ["CronJob"]}),
        Cluster.from_versions("bare", {"v1": ["Service"]}),
        Cluster.from_versions("dark", {"v1": ["Service"]}, complete=False),
    ]
)


def test_unreachable_is_what_has_no_version_that_rules_lead_to_for_certain_or_as_far_as_is_known():
    converter = shipped_engine()
    unreachable = Unreachable(lambda: converter, FleetView(FLEET))
    assert {name: found.certain for name, found in unreachable("batch/v1", "CronJob").items()} == {
        "bare": True,
        "dark": False,
    }
    assert "CronJob" in unreachable("batch/v1", "CronJob")["bare"].why
    assert set(unreachable("v1", "Service")) == {"new", "old"}
    assert unreachable("batch/v1", "CronJob") is unreachable("batch/v1", "CronJob")


def test_nothing_is_unreachable_before_the_fleet_is_known_and_a_new_fleet_counts_at_once():
    converter, view = shipped_engine(), FleetView()
    unreachable = Unreachable(lambda: converter, view)
    assert unreachable("batch/v1", "CronJob") is None
    view.replace(FLEET)
    assert set(unreachable("batch/v1", "CronJob")) == {"bare", "dark"}
    view.replace(Fleet({"new": FLEET["new"]}))
    assert unreachable("batch/v1", "CronJob") == {}


def held(scheduled, items, certain):
    """The clusters that keep an object that is not available on ``old``."""
    clusters = [{"name": name} for name in scheduled]
    binding = read_binding({"spec": {"clusters": clusters}, "status": {"aggregatedStatus": items}})
    return held_clusters(binding, {"old": Unavailable("no", certain=certain)})


APPLIED = {"clusterName": "old", "applied": True}
NOT_APPLIED = {"clusterName": "old", "applied": False, "appliedMessage": "no matches for kind"}
CARRIED = {"clusterName": "old", "appliedMessage": f"{STATUS_MARKER}{{}}"}
OTHER = {"clusterName": "new", "applied": True}


@pytest.mark.parametrize("items", [[APPLIED], [NOT_APPLIED], [CARRIED], [OTHER], [], None])
def test_a_scheduled_cluster_whose_apis_are_unknown_keeps_the_object(items):
    assert held(["old"], items, certain=False) == {"old"}
    assert held([], items, certain=False) == set()


@pytest.mark.parametrize(
    ("items", "kept"),
    [([APPLIED], True), ([CARRIED], True), ([OTHER, APPLIED], True)]
    + [(items, False) for items in ([NOT_APPLIED], [OTHER], [], None)],
)
def test_once_its_apis_are_known_it_keeps_the_object_only_if_that_is_applied(items, kept):
    assert held(["old"], items, certain=True) == ({"old"} if kept else set())
    assert held([], items, certain=True) == set()
