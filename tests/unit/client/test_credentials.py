"""When a token is read again: after some seconds, after a refusal, and over the kubelet's swap of a volume."""

import asyncio
import logging

import pytest

from converter.client.credentials import LoadedHeader, TokenFile
from converter.files import FileError
from tests.fakes.virtual_time import advance

pytestmark = pytest.mark.virtual_time


class Volume:
    """A Secret volume as the kubelet makes it: files are links through ``..data``, which is swapped at once."""

    def __init__(self, folder):
        self.folder = folder
        self.number = 0
        self.put("first")
        self.token.symlink_to("..data/token")

    @property
    def token(self):
        return self.folder / "token"

    def put(self, token):
        self.number += 1
        versioned = self.folder / f"..{self.number}"
        versioned.mkdir()
        (versioned / "token").write_text(token)
        link = self.folder / "..tmp"
        link.symlink_to(versioned.name)
        link.replace(self.folder / "..data")


@pytest.fixture
def volume(tmp_path):
    return Volume(tmp_path)


async def test_a_token_is_used_for_some_seconds_and_read_again_afterwards(volume):
    file = TokenFile(volume.token)
    assert await file.header() == "Bearer first"
    volume.put("second")
    await advance(9)
    assert await file.header() == "Bearer first"
    await advance(1)
    assert await file.header() == "Bearer second"
    assert file.token == "second"


async def test_a_refused_token_is_read_again_at_once(volume):
    file = TokenFile(volume.token)
    await file.header()
    volume.put("second\n")
    assert await file.after_refusal("Bearer first") == "Bearer second"
    assert await file.header() == "Bearer second"


async def test_a_refusal_of_an_older_token_reads_nothing(volume, monkeypatch):
    file = TokenFile(volume.token)
    monkeypatch.setattr(file, "_read", lambda: pytest.fail("read again"))
    assert await file.after_refusal("Bearer older") == "Bearer first"


async def test_a_token_that_is_still_refused_stays_the_same(volume):
    file = TokenFile(volume.token)
    assert await file.after_refusal("Bearer first") == "Bearer first"


@pytest.mark.parametrize("broken", ["gone", "empty", "a folder"])
async def test_the_last_token_stays_in_use_while_the_file_cannot_be_read(tmp_path, caplog, broken):
    path = tmp_path / "token"
    path.write_text("first")
    file = TokenFile(path)
    path.unlink()
    if broken == "empty":
        path.write_text(" \n")
    elif broken == "a folder":
        path.mkdir()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert await file.header() == "Bearer first"
            await advance(20)
    assert len(caplog.records) == 1, "once, not for each request"
    path.rmdir() if broken == "a folder" else path.unlink(missing_ok=True)
    path.write_text("second")
    assert await file.header() == "Bearer second"


def test_a_process_does_not_start_without_a_token(tmp_path):
    with pytest.raises(OSError, match="token"):
        TokenFile(tmp_path / "token")
    (tmp_path / "token").write_text("\n")
    with pytest.raises(FileError):
        TokenFile(tmp_path / "token")


class Plugin:
    """A load that counts, and gives another token each time; empty when it fails."""

    def __init__(self):
        self.loads = 0
        self.fails = False

    async def load(self):
        self.loads += 1
        await asyncio.sleep(1)
        return "" if self.fails else f"Bearer {self.loads}"


async def test_a_header_is_loaded_again_once_for_many_refusals():
    plugin = Plugin()
    loaded = LoadedHeader("Bearer 0", plugin.load)
    assert await loaded.header() == "Bearer 0"
    found = await asyncio.gather(*(loaded.after_refusal("Bearer 0") for _ in range(5)))
    assert set(found) == {"Bearer 1"}
    assert plugin.loads == 1


async def test_a_plugin_does_not_run_for_each_refusal():
    plugin = Plugin()
    loaded = LoadedHeader("Bearer 0", plugin.load)
    assert await loaded.after_refusal("Bearer 0") == "Bearer 1"
    assert await loaded.after_refusal("Bearer 1") == "Bearer 1"
    await advance(5)
    assert await loaded.after_refusal("Bearer 1") == "Bearer 2"


async def test_a_failed_load_keeps_the_header():
    plugin = Plugin()
    plugin.fails = True
    loaded = LoadedHeader("Bearer 0", plugin.load)
    assert await loaded.after_refusal("Bearer 0") == "Bearer 0"


async def test_nothing_is_loaded_where_no_header_is_sent():
    plugin = Plugin()
    loaded = LoadedHeader("", plugin.load)
    assert await loaded.after_refusal("") == ""
    assert plugin.loads == 0
