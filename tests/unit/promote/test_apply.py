"""A plan compared with the control plane, and written."""

from functools import partial

import pytest

from converter.client import UnavailableError
from converter.promote.apply import ControlPlaneWriter, PolicyConflictError, Step
from converter.promote.member import Member
from converter.promote.policy import make_policy
from converter.works.forecast import forecast
from tests.fakes.promotion import CONVERTER, ControlPlane
from tests.unit.promote.test_plan import CRON, NAMESPACE, SHOP, one


@pytest.fixture
def karmada():
    return ControlPlane()


async def promote(karmada, kind="cronjob", name="report"):
    plan = await one(karmada, kind, name)
    cluster = (await Member.find(karmada, karmada.member)).cluster
    foretell = partial(forecast, cluster=cluster, converter=CONVERTER)
    writer = ControlPlaneWriter(karmada, "demo", f"promote-{name}", foretell)
    decisions = await writer.decide(plan.promotions)
    policy = make_policy(f"promote-{name}", "demo", "old", [item.promotion.template for item in decisions])
    return writer, decisions, policy


def steps(decisions):
    return [decision.step for decision in decisions]


async def test_the_namespace_the_policy_and_then_the_templates_are_created(karmada):
    karmada.run(CRON)
    writer, decisions, policy = await promote(karmada)
    assert steps(decisions) == [Step.CREATE]
    karmada.writes.clear()
    await writer.write(policy, decisions, lambda _: None)
    resources = [path.split("/")[-2] for path in karmada.writes]
    assert resources == ["namespaces", "propagationpolicies", "cronjobs"]
    template = karmada.stored({**CRON, "apiVersion": "batch/v1"})
    assert template["metadata"]["annotations"] == {"work.karmada.io/conflict-resolution": "overwrite"}


async def test_a_promotion_that_was_interrupted_is_completed(karmada):
    for item in SHOP:
        karmada.run(item)
    writer, decisions, policy = await promote(karmada, "deployment", "shop")
    karmada.fail = lambda method, path: (503, "Down") if method == "POST" and path.endswith("/deployments") else None
    with pytest.raises(UnavailableError):
        await writer.write(policy, decisions, lambda _: None)
    karmada.fail = lambda *_: None
    writer, decisions, policy = await promote(karmada, "deployment", "shop")
    assert set(steps(decisions)) == {Step.CREATE, Step.KEEP}
    await writer.write(policy, decisions, lambda _: None)
    _, decisions, _ = await promote(karmada, "deployment", "shop")
    assert set(steps(decisions)) == {Step.KEEP}


async def test_a_dry_run_of_the_control_plane_finds_what_it_would_refuse_and_creates_nothing(karmada):
    karmada.put("/api/v1/namespaces/demo", NAMESPACE)
    karmada.run(CRON)
    karmada.fail = lambda method, _path: (422, "Invalid") if method == "POST" else None
    _, decisions, _ = await promote(karmada)
    assert steps(decisions) == [Step.REFUSED]
    karmada.fail = lambda *_: None
    karmada.writes.clear()
    _, decisions, _ = await promote(karmada)
    assert steps(decisions) == [Step.CREATE]
    assert karmada.writes == []


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({}, Step.KEEP),
        ({"spec": {**CRON["spec"], "suspend": True}}, Step.KEEP),
        ({"metadata": CRON["metadata"]}, Step.KEEP),
        ({"spec": {**CRON["spec"], "schedule": "0 0 * * *"}}, Step.LEAVE),
    ],
)
async def test_a_template_that_karmada_has_already(karmada, change, step):
    karmada.put("/api/v1/namespaces/demo", NAMESPACE)
    karmada.run(CRON)
    (item,) = (await one(karmada, "cronjob", "report")).promotions
    karmada.put(karmada.path(item.template), {**item.template, **change})
    _, decisions, _ = await promote(karmada)
    assert steps(decisions) == [step]


@pytest.mark.parametrize(("policy", "step"), [("other", Step.LEAVE), ("promote-report", Step.KEEP)])
async def test_a_template_that_a_policy_propagates_already(karmada, policy, step):
    karmada.put("/api/v1/namespaces/demo", NAMESPACE)
    karmada.run(CRON)
    (item,) = (await one(karmada, "cronjob", "report")).promotions
    item.template["metadata"]["annotations"]["propagationpolicy.karmada.io/name"] = policy
    karmada.put(karmada.path(item.template), item.template)
    _, decisions, _ = await promote(karmada)
    assert steps(decisions) == [step]


async def test_another_policy_of_that_name_is_not_touched(karmada):
    karmada.run(CRON)
    writer, decisions, policy = await promote(karmada)
    other = {**policy, "spec": {**policy["spec"], "placement": {}}}
    await karmada.create("/apis/policy.karmada.io/v1alpha1/namespaces/demo/propagationpolicies", other)
    with pytest.raises(PolicyConflictError):
        await writer.write(policy, decisions, lambda _: None)
    assert karmada.stored({**CRON, "apiVersion": "batch/v1"}) is None


@pytest.mark.parametrize(("added", "lost"), [({"suspend": True}, set()), ({"timeZone": "Etc/UTC"}, {"spec.timeZone"})])
async def test_what_the_control_plane_adds_is_part_of_the_forecast(karmada, added, lost):
    karmada.put("/api/v1/namespaces/demo", NAMESPACE)
    karmada.run(CRON)
    (item,) = (await one(karmada, "cronjob", "report")).promotions
    assert item.losses == ()
    karmada.put(karmada.path(item.template), {**item.template, "spec": {**CRON["spec"], **added}})
    _, (decision,), _ = await promote(karmada)
    assert {loss.path for loss in decision.promotion.losses} == lost
