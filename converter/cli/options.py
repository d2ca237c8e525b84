"""Options that several commands share, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from converter.clusters import read_inventory
from converter.errors import ConverterError
from converter.library import Converter

if TYPE_CHECKING:
    import argparse

    from converter.clusters import Cluster


class UsageError(ConverterError):
    """Options that do not go together; the message says which to give."""


def add_files_option(parser: argparse._ActionsContainer, *, required: bool = True) -> None:
    """Add ``-f``, for manifests: what `converter.cli.manifest_files.read_documents` reads."""
    parser.add_argument(
        "-f",
        "--filename",
        action="append",
        required=required,
        default=[],
        metavar="FILE",
        help="a file, a directory, or - for standard input; YAML or JSON, several documents, Lists (repeatable)",
    )


def add_rules_option(parser: argparse._ActionsContainer) -> None:
    """Add ``--rules``, for an admin's own rules."""
    parser.add_argument(
        "--rules",
        action="append",
        default=[],
        metavar="PATH",
        help="a rule file or a directory of them to use beside the shipped rule book (repeatable)",
    )


def add_policy_option(parser: argparse._ActionsContainer) -> None:
    """Add ``--policy-file``, for what to do about losses."""
    parser.add_argument(
        "--policy-file",
        metavar="FILE",
        help="what to do about fields that a cluster drops: a LossPolicy (docs/reference/losses.md; default: warn)",
    )


def rule_paths(args: argparse.Namespace) -> list[str]:
    """List the files and directories of ``--rules``, and the one of ``--policy-file``, which is read with them."""
    return [*args.rules, *([args.policy_file] if getattr(args, "policy_file", None) else [])]


def add_target_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--to``, or ``--cluster`` with ``--inventory``."""
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument(
        "--to",
        action="append",
        metavar="VERSION",
        help="the apiVersion wanted, such as apps/v1; repeat it for input of several kinds",
    )
    target.add_argument("--cluster", metavar="NAME", help="convert to what this cluster of the inventory serves")
    parser.add_argument(
        "--inventory", metavar="FILE", help="the clusters and what they serve (docs/reference/inventory.md)"
    )


def load_converter(args: argparse.Namespace) -> Converter:
    """Make the converter of the shipped book, ``--rules`` and, where there is one, ``--policy-file``.

    Raises:
        RuleBookError: with every problem of every rule file.
    """
    return Converter.from_rules(rule_paths(args))


def chosen_cluster(args: argparse.Namespace) -> Cluster | None:
    """Find the cluster of ``--cluster`` in ``--inventory``; None where ``--to`` is used.

    Raises:
        ConverterError: one is missing, or the inventory cannot be read, or does not have that cluster.
    """
    if args.cluster is None:
        if args.inventory is not None:
            raise UsageError("--inventory needs --cluster NAME, which says for which of its clusters")
        return None
    if args.inventory is None:
        raise UsageError("--cluster needs --inventory FILE, which says what the cluster serves")
    fleet = read_inventory(Path(args.inventory))
    cluster = fleet.get(args.cluster)
    if cluster is None:
        known = ", ".join(sorted(fleet)) or "none"
        raise UsageError(f"{args.inventory} has no cluster {args.cluster!r}; it has: {known}")
    return cluster


def wanted_versions(
    converter: Converter, args: argparse.Namespace, cluster: Cluster | None, kind: str
) -> tuple[str, ...]:
    """List the apiVersions a manifest of a kind may end in, best first: of the cluster, or of ``--to``.

    A version of ``--to`` counts for the kinds that have it, where several are given.
    """
    if cluster is not None:
        return cluster.versions_of(kind)
    wanted: list[str] = args.to
    known = set(converter.book.versions(kind))
    return tuple(version for version in wanted if version in known) or tuple(wanted)
