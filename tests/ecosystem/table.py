"""Writes the table in docs/reference/ecosystem.md from the recorded answers: ``python -m tests.ecosystem.table``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.ecosystem import answers
from tests.ecosystem.projects import PROJECTS

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "ecosystem.md"
HEAD: Final = ("| Project | Kinds and versions | Compared with | Objects |", "| --- | --- | --- | --- |")


def rows() -> list[str]:
    """Write the table's rows, sorted by project."""
    found = []
    for name in answers.names():
        project, pairs = PROJECTS[name], answers.read(name)
        kinds: dict[str, set[str]] = {}
        for pair in pairs:
            kind, source, target = pair.versions
            named = (source, target) if project.groups else (each.rpartition("/")[2] for each in (source, target))
            kinds.setdefault(kind, set()).update(named)
        by_versions: dict[tuple[str, ...], list[str]] = {}
        for kind, versions in sorted(kinds.items()):
            by_versions.setdefault(tuple(sorted(versions)), []).append(kind)
        listed = "; ".join(
            f"{', '.join(some)} ({', '.join(versions)})" for versions, some in sorted(by_versions.items())
        )
        modules = " and ".join(one for one in (project.module, project.old_module) if one)
        judge = f"its own code, {modules}" if project.oracle else f"the API server, with {modules}"
        found.append(f"| {name} | {listed} | {judge.replace('@', ' ')} | {len(pairs):,} |")
    return found


def written(text: str) -> list[str]:
    """Return the rows that a page has."""
    _, _, below = text.partition("\n".join(HEAD) + "\n")
    return below.partition("\n\n")[0].splitlines()


def main() -> None:
    """Write the rows into the page."""
    text = PAGE.read_text()
    head = "\n".join(HEAD) + "\n"
    before, _, below = text.partition(head)
    _, _, after = below.partition("\n\n")
    PAGE.write_text(f"{before}{head}" + "\n".join(rows()) + f"\n\n{after}")


if __name__ == "__main__":
    main()
