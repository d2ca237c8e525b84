"""Recorded answers of the libraries that kubectl reads YAML with; see tests/data/yaml."""

from __future__ import annotations

import pytest

from converter.yaml import dump, load_all
from tests.yaml_oracle.compare import same, verdict
from tests.yaml_oracle.record import records

AGREED = {"same", "refused", "stricter"}
#: How many of the recorded texts kubectl reads, at least: a file of errors would show nothing.
READ_BY_KUBECTL = {False: 6_000, True: 300}


@pytest.fixture(scope="module")
def recorded():
    return records()


@pytest.mark.parametrize("stream", [False, True], ids=["scalars", "documents"])
def test_each_text_is_read_as_kubectl_read_it(recorded, stream):
    texts = [each for each in recorded if each.get("stream") is stream]
    found = [(each["read"], verdict(each["read"], each, stream=stream)) for each in texts]
    assert [pair for pair in found if pair[1] not in AGREED] == []
    assert sum(result == "same" for _, result in found) >= READ_BY_KUBECTL[stream]


def test_each_value_is_written_as_the_text_that_kubectl_read_as_that_value(recorded):
    written = [each for each in recorded if "write" in each]
    assert len(written) >= 1_000
    assert [each for each in written if not same(each.get("json"), [each["write"]])] == []
    assert [each["write"] for each in written if dump(each["write"]) != each["text"]] == []
    assert [each["text"] for each in written if not same(load_all(each["text"]) or [None], [each["write"]])] == []
