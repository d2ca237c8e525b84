from __future__ import annotations

import gc
import sys
import threading
import weakref

import msgspec

from converter.rule_objects import read_object
from converter.server.rules_reloader import RulesReloader
from tests.unit.server.test_rules_reloader import Sink, kinds, rule


def as_object(kind, *versions, name="", **more):
    spec = {"kind": kind, "between": [f"example.com/{version}" for version in versions], "steps": [], **more}
    metadata = {"name": name or kind.lower(), "uid": kind, "generation": 1}
    return read_object(msgspec.json.encode({"kind": "ConversionRule", "metadata": metadata, "spec": spec}))


def test_objects_are_taken_into_use_next_to_files(tmp_path):
    sink = Sink()
    (tmp_path / "apple.yaml").write_text(rule("Apple", "v1", "v2"))
    rules = RulesReloader([tmp_path], sink=sink)
    files = rules.current
    assert rules.use_objects([as_object("Plum", "v1", "v2")])
    assert {"Apple", "Plum"} <= set(rules.current.book.kinds())
    good = rules.current
    assert not rules.use_objects([as_object("Plum", "v1", "v2"), as_object("Fig", "v1", "v1")])
    assert rules.current is good, "an object that is not accepted changes nothing"
    assert len(rules.verdicts) == 2
    assert rules.use_objects([])
    assert set(rules.current.book.kinds()) == set(files.book.kinds())
    assert sink.told == ["taken", "taken"]


def test_files_are_reloaded_with_the_objects_that_there_are(tmp_path):
    (tmp_path / "apple.yaml").write_text(rule("Apple", "v1", "v2"))
    rules = RulesReloader([tmp_path])
    rules.use_objects([as_object("Plum", "v1", "v2")])
    (tmp_path / "pear.yaml").write_text(rule("Pear", "v1", "v2"))
    assert rules.refresh()
    assert {"Apple", "Pear", "Plum"} <= set(rules.current.book.kinds())
    (tmp_path / "plum.yaml").write_text(rule("Plum", "v1", "v2"))
    assert rules.refresh()
    (verdict,) = rules.verdicts.values()
    assert verdict.conflicts, "files come first"


def test_objects_and_custom_resources_keep_each_other():
    rules = RulesReloader()
    rules.use_kinds(kinds("Gadget"))
    rules.use_objects([as_object("Plum", "v1", "v2")])
    rules.use_kinds(kinds("Gadget", "Gizmo"))
    assert {"Plum", "Gadget", "Gizmo"} <= set(rules.current.book.kinds())


def test_memory_stays_flat_over_many_changes():
    rules = RulesReloader()
    seen = []
    for number in range(6):
        rules.use_objects([as_object("Plum", "v1", f"v{number + 2}")])
        seen.append(weakref.ref(rules.current))
    gc.collect()
    assert sum(each() is not None for each in seen) == 1
    assert sum(map(len, (rules._combiner._read, rules._combiner._good))) == 2


def test_the_switch_interval_is_restored_however_threads_overlap():
    before = sys.getswitchinterval()
    rules = RulesReloader()
    threads = [threading.Thread(target=rules.check, args=[as_object("Plum", "v1", "v2")]) for _ in range(8)]
    for thread in threads:
        thread.start()
    rules.use_objects([as_object("Fig", "v1", "v2")])
    for thread in threads:
        thread.join()
    assert sys.getswitchinterval() == before
