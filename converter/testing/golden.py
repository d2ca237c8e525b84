"""Golden files: what a fleet gets of manifests, as files that a reviewer reads."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from converter.errors import ConverterError
from converter.testing.errors import ArgumentError
from converter.testing.landing import land
from converter.testing.manifests import read_manifests
from converter.yaml import dump_all

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from converter.clusters import Cluster
    from converter.testing.landing import Landing
    from converter.testing.manifests import Manifests

UPDATE: Final = "--converter-update"
"""The option of pytest that writes golden files."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHOWN: Final = 200
"""Lines of a difference in a message."""


class GoldenError(ConverterError, AssertionError):
    """A golden file that is missing, or differs; the message shows the difference.

    Attributes:
        file: the golden file.
        expected: its text; None if it is missing.
        got: the text of this run.
    """

    def __init__(self, file: Path, expected: str | None, got: str) -> None:
        self.file = file
        self.expected = expected
        self.got = got
        if expected is None:
            super().__init__(f"{file} does not exist; run `pytest {UPDATE}` to write it, and review it")
            return
        lines = [*difflib.unified_diff(expected.splitlines(), got.splitlines(), str(file), "this run", lineterm="")]
        if len(lines) > _SHOWN:
            lines = [*lines[:_SHOWN], f"... {len(lines) - _SHOWN} more lines"]
        head = f"{file} differs; if the change is meant, run `pytest {UPDATE}` and review the difference:"
        super().__init__("\n".join([head, *lines]))


class Golden:
    """Compares what a test makes with files of its folder, or writes them.

    Attributes:
        folder: the folder of the files.
        update: whether to write the files instead of comparing with them (snapshot mode).
        written: the files that were written, in the order of the test.
    """

    def __init__(self, folder: str | os.PathLike[str], *, update: bool = False) -> None:
        self.folder = Path(folder)
        self.update = update
        self.written: list[Path] = []

    def compare_text(self, name: str, text: str) -> None:
        """Compare a text with the file ``name``.

        Raises:
            GoldenError: the file is missing, or differs; an AssertionError.
            ArgumentError: the name is not that of a file in the folder.
        """
        if not _NAME.fullmatch(name):
            problem = (
                f"{name!r} cannot name a golden file: use up to 100 letters, digits, '.', '_' and '-', and begin with "
                "a letter or a digit"
            )
            raise ArgumentError("name", problem)
        file = self.folder / name
        expected = file.read_bytes().decode() if file.is_file() else None
        if expected == text:
            return
        if not self.update:
            raise GoldenError(file, expected, text)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        self.written.append(file)

    def compare(self, name: str, manifests: Manifests) -> None:
        """Compare manifests with the file ``name.yaml``.

        Raises:
            GoldenError: the file is missing, or differs; an AssertionError.
            InputError: the manifests cannot be read.
        """
        self.compare_text(f"{name}.yaml", dump_all(read_manifests(manifests)))

    def compare_landings(
        self,
        name: str,
        manifests: Manifests,
        fleet: Mapping[str, Cluster],
        *,
        rules: Iterable[str | os.PathLike[str]] = (),
    ) -> None:
        """Compare what each cluster gets with the files ``name.CLUSTER.yaml``.

        Each manifest has its losses as comments in front of it. Every file is compared before the first error is
        raised, so that one run in snapshot mode writes all of them.

        Raises:
            GoldenError: the first file that is missing, or differs; an AssertionError.
            InputError: the manifests cannot be read.
            RuleBookError: with every problem of every rule file.
        """
        by_cluster: dict[str, list[Landing]] = {}
        for landing in land(manifests, fleet, rules=rules):
            by_cluster.setdefault(landing.cluster, []).append(landing)
        errors = []
        for cluster, landings in by_cluster.items():
            try:
                self.compare_text(f"{name}.{cluster}.yaml", "---\n".join(map(_shown, landings)))
            except GoldenError as error:
                errors.append(error)
        if errors:
            raise errors[0]


def _shown(landing: Landing) -> str:
    """Show one manifest in one cluster; texts of losses may change in a release, so only facts are written."""
    facts = [
        " ".join(part for part in ("#", finding.sort, finding.weight.value, finding.path) if part)
        for finding in landing.findings
    ]
    if landing.manifest is not None:
        return "\n".join([*facts, dump_all([landing.manifest])])
    source = landing.source
    metadata = source.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return "\n".join([*facts, f"# not in this cluster: {source.get('kind')} {name}", ""])
