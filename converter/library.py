"""The library: one class over the rule book, for programs, tests and the converter's own commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from converter.catalog import load_catalog
from converter.conversion import Conversion, ConversionData, Route, Routes, convert, restore_source
from converter.errors import RuleBookError, RuleProblem
from converter.kube import Manifest, copy_json, gvk_of
from converter.losses import LossEvaluator
from converter.package_data import data_folder
from converter.rules import RuleBook, Source

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from converter.catalog import Catalog

SHIPPED_RULES = data_folder("conversion_rules")
"""The rule book that ships with this package."""

RULE_SUFFIXES = (".yaml", ".yml", ".json")


def rule_sources(paths: Iterable[str | os.PathLike[str]]) -> list[Source]:
    """Read the rule files at some paths: files as they are, directories with all below, sorted by name.

    Hidden files and folders are passed over, so that the bookkeeping of a mounted ConfigMap (``..data``) is not
    read twice.

    Raises:
        RuleBookError: a path does not exist, or a file cannot be read.
    """
    sources: list[Source] = []
    problems: list[RuleProblem] = []
    for given in paths:
        root = Path(given)
        if root.is_dir():
            files = sorted(file for file in root.rglob("*") if file.suffix in RULE_SUFFIXES and not _hidden(file, root))
        else:
            files = [root]
        for file in files:
            try:
                sources.append(Source(str(file), file.read_text(encoding="utf-8")))
            except FileNotFoundError:
                problems.append(RuleProblem(str(file), 0, "does not exist", "name a rule file or a directory of them"))
            except (OSError, UnicodeDecodeError) as error:
                problems.append(RuleProblem(str(file), 0, f"cannot be read: {error}"))
    if problems:
        raise RuleBookError(problems)
    return sources


def _hidden(file: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(root).parts) or file.is_dir()


class Converter:
    """Converts manifests between the versions that a rule book connects.

    Safe to share between threads: after it is made, nothing in it changes but a memory of routes.

    Attributes:
        routes: the routes through the book.
        losses: what a cluster of some release would drop without a word.
    """

    def __init__(self, book: RuleBook, catalog: Catalog | None = None) -> None:
        self.routes = Routes(book)
        self.losses = LossEvaluator(catalog or load_catalog(), book.weights)

    @classmethod
    def from_rules(
        cls,
        paths: Iterable[str | os.PathLike[str]] = (),
        *,
        shipped: bool = True,
        catalog: Catalog | None = None,
    ) -> Converter:
        """Make a converter from the shipped rule book and any rules beside it.

        Args:
            paths: rule files, or directories of them, to read beside the shipped book.
            shipped: whether to read the shipped book at all.
            catalog: what the fields that rules name are checked against; the shipped one where none is given.

        Raises:
            RuleBookError: with every problem of every file.
        """
        roots = [SHIPPED_RULES, *paths] if shipped else [*paths]
        types = catalog or load_catalog()
        return cls(RuleBook.read(rule_sources(roots), types), types)

    @property
    def book(self) -> RuleBook:
        """The rules."""
        return self.routes.book

    def convert(self, manifest: Manifest, to: str | Iterable[str], kept: ConversionData | None = None) -> Conversion:
        """Convert a manifest to another apiVersion.

        Args:
            manifest: one Kubernetes object; it is never changed.
            to: the apiVersion wanted, or several, of which the cheapest to reach is taken.
            kept: what an earlier conversion of this manifest kept (``Conversion.kept``); it is put back first,
                so that converting to a version and back with it gives the original exactly.

        Raises:
            ManifestError: it is no manifest, or a value has a type that its version does not allow.
            NoRouteError: no rules lead there.
            RefusedError: the conversion would change the meaning of a value.
        """
        targets = (to,) if isinstance(to, str) else tuple(to)
        gvk = gvk_of(manifest)
        if kept is not None and kept.source != gvk.api_version:
            manifest = self.restore(manifest, kept)
            gvk = gvk_of(manifest)
        source = gvk.api_version
        if source in targets:
            return Conversion(copy_json(manifest), (), ConversionData(source), None)
        return convert(manifest, self.routes.best(gvk.kind, source, targets))

    def restore(self, manifest: Manifest, kept: ConversionData) -> Manifest:
        """Take a converted manifest back to the version and the values it had before.

        Raises:
            ManifestError: it is no manifest, or a value has a type that its version does not allow.
            NoRouteError: the rules that converted it are gone.
            RefusedError: the conversion would change the meaning of a value.
        """
        gvk = gvk_of(manifest)
        route = self.routes.best(gvk.kind, kept.source, (gvk.api_version,))
        return restore_source(manifest, route, kept)

    def route(self, kind: str, source: str, to: str | Iterable[str]) -> Route:
        """Find the cheapest route from a version of a kind to another, or to any of several.

        Raises:
            NoRouteError: no rules lead there.
        """
        return self.routes.best(kind, source, (to,) if isinstance(to, str) else to)
