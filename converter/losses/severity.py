"""Severities: how much the loss of a field matters, from ``FieldWeights`` documents.

A document is a list of entries. Later matching entries override earlier ones, in the order of the files: the shipped
table first, then each ``--rules`` path in order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from converter.errors import ManifestError, ProblemCode
from converter.kube import Path, parse_path
from converter.rules.limits import MAX_PARENTS, MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.catalog import Catalog
    from converter.kube import GroupVersionKind
    from converter.rules.yaml_source import Cursor

KIND: Final = "FieldWeights"

_SEPARATOR: Final = "\0"  # no key of a Kubernetes object holds it
_REMEMBERED: Final = 4096
"""Cached fields; requests can contain any map key, so the cache is bounded."""

_LONGEST_REMEMBERED: Final = 512
"""Characters of the longest path that is cached."""

_LONGEST_KEY: Final = 512
"""Characters of the longest key that a pattern can name; only the start of a longer one is compared."""


class Severity(StrEnum):
    """How much the loss of a field matters, from mild to severe."""

    HARMLESS = "harmless"
    """A hint: the workload runs the same without it."""

    DEGRADING = "degrading"
    """The workload lacks a feature."""

    DANGEROUS = "dangerous"
    """Security or data are at stake, or the object does something else than specified."""

    @property
    def severity(self) -> int:
        """0 for harmless, 1 for degrading, 2 for dangerous."""
        return _ORDER.index(self)


_ORDER = tuple(Severity)


@dataclass(frozen=True, slots=True)
class SeverityRule:
    """One entry of the table.

    Attributes:
        weight: the severity.
        fields: the patterns of fields, as written.
        why: what happens without the field, for people; may be empty.
        kinds: the kinds that it applies to; empty for all.
        namespaces: the objects' namespaces, with ``*``; empty for all.
        clusters: the clusters' names, with ``*``; empty for all.
        file: its file.
        line: its line in the file.
    """

    weight: Severity
    fields: tuple[str, ...]
    why: str = ""
    kinds: frozenset[str] = frozenset()
    namespaces: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    file: str = ""
    line: int = 0
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pattern", re.compile("|".join(map(_expression, self.fields)), re.DOTALL))

    def matches_field(self, kind: str, text: str) -> bool:
        """Whether it applies to a field of a kind, in the form of `_flat`."""
        return (not self.kinds or kind in self.kinds) and self._pattern.fullmatch(text) is not None

    def applies_in(self, namespace: str, cluster: str) -> bool:
        """Whether it applies to objects of a namespace in a cluster."""
        if not self.namespaces and not self.clusters:
            return True
        return matches(self.namespaces, namespace) and matches(self.clusters, cluster)


class SeverityTable:
    """All entries; immutable except for a bounded cache.

    Attributes:
        entries: the entries, in the order of the files.
    """

    def __init__(self, entries: Iterable[SeverityRule] = ()) -> None:
        self.entries = tuple(entries)
        self._found: dict[tuple[str, Path], tuple[SeverityRule, ...]] = {}

    def find(self, kind: str, path: Path, namespace: str = "", cluster: str = "") -> SeverityRule | None:
        """Find the last entry that matches a field; None if there is none.

        Args:
            kind: the object's kind.
            path: the field's path; an entry for a parent of the field matches too.
            namespace: the object's namespace; empty for cluster-scoped ones.
            cluster: the cluster's name.
        """
        key = (kind, path)
        found = self._found.get(key)
        if found is None:
            flat = _flat(path)
            found = tuple(entry for entry in reversed(self.entries) if entry.matches_field(kind, flat))
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            if len(flat) <= _LONGEST_REMEMBERED:
                self._found[key] = found
        for entry in found:
            if entry.applies_in(namespace, cluster):
                return entry
        return None

    def weigh(self, kind: str, path: Path, namespace: str = "", cluster: str = "") -> Severity:
        """Return the severity of a field; degrading if no entry matches."""
        return self.assess(kind, path, namespace, cluster)[0]

    def assess(self, kind: str, path: Path, namespace: str = "", cluster: str = "") -> tuple[Severity, str]:
        """Return the severity of a field and the consequence of its loss; degrading if no entry matches."""
        entry = self.find(kind, path, namespace, cluster)
        return (entry.weight, entry.why) if entry is not None else (Severity.DEGRADING, "")


def matches(patterns: Iterable[str], name: str) -> bool:
    """Whether a name matches one of the patterns, which can contain ``*``; True if there are no patterns."""
    listed = tuple(patterns)
    return not listed or any(fnmatchcase(name, pattern) for pattern in listed)


def _flat(path: Path) -> str:
    return _SEPARATOR.join([segment[:_LONGEST_KEY] if isinstance(segment, str) else "*" for segment in path])


def _expression(pattern: str) -> str:
    """Translate a field pattern to a regular expression over the form of `_flat`; it also matches fields below."""
    parts: list[str] = []
    for piece in re.split(r"(\*\*\.)", pattern):
        if piece == "**.":
            parts.append(f"(?:[^{_SEPARATOR}]+{_SEPARATOR})*")
        elif piece == "**":
            parts.append(".+")
        elif piece:
            segments = (
                re.escape(segment) if isinstance(segment, str) else f"[^{_SEPARATOR}]+"
                for segment in parse_path(piece.removesuffix("."))
            )
            parts.append(_SEPARATOR.join(segments) + (_SEPARATOR if piece.endswith(".") else ""))
    return f"(?:{''.join(parts)})(?:{_SEPARATOR}.*)?"


def parse_field_weights(root: Cursor, catalog: Catalog | None = None) -> Iterator[SeverityRule]:
    """Parse one ``FieldWeights`` document; what is wrong is added to the problems of ``root``.

    Args:
        root: the document.
        catalog: the schemas that the fields of Kubernetes' own kinds are checked against; None leaves them unchecked.

    Yields:
        The entries without problems, in order.
    """
    root.only(("apiVersion", "kind", "metadata", "spec"), "a table of weights")
    if not root.has("spec"):
        root.problem("spec is missing", "docs/reference/losses.md shows a table", ProblemCode.MISSING)
        return
    spec = root.child("spec")
    spec.only(("weights", "description"), "the spec of a table of weights")
    for entry in spec.child("weights").entries():
        before = root.problems.count
        entry.only(("weight", "fields", "why", "kinds", "namespaces", "clusters"), "an entry")
        weight = entry.choice("weight", tuple(Severity))
        kinds, fields = texts(entry, "kinds"), texts(entry, "fields")
        if not fields and root.problems.count == before:
            hint = 'fields: ["**.securityContext"], or ["**"] for all'
            entry.problem("must have fields", hint, ProblemCode.MISSING)
        named = frozenset(kinds)
        known = [gvk for gvk in catalog.kinds() if gvk.kind in named] if catalog is not None and named else []
        for index, pattern in enumerate(fields):
            _check(entry.child("fields").child(index), pattern, known, catalog)
        why = entry.text("why", "")
        namespaces, clusters = texts(entry, "namespaces"), texts(entry, "clusters")
        if root.problems.count == before:
            yield SeverityRule(
                Severity(weight), tuple(fields), why, frozenset(kinds), tuple(namespaces), tuple(clusters),
                root.problems.file, entry.line,
            )  # fmt: skip


def texts(holder: Cursor, key: str) -> list[str]:
    """Return the list of strings under a key; empty if the key is missing."""
    if not holder.has(key):
        return []
    return [item.value for item in holder.child(key).entries() if item.expect(str, "a string")]


def _check(place: Cursor, pattern: str, known: list[GroupVersionKind], catalog: Catalog | None) -> None:
    """Check one pattern of fields.

    Args:
        place: where it is written.
        pattern: the pattern.
        known: what the catalog has of the kinds of the entry.
        catalog: the schemas; None leaves the field unchecked.
    """
    if len(pattern) > MAX_TEXT or pattern.count("**") > MAX_PARENTS:
        text = f"the pattern has more than {MAX_PARENTS} '**', or more than {MAX_TEXT} characters"
        place.problem(text, "** already matches any number of parent fields", ProblemCode.TOO_LARGE)
        return
    try:
        _expression(pattern)
        path = parse_path(pattern) if "**" not in pattern else None
    except ManifestError as error:
        place.problem(error.problem, "** matches any parent fields, such as **.securityContext")
        return
    if path is None or catalog is None:
        return
    if known and not any(catalog.has_field(gvk, path) for gvk in known):
        place.problem(
            f"no release has the field {pattern} in {' or '.join(sorted({gvk.kind for gvk in known}))}",
            "run `converter catalog RELEASE KIND` to list the fields of a kind",
            ProblemCode.UNKNOWN_FIELD,
        )
