"""A controller that is killed after any of its writes: the next one completes the work, and nothing is lost."""

import pytest

from converter.karmada.names import anchor_reference
from tests.fakes.apiserver import CrashError
from tests.fakes.karmada import ANCHOR, NEW, OLD, WORK

pytestmark = pytest.mark.virtual_time


async def anchored(karmada, process):
    karmada.binding_controller()
    await process.start()
    await process.settle()


@pytest.fixture(autouse=True)
def _fleet(karmada):
    karmada.serve("old", OLD)


async def _upgrade(karmada):
    karmada.serve("old", NEW)


async def _template(karmada):
    karmada.binding_controller("0 5 * * *")


async def _recreate(karmada):
    karmada.server.remove(WORK)
    karmada.execution_controller()
    karmada.binding_controller()


async def _report(karmada):
    karmada.report(status={"active": []})


@pytest.mark.parametrize("crash_after", range(1, 8))
@pytest.mark.parametrize("happening", [_upgrade, _template, _recreate, _report])
@pytest.mark.parametrize("early", [True, False])
async def test_killed_after_any_write_all_converges_and_nothing_is_lost(
    karmada, process, happening, crash_after, early
):
    """What happens, happens before the first pass or between two; the process dies after its n-th write."""
    karmada.binding_controller()
    if early:
        await _maybe_crash(karmada, process, crash_after, None)
        await happening(karmada)
    else:
        await _maybe_crash(karmada, process, crash_after, happening)
    karmada.server.collect_garbage()
    karmada.execution_controller()
    karmada.server.crash_after = None
    await process.start()
    await process.settle(passes=10)
    karmada.server.collect_garbage()
    await process.stop()
    assert karmada.broken == []
    assert karmada.work["metadata"].get("deletionTimestamp") is None, "a live Work was deleted"
    if karmada.webhook_fleet.current["old"].serves("batch/v1", "CronJob"):
        assert karmada.bound() == [WORK]
        assert karmada.anchor is None
    else:
        assert karmada.bound() == [ANCHOR]
        assert anchor_reference(karmada.work["metadata"])["uid"] == karmada.anchor["metadata"]["uid"]


@pytest.mark.parametrize("crash_after", range(1, 8))
async def test_killed_anywhere_a_deleted_template_leaves_nothing(karmada, process, crash_after):
    karmada.binding_controller()
    await _maybe_crash(karmada, process, crash_after, _report)
    karmada.server.crash_after = None
    karmada.delete_bound()
    for _ in range(3):
        karmada.server.collect_garbage()
        karmada.execution_controller()
    await process.start()
    await process.settle()
    await process.stop()
    assert [path for path in karmada.server.objects if "/works/" in path] == []


async def _maybe_crash(karmada, process, crash_after, happening):
    karmada.server.crash_after = crash_after
    try:
        await process.start()
        await process.settle(passes=3)
        if happening:
            await happening(karmada)
            await process.settle(passes=5)
    except CrashError:
        pass
    await process.stop()
