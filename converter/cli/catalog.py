"""``converter catalog``: what a Kubernetes release serves, which fields a kind has there, how two releases differ."""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import TYPE_CHECKING

from converter.catalog import Release, load_catalog
from converter.catalog.diff import release_diff
from converter.catalog.report import kind_report, served_kinds
from converter.cli import OK
from converter.errors import ConverterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from converter.catalog import Catalog
    from converter.catalog.diff import KindDiff, ReleaseDiff
    from converter.catalog.report import FieldNode, KindReport, ServedKind

_SHOWN_FIELDS = 12

_EPILOG = """\
examples:
  converter catalog                             # the releases there are
  converter catalog v1.20                       # what v1.20 serves by default
  converter catalog v1.20 --all                 # ... and what it knows but serves only when told to
  converter catalog v1.20 CronJob               # the versions of a kind, and the fields of the best one
  converter catalog v1.20 CronJob --api-version batch/v1beta1 --path spec.jobTemplate.spec --depth 2
  converter catalog diff v1.20 v1.36            # versions gained and lost, fields gained and lost
  converter catalog diff v1.20 v1.36 CronJob -o json

A release may be written as a cluster reports it: v1.24.6-eks-abc. For a release newer than the newest in the
catalog the newest one answers.

exit codes: 0 answered; 2 no such release, kind, version or path
"""


class QuestionError(ConverterError):
    """Words that ask the catalog nothing; the message says what to give."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "catalog",
        help="what each Kubernetes release serves, and its fields",
        description="Tell what a Kubernetes release serves and which fields it knows, or compare two releases.",
        usage="converter catalog [RELEASE [KIND] | diff RELEASE RELEASE [KIND]] [options]",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="a release and perhaps a kind, or `diff` and two releases"
    )
    parser.add_argument("--all", action="store_true", help="also versions that a release serves only when told to")
    parser.add_argument("--api-version", default="", metavar="VERSION", help="the version whose fields to show")
    parser.add_argument("--path", default="", metavar="PATH", help="show the fields below this one: spec.jobTemplate")
    parser.add_argument("--depth", type=int, default=3, metavar="N", help="fields this deep; 0 for all (default: 3)")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table", help="default: table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Answer the question the words ask, on standard output.

    Raises:
        ConverterError: the words ask nothing, or name what the catalog does not know.
    """
    catalog, words = load_catalog(), args.words
    if not words:
        return _print(args, [str(release) for release in catalog.releases], _releases(catalog))
    if words[0] == "diff":
        if len(words) not in {3, 4}:
            raise QuestionError("`converter catalog diff` takes two releases and perhaps a kind, such as v1.20 v1.36")
        old, new = Release.parse(words[1]), Release.parse(words[2])
        diff = release_diff(catalog, old, new, kind="".join(words[3:]), all_versions=args.all)
        return _print(args, dataclasses.asdict(diff), _diff(diff, limit=0 if words[3:] else _SHOWN_FIELDS))
    release = Release.parse(words[0])
    if len(words) == 1:
        found = served_kinds(catalog, release, all_versions=args.all)
        return _print(args, [dataclasses.asdict(kind) for kind in found], _kinds(found))
    if len(words) > 2:  # noqa: PLR2004 - a release and a kind
        raise QuestionError(f"`converter catalog` takes a release and a kind, not {len(words)} words")
    report = kind_report(catalog, release, words[1], api_version=args.api_version, path=args.path, depth=args.depth)
    return _print(args, dataclasses.asdict(report), _kind(report))


def _print(args: argparse.Namespace, value: object, lines: Iterable[str]) -> int:
    print(json.dumps(value, indent=2) if args.output == "json" else "\n".join(lines))
    return OK


def _releases(catalog: Catalog) -> Iterator[str]:
    rows = [
        (
            str(release),
            str(len(catalog.served(release))),
            str(len(catalog.served(release, all_versions=True))),
            source.wheel,
        )
        for release, source in zip(catalog.releases, catalog.sources, strict=True)
    ]
    yield from _table(("RELEASE", "SERVED", "KNOWN", "MADE FROM"), rows)


def _kinds(kinds: Iterable[ServedKind]) -> Iterator[str]:
    rows = [
        (
            kind.api_version,
            kind.kind,
            kind.plural,
            "namespace" if kind.namespaced else "cluster",
            "default" if kind.default_on else "if told to",
            kind.known_in,
        )
        for kind in kinds
    ]
    yield from _table(("VERSION", "KIND", "PLURAL", "SCOPE", "SERVED", "KNOWN IN"), rows)


def _kind(report: KindReport) -> Iterator[str]:
    yield from _kinds(report.versions)
    yield ""
    yield f"{report.shown} in {report.release}"
    yield from _fields(report.fields, "  ")


def _fields(nodes: Iterable[FieldNode], indent: str) -> Iterator[str]:
    for node in nodes:
        values = f"  {', '.join(node.values)}" if node.values else ""
        yield f"{indent}{node.name}  <{node.type}>{values}"
        yield from _fields(node.fields, indent + "  ")


def _diff(diff: ReleaseDiff, limit: int) -> Iterator[str]:
    for title, kinds in ((f"only {diff.new} serves", diff.gained), (f"only {diff.old} serves", diff.lost)):
        if kinds:
            yield f"{title}:"
            yield from ("  " + line for line in _kinds(kinds))
            yield ""
    everywhere = _in_every_kind(diff) if limit else frozenset()
    if everywhere:
        yield "every kind"
        yield from (f"  {change}" for change in sorted(everywhere))
    for kind in diff.kinds:
        changes = [change for change in _changes(kind) if change not in everywhere]
        if changes:
            yield f"{kind.api_version} {kind.kind}" + (f", was {kind.was}" if kind.was != kind.api_version else "")
            yield from (f"  {change}" for change in (changes[:limit] if limit else changes))
        if limit and len(changes) > limit:
            more = f"converter catalog diff {diff.old} {diff.new} {kind.kind}"
            yield f"  ... and {len(changes) - limit} more: {more}"
    if not (diff.gained or diff.lost or diff.kinds):
        yield f"{diff.old} and {diff.new} do not differ"


def _changes(kind: KindDiff) -> Iterator[str]:
    for sign, paths in (("+", kind.gained), ("-", kind.lost), ("~", kind.retyped)):
        yield from (f"{sign} {path}" for path in paths)


def _in_every_kind(diff: ReleaseDiff) -> frozenset[str]:
    """Changes to say once: those of the metadata that every kind shares."""
    return frozenset.intersection(*(frozenset(_changes(kind)) for kind in diff.kinds)) if diff.kinds else frozenset()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
