"""``converter losses``: which objects lose what in which cluster of a fleet, from a control plane or from files."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

import msgspec

from converter.cli import FINDINGS, OK
from converter.cli.check import add_cluster_options, chosen_clusters, report
from converter.cli.loss_findings import Finding, Place, Subject, findings_of
from converter.cli.options import UsageError, add_policy_option, add_rules_option, load_converter
from converter.cli.reports import write
from converter.client import ApiServer, Collection, each_item
from converter.clusters import Cluster, Fleet
from converter.clusters.watched import CLUSTERS
from converter.errors import ManifestError
from converter.karmada.names import ANCHOR_LABEL, LOSSES_ANNOTATION, cluster_of
from converter.losses import told_by_release
from converter.losses.severity import Severity
from converter.works.overflow import is_carrier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.kube import Manifest
    from converter.library import Converter

WORKS = Collection("/apis/work.karmada.io/v1alpha1", "works")

_EPILOG = """\
examples:
  converter losses --kubeconfig karmada.config                  # a whole fleet, as it is
  converter losses --kubeconfig karmada.config -o json
  converter losses -f manifests/ --inventory fleet.yaml         # as it would be
  converter losses -f manifests/ --release v1.20 --release v1.24

From a control plane it reads Clusters and Works, and writes nothing.
exit codes: 0 nothing is lost; 1 something is; 2 bad usage, unreadable input, no way to the control plane
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "losses",
        help="list what objects lose in the clusters of a fleet",
        description="List which objects lose which fields in which cluster.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kubeconfig", metavar="FILE", help="leads to the Karmada API server")
    parser.add_argument("--context", metavar="NAME", help="of that kubeconfig")
    parser.add_argument(
        "-f", "--filename", action="append", default=[], metavar="FILE",
        help="instead: a file, a directory, or - for standard input (repeatable)",
    )  # fmt: skip
    add_cluster_options(parser)
    add_rules_option(parser)
    add_policy_option(parser)
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table", help="default: %(default)s")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List everything; returns the exit code."""
    if bool(args.kubeconfig) == bool(args.filename):
        raise UsageError(
            "say what to look at: --kubeconfig FILE, or -f FILE with --inventory FILE or --release RELEASE"
        )
    if args.filename:
        return report(args, chosen_clusters(args), Severity.HARMLESS)
    if args.release or args.inventory or args.cluster:
        raise UsageError("a control plane knows its clusters: leave out --release, --inventory and --cluster")
    clusters, works = asyncio.run(_read(args))
    looked_at, found = look(clusters, works, load_converter(args))
    write(args.output, looked_at, found, Severity.HARMLESS, sys.stdout)
    return FINDINGS if found else OK


async def _read(args: argparse.Namespace) -> tuple[Fleet, list[Manifest]]:
    async with await ApiServer.connect(args.kubeconfig, args.context) as server:
        clusters = Fleet.of([Cluster.from_karmada(item) for item in await _all(server, CLUSTERS)])
        return clusters, await _all(server, WORKS)


async def _all(server: ApiServer, collection: Collection) -> list[Manifest]:
    return [msgspec.json.decode(raw) async for raw in each_item(server, collection)]


def look(fleet: Fleet, works: list[Manifest], converter: Converter) -> tuple[list[Subject], list[Finding]]:
    """Find what the Works of a fleet lose; of anchors, and of clusters that are not known, nothing is said."""
    looked_at: list[Subject] = []
    found: list[Finding] = []
    for work in works:
        for subject in _subjects(work, fleet):
            looked_at.append(subject)
            found += findings_of(subject, converter)
            found += _noted(subject, work)
    return looked_at, found


def _subjects(work: Manifest, fleet: Fleet) -> Iterator[Subject]:
    metadata = work["metadata"]
    cluster = fleet.find(cluster_of(metadata.get("namespace") or "") or "")
    if cluster is None or ANCHOR_LABEL in (metadata.get("labels") or {}):
        return
    manifests = ((work.get("spec") or {}).get("workload") or {}).get("manifests") or ()
    for manifest in manifests:
        if not isinstance(manifest, dict):
            raise ManifestError(f"Work {metadata['namespace']}/{metadata['name']} holds something that is no manifest")
        if is_carrier(manifest):
            continue
        yield Subject(Place(f"{metadata['namespace']}/{metadata['name']}"), manifest, cluster)


def _noted(subject: Subject, work: Manifest) -> Iterator[Finding]:
    """What an earlier conversion noted on a Work: it cannot be seen in the converted manifest any more."""
    lines = ((work["metadata"].get("annotations") or {}).get(LOSSES_ANNOTATION) or "").splitlines()
    for line in lines:
        if not line.startswith(f"{subject.label}: ") or told_by_release(line):
            continue
        text = line.removeprefix(f"{subject.label}: ")
        weight = next((weight for weight in Severity if text.endswith(f" ({weight})")), Severity.DEGRADING)
        text = text.removesuffix(f" ({weight})")
        path = text.partition(" = ")[0] if " = " in text else ""
        yield Finding(subject, "loss", weight, path, text)
