"""``converter check``: what clusters would drop or refuse of manifests, before they are sent; for pipelines."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from converter.catalog import Release, load_catalog
from converter.cli import FINDINGS, OK
from converter.cli.crd_files import GivenCrds, add_crds_option
from converter.cli.loss_findings import THRESHOLDS, fails, findings_of, subjects
from converter.cli.manifest_files import read_documents
from converter.cli.options import UsageError, add_files_option, add_policy_option, add_rules_option, load_converter
from converter.cli.reports import FORMS, write
from converter.clusters import Cluster, read_inventory

_EPILOG = """\
examples:
  converter check -f manifests/ --release v1.20 --release v1.24
  helm template shop | converter check -f - --inventory fleet.yaml --fail-on degrading
  kustomize build . | converter check -f - --inventory fleet.yaml --cluster edge -o junit > report.xml
  converter check -f manifests/ --inventory fleet.yaml -o sarif > check.sarif
  converter check -f manifests/ --release v1.30 --crds crds/
  converter check -f manifests/ --inventory fleet.yaml --crds crds/ --crds edge=crds/edge/

A manifest that a cluster certainly refuses or cannot have counts as dangerous.
docs/reference/losses.md lists the severities and the refusals.
exit codes: 0 no finding reaches --fail-on; 1 at least one does; 2 wrong usage, unreadable input, invalid rules
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "check",
        help="report what clusters would drop of manifests",
        description="Report which fields clusters would drop or refuse, and which manifests they cannot get.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_files_option(parser)
    _add_cluster_options(parser)
    add_rules_option(parser)
    add_policy_option(parser)
    add_crds_option(parser, "what the clusters drop of custom resources, and what is converted by name alone; with a "
                    "name, the CRDs of that cluster")  # fmt: skip
    parser.add_argument("-o", "--output", choices=FORMS, default="table", help="default: %(default)s")
    parser.add_argument(
        "--fail-on", choices=THRESHOLDS, default="dangerous",
        help="exit with 1 if a loss has this severity or a higher one (default: %(default)s)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def _add_cluster_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--release``, ``--inventory`` and ``--cluster``."""
    parser.add_argument(
        "--release", action="append", default=[], metavar="RELEASE",
        help="a cluster that serves the defaults of this Kubernetes release, such as v1.20 (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--inventory", metavar="FILE", help="the clusters and what they serve (docs/reference/inventory.md)"
    )
    parser.add_argument(
        "--cluster",
        action="append",
        default=[],
        metavar="NAME",
        help="check only this cluster of the inventory (repeatable)",
    )


def chosen_clusters(args: argparse.Namespace) -> list[Cluster]:
    """List the clusters that the options select.

    Raises:
        ConverterError: none is selected, one is unknown, or the inventory cannot be read.
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
        raise UsageError("no cluster selected; give --release RELEASE, or --inventory FILE")
    return clusters


def run(args: argparse.Namespace) -> int:
    """Check every manifest for every cluster; returns the exit code."""
    crds, catalog = GivenCrds(args.crds), load_catalog()
    chosen = chosen_clusters(args)
    crds.check_names(chosen)
    clusters = [crds.on(cluster, catalog) for cluster in chosen]
    converter = load_converter(args, crds.kinds)
    checked = list(subjects(read_documents(args.filename), clusters))
    found = [finding for subject in checked for finding in findings_of(subject, converter)]
    write(args.output, checked, found, args.fail_on, sys.stdout)
    return FINDINGS if any(fails(finding, args.fail_on) for finding in found) else OK
