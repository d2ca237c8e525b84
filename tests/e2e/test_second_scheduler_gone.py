"""The converter's scheduler down, and removed."""

from __future__ import annotations

import re
from functools import partial

import pytest

from converter.karmada.names import SCHEDULER_BEFORE_ANNOTATION, SCHEDULER_LABEL
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.own_scheduler import KARMADAS, OURS, clusters_of, scheduler_of
from tests.e2e.propagated import Propagated
from tests.e2e.templates import NAMESPACE, template
from tests.nonempty import some

NEW, OLD = "new", "old"


def metrics(converter):
    """The samples of the controller without labels."""
    return dict(re.findall(r"^(\w+) (\S+)$", converter.metrics("controller-0"), re.MULTILINE))


def is_available(converter, value):
    found = metrics(converter).get("converter_scheduler_available")
    assert found is not None
    assert float(found) == value
    return True


@pytest.fixture(scope="module")
def installations(session_fleet):
    """The one that runs; uninstalled at the end of the module, unless a test did it."""
    running = [Installation(session_fleet)]
    yield running
    for installed in running:
        installed.stop()


@pytest.fixture
def converter(installations):
    return installations[0]


def test_without_the_second_scheduler_nothing_new_is_scheduled_and_all_say_so(fleet, converter):
    wait_until("the scheduler being seen", partial(is_available, converter, 1), 60)
    with Propagated(fleet, template("CronJob", "kept"), [NEW, OLD]) as kept:
        kept.wait_until_applied()
        converter.scheduler.kill()
        try:
            with (
                Propagated(fleet, template("CronJob", "waits"), [NEW, OLD]) as it,
                Propagated(fleet, template("Deployment", "goes-on"), [NEW, OLD]) as other,
            ):
                other.wait_until_applied()
                wait_until("the report", partial(is_available, converter, 0), 60)
                assert (scheduler_of(it), clusters_of(it)) == (OURS, [])

                def waiting():
                    assert float(metrics(converter)["converter_scheduler_waiting_bindings"]) == 1
                    (event,) = some(
                        found
                        for found in fleet.client.list("v1", "Event", NAMESPACE)
                        if found["reason"] == "SchedulerUnavailable"
                        and found["involvedObject"]["name"] == it.binding_name
                    )
                    return event

                wait_until("the binding being reported", waiting, 120)
                kept.wait_until_applied()
                converter.scheduler.start()
                it.wait_until_applied()
                wait_until("the scheduler being seen again", partial(is_available, converter, 1), 60)
        finally:
            converter.scheduler.start()


def test_the_scheduler_needs_no_more_rights_than_it_has(fleet, converter):
    text = converter.scheduler.said()
    assert "Starting karmada scheduler" in text
    assert "forbidden" not in text.lower()


def test_the_names_go_when_the_converter_goes(fleet, converter, installations):
    """Then Karmada's own scheduler has the binding; what is scheduled stays where it is."""
    with Propagated(fleet, template("CronJob", "stays"), [NEW]) as it:
        it.wait_until_applied()
        assert scheduler_of(it) == OURS
        uid = it.on(NEW)["metadata"]["uid"]
        installations.clear()
        converter.stop()
        binding = it.binding()
        assert binding["spec"]["schedulerName"] == KARMADAS
        assert SCHEDULER_LABEL not in binding["metadata"]["labels"]
        assert SCHEDULER_BEFORE_ANNOTATION not in binding["metadata"]["annotations"]

        def seen():
            current = it.binding()
            assert current["status"]["schedulerObservedGeneration"] == current["metadata"]["generation"]
            return True

        wait_until("Karmada's own scheduler", seen)
        assert it.on(NEW)["metadata"]["uid"] == uid
        it.wait_until_applied()
