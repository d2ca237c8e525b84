"""Records answers of kubectl's libraries for `make test`: ``python -m tests.yaml_oracle.record``."""

from __future__ import annotations

import gzip
import json
import random
import sys
from pathlib import Path
from typing import Any

from converter.yaml import dump
from tests.yaml_oracle import build, corpus
from tests.yaml_oracle.compare import ask

ANSWERS = Path(__file__).parents[1] / "data" / "yaml" / "answers.jsonl.gz"
_SEED, _SCALARS, _DOCUMENTS, _WRITTEN = 7, 8_000, 1_000, 2_000


def records() -> list[dict[str, Any]]:
    """Read what was recorded: texts that were read, and values that were written, each with the answer."""
    with gzip.open(ANSWERS, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def record() -> list[dict[str, Any]]:
    """Ask the libraries; values of which they read others are not left out, so that a test fails."""
    oracle, found = build.oracle(), []
    for texts, stream in (
        (corpus.scalar_documents(_SEED, _SCALARS), False),
        (corpus.documents(_SEED, _DOCUMENTS), True),
    ):
        answers = ask(oracle, texts, stream=stream)
        found += [
            {"read": text, "stream": stream, **_short(answer)} for text, answer in zip(texts, answers, strict=True)
        ]
    source = random.Random(_SEED)
    values = [corpus.value(source) if number % 4 else corpus.written_text(source) for number in range(_WRITTEN)]
    written = [dump(value) for value in values]
    answers = ask(oracle, written, stream=False)
    found += [
        {"write": value, "text": text, **_short(answer)}
        for value, text, answer in zip(values, written, answers, strict=True)
    ]
    return found


def _short(answer: dict[str, Any]) -> dict[str, Any]:
    """Keep the values; of an error, only that there was one."""
    return {key: value if key == "json" else True for key, value in answer.items()}


def main() -> int:
    """Write the file."""
    ANSWERS.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(each, separators=(",", ":")) + "\n" for each in record())
    ANSWERS.write_bytes(gzip.compress(lines.encode(), mtime=0))
    print(f"{ANSWERS.name}: {lines.count(chr(10))} answers, {ANSWERS.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
