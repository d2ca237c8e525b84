"""A settled binding: its scheduler and its exclusions, together; and nothing left when it is released."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.karmada.binding import read_binding
from converter.karmada.names import EXCLUDED_ANNOTATION, EXCLUDED_LABEL, SCHEDULER_BEFORE_ANNOTATION, SCHEDULER_LABEL
from converter.placement.exclusions import Unavailable
from converter.placement.settle import release, settle
from tests.fakes.requests import merge

OURS = "apiconverter"
UNREACHABLE = {"ancient": Unavailable("serves no version of it")}


def binding(*, scheduler="default-scheduler", clusters=(), placement=None, applied=()):
    return {
        "metadata": {"name": "b", "namespace": "shop", "labels": {"a": "b"}},
        "spec": {
            "resource": {"apiVersion": "batch/v1", "kind": "CronJob"},
            "placement": {} if placement is None else placement,
            **({"schedulerName": scheduler} if scheduler else {}),
            "clusters": [{"name": name} for name in clusters],
        },
        "status": {"aggregatedStatus": [{"clusterName": name, "applied": True} for name in applied]},
    }


def settled(thing, unreachable=UNREACHABLE, own=OURS, *, converted=False):
    """The binding after its patch, which has nothing more to say then."""

    def patch_of(manifest):
        decoded = read_binding(manifest)
        placement = decoded.spec.checked_placement()
        return settle(decoded, placement, unreachable, own, converted=converted).merge_patch(decoded, placement)

    result = merge(copy.deepcopy(thing), patch_of(thing))
    assert patch_of(result) == {}
    return result


def released(thing):
    decoded = read_binding(thing)
    placement = decoded.spec.checked_placement()
    return merge(copy.deepcopy(thing), release(decoded, placement).merge_patch(decoded, placement))


def excluded(thing):
    return thing["spec"]["placement"].get("clusterAffinity", {}).get("exclude", [])


def test_ours_gets_the_name_and_the_exclusions_in_one_write():
    result = settled(binding(), converted=True)
    assert result["spec"]["schedulerName"] == OURS
    assert excluded(result) == ["ancient"]
    assert result["metadata"]["labels"] == {"a": "b", SCHEDULER_LABEL: OURS, EXCLUDED_LABEL: "true"}
    assert result["metadata"]["annotations"][SCHEDULER_BEFORE_ANNOTATION] == "default-scheduler"


def test_a_binding_that_karmada_has_scheduled_itself_is_left_as_it_is():
    thing = binding(clusters=["new"])
    assert settled(thing) == thing


def test_a_new_binding_of_karmadas_scheduler_says_why_a_cluster_is_left_out():
    result = settled(binding())
    assert result["spec"]["schedulerName"] == "default-scheduler"
    assert excluded(result) == ["ancient"]
    scheduled = merge(result, {"spec": {"clusters": [{"name": "new"}]}})
    assert settled(scheduled) == scheduled
    assert excluded(settled(scheduled, {})) == []


def test_karmadas_scheduler_keeps_a_cluster_whose_api_is_gone():
    """As its own plugin does: the API may come back."""
    noted = merge(settled(binding()), {"spec": {"clusters": [{"name": "new"}]}})
    assert excluded(settled(noted, {**UNREACHABLE, "new": Unavailable("its CRD was deleted")})) == ["ancient"]


def test_a_policys_own_scheduler_may_lack_the_plugin_so_it_gets_the_exclusions():
    result = settled(binding(scheduler="mine", clusters=["new"]), converted=True)
    assert (result["spec"]["schedulerName"], excluded(result)) == ("mine", ["ancient"])


def test_the_old_way_excludes_for_every_binding_and_names_nobody():
    result = settled(binding(clusters=["new"]), own="", converted=True)
    assert (result["spec"]["schedulerName"], excluded(result)) == ("default-scheduler", ["ancient"])


@pytest.mark.parametrize("scheduler", ["", "default-scheduler"])
def test_released_it_is_as_before(scheduler):
    thing = binding(scheduler=scheduler, placement={"clusterAffinity": {"exclude": ["mid"]}}, clusters=["new"])
    result = released(settled(thing, converted=True))
    assert result["metadata"].pop("annotations") == {}
    assert result == thing


NAMES = st.lists(st.sampled_from(["new", "old", "ancient"]), unique=True)
THINGS = st.builds(
    binding,
    scheduler=st.sampled_from(["", "default-scheduler", "mine", OURS]),
    clusters=NAMES,
    applied=NAMES,
    placement=st.sampled_from([{}, {"clusterAffinity": {"exclude": ["mid"]}}]),
)


@given(THINGS, NAMES, st.booleans(), st.sampled_from([OURS, ""]))
def test_whatever_is_there_it_settles_at_once_and_can_be_released(thing, missing, converted, own):
    back = released(settled(thing, {name: Unavailable("no") for name in missing}, own, converted=converted))
    assert back["spec"] == thing["spec"]
    assert back["metadata"]["labels"] == thing["metadata"]["labels"]
    assert EXCLUDED_ANNOTATION not in back["metadata"].get("annotations", {})
