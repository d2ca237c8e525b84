"""``converter convert``: converts manifests from files or standard input."""

from __future__ import annotations

import argparse
import difflib
import sys
from typing import TYPE_CHECKING

from converter.catalog import load_catalog
from converter.cli import FINDINGS, OK
from converter.cli.convert_in_place import convert_files
from converter.cli.crd_files import GivenCrds, add_crds_option
from converter.cli.manifest_files import Document, items_of, read_documents, to_yaml, write_documents
from converter.cli.options import (
    UsageError,
    add_files_option,
    add_rules_option,
    add_target_options,
    chosen_cluster,
    load_converter,
    wanted_versions,
)
from converter.conversion import ConversionData
from converter.errors import ConversionError, ManifestError, NoRouteError
from converter.karmada.names import CONVERSION_DATA_ANNOTATION
from converter.kube import Manifest, copy_json, gvk_of, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.clusters import Cluster
    from converter.engine import Conversion, Engine
    from converter.losses import Loss
    from converter.rules.pruning import Difference

_EPILOG = """\
examples:
  converter convert -f deployment.yaml --to apps/v1
  converter convert -f old/ --to apps/v1 --to networking.k8s.io/v1 --skip-unknown -o json
  kustomize build . | converter convert -f - --cluster edge --inventory fleet.yaml --diff
  converter convert -f cron.yaml --to batch/v1beta1 --keep-losses > old.yaml   # and back, exactly:
  converter convert -f old.yaml --to batch/v1
  converter convert -f widget.yaml --to example.org/v1 --crds crds/
  converter convert -f charts/ --to networking.k8s.io/v1 --skip-unknown --in-place --dry-run > upgrade.patch

Manifests go to standard output, messages about them to standard error.
exit codes: 0 all converted; 1 at least one could not be converted (it is left out), or --strict and a value is lost
or not restored;
2 wrong usage, unreadable input, invalid rules
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "convert",
        help="convert manifests to other versions",
        description="Convert manifests to an apiVersion, or to the versions that a cluster serves.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_files_option(parser)
    add_target_options(parser)
    add_rules_option(parser)
    add_crds_option(parser, "convert by name alone between the versions of those with conversion.strategy None")
    parser.add_argument(
        "-o", "--output", choices=("yaml", "json"), default="yaml", help="output format (default: yaml)"
    )
    parser.add_argument("--diff", action="store_true", help="print a diff instead of the manifests")
    parser.add_argument("--strict", action="store_true", help="also exit with 1 if a value is lost or not restored")
    parser.add_argument(
        "--skip-unknown", action="store_true", help="print manifests that no rule can convert unchanged"
    )
    parser.add_argument(
        "--keep-losses", action="store_true",
        help=f"store lost values in the annotation {CONVERSION_DATA_ANNOTATION}; converting back restores them",
    )  # fmt: skip
    parser.add_argument("--in-place", action="store_true",
                        help="change the files themselves; comments, order and formatting stay")  # fmt: skip
    parser.add_argument("--dry-run", action="store_true",
                        help="with --in-place: change nothing, and print a patch")  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Convert every document; returns the exit code."""
    cluster = chosen_cluster(args)
    crds = GivenCrds(args.crds)
    if cluster is not None:
        crds.check_names([cluster])
        cluster = crds.on(cluster, load_catalog())
    converter = load_converter(args, crds.kinds)
    if args.in_place:
        quiet = argparse.Namespace(**{**vars(args), "diff": False})  # the diff is of the files' text
        return _in_place(args, _Job(converter, quiet, cluster, crds.lacking))
    if args.dry_run:
        raise UsageError("--dry-run goes with --in-place; without it, no file is changed")
    job = _Job(converter, args, cluster, crds.lacking)
    done = [job.document(document) for document in read_documents(args.filename)]
    if not args.diff:
        write_documents([manifest for manifest in done if manifest is not None], args.output, sys.stdout)
    return FINDINGS if job.findings else OK


def _in_place(args: argparse.Namespace, job: _Job) -> int:
    def convert(manifest: Manifest, origin: str) -> Manifest | None:
        before = job.findings
        made = job.manifest(manifest, origin)
        return None if args.strict and job.findings > before else made

    convert_files(args, convert)
    return FINDINGS if job.findings else OK


class _Job:
    """One run of the command; counts its findings."""

    def __init__(
        self,
        converter: Engine,
        args: argparse.Namespace,
        cluster: Cluster | None,
        lacking: Mapping[tuple[str, str], Difference],
    ) -> None:
        self.converter = converter
        self.args = args
        self.cluster = cluster
        self.lacking = cluster.lacking if cluster is not None else lacking
        self.findings = 0

    def document(self, document: Document) -> Manifest | None:
        """Convert one document, or each item of a List; None if it cannot be converted."""
        items = items_of(document.value)
        if items is None:
            return self.manifest(document.value, document.origin)
        done = [self.manifest(item, f"{document.origin} item {index}") for index, item in enumerate(items, 1)]
        kept = [item for item in done if item is not None]
        versions = {str(item["apiVersion"]) for item in kept}
        whole = {**document.value, "items": kept}
        if whole["kind"] != "List" and versions:  # an IngressList has the version of its items
            whole["apiVersion"] = min(versions)
        return whole

    def manifest(self, manifest: Manifest, origin: str) -> Manifest | None:
        """Convert one manifest; None if it cannot be converted."""
        try:
            result = self._convert(manifest)
        except NoRouteError as error:
            if self.args.skip_unknown:
                return manifest
            self._failed(manifest, origin, error)
            return None
        except (ConversionError, ManifestError) as error:
            self._failed(manifest, origin, error)
            return None
        for value in result.unrestored:
            print(f"{origin}: {_called(manifest)}: not restored: {value}", file=sys.stderr)
        for loss in result.losses:
            print(f"{origin}: {_called(manifest)}: lost: {loss}", file=sys.stderr)
        dropped = self._dropped(result.manifest, converted=result.manifest["apiVersion"] != manifest.get("apiVersion"))
        for gone in dropped:
            verb = "refused" if gone.refused else "dropped"
            print(f"{origin}: {_called(manifest)}: {verb} by {self._by(result.manifest)}: {gone}", file=sys.stderr)
        self.findings += bool(result.losses or dropped or result.unrestored) and self.args.strict
        if self.args.diff:
            print_diff(manifest, result.manifest, origin)
        return result.manifest

    def _convert(self, manifest: Manifest) -> Conversion:
        kind = gvk_of(manifest).kind
        given, data = take_conversion_data(manifest)
        wanted = wanted_versions(self.converter, self.args, self.cluster, kind)
        if self.cluster is not None and self.cluster.serves(gvk_of(given).api_version, kind) and data is None:
            wanted = (gvk_of(given).api_version,)
        result = self.converter.convert(given, wanted, data)
        if self.args.keep_losses and result.conversion_data.values:
            annotations = result.manifest.setdefault("metadata", {}).setdefault("annotations", {})
            annotations[CONVERSION_DATA_ANNOTATION] = result.conversion_data.to_json().decode()
        return result

    def _dropped(self, manifest: Manifest, *, converted: bool) -> tuple[Loss, ...]:
        """List what the cluster drops or refuses, or what every cluster does; it stays in the manifest."""
        gvk, cluster, losses = gvk_of(manifest), self.cluster, self.converter.losses
        lacking = self.lacking.get((gvk.api_version, gvk.kind))
        if cluster is None:
            dropped = losses.of_schema(manifest, gvk, lacking) if lacking is not None else ()
            if converted:
                dropped = (*losses.dropped_by_all(manifest, gvk), *dropped)
            return (*dropped, *losses.refused_by_all(manifest, gvk))
        release, gates = cluster.release, cluster.gates
        dropped = losses.of_release(manifest, gvk, release, cluster.name, gates=gates)
        if lacking is not None:
            dropped += losses.of_schema(manifest, gvk, lacking, (cluster.name, release))
        return (*dropped, *losses.refused_by(manifest, gvk, release, gates=gates))

    def _by(self, manifest: Manifest) -> str:
        if self.cluster is None:
            return f"every cluster that serves {manifest['apiVersion']}"
        return f"cluster {self.cluster.name}"

    def _failed(self, manifest: Manifest, origin: str, error: Exception) -> None:
        self.findings += 1
        where = f" for cluster {self.cluster.name}" if self.cluster else ""
        print(f"{origin}: {_called(manifest)}: cannot be converted{where}: {error}", file=sys.stderr)


def take_conversion_data(manifest: Manifest) -> tuple[Manifest, ConversionData | None]:
    """Split a manifest from the conversion data that ``--keep-losses`` stored in it; the input is not changed.

    Raises:
        ManifestError: the annotation cannot be read.
    """
    metadata = manifest.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or CONVERSION_DATA_ANNOTATION not in annotations:
        return manifest, None
    data = ConversionData.from_json(annotations[CONVERSION_DATA_ANNOTATION])
    bare = copy_json(manifest)
    del bare["metadata"]["annotations"][CONVERSION_DATA_ANNOTATION]
    if not bare["metadata"]["annotations"]:
        del bare["metadata"]["annotations"]
    return bare, data


def _called(manifest: Manifest) -> str:
    return f"{manifest.get('kind') or 'object'} {name_of(manifest)}".strip()


def print_diff(before: Manifest, after: Manifest, origin: str) -> None:
    """Print a unified diff of YAML with sorted keys, in colour on a terminal."""
    old, new = (to_yaml(_sorted(manifest)).splitlines() for manifest in (before, after))
    colours = {"+": "\033[32m", "-": "\033[31m", "@": "\033[36m"} if sys.stdout.isatty() else {}
    names = (f"{origin} {before.get('apiVersion')}", f"{origin} {after.get('apiVersion')}")
    for line in difflib.unified_diff(old, new, *names, lineterm=""):
        colour = colours.get(line[:1], "")
        print(f"{colour}{line}\033[0m" if colour else line)


def _sorted(manifest: Manifest) -> Manifest:
    def tidy(value: object) -> object:
        if isinstance(value, dict):
            return {key: tidy(value[key]) for key in sorted(value, key=str)}
        return [tidy(item) for item in value] if isinstance(value, list) else value

    return {key: tidy(manifest[key]) for key in sorted(manifest, key=str)}
