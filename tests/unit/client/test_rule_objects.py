from __future__ import annotations

import asyncio
import contextlib

from converter.client.rule_objects import RULE_COLLECTIONS, RuleObjectWatch, read_engine, read_rule_objects
from tests.fakes.apiserver import FakeApiServer
from tests.waiting import until

SPEC = {"kind": "Plum", "between": ["example.com/v1", "example.com/v2"], "steps": [{"rename": {"spec.a": "spec.b"}}]}
PLUM = {"kind": "ConversionRule", "metadata": {"name": "plum"}, "spec": SPEC}
PATH = RULE_COLLECTIONS["ConversionRule"].object_path("", "plum")


def server(*, with_crds=True):
    made = FakeApiServer()
    if with_crds:
        made.collections |= {collection.resource for collection in RULE_COLLECTIONS.values()}
    return made


@contextlib.asynccontextmanager
async def watching(made):
    used = []

    async def use(objects):
        used.append(sorted(str(one.key) for one in objects))

    watch = RuleObjectWatch(made, use)
    task = asyncio.ensure_future(watch.run())
    try:
        await watch.synced.wait()
        yield used
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_each_change_is_handed_on_with_everything_that_is_there():
    made = server()
    made.put(PATH, PLUM)
    async with watching(made) as used:
        assert used == [["ConversionRule plum"]]
        policy = RULE_COLLECTIONS["LossPolicy"].object_path("", "fleet")
        made.put(policy, {"kind": "LossPolicy", "metadata": {"name": "fleet"}, "spec": {}})
        await until(lambda: len(used) == 2)
        made.remove(PATH)
        await until(lambda: len(used) == 3)
    assert used[1:] == [["ConversionRule plum", "LossPolicy fleet"], ["LossPolicy fleet"]]


async def test_a_status_and_a_label_are_no_change_of_rules():
    made = server()
    made.put(PATH, PLUM)
    async with watching(made) as used:
        made.apply(f"{PATH}/status", lambda thing: thing.update(status={"observedGeneration": 1}))
        made.apply(PATH, lambda thing: thing["metadata"].update(labels={"a": "b"}))
        made.apply(PATH, lambda thing: thing["spec"].update(steps=[]))
        await until(lambda: len(used) == 2)
    assert len(used) == 2


async def test_without_the_crds_there_are_no_objects():
    made = server(with_crds=False)
    async with watching(made) as used:
        assert used == [[]]
    assert await read_rule_objects(made) == []


async def test_an_engine_of_a_control_plane_has_its_objects():
    made = server()
    made.put(PATH, PLUM)
    engine = await read_engine(made)
    manifest = {"apiVersion": "example.com/v1", "kind": "Plum", "metadata": {"name": "a"}, "spec": {"a": 1}}
    assert engine.convert(manifest, "example.com/v2").manifest["spec"] == {"b": 1}
    assert "CronJob" in engine.book.kinds()
