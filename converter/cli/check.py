"""``converter check``: what clusters would lose of manifests, before they are sent; made for pipelines."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from converter.catalog import Release, load_catalog
from converter.cli import FINDINGS, OK
from converter.cli.loss_findings import THRESHOLDS, fails, findings_of, subjects
from converter.cli.manifest_files import read_documents
from converter.cli.options import UsageError, add_files_option, add_policy_option, add_rules_option, load_converter
from converter.cli.reports import FORMS, write
from converter.clusters import Cluster, read_inventory

if TYPE_CHECKING:
    from collections.abc import Sequence

_EPILOG = """\
examples:
  converter check -f manifests/ --release v1.20 --release v1.24
  helm template shop | converter check -f - --inventory fleet.yaml --fail-on degrading
  kustomize build . | converter check -f - --inventory fleet.yaml --cluster edge -o junit > report.xml
  converter check -f manifests/ --inventory fleet.yaml -o sarif > check.sarif

A manifest that a cluster certainly cannot have counts as dangerous. docs/reference/losses.md
lists the severities.
exit codes: 0 nothing weighs as much as --fail-on; 1 something does; 2 bad usage, unreadable input, a broken rule book
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "check",
        help="say what clusters would drop of manifests, before they are sent",
        description="Say what clusters would drop or refuse of manifests, and which manifests they cannot have.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_files_option(parser)
    add_cluster_options(parser)
    add_rules_option(parser)
    add_policy_option(parser)
    parser.add_argument("-o", "--output", choices=FORMS, default="table", help="default: %(default)s")
    parser.add_argument(
        "--fail-on", choices=THRESHOLDS, default="dangerous",
        help="exit with 1 where something of this weight or more is lost (default: %(default)s)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def add_cluster_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--release``, ``--inventory`` and ``--cluster``."""
    parser.add_argument(
        "--release", action="append", default=[], metavar="RELEASE",
        help="a cluster with what this Kubernetes release serves by default: v1.20, v1.24.6-eks-abc (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--inventory", metavar="FILE", help="the clusters and what they serve (docs/reference/inventory.md)"
    )
    parser.add_argument(
        "--cluster", action="append", default=[], metavar="NAME", help="only this one of the inventory (repeatable)"
    )


def chosen_clusters(args: argparse.Namespace) -> list[Cluster]:
    """List the clusters that the options name.

    Raises:
        ConverterError: none is named, or one is not known, or the inventory cannot be read.
    """
    if args.cluster and args.inventory is None:
        raise UsageError("--cluster needs --inventory FILE, which says what the cluster serves")
    catalog = load_catalog()
    clusters = [Cluster.from_release(text, Release.parse(text), catalog) for text in dict.fromkeys(args.release)]
    if args.inventory is not None:
        fleet = read_inventory(Path(args.inventory), catalog)
        unknown = [name for name in args.cluster if name not in fleet]
        if unknown:
            known = ", ".join(sorted(fleet)) or "none"
            raise UsageError(f"{args.inventory} has no cluster {unknown[0]!r}; it has: {known}")
        clusters += [fleet[name] for name in dict.fromkeys(args.cluster or fleet)]
    if not clusters:
        raise UsageError("say for which clusters: --release RELEASE, or --inventory FILE with its clusters")
    return clusters


def run(args: argparse.Namespace) -> int:
    """Check everything; returns the exit code."""
    clusters = chosen_clusters(args)
    return report(args, clusters, args.fail_on)


def report(args: argparse.Namespace, clusters: Sequence[Cluster], threshold: str) -> int:
    """Look at the files for some clusters and write what is found; returns the exit code."""
    converter = load_converter(args)
    looked_at = list(subjects(read_documents(args.filename), clusters))
    found = [finding for subject in looked_at for finding in findings_of(subject, converter)]
    write(args.output, looked_at, found, threshold, sys.stdout)
    return FINDINGS if any(fails(finding, threshold) for finding in found) else OK
