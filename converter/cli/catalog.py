"""``converter catalog``: the kinds and fields of a Kubernetes release, and how two releases differ."""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import TYPE_CHECKING

from converter.catalog import Release, load_catalog
from converter.catalog.diff import release_diff
from converter.catalog.report import kind_report, served_kinds
from converter.cli import OK
from converter.cli.options import whole_number
from converter.errors import ConverterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from converter.catalog import Catalog
    from converter.catalog.diff import KindDiff, ReleaseDiff
    from converter.catalog.report import FieldNode, KindReport, ServedKind

_SHOWN_FIELDS = 12

_EPILOG = """\
examples:
  converter catalog                             # the known releases
  converter catalog v1.20                       # what v1.20 serves by default
  converter catalog v1.20 --all                 # ... and versions that are off by default
  converter catalog v1.20 CronJob               # the versions of a kind, and the fields of the best one
  converter catalog v1.20 CronJob --api-version batch/v1beta1 --path spec.jobTemplate.spec --depth 2
  converter catalog diff v1.20 v1.36            # versions gained and lost, fields gained and lost
  converter catalog diff v1.20 v1.36 CronJob -o json

You can write a release as a cluster reports it: v1.24.6-eks-abc. A release that is newer than the catalog gets the
answer of the newest one.

exit codes: 0 answered; 2 the release, kind, version or path does not exist
"""


class QuestionError(ConverterError):
    """Arguments that are not a question to the catalog; the message says what to give."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "catalog",
        help="show what each Kubernetes release serves, and its fields",
        description="Show what a Kubernetes release serves and which fields it knows, or compare two releases.",
        usage="converter catalog [RELEASE [KIND] | diff RELEASE RELEASE [KIND]] [options]",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="a release and optionally a kind, or `diff` and two releases"
    )
    parser.add_argument("--all", action="store_true", help="also list versions that are off by default")
    parser.add_argument("--api-version", default="", metavar="VERSION", help="show the fields of this version")
    parser.add_argument("--path", default="", metavar="PATH", help="show the fields below this one: spec.jobTemplate")
    parser.add_argument(
        "--depth", type=whole_number(0, 100), default=3, metavar="N", help="levels of fields; 0 for all (default: 3)"
    )
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table", help="default: table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the answer.

    Raises:
        ConverterError: the arguments are not a question, or name something that the catalog does not have.
    """
    catalog, words = load_catalog(), args.words
    if not words:
        return _print(args, [str(release) for release in catalog.releases], _releases(catalog))
    if words[0] == "diff":
        if len(words) not in {3, 4}:
            raise QuestionError(
                "`converter catalog diff` takes two releases and optionally a kind, such as v1.20 v1.36"
            )
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
            "default" if kind.default_on else "if enabled",
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
    """Find the changes to print once: those of the metadata that every kind shares."""
    return frozenset.intersection(*(frozenset(_changes(kind)) for kind in diff.kinds)) if diff.kinds else frozenset()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
