"""Who schedules a binding: ours where a conversion is needed and the policy chose nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.karmada.binding import Binding, BindingMetadata, BindingSpec
from converter.karmada.names import SCHEDULER_BEFORE_ANNOTATION, SCHEDULER_LABEL
from converter.placement.scheduler_name import SchedulerName, choose_scheduler

OURS = "apiconverter"


def binding(name=None, label=None, before=None, *, placement=True):
    labels = {SCHEDULER_LABEL: label} if label is not None else None
    annotations = {SCHEDULER_BEFORE_ANNOTATION: before} if before is not None else None
    spec = BindingSpec(placement={} if placement else None, scheduler_name=name)
    return Binding(BindingMetadata(labels, annotations), spec)


def applied(thing, chosen):
    """The binding as it is stored after the choice."""
    return binding(chosen.name or None, chosen.own, chosen.before, placement=thing.spec.placement is not None)


@pytest.mark.parametrize("name", [None, "", "default-scheduler"])
def test_karmadas_own_scheduler_gives_way_and_comes_back(name):
    thing = binding(name)
    ours = choose_scheduler(thing, OURS, converted=True)
    assert ours == SchedulerName(OURS, OURS, name or "")
    back = choose_scheduler(applied(thing, ours), OURS, converted=False)
    assert back == SchedulerName(name or "")
    assert back.is_karmadas


@pytest.mark.parametrize("own", [OURS, "", "default"])
def test_a_scheduler_that_a_policy_chose_is_never_changed(own):
    for name in ("mine", OURS):
        for converted in (True, False):
            chosen = choose_scheduler(binding(name), own, converted=converted)
            assert chosen == SchedulerName(name)
            assert not chosen.is_karmadas


def test_the_answer_is_the_same_each_time_the_detector_writes_from_the_policy():
    first = choose_scheduler(binding("default-scheduler"), OURS, converted=True)
    rewritten = binding("default-scheduler", first.own, first.before)  # it keeps labels and annotations
    assert choose_scheduler(rewritten, OURS, converted=True) == first
    assert choose_scheduler(rewritten, OURS, converted=False) == SchedulerName("default-scheduler")


def test_another_policy_with_a_scheduler_of_its_own_takes_over():
    assert choose_scheduler(binding("mine", OURS, "default-scheduler"), OURS, converted=True) == SchedulerName("mine")


def test_a_binding_without_a_placement_is_never_scheduled():
    assert choose_scheduler(binding(placement=False), OURS, converted=True) == SchedulerName("")
    given_before = binding(OURS, OURS, "default-scheduler", placement=False)
    assert choose_scheduler(given_before, OURS, converted=True) == SchedulerName("default-scheduler")


def test_another_name_of_our_scheduler_replaces_the_old_one():
    old = binding("old-name", "old-name", "")
    assert choose_scheduler(old, OURS, converted=True) == SchedulerName(OURS, OURS, "")


def test_the_old_way_gives_every_name_back():
    assert choose_scheduler(binding(OURS, OURS, ""), "", converted=True) == SchedulerName("")


@pytest.mark.parametrize("before", [None, "made-up"])
def test_a_lost_note_means_the_default(before):
    assert choose_scheduler(binding(OURS, OURS, before), OURS, converted=False) == SchedulerName("default-scheduler")


NAMES = st.sampled_from([None, "", "default-scheduler", OURS, "mine"])
THINGS = st.builds(binding, NAMES, NAMES, NAMES, placement=st.booleans())


@given(THINGS, st.booleans(), st.sampled_from([OURS, "", "mine"]))
def test_it_settles_at_once(thing, converted, own):
    first = choose_scheduler(thing, own, converted=converted)
    assert choose_scheduler(applied(thing, first), own, converted=converted) == first
