"""converter.yaml against the libraries that kubectl reads YAML with, on texts and values made from a seed.

The libraries run in a small Go program, tests/yaml_oracle, with the versions that kubectl v1.36 has.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from converter.yaml import dump
from tests.yaml_oracle import build, corpus
from tests.yaml_oracle.compare import ask, same, verdict

if TYPE_CHECKING:
    from pathlib import Path

SCALARS, DOCUMENTS = 50_000, 2_000
AGREED = {"same", "refused", "stricter"}
MOST_STRICTER = {False: 0.02, True: 0.2}
"""The share of texts that may be refused because kubectl drops a value; streams of mutated documents have many."""


@pytest.fixture(scope="module")
def oracle() -> Path:
    return build.oracle()


@pytest.mark.parametrize("stream", [False, True], ids=["scalars", "documents"])
def test_what_kubectl_reads_is_read_the_same(oracle: Path, stream: bool, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: FBT001
    texts = corpus.documents(11, DOCUMENTS) if stream else corpus.scalar_documents(11, SCALARS)
    answers = ask(oracle, texts, stream=stream)
    found = [verdict(text, answer, stream=stream) for text, answer in zip(texts, answers, strict=True)]
    counted = Counter(each if each in AGREED else "wrong" for each in found)
    with capsys.disabled():
        print(f"\nread {len(texts)} {'documents' if stream else 'scalars'}: {dict(counted)}")
    assert [(text, each) for text, each in zip(texts, found, strict=True) if each not in AGREED] == []
    assert counted["same"] >= len(texts) / 5
    assert counted["stricter"] <= len(texts) * MOST_STRICTER[stream]


@pytest.mark.parametrize("form", ["values", "keys", "documents"])
def test_what_is_written_is_read_the_same_by_kubectl(
    oracle: Path, form: str, capsys: pytest.CaptureFixture[str]
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
    with capsys.disabled():
        print(f"\nwrote {len(values)} {form}: {len(values) - len(wrong)} read the same")
    assert wrong == []
