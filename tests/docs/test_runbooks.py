"""The commands of the runbooks: the converter's parse, and what kubectl's select exists in an installation."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from converter.cli import build_parser
from converter.controllers import apiservices, event_recorder, karmada_events
from converter.karmada import names
from tests.nonempty import some

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
#: Objects that others make: Karmada, the installer, an administrator.
MADE_ELSEWHERE = {("lease", "apiconverter"), ("configmap", "converter-rules"), ("deployment", "converter-scheduler")}


def lines(page):
    """Every line with a command: in shell blocks, and inline code that begins with a program's name, in their order."""
    text = page.read_text("utf-8")
    for block, inline in re.findall(r"```bash\n(.*?)```|`((?:converter|kubectl) [^`]+)`", text, re.DOTALL):
        yield from (line.strip() for line in (block or inline).splitlines() if line.strip())


def commands(page):
    """The words of every command of a page."""
    for line in lines(page):
        for part in line.split(" | "):
            words = shlex.split(part, comments=True)
            if words:
                yield words


def of(program):
    return [(page.name, words) for page in PAGES for words in commands(page) if words[0] == program]


@pytest.mark.parametrize(("page", "words"), of("converter"), ids=lambda value: str(value)[:70])
def test_a_command_of_the_converter_parses(page, words, capsys):
    code: object = 0
    try:
        build_parser().parse_args(words[1:])
    except SystemExit as ended:  # --help ends, too
        code = ended.code
    assert code == 0, f"{page}: {shlex.join(words)}\n{capsys.readouterr().err}"


def deployed():
    """Kind and name of everything in deploy, and the labels of what selects Pods."""
    things, labels = set(MADE_ELSEWHERE), set()
    for file in (ROOT / "deploy").rglob("*.yaml"):
        if "chart" in file.parts:
            continue
        for thing in yaml.safe_load_all(file.read_text("utf-8")):
            if not isinstance(thing, dict) or "kind" not in thing:
                continue
            things.add((thing["kind"].lower(), thing.get("metadata", {}).get("name", "")))
            template = thing.get("spec", {}).get("template", {}) if isinstance(thing.get("spec"), dict) else {}
            labels |= set(template.get("metadata", {}).get("labels", {}).items())
    return things, labels


def own_labels():
    """Labels that the converter sets in Karmada."""
    values = {value for name, value in vars(names).items() if name.endswith("_LABEL")}
    return {(label, "true") for label in values | {apiservices.LABEL}}


def options(words, *wanted):
    return [words[at + 1] for at, word in enumerate(words[:-1]) if word in wanted]


@pytest.mark.parametrize(("page", "words"), of("kubectl"), ids=lambda value: str(value)[:70])
def test_what_kubectl_selects_exists(page, words):
    things, pod_labels = deployed()
    labels = {tuple(part.split("=", 1)) for selector in options(words, "-l") for part in selector.split(",")}
    assert labels - pod_labels - own_labels() == set(), page
    fields = {f"reason={karmada_events.FAILED}", f"source={event_recorder._COMPONENT}"}
    assert set(options(words, "--field-selector")) - fields == set(), page
    named = re.findall(r"\b(deployment|secret|configmap|serviceaccount|lease)[ /]([a-z-]+)", " ".join(words))
    assert [one for one in named if one not in things] == [], page


def test_every_runbook_that_the_project_promises_is_there():
    stems = {page.stem for page in PAGES}
    wanted = "install upgrade rollback rotate scale debug emergency capacity managed-karmada pull-mode air-gap alerts"
    assert stems == {*wanted.split(), "index"}
    index = (ROOT / "docs" / "runbooks" / "index.md").read_text("utf-8")
    for stem in some(stems - {"index"}):
        assert f"]({stem}.md)" in index
    assert len(of("converter")) > 15
    assert len(of("kubectl")) > 20
