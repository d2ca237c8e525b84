"""Findings of ``converter check`` and ``converter losses``: what a cluster drops of an object, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from converter.cli.manifest_files import Document, items_of
from converter.errors import ManifestError
from converter.kube import Path, gvk_of, name_of, parse_path
from converter.losses.messages import explain
from converter.losses.severity import Severity
from converter.works.preview import preview_version
from converter.yaml import YamlError, read_documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.clusters import Cluster
    from converter.engine import Engine
    from converter.kube import Manifest
    from converter.losses import Loss

Sort: TypeAlias = Literal["loss", "refused", "unreachable", "unreadable"]

THRESHOLDS = (*(weight.value for weight in reversed(Severity)), "never")
"""Values of ``--fail-on``: the lowest severity that is a failure."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a manifest was read.

    Attributes:
        file: the file, ``standard input``, or the name of a Work.
        document: which of the file's documents, from 0.
        item: which item of a List, from 0; None if the document is the manifest.
    """

    file: str
    document: int = 0
    item: int | None = None

    def __str__(self) -> str:
        item = f" item {self.item + 1}" if self.item is not None else ""
        return f"{self.file}#{self.document + 1}{item}" if self.document or item else self.file


@dataclass(frozen=True, slots=True)
class Subject:
    """One manifest and one cluster that it is meant for."""

    place: Place
    manifest: Manifest
    cluster: Cluster

    @property
    def label(self) -> str:
        """Kind and name: ``CronJob demo/report``."""
        return f"{self.manifest.get('kind') or 'object'} {name_of(self.manifest)}".strip()


@dataclass(frozen=True, slots=True)
class Finding:
    """A loss, or a manifest that a cluster cannot get.

    Attributes:
        subject: which manifest, in which cluster.
        sort: a lost field, a manifest that the cluster refuses, one that it cannot get, or one that cannot be read.
        weight: how much it matters.
        path: the field; empty for the whole manifest.
        text: a sentence for people, without the object and the cluster.
        since: the release that keeps the field; empty if none is known.
    """

    subject: Subject
    sort: Sort
    weight: Severity
    path: str
    text: str
    since: str = ""


def subjects(documents: Iterable[Document], clusters: Iterable[Cluster]) -> Iterator[Subject]:
    """Pair every manifest of the input, the items of Lists one by one, with every cluster."""
    wanted = tuple(clusters)
    for document in documents:
        file, _, number = document.origin.rpartition("#")
        if not file or not number.isdecimal():
            file, number = document.origin, "1"
        items = items_of(document.value)
        if items is None:
            found = [(Place(file, int(number) - 1), document.value)]
        else:
            found = [(Place(file, int(number) - 1, index), item) for index, item in enumerate(items)]
        for place, manifest in found:
            for cluster in wanted:
                yield Subject(place, manifest, cluster)


def findings_of(subject: Subject, converter: Engine) -> list[Finding]:
    """Find what a cluster would lose of a manifest, or why it cannot get it."""
    try:
        gvk_of(subject.manifest)
        forecast = preview_version(subject.manifest, subject.cluster, converter)
    except ManifestError as error:
        return [Finding(subject, "unreadable", Severity.DANGEROUS, error.path, str(error))]
    if forecast.problem:
        weight = Severity.DANGEROUS if forecast.certain else Severity.DEGRADING
        return [Finding(subject, "unreachable", weight, "", forecast.problem)]
    return [_finding(subject, loss) for loss in forecast.losses]


def _finding(subject: Subject, loss: Loss) -> Finding:
    """Make the finding of a loss; a refused manifest does not reach the cluster at all, so it always is dangerous."""
    since = str(loss.since or "")
    if loss.refused:
        return Finding(subject, "refused", Severity.DANGEROUS, loss.path, explain(loss), since)
    return Finding(subject, "loss", loss.severity, loss.path, explain(loss), since)


def fails(finding: Finding, threshold: str) -> bool:
    """Whether a finding makes the run fail."""
    return threshold != "never" and finding.weight.severity >= Severity(threshold).severity


def line_of(text: str, place: Place, path: str) -> int:
    """Find the line of a field, or of the nearest object around it.

    Args:
        text: the file's text, YAML or JSON.
        place: which manifest of it.
        path: the field.
    """
    try:
        documents = list(read_documents(text, report=lambda _: None, with_lines=True))
        document = documents[place.document]
        steps: Path = (*(("items", place.item) if place.item is not None else ()), *parse_path(path))
    except (YamlError, IndexError, ManifestError):
        return 1
    value = document.value
    found: tuple[str | int, ...] = ()
    line = document.lines.get((), 1)
    for step in steps:
        below = _step(value, step)
        if below is None:
            break
        found = (*found, below)
        value, line = value[below], document.lines.get((*found,), line)
    return line


def _step(value: Any, step: object) -> str | int | None:
    """Find the key or the index that a step of a path leads to; None where nothing is there."""
    if isinstance(value, dict):
        return step if isinstance(step, str) and step in value else None
    if not isinstance(value, list):
        return None
    if isinstance(step, int):
        return step if step < len(value) else None
    named = getattr(step, "name", None)
    return next(
        (index for index, item in enumerate(value) if isinstance(item, dict) and item.get("name") == named), None
    )
