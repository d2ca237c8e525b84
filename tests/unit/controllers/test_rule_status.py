from __future__ import annotations

import datetime as dt

import pytest

from converter.client.rule_objects import RULE_COLLECTIONS
from converter.controllers.rule_status import ACCEPTED, COMPILED, CONFLICTS, RuleStatusReconciler, status_of
from converter.errors import RuleProblem
from converter.karmada.conditions import find_condition
from converter.rule_objects import RuleKey, Verdict
from converter.rule_objects.model import Spec
from tests.fakes.apiserver import FakeApiServer
from tests.nonempty import some

KEY = RuleKey("ConversionRule", "plum")
PATH = RULE_COLLECTIONS["ConversionRule"].object_path("", "plum")
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=1)
PROBLEM = RuleProblem("ConversionRule plum", 0, "is wrong", path="spec.steps[0]")
GOOD = Verdict(1, in_use=Spec(1, b'{"steps":[]}'))
BROKEN = Verdict(2, problems=(PROBLEM,), in_use=GOOD.in_use)
CONFLICT = Verdict(2, conflicts=(PROBLEM,))


def states(status):
    return {kind: find_condition(status["conditions"], kind)["status"] for kind in (ACCEPTED, COMPILED, CONFLICTS)}


@pytest.mark.parametrize(
    ("verdict", "wanted", "accepted"),
    [
        (GOOD, ("True", "True", "False"), 1),
        (BROKEN, ("False", "False", "False"), 1),
        (CONFLICT, ("False", "True", "True"), None),
    ],
)
def test_three_conditions_say_what_became_of_it(verdict, wanted, accepted):
    status = status_of(verdict, {}, NOW)
    assert tuple(states(status).values()) == wanted
    assert (status.get("accepted") or {}).get("generation") == accepted
    assert {one["observedGeneration"] for one in status["conditions"]} == {verdict.generation}
    if verdict is not GOOD:
        assert "spec.steps[0]" in find_condition(status["conditions"], ACCEPTED)["message"]


def test_a_condition_that_does_not_change_keeps_its_time():
    first = status_of(GOOD, {}, NOW)
    assert status_of(GOOD, first, LATER) == first
    second = status_of(BROKEN, first, LATER)
    times = {one["type"]: one["lastTransitionTime"] for one in second["conditions"]}
    assert times[ACCEPTED] > times[CONFLICTS]


def test_a_message_is_bounded():
    many = Verdict(1, problems=(RuleProblem("x", 0, "y" * 900),) * 100)
    assert all(len(one["message"]) <= 4096 for one in some(status_of(many, {}, NOW)["conditions"]))


@pytest.fixture
async def server():
    made = FakeApiServer()
    made.collections |= {"conversionrules"}
    made.put(PATH, {"metadata": {"name": "plum"}, "spec": {"steps": []}})
    return made


def reconciler(server, verdicts):
    return RuleStatusReconciler(server, lambda: verdicts, lambda: NOW)


async def test_the_status_is_written_once(server):
    one = reconciler(server, {KEY: GOOD})
    await one.reconcile(KEY)
    await one.reconcile(KEY)
    assert server.writes == [f"PATCH {PATH}/status"]
    assert server.objects[PATH]["status"]["accepted"]["spec"] == {"steps": []}


async def test_a_spec_that_is_replaced_leaves_nothing_of_the_old_one(server):
    await reconciler(server, {KEY: GOOD}).reconcile(KEY)
    await reconciler(server, {KEY: Verdict(1, in_use=Spec(1, b'{"unconvertible":"no"}'))}).reconcile(KEY)
    assert server.objects[PATH]["status"]["accepted"]["spec"] == {"unconvertible": "no"}


async def test_an_older_verdict_is_not_written(server):
    server.apply(PATH, lambda thing: thing["spec"].update(steps=[{}]))
    await reconciler(server, {KEY: GOOD}).reconcile(KEY)
    assert not server.writes


async def test_what_is_gone_or_unknown_is_left_alone(server):
    await reconciler(server, {}).reconcile(KEY)
    server.remove(PATH)
    await reconciler(server, {KEY: GOOD}).reconcile(KEY)
    assert not server.writes
