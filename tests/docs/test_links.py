"""Every relative link, anchor and picture in Markdown leads somewhere, and so does every page that the code names."""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
FOLDERS = ("docs", "converter", "conversion_rules", "deploy", "tests", "tools", ".github")


def found(*suffixes):
    """The repository's files with these endings, without what is generated or installed."""
    files = [*REPOSITORY.glob("*"), *(file for folder in FOLDERS for file in (REPOSITORY / folder).rglob("*"))]
    return sorted(file.relative_to(REPOSITORY).as_posix() for file in files if file.name.endswith(suffixes))


PAGES = found(".md")
LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)")
EXTERNAL = ("https://", "http://", "mailto:")


def prose(text):
    """The page without code, where brackets mean something else."""
    return re.sub(
        r"(`+)(?!`).+?(?<!`)\1(?!`)",
        "",
        re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL),
        flags=re.DOTALL,
    )


@cache
def anchors(page):
    """The anchors of a page's headings, by the rule that GitHub and mkdocs share for these headings."""
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in plain}


def test_there_are_pages():
    assert {"README.md", "CONTRIBUTING.md", "docs/index.md", "docs/glossary.md"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    here = REPOSITORY / page
    broken = []
    for link in LINK.findall(prose(here.read_text("utf-8"))):
        if link.startswith(EXTERNAL):
            continue
        path, _, anchor = link.partition("#")
        target = (here.parent / path).resolve() if path else here
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_every_page_that_the_code_names_exists():
    texts = {name: (REPOSITORY / name).read_text("utf-8") for name in found(".py", ".yaml", ".toml", "Makefile")}
    texts.pop("tests/wording/test_mutate.py", None)  # its example of a message names a page that need not exist
    named = {
        page: name
        for name, text in texts.items()
        for page in re.findall(r"(?<!\.dev/)docs/[\w/-]+\.(?:md|html|svg)", text)
    }
    assert "docs/reference/rules.md" in named
    assert not {page: name for page, name in named.items() if not (REPOSITORY / page).exists()}


def test_every_make_target_that_a_page_names_exists():
    targets = set(re.findall(r"^([a-z0-9-]+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        (page, target)
        for page in PAGES
        for target in re.findall(r"(?:^|`|\$ )make ([a-z0-9-]+)", (REPOSITORY / page).read_text("utf-8"), re.MULTILINE)
    }
    assert ("README.md", "run") in named
    assert not {(page, target) for page, target in named if target not in targets}


def test_the_index_leads_to_every_page():
    """README says so; decisions and runbooks have an index of their own."""
    docs = REPOSITORY / "docs"
    linked = {link.partition("#")[0] for link in LINK.findall((docs / "index.md").read_text("utf-8"))}
    pages = {page.removeprefix("docs/") for page in PAGES if page.startswith("docs/")} - {"index.md"}
    apart = {page for page in pages if page.startswith(("decisions/", "runbooks/")) and not page.endswith("/index.md")}
    assert pages - apart - linked == set()


def test_the_site_lists_every_page():
    def pages(entry):
        if isinstance(entry, str):
            yield entry
        else:
            for inner in entry.values() if isinstance(entry, dict) else entry:
                yield from pages(inner)

    listed = list(pages(yaml.safe_load((REPOSITORY / "mkdocs.yml").read_text("utf-8"))["nav"]))
    assert sorted(listed) == sorted(page.removeprefix("docs/") for page in PAGES if page.startswith("docs/"))
