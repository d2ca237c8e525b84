"""The command-line reference lists every command and option; the inventory page lists every field."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from converter.cli import COMMANDS, build_parser
from converter.clusters import read_inventory
from converter.clusters.inventory import _WAYS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference" / "cli.md").read_text()
INVENTORY = (DOCS / "reference" / "inventory.md").read_text()


def parsers(parser, name="converter"):
    """Every command, those inside commands too."""
    inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for action in inner:
        for word, command in action.choices.items():
            yield from parsers(command, f"{name} {word}")
    if not inner:
        yield name, parser


ALL = dict(parsers(build_parser()))


def section(name):
    found = re.search(rf"^#+ `{re.escape(name)}`$(.*?)(?=^#+ |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/reference/cli.md has no section `{name}`"
    return found[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_section(command):
    assert f"## `converter {command}`" in PAGE


@pytest.mark.parametrize("name", ALL)
def test_every_option_is_in_its_command_s_section(name):
    text = section(name)
    options = {option for action in ALL[name]._actions for option in action.option_strings} - {"-h", "--help"}
    missing = sorted(option for option in options if not re.search(rf"`{option}[ `]", text))
    assert not missing, f"docs/reference/cli.md, section `{name}`: add {', '.join(missing)}"
    told = set(re.findall(r"`(--?[a-z][a-z-]*)", "\n".join(re.findall(r"^\| (`-.*?) \|", text, re.MULTILINE))))
    assert told <= options, f"docs/reference/cli.md, section `{name}`: remove {', '.join(sorted(told - options))}"


@pytest.mark.parametrize("name", [name for name in ALL if name != "converter rules list"])
def test_every_section_has_examples_and_exit_codes(name):
    text = section(name)
    assert re.search(r"^Exit codes: \*\*0\*\* ", text, re.MULTILINE)
    assert f"{name} " in re.search(r"```sh\n(.*?)```", text, re.DOTALL)[1]


def test_the_inventory_shown_can_be_read(tmp_path):
    shown = re.search(r"```yaml\n(.*?)```(.*)", INVENTORY, re.DOTALL)
    text, fields = shown[1], shown[2]
    saved = Path(__file__).parents[1] / "data" / "clusters"
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters" / "saved.json").write_bytes(next(iter(sorted(saved.glob("*.json")))).read_bytes())
    (tmp_path / "fleet.yaml").write_text(text)
    fleet = read_inventory(tmp_path / "fleet.yaml")
    assert set(fleet) == set(re.findall(r"name: ([\w-]+)", text))
    assert all(f"| `{field}` |" in fields for field in ("name", "labels", "complete", *_WAYS))


def shown_commands(page):
    """Every use of the command line in a page's examples, without what the shell does around it."""
    for block in re.findall(r"```sh\n(.*?)```", (DOCS / page).read_text(), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\|", line.partition(" #")[0]):
                words = shlex.split(part.partition(">")[0].strip())
                if words[:1] == ["converter"] and words[1:2] != ["COMMAND"]:
                    yield words[1:]


PAGES = sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md") if list(shown_commands(page)))


def test_pages_show_commands():
    assert {"reference/cli.md", "how-to/install.md", "how-to/upgrade-and-uninstall.md"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_shown_can_be_parsed(page):
    for words in shown_commands(page):
        build_parser().parse_args(words)
