"""``converter explain``: the route of a manifest, what each rule on it does, and why not another route."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from converter.catalog import load_catalog
from converter.cli import FINDINGS, OK
from converter.cli.convert import take_conversion_data
from converter.cli.crd_files import GivenCrds, add_crds_option
from converter.cli.manifest_files import items_of, read_documents
from converter.cli.options import (
    UsageError,
    add_files_option,
    add_rules_option,
    add_target_options,
    chosen_cluster,
    load_converter,
    wanted_versions,
)
from converter.errors import ConversionError, ManifestError, NoRouteError
from converter.kube import gvk_of, name_of
from converter.rules.steps.blocks import ordered
from converter.works.preview import preview_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.clusters import Cluster
    from converter.conversion import CompiledRoute
    from converter.engine import Engine
    from converter.kube import Manifest

_EPILOG = """\
examples:
  converter explain -f hpa.yaml --to autoscaling/v1
  converter explain -f shop/ --cluster edge --inventory fleet.yaml
  converter explain -f widget.yaml --to example.org/v1 --crds crds/
  converter explain --kind Ingress --from networking.k8s.io/v1 --to extensions/v1beta1

exit codes: 0 every manifest has a route; 1 at least one has none; 2 wrong usage or unreadable input
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "explain",
        help="explain how manifests would be converted",
        description="Explain the route of a manifest, what each rule does, what is lost, and why not another route.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_files_option(parser, required=False)
    parser.add_argument("--kind", metavar="KIND", help="the kind to explain, if no file is given")
    parser.add_argument(
        "--from", dest="source", metavar="VERSION", help="the apiVersion to start from, if no file is given"
    )
    add_target_options(parser)
    add_rules_option(parser)
    add_crds_option(parser, "custom resources that are converted by name alone")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Explain every manifest; returns the exit code."""
    if bool(args.filename) == bool(args.kind) or bool(args.kind) != bool(args.source):
        raise UsageError("explain needs manifests (-f FILE), or --kind KIND with --from VERSION")
    cluster, crds = chosen_cluster(args), GivenCrds(args.crds)
    if cluster is not None:
        crds.check_names([cluster])
        cluster = crds.on(cluster, load_catalog())
    converter = load_converter(args, crds.kinds)
    code = OK
    for manifest, origin in _subjects(args):
        try:
            gvk = gvk_of(manifest)
            print(f"{origin}: {gvk.kind} {name_of(manifest)}".rstrip())
            wanted = wanted_versions(converter, args, cluster, gvk.kind)
            if gvk.api_version in wanted:
                print(f"  stays in {gvk.api_version}")
            else:
                known = cluster is not None and cluster.release is not None
                for line in explain(converter, manifest, wanted, losses=bool(args.filename) and not known):
                    print(f"  {line}")
            if cluster is not None and args.filename:
                for line in _losses(converter, manifest, cluster):
                    print(f"  {line}")
        except (ConversionError, ManifestError) as error:
            code = FINDINGS
            print(f"  no: {error}")
            if isinstance(error, NoRouteError):
                print(f"  {_reached(converter, error)}")
    return code


def _reached(converter: Engine, error: NoRouteError) -> str:
    """Say where rules do lead."""
    versions = sorted(set(converter.routes.reachable(error.kind, error.source)) - {error.source})
    return f"rules lead from {error.source} {error.kind} to {', '.join(versions) or 'no other version'}"


def _subjects(args: argparse.Namespace) -> Iterator[tuple[Manifest, str]]:
    if args.kind:
        yield {"apiVersion": args.source, "kind": args.kind}, "rule book"
        return
    for document in read_documents(args.filename):
        items = items_of(document.value)
        if items is None:
            yield document.value, document.origin
        else:
            yield from ((item, f"{document.origin} item {index}") for index, item in enumerate(items, 1))


def explain(converter: Engine, manifest: Manifest, wanted: tuple[str, ...], *, losses: bool) -> Iterator[str]:
    """Describe the route of a manifest, line by line.

    Raises:
        ConversionError: there is no route, or the conversion is refused.
        ManifestError: it is not a manifest.
    """
    gvk = gvk_of(manifest)
    route = converter.route(gvk.kind, gvk.api_version, wanted)
    yield f"goes {' -> '.join(route.versions())}"
    for edge in route.edges:
        yield f"{edge.source} -> {edge.target} by rule {edge.rule.name} ({edge.rule.place})"
        yield from (f"  {step.describe(edge.toward)}" for step in ordered(edge.rule.steps, edge.toward))
        if not edge.rule.steps:
            yield "  only the apiVersion changes"
    if losses:
        given, data = take_conversion_data(manifest)
        found = converter.convert(given, (route.target,), data).losses
        yield f"lost: {'nothing' if not found else ''}".rstrip()
        yield from (f"  {loss}" for loss in found)
    yield from _others(converter, route, wanted)


def _losses(converter: Engine, manifest: Manifest, cluster: Cluster) -> Iterator[str]:
    """Describe what a cluster would lose, by the conversion and because of its release."""
    if cluster.release is None and not cluster.lacking:
        yield f"the release of cluster {cluster.name} is unknown, so fields that it drops are not listed"
        return
    given, _ = take_conversion_data(manifest)
    found = preview_version(given, cluster, converter).losses
    refused = [loss for loss in found if loss.refused]
    lost = [loss for loss in found if not loss.refused]
    yield f"lost: {'nothing' if not lost else ''}".rstrip()
    yield from (f"  {loss}" for loss in lost)
    if refused:
        yield "refused:"
        yield from (f"  {loss}" for loss in refused)


def _others(converter: Engine, route: CompiledRoute, wanted: tuple[str, ...]) -> Iterator[str]:
    reachable = converter.routes.reachable(route.kind, route.source)
    for version in wanted:
        if version == route.target:
            continue
        other = reachable.get(version)
        if other is None:
            why = converter.routes.why_not(route.kind, route.source, (version,)) or "no rule leads there"
            yield f"not {version}: {why}"
        else:
            yield f"not {version}: {_costlier(other, route)}"


def _costlier(other: CompiledRoute, best: CompiledRoute) -> str:
    if other.cost[0] != best.cost[0]:
        return f"{other.cost[0]} fields could be lost on the way, not {best.cost[0]}"
    if other.cost[1] != best.cost[1]:
        return f"{other.cost[1]} rules away, not {best.cost[1]}"
    if other.cost[2] != best.cost[2]:
        return f"{other.cost[2]} steps change its shape, not {best.cost[2]}"
    return "as good, but named later"
