"""Changes of the inventory while the server runs: taken whole, or refused once and shown."""

import os

import pytest

from converter.errors import ProblemCode
from converter.server import inventory_reloader
from converter.server.inventory_reloader import InventoryReloader

GOOD = """\
apiVersion: apiconverter.dev/v1alpha1
kind: ClusterInventory
clusters:
  - {name: NAME, release: v1.16}
"""


class Sink:
    def __init__(self):
        self.taken = []

    def inventory_reloaded(self, *, taken):
        self.taken.append(taken)


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "fleet.yaml"
    file.write_text(GOOD.replace("NAME", "one"))
    return file


def test_a_broken_change_is_refused_once_and_the_next_good_one_taken(file):
    sink = Sink()
    reloader = InventoryReloader(file, sink)
    file.write_text("clusters: 5\n")
    assert not reloader.refresh()
    assert set(reloader.view.current) == {"one"}
    assert reloader.problems
    assert not reloader.refresh()
    file.write_text(GOOD.replace("NAME", "two"))
    assert reloader.refresh()
    assert set(reloader.view.current) == {"two"}
    assert reloader.problems == ()
    assert sink.taken == [False, True]


def test_an_unknown_error_is_shown_and_the_same_bytes_are_not_read_again(file, monkeypatch):
    reloader = InventoryReloader(file)
    reads = []

    def read(path):
        reads.append(path)
        raise ZeroDivisionError

    monkeypatch.setattr(inventory_reloader, "read_inventory", read)
    file.write_text(GOOD.replace("NAME", "other"))
    assert not reloader.refresh()
    assert not reloader.refresh()
    assert len(reads) == 1
    assert [problem.code for problem in reloader.problems] == [ProblemCode.INTERNAL]


def test_a_pipe_in_the_place_of_the_file_does_not_stop_reloading(file):
    reloader = InventoryReloader(file)
    file.unlink()
    os.mkfifo(file)
    assert not reloader.refresh()
    assert [problem.code for problem in reloader.problems] == [ProblemCode.UNREADABLE]
    file.unlink()
    file.write_text(GOOD.replace("NAME", "two"))
    assert reloader.refresh()


def test_the_inventory_is_not_parsed_while_nothing_changes(file, monkeypatch):
    reloader = InventoryReloader(file)
    parsed = []
    monkeypatch.setattr(inventory_reloader, "_named_in", lambda path: (parsed.append(path), [])[1])
    assert [reloader.refresh() for _ in range(3)] == [False, False, False]
    assert parsed == []
