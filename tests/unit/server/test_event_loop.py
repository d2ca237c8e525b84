import asyncio
import sys

from converter.server import event_loop as loop


async def _kind():
    return type(asyncio.get_running_loop()).__module__


def test_servers_run_on_uvloop_where_there_is_one():
    assert loop.run(_kind()).startswith("uvloop")


def test_and_on_asyncio_s_own_where_there_is_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop.run(_kind()).startswith("asyncio")
