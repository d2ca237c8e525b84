"""``converter rules diff``: shows what changed rules do to manifests, or to the Works of a fleet, before they apply."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from converter.catalog import load_catalog
from converter.cli import FINDINGS, OK
from converter.cli.convert import print_diff
from converter.cli.live_rules import documents_of, read_live
from converter.cli.manifest_files import items_of, read_documents
from converter.cli.options import UsageError, add_files_option
from converter.cli.plan import read_fleet
from converter.clusters import read_inventory
from converter.config import SHIPPED_RULES, read_parts, read_rule_files
from converter.engine import Engine
from converter.losses.messages import explain
from converter.planning.rule_changes import RuleChange, in_clusters, in_versions
from converter.planning.sources import from_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.kube import Manifest

_EPILOG = """\
examples:
  converter rules diff ./new-rules --against ./rules -f manifests/ --to acme.io/v1beta1
  converter rules diff ./new-rules --against ./rules -f manifests/ --inventory fleet.yaml
  converter rules diff ./new-rules --kubeconfig karmada.config                    # before kubectl apply -f ./new-rules
  converter rules diff ./new-rules --against ./rules --kubeconfig karmada.config  # before a ConfigMap is changed

With --kubeconfig the Works of a live fleet are compared, and its rule objects are part of both sides. Without
--against, the changed rules are documents to apply: each replaces the object of its kind and name. With --against they
are files that replace these files. The command writes nothing to the control plane.
docs/tutorials/roll-out-a-rule.md uses it before a change.

exit codes: 0 nothing changes; 1 something changes; 2 wrong usage, invalid rules, or the control plane cannot be reached
"""


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the verb."""
    parser = verbs.add_parser("diff", help="show what changed rules do", epilog=_EPILOG,
                              formatter_class=argparse.RawDescriptionHelpFormatter,
                              description="Show what changed rules do to manifests, or to the Works of a live fleet, "
                                          "before they are applied.")  # fmt: skip
    parser.add_argument("paths", nargs="+", metavar="PATH", help="the changed rules: files or directories")
    parser.add_argument("--against", action="append", default=[], metavar="PATH",
                        help="the present rules (repeatable; default: the shipped rules, and with --kubeconfig the "
                             "rule objects of the control plane)")  # fmt: skip
    add_files_option(parser, required=False)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--to", action="append", metavar="VERSION", help="convert the files to this apiVersion (repeatable)"
    )
    where.add_argument("--inventory", metavar="FILE", help="convert the files for each cluster of an inventory")
    where.add_argument("--kubeconfig", "--karmada-kubeconfig", metavar="FILE",
                       help="kubeconfig of the Karmada API server: compare the Works of its clusters")  # fmt: skip
    parser.add_argument("--context", "--karmada-context", metavar="NAME",
                        help="context of that kubeconfig (default: the current one)")  # fmt: skip
    parser.add_argument("--rules", action="append", default=[], metavar="PATH",
                        help="with --kubeconfig, other rule files that its processes use (repeatable)")  # fmt: skip
    parser.add_argument("--cluster", action="append", default=[], metavar="NAME", help="only this cluster (repeatable)")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="default: text")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compare, and print what changes."""
    before, after = _engines(args)
    changes, count = _changes(args, before, after)
    if args.output == "json":
        document = {"objects": count, "changes": [_facts(change) for change in changes]}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
    else:
        for change in changes:
            _print(change)
        broken = sum(change.breaks for change in changes)
        print(f"{count} objects: {len(changes)} change, {broken} of them cannot be converted any more")
    return FINDINGS if changes else OK


def _engines(args: argparse.Namespace) -> tuple[Engine, Engine]:
    """Make the converter of the present rules, and that of the changed ones."""
    if not args.kubeconfig:
        if args.rules:
            raise UsageError("--rules goes with --kubeconfig; name present rules with --against")
        return Engine.from_rules(args.against), Engine.from_rules(args.paths)
    live = asyncio.run(read_live(args, [*args.rules, *args.against]))
    if args.against:
        files = read_parts(read_rule_files([SHIPPED_RULES, *args.rules, *args.paths]), load_catalog())
        changed = replace(live.rules, files=files)
    else:
        changed = live.rules.with_applied(documents_of(args.paths))
    return live.engine(), live.engine(changed)


def _changes(args: argparse.Namespace, before: Engine, after: Engine) -> tuple[list[RuleChange], int]:
    if bool(args.filename) == bool(args.kubeconfig):
        raise UsageError("name files with -f for --to and --inventory; with --kubeconfig, the Works are read instead")
    if args.to and args.cluster:
        raise UsageError("--cluster goes with --inventory and --kubeconfig")
    if args.kubeconfig:
        fleet, objects = asyncio.run(read_fleet(args, before))
    else:
        objects = from_files(_manifests(args.filename), "", before)
        if args.to:
            return list(in_versions(objects, args.to, before, after)), len(objects)
        fleet = read_inventory(args.inventory)
    clusters = [cluster for cluster in fleet.values() if not args.cluster or cluster.name in args.cluster]
    missing = sorted({*args.cluster} - {cluster.name for cluster in clusters})
    if missing:
        raise UsageError(f"there is no cluster {', '.join(missing)}; the fleet has {', '.join(fleet)}")
    return list(in_clusters(objects, clusters, before, after)), len(objects)


def _manifests(files: Iterable[str]) -> Iterator[Manifest]:
    for document in read_documents(files):
        items = items_of(document.value)
        yield from (document.value,) if items is None else items


def _label(change: RuleChange) -> str:
    identity = change.sent.identity
    place = f"{identity.namespace}/" if identity.namespace else ""
    return f"{identity.kind} {place}{identity.name} for {change.place}"


def _print(change: RuleChange) -> None:
    label = _label(change)
    for words, outcome in (("was", change.before), ("is", change.after)):
        if outcome.manifest is None:
            print(f"{label}: {words} not converted: {outcome.problem}")
    print_diff(change.before.manifest or {}, change.after.manifest or {}, label)
    for words, losses in (("lost from now on", change.begin), ("no longer lost", change.end)):
        for loss in losses:
            print(f"{label}: {words}: {loss.path if loss.manifest.kind == 'Secret' else explain(loss)}")


def _facts(change: RuleChange) -> dict[str, Any]:
    identity = change.sent.identity
    facts: dict[str, Any] = {
        "kind": identity.kind, "namespace": identity.namespace, "name": identity.name, "for": change.place,
        "work": change.sent.work, "before": change.before.manifest, "after": change.after.manifest,
        "problem": change.after.problem, "lossesThatBegin": [loss.path for loss in change.begin],
        "lossesThatEnd": [loss.path for loss in change.end],
    }  # fmt: skip
    return facts
