"""What releases stored, and what the present code stores, read by it: the same decisions, the originals, no drift."""

from __future__ import annotations

import copy
import gzip
import json
from typing import Any

import pytest

from converter.controllers.anchor import desired_anchor, is_current
from converter.karmada.names import SOURCES_ANNOTATION
from converter.works.overflow import read_carrier
from tests.compat.record import GOLDEN, record
from tests.compat.scenarios import BINDINGS, DENY, FORMAT, LABELS, WORKS, cluster, drift, placed, recorded, rules, sent

FILES = sorted(GOLDEN.glob("*.json.gz"))


def read(file) -> dict[str, Any]:
    return json.loads(gzip.decompress(file.read_bytes()))


@pytest.fixture(scope="module", params=[*FILES, None], ids=lambda file: file.name.split(".json")[0] if file else "now")
def golden(request):
    found = read(request.param) if request.param else json.loads(json.dumps(recorded("now"), sort_keys=True))
    assert found["format"] == FORMAT
    return found


def target(golden, name):
    return cluster("old", golden[name]["versions"], golden[name]["release"])


def overflow_of(entry):
    return read_carrier(json.dumps(entry["overflow"]).encode()) if entry["overflow"] else None


def without_digests(stored):
    """A Work without the digests of its manifests, which a later release adds with the next write of Karmada."""
    annotations = stored["metadata"].get("annotations") or {}
    if SOURCES_ANNOTATION not in annotations:
        return stored
    entries = json.loads(annotations[SOURCES_ANNOTATION])
    for entry in filter(None, entries):
        entry.pop("fromDigest", None)
        entry.pop("toDigest", None)
    annotations = {**annotations, SOURCES_ANNOTATION: entries}
    return {**stored, "metadata": {**stored["metadata"], "annotations": annotations}}


def test_there_is_a_file_and_it_has_every_case():
    assert FILES
    newest = read(FILES[-1])
    assert set(newest["works"]) == set(WORKS)
    assert set(newest["bindings"]) == set(BINDINGS)


def test_a_release_is_recorded_once(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.compat.record.recorded", lambda release: {"release": release})
    record("9.9.9", tmp_path)
    with pytest.raises(FileExistsError):
        record("9.9.9", tmp_path)


@pytest.mark.parametrize("case", WORKS)
def test_a_stored_work_does_not_drift(golden, case):
    entry = golden["works"][case]
    found = drift(entry["stored"], target(golden, "old"), rules(golden["rule"]), overflow_of(entry))
    assert found.patch is None
    assert found.denial == ""


@pytest.mark.parametrize("case", WORKS)
def test_a_stored_work_that_is_sent_again_gets_digests_and_is_not_written_again(golden, case):
    entry = golden["works"][case]
    again = {**entry["stored"], "spec": entry["sent"]["spec"]}
    once = sent(again, target(golden, "old"), rules(golden["rule"]))
    assert without_digests(once) == without_digests(entry["stored"])
    again = {**once, "spec": entry["sent"]["spec"]}
    assert sent(again, target(golden, "old"), rules(golden["rule"])) == once


@pytest.mark.parametrize("case", WORKS)
def test_what_a_stored_work_lost_is_not_denied_later(golden, case):
    entry, denying = golden["works"][case], rules(golden["rule"], DENY)
    again = {**entry["stored"], "spec": entry["sent"]["spec"]}
    assert without_digests(sent(again, target(golden, "old"), denying)) == without_digests(entry["stored"])
    lossy = "lost" in case or case in {"more losses than fit", "overflow"}
    assert (sent(entry["sent"], target(golden, "old"), denying) is None) == lossy, "a new Work is decided about"


@pytest.mark.parametrize("case", WORKS)
def test_the_originals_come_back(golden, case):
    entry, converter = golden["works"][case], rules(golden["rule"])
    patch = drift(entry["stored"], target(golden, "new"), converter, overflow_of(entry)).patch
    manifests = entry["sent"]["spec"]["workload"]["manifests"]
    if entry["stored"]["spec"] == entry["sent"]["spec"]:
        assert patch is None
    else:
        assert patch["spec"]["workload"]["manifests"] == manifests
        annotations = patch["metadata"]["annotations"]
        assert annotations[SOURCES_ANNOTATION] is None


@pytest.mark.parametrize("case", WORKS)
def test_an_anchor_is_still_the_one_that_a_work_should_have(golden, case):
    entry = golden["works"][case]
    assert is_current(entry["anchor"], desired_anchor(entry["stored"], dict(LABELS)))


@pytest.mark.parametrize("case", BINDINGS)
def test_a_binding_stays_as_it_is_and_is_itself_again(golden, case):
    entry = golden["bindings"][case]
    assert placed(entry["stored"], entry["unreachable"]) == entry["stored"]
    back = placed(entry["stored"], {})
    assert back["spec"] == entry["sent"]["spec"]
    changed = copy.deepcopy(entry["stored"])
    changed["spec"]["placement"] = entry["sent"]["spec"]["placement"]
    assert placed(changed, entry["unreachable"]) == entry["stored"]
