"""``converter losses``: which objects of a live fleet lose which fields in which cluster."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

import msgspec

from converter.cli import FINDINGS, OK
from converter.cli.live_rules import live_converter
from converter.cli.loss_findings import Finding, Place, Subject, findings_of
from converter.cli.options import add_policy_option, add_rules_option
from converter.cli.reports import write
from converter.client import ApiServer, Collection, each_item
from converter.client.collections import WORKS
from converter.clusters import Cluster, Fleet
from converter.clusters.watched import CLUSTERS
from converter.errors import ManifestError
from converter.karmada.names import ANCHOR_LABEL, LOSSES_ANNOTATION, cluster_of
from converter.losses.messages import explain, unstored
from converter.losses.record import LossRecord
from converter.losses.severity import Severity
from converter.works.overflow import is_carrier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.engine import Engine
    from converter.kube import Manifest


_EPILOG = """\
examples:
  converter losses --kubeconfig karmada.config
  converter losses --kubeconfig karmada.config -o json

The command reads Clusters and Works, and writes nothing. `converter check` looks at files in the same way.

exit codes: 0 nothing is lost; 1 something is lost; 2 wrong usage, or the control plane cannot be reached
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "losses",
        help="list what a live fleet loses",
        description="List which objects of a Karmada control plane lose which fields in which cluster.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kubeconfig", metavar="FILE", required=True, help="kubeconfig of the Karmada API server")
    parser.add_argument("--context", metavar="NAME", help="context of that kubeconfig (default: its current context)")
    add_rules_option(parser)
    add_policy_option(parser)
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table", help="default: %(default)s")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List all losses; returns the exit code."""
    clusters, works = asyncio.run(_read(args))
    looked_at, found = look(clusters, works, asyncio.run(live_converter(args)))
    write(args.output, looked_at, found, Severity.HARMLESS, sys.stdout)
    return FINDINGS if found else OK


async def _read(args: argparse.Namespace) -> tuple[Fleet, list[Manifest]]:
    async with await ApiServer.connect(args.kubeconfig, args.context) as server:
        clusters = Fleet.of([Cluster.from_karmada(item) for item in await _all(server, CLUSTERS)])
        return clusters, await _all(server, WORKS)


async def _all(server: ApiServer, collection: Collection) -> list[Manifest]:
    return [msgspec.json.decode(raw) async for raw in each_item(server, collection)]


def look(fleet: Fleet, works: list[Manifest], converter: Engine) -> tuple[list[Subject], list[Finding]]:
    """Find what the Works of a fleet lose, without anchors and Works of unknown clusters."""
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
            raise ManifestError(
                f"Work {metadata['namespace']}/{metadata['name']} holds an entry that is not a manifest"
            )
        if is_carrier(manifest):
            continue
        yield Subject(Place(f"{metadata['namespace']}/{metadata['name']}"), manifest, cluster)


def _noted(subject: Subject, work: Manifest) -> Iterator[Finding]:
    """List what an earlier conversion lost: it cannot be seen in the converted manifest any more."""
    record = LossRecord.read((work["metadata"].get("annotations") or {}).get(LOSSES_ANNOTATION))
    for loss in record.losses:
        if loss.by_conversion is not None and loss.manifest.label == subject.label:
            yield Finding(subject, "loss", loss.severity, loss.path, explain(loss), str(loss.since or ""))
    for data in record.unstored:
        if data.manifest.label == subject.label:
            yield Finding(subject, "loss", Severity.DEGRADING, "", unstored(data))
