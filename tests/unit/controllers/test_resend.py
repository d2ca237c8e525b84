"""A changed rule reaches the Works that it made, and no others; a rule that goes changes none."""

import asyncio
import contextlib
import json

import pytest

from converter.client import ApiError
from converter.client.collections import BINDINGS
from converter.controllers.resend import BINDINGS_A_SECOND, PAUSES, Resender
from converter.karmada.names import CONVERSION_DATA_REF_ANNOTATION, LOSSES_ANNOTATION, SOURCES_ANNOTATION
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.karmada import NAME, NS, WORK, Karmada, new_work
from tests.fakes.virtual_time import advance
from tests.nonempty import some
from tests.rulekit import converter, rule_text

pytestmark = pytest.mark.virtual_time

BINDING = BINDINGS.object_path("shop", "nightly-cronjob")
TRIES = len(PAUSES) + 1
LONG = 900.0
"""Seconds after which nothing more happens: longer than all pauses together."""
WEIGHTS = """apiVersion: apiconverter.dev/v1alpha1
kind: FieldWeights
spec: {weights: [{weight: dangerous, kinds: [CronJob], fields: [spec.suspend]}]}
"""


def rules(steps, *more, what_for=""):
    text = rule_text(f"steps:\n{steps}", left="batch/v1", right="batch/v1beta1").replace("Thing", "CronJob")
    return converter(text.replace("  kind:", f"  description: {what_for}\n  kind:", 1) if what_for else text, *more)


WHEN = rules("  - rename: {spec.schedule: spec.when}")
AT = rules("  - rename: {spec.schedule: spec.at}")
SUSPENDED = rules("  - rename: {spec.schedule: spec.when}\n  - rename: {spec.suspend: spec.asleep}")
DENY = """apiVersion: apiconverter.dev/v1alpha1
kind: LossPolicy
spec: {default: {dangerous: deny, degrading: deny, harmless: deny}}
"""
DROPPED = "  - drop: {path: spec.suspend, side: left, why: none}"
NOTHING = converter()


class World(Karmada):
    """A Karmada whose binding controller sends the Works of a binding again when its spec changes."""

    def __init__(self, first):
        super().__init__(first)
        self.spec = {"schedule": "0 1 * * *"}
        kind = {"apiVersion": "work.karmada.io/v1alpha2", "kind": "ResourceBinding"}
        binding = {**kind, "metadata": {"name": "nightly-cronjob", "namespace": "shop"}, "spec": {}}
        self.server.put(BINDING, binding)

    def send_original(self):
        given = new_work()
        given["spec"]["workload"]["manifests"][0]["spec"] = self.spec
        self.send(given)

    async def run(self):
        """Send again, a moment after each change of the binding."""
        seen, changed = self.touched, asyncio.Event()
        self.server.on_change = lambda: (self.check(), changed.set())
        while True:
            await changed.wait()
            changed.clear()
            if self.touched != seen:
                seen = self.touched
                await advance(0.01)
                with contextlib.suppress(ApiError):  # admission denies it
                    self.send_original()

    @property
    def touched(self):
        """How often the binding was changed."""
        return self.writes.count(f"PATCH {BINDING}")

    @property
    def version(self):
        return self.work["metadata"]["resourceVersion"]

    @property
    def made(self):
        return self.work["spec"]["workload"]["manifests"][0]["spec"]


@pytest.fixture
async def running():
    """Start a Karmada by rules, with a Work that they converted, and a replica of the controller."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(first, **spec):
            world = World(first)
            world.spec |= spec
            await world.started()
            world.send_original()
            await world.quiet()
            task = asyncio.create_task(world.run())

            async def stop():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await world.stop_all()
                assert world.broken == []

            stack.push_async_callback(stop)
            return world

        yield start


async def test_what_only_karmada_can_send_is_sent_again_and_once(running):
    world = await running(WHEN)
    assert world.made == {"when": "0 1 * * *"}
    world.change_rules(AT)
    await world.quiet(1)
    assert world.made == {"at": "0 1 * * *"}
    writes = list(world.writes)
    await world.quiet(LONG)
    assert (world.touched, world.writes) == (1, writes), "and then nothing more happens"


@pytest.mark.parametrize(
    "second",
    [SUSPENDED, rules("  - rename: {spec.schedule: spec.when}", what_for="better words"), converter(WEIGHTS), NOTHING],
    ids=["another field", "the description", "weights alone", "no rule"],
)
async def test_a_work_that_would_stay_the_same_is_not_written(running, second):
    world = await running(WHEN)
    version, writes = world.version, list(world.writes)
    world.change_rules(second)
    await world.quiet(LONG)
    assert world.version == version
    assert world.writes == writes


async def test_a_rule_that_goes_changes_nothing_and_one_that_comes_back_changed_reaches_its_works(running):
    world = await running(WHEN)
    version, writes = world.version, list(world.writes)
    world.change_rules(NOTHING)
    await world.quiet(LONG)
    assert (world.version, world.writes) == (version, writes)
    world.change_rules(AT)
    await world.quiet(1)
    assert world.made == {"at": "0 1 * * *"}


async def test_a_change_that_no_controller_saw_reaches_works_when_one_starts(running):
    world = await running(WHEN)
    await world.stop()
    world.change_rules(AT)
    world.start()
    await world.quiet(60)
    assert world.made == {"at": "0 1 * * *"}
    version = world.version
    await world.stop()
    world.start()
    await world.quiet(60)
    assert (world.version, world.touched) == (version, 1)


async def test_a_webhook_that_learns_of_the_rules_later_is_asked_again_and_not_for_ever(running):
    world = await running(WHEN)
    world.change_rules(AT, webhooks=False)
    await world.quiet(30)
    assert world.made == {"when": "0 1 * * *"}
    tries = world.touched
    assert 1 < tries < TRIES
    world.change_rules(AT)
    await world.quiet(max(PAUSES))
    assert world.made == {"at": "0 1 * * *"}
    world.change_rules(WHEN, webhooks=False)
    before = world.touched
    await world.quiet(LONG)
    assert world.touched - before == TRIES, "a webhook with other rules for ever"


async def test_a_rule_that_changes_back_leaves_works_as_they_were(running):
    world = await running(WHEN)
    for second in (AT, WHEN):
        world.change_rules(second)
        await world.quiet(60)
    assert world.made == {"when": "0 1 * * *"}


async def test_what_the_new_rule_can_take_back_is_converted_without_karmada(running):
    """The way back puts the lost value in its place, where the changed rule finds it."""
    lossy = rules(DROPPED)
    world = await running(lossy, suspend=True)
    assert world.made == {"schedule": "0 1 * * *"}
    assert "spec.suspend" in world.work["metadata"]["annotations"][LOSSES_ANNOTATION]
    world.change_rules(rules("  - rename: {spec.suspend: spec.asleep}"))
    await world.quiet(1)
    assert (world.made, world.touched) == ({"schedule": "0 1 * * *", "asleep": True}, 0)
    assert world.work["metadata"]["annotations"].get(LOSSES_ANNOTATION) is None


async def test_conversion_data_in_an_overflow_object_are_read_once_and_lead_back(running):
    long = "x" * (300 << 10)
    world = await running(rules(DROPPED), suspend=long)
    assert world.made == {"schedule": "0 1 * * *"}
    assert world.work["metadata"]["annotations"][CONVERSION_DATA_REF_ANNOTATION]

    def reads():
        return sum("/controllerrevisions/" in path for path in world.server.reads)

    before = reads()
    for number in range(3):
        world.report(status={"active": [{"name": f"nightly-{number}"}]})
        await world.quiet(10)
    assert reads() == before, "the status alone does not count"
    world.change_rules(rules("  - rename: {spec.suspend: spec.asleep}"))
    await world.quiet(60)
    assert (world.made, world.touched) == ({"schedule": "0 1 * * *", "asleep": long}, 0)
    assert not [path for path in world.server.objects if "/controllerrevisions/" in path]


async def test_what_a_policy_denies_stays_and_karmada_hears_why(running):
    kept = rules("  - rename: {spec.suspend: spec.asleep}", DENY)
    world = await running(kept, suspend=True)
    version = world.version
    world.change_rules(rules(DROPPED, DENY))
    with pytest.raises(ApiError):
        world.send_original()
    await world.quiet(LONG)
    assert (world.version, world.touched) == (version, TRIES)
    assert not world.events("ConversionFailed"), "Karmada's own Event says so"
    world.change_rules(kept)
    await world.quiet(LONG)
    assert (world.version, world.touched) == (version, TRIES)


async def test_other_weights_reach_the_losses_that_are_recorded(running):
    world = await running(rules(DROPPED), suspend=True)

    def severity():
        losses = json.loads(world.work["metadata"]["annotations"][LOSSES_ANNOTATION])
        return losses["manifests"][0]["losses"][0]["severity"]

    assert severity() != "dangerous"
    made = world.made
    world.change_rules(rules(DROPPED, WEIGHTS))
    await world.quiet(60)
    assert (severity(), world.made, world.touched) == ("dangerous", made, 0)


async def test_a_work_of_a_release_that_stored_no_digests_waits_for_karmada(running):
    world = await running(WHEN)

    def forget(work):
        entries = json.loads(work["metadata"]["annotations"][SOURCES_ANNOTATION])
        entries = [{name: value for name, value in one.items() if "Digest" not in name} for one in entries]
        work["metadata"]["annotations"][SOURCES_ANNOTATION] = json.dumps(entries)

    world.server.apply(WORK, forget)
    world.change_rules(AT)
    await world.quiet(60)
    assert (world.made, world.touched) == ({"when": "0 1 * * *"}, 0)
    world.send_original()
    assert world.made == {"at": "0 1 * * *"}


async def test_an_edit_of_a_work_wins_until_karmada_writes_it(running):
    world = await running(WHEN)
    world.server.apply(WORK, lambda work: work["spec"]["workload"]["manifests"][0]["spec"].update(extra=1))
    world.change_rules(AT)
    await world.quiet(60)
    assert (world.made, world.touched) == ({"when": "0 1 * * *", "extra": 1}, 0)


async def test_a_binding_that_cannot_be_changed_without_a_meaning_is_left_alone(running):
    world = await running(WHEN)
    world.server.apply(BINDING, lambda binding: binding["spec"].update(preserveResourcesOnDeletion=True))
    world.change_rules(AT)
    await world.quiet(LONG)
    assert world.touched == 0


# --- many Works: the resender alone ------------------------------------------------------------------------


def outdated(number, binding):
    work = new_work()
    work["metadata"] |= {"uid": f"u{number}", "generation": 1, "name": f"{NAME}-{number}"}
    work["metadata"]["annotations"]["resourcebinding.karmada.io/name"] = binding
    return work


class Sender:
    """A resender, and when it changed each binding."""

    def __init__(self, bindings):
        self.server = FakeApiServer()
        self.times = []
        for name in bindings:
            path = BINDINGS.object_path("shop", name)
            self.server.put(path, {"metadata": {"name": name, "namespace": "shop"}, "spec": {}})
        self.server.on_change = lambda: self.times.append(asyncio.get_running_loop().time())
        self.resender = Resender(self.server)

    async def follow(self, key, work, rules):
        """Ask as the controller does, until there is nothing more to try."""
        while (after := await self.resender.resend(key, work, rules)) is not None:
            await advance(after)


async def test_bindings_are_changed_at_a_bounded_rate():
    sender = Sender([f"b{number}" for number in range(100)])
    rules = object()
    await asyncio.gather(
        *(sender.follow((NS, str(number)), outdated(number, f"b{number}"), rules) for number in range(100))
    )
    assert len(sender.times) == 100 * TRIES
    for start, end in some(list(zip(sender.times, sender.times[int(BINDINGS_A_SECOND) :], strict=False))):
        assert end - start > 0.9


async def test_the_works_of_a_binding_share_its_tries():
    sender = Sender(["b"])
    works = {(NS, str(number)): outdated(number, "b") for number in range(50)}
    rules = object()
    await asyncio.gather(*(sender.follow(key, work, rules) for key, work in works.items()))
    assert len(sender.times) <= TRIES + 1, "those that come after the first try start once more"
    for key in works:
        sender.resender.forget(key)
    assert not sender.resender._attempts
    assert not sender.resender._waits_for


async def test_a_failure_does_not_count_as_a_try():
    sender = Sender(["b"])
    work, rules = outdated(1, "b"), object()
    sender.server.fail = lambda method, _: (500, "InternalError") if method == "PATCH" else None
    for _ in range(3 * TRIES):
        with pytest.raises(Exception, match="InternalError"):
            await sender.resender.resend((NS, "1"), work, rules)
        await advance(1)
    sender.server.fail = lambda *_: None
    await sender.follow((NS, "1"), work, rules)
    assert len(sender.times) == TRIES


async def test_a_work_made_by_hand_is_left_to_its_author():
    sender = Sender(["b"])
    work = outdated(1, "b")
    work["metadata"]["annotations"] = {}
    assert await sender.resender.resend((NS, "1"), work, object()) is None
    assert not sender.times
