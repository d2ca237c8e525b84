"""The one loop that rules and inventories are watched by."""

import asyncio
import logging
import threading

from converter.certificates.file_watch import keep_looking


async def test_a_look_that_fails_is_logged_and_ends_nothing(caplog, until):
    looks = []

    def refresh():
        looks.append(threading.current_thread())
        if len(looks) == 1:
            raise RuntimeError("the disk is gone")

    log = logging.getLogger("converter.test")
    watch = asyncio.create_task(keep_looking(refresh, 0.001, log, "looking failed; the last good one stays in use"))
    await until(lambda: len(looks) > 2)
    watch.cancel()
    assert threading.main_thread() not in looks
    assert [record.getMessage() for record in caplog.records] == ["looking failed; the last good one stays in use"]
    assert "the disk is gone" in caplog.text
