"""converter.yaml against the libraries that kubectl reads YAML with, on texts and values made from a seed.

The libraries run in a small Go program, tests/yaml_oracle, with the versions that kubectl v1.36 has.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from converter.yaml import dump, dump_all
from tests.controlplanes import toolchain
from tests.controlplanes.places import Places
from tests.yaml_oracle import build, corpus
from tests.yaml_oracle.compare import ask, same, verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCALARS, DOCUMENTS = 65_000, 6_000
"""Half of the documents are changed, so that most of these are refused."""
AT_LEAST = {False: 50_000, True: 2_000}
"""How many scalars and documents both must read, and read the same."""
AGREED = {"same", "refused", "stricter"}
MOST_STRICTER = {False: 0.01, True: 0.15}
"""The share of texts that may be refused because kubectl drops a value; streams of mutated documents have many."""


@pytest.fixture(scope="module")
def oracle() -> Path:
    return build.oracle()


@pytest.mark.parametrize("stream", [False, True], ids=["scalars", "documents"])
def test_what_kubectl_reads_is_read_the_same(oracle: Path, stream: bool, report_count: Callable[[str], None]) -> None:  # noqa: FBT001
    texts = corpus.documents(11, DOCUMENTS) if stream else corpus.scalar_documents(11, SCALARS)
    answers = ask(oracle, texts, stream=stream)
    found = [verdict(text, answer, stream=stream) for text, answer in zip(texts, answers, strict=True)]
    counted = Counter(each if each in AGREED else "wrong" for each in found)
    report_count(f"read {len(texts)} {'documents' if stream else 'scalars'}: {dict(counted)}")
    assert [(text, each) for text, each in zip(texts, found, strict=True) if each not in AGREED] == []
    assert counted["same"] >= AT_LEAST[stream]
    assert counted["stricter"] <= len(texts) * MOST_STRICTER[stream]


@pytest.mark.parametrize("form", ["values", "keys", "documents"])
def test_what_is_written_is_read_the_same_by_kubectl(
    oracle: Path, form: str, report_count: Callable[[str], None]
) -> None:
    source = random.Random(12)
    if form == "documents":
        values = [corpus.value(source) for _ in range(DOCUMENTS)]
    else:
        texts = [corpus.written_text(source) for _ in range(SCALARS)]
        values = texts if form == "values" else [{text: 1} for text in texts]
    answers = ask(oracle, map(dump, values), stream=False)
    wrong = [
        (value, answer)
        for value, answer in zip(values, answers, strict=True)
        if answer.get("error") or answer.get("strict") or not same(answer["json"], [value])
    ]
    report_count(f"wrote {len(values)} {form}: {len(values) - len(wrong)} read the same")
    assert wrong == []


def test_kubectl_itself_reads_what_is_written(report_count: Callable[[str], None]) -> None:
    source = random.Random(13)
    manifests = [
        {
            "apiVersion": "example.com/v1",
            "kind": "Widget",
            "metadata": {"name": f"w{number}"},
            "spec": corpus.value(source),
        }
        for number in range(500)
    ]
    command = (toolchain.kubectl(Places.from_environment()), "annotate", "--local", "-f", "-", "-o", "json", "a=b")
    done = subprocess.run(command, input=dump_all(manifests).encode(), stdout=subprocess.PIPE, check=True)
    read, start, text = [], 0, done.stdout.decode().strip()
    while start < len(text):
        manifest, start = json.JSONDecoder().raw_decode(text, start)
        start += len(text[start:]) - len(text[start:].lstrip())
        read.append(manifest["spec"])
    report_count(f"kubectl read {len(read)} documents")
    written = [_as_int64_or_float(manifest["spec"]) for manifest in manifests]
    assert len(read) == len(written)
    assert [pair for pair in zip(written, read, strict=True) if not same(*pair)] == []


def _as_int64_or_float(value: Any) -> Any:
    """Make floats of the integers that kubectl's int64 cannot hold."""
    if isinstance(value, dict):
        return {key: _as_int64_or_float(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_int64_or_float(item) for item in value]
    return float(value) if type(value) is int and not -(2**63) <= value < 2**63 else value
