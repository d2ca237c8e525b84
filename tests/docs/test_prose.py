"""The prose linter finds what its rules name, in every kind of text, and nothing in code."""

from pathlib import Path

import pytest

from tools.prose import __main__ as command
from tools.prose.check import check
from tools.prose.habits import HABITS

HABIT_EXAMPLES = {
    "P001": "It is no manifest.", "P002": "It cannot be had by a cluster.", "P003": "Each loss is told once.",
    "P004": "Write it anew.", "P005": "No table speaks of it.", "P006": "The data stands in an annotation.",
    "P007": "What is kept of a Work is here.", "P008": "It waits for news to get on.", "P009": "One object beside it.",
    "P010": "Of those that hold, the last counts.", "P011": "It waits for ever.", "P012": "A file goes before it.",
    "P013": "The server drops it without a word.", "P014": "Every field is looked at.", "P015": "The old book goes on.",
    "P016": "The file lies in the cache.", "P017": "A shelf holds it.", "P018": "The controller judges it.",
    "P019": "It answers, be it with a refusal.", "P020": "They are good for a year.", "P021": "It has to be said.",
    "P022": "Hence a newer pin.", "P023": "It is warned of.", "P024": "Admission made something else of it.",
}  # fmt: skip


def ids(name, source):
    return [finding.habit.id for finding in check(Path(name), source)]


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.id)
def test_each_rule_finds_its_example(habit):
    assert habit.id in ids("page.md", HABIT_EXAMPLES[habit.id])
    assert habit.reason
    assert habit.instead


@pytest.mark.parametrize(
    "plain",
    [
        "There is no network call.", "It is no longer served.", "Use a stand-alone server.",
        "The converter continues.", "Newsletters are fine.", "It is kept for a minute.",
    ],
)  # fmt: skip
def test_plain_english_passes(plain):
    assert ids("page.md", plain) == []


@pytest.mark.parametrize(
    ("name", "source", "line"),
    [
        ("m.py", '"""Writes it\n\nanew."""\n', 3),
        ("m.py", "x = 1  # written anew\n", 1),
        ("m.py", "# written\n# anew\n", 2),
        ("m.py", 'raise ValueError(f"{x} is\\n written anew")\n', 2),
        ("m.py", 'raise ValueError("made", "written anew")\n', 1),
        ("r.yaml", "steps:\n  # written anew\n", 2),
        ("r.yaml", "a: 1\nwhy: it is written anew\n", 2),
        ("Makefile", "all: ## write anew\n", 1),
        ("page.md", "A line.\n\n- one\n- written\n  anew\n", 5),
        ("page.md", "| a | b |\n|---|---|\n| x | written anew |\n", 3),
    ],
)
def test_every_kind_of_text_is_checked(name, source, line):
    assert [(finding.line, finding.habit.id) for finding in check(Path(name), source)] == [(line, "P004")]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("page.md", "```sh\nconverter anew\n```\n"),
        ("page.md", "Use `anew` here.\n"),
        ("page.md", "A [page](anew.md).\n"),
        ("m.py", "anew = 1\n"),
        ("m.py", '"""Calls `anew`."""\n'),
        ("r.yaml", "anew: 1\n"),
        ("data.bin", "anew"),
    ],
)
def test_code_is_not_checked(name, source):
    assert ids(name, source) == []


def test_a_long_sentence_is_found_in_markdown_only():
    long = " ".join(["word"] * 31) + "."
    assert ids("page.md", f"Short.\n\nShort. {long}\n") == ["P100"]
    assert ids("page.md", " ".join(["word"] * 30) + ". Next one.") == []
    assert ids("m.py", f'"""{long}"""\n') == []


def test_an_allowance_needs_a_reason_and_a_use():
    assert ids("m.py", "x = 1  # anew  # prose: allow P004: a quotation\n") == []
    assert ids("page.md", "<!-- prose: allow P004: a quotation -->\nWritten anew.\n") == []
    assert ids("m.py", "x = 1  # anew  # prose: allow P004\n") == ["P101"]
    assert ids("m.py", "x = 1  # prose: allow P004: nothing here\n") == ["P101"]
    assert ids("m.py", "x = 1  # anew  # prose: allow P003: another rule\n") == ["P004", "P101"]


def test_the_whole_repository_is_in_scope(monkeypatch):
    monkeypatch.setattr(command, "PENDING", ())
    names = {path.relative_to(command.REPOSITORY).as_posix() for path in command.files()}
    assert {
        "README.md",
        "docs/glossary.md",
        "converter/library.py",
        "conversion_rules/weights.yaml",
        "Makefile",
    } <= names
    assert not any(name.startswith("tools/prose/") for name in names)


@pytest.mark.parametrize("pending", [pytest.param(name, id=name) for name in command.PENDING] or [None])
def test_a_pending_folder_is_not_plain_yet(pending, monkeypatch):
    if pending is None:
        return  # everything is checked
    monkeypatch.setattr(command, "PENDING", ())
    texts = [path for path in command.files() if path.relative_to(command.REPOSITORY).as_posix().startswith(pending)]
    assert any(check(path, path.read_text("utf-8")) for path in texts), f"remove {pending} from PENDING in tools/prose"
