"""Options that several commands share, and what each of them selects."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from converter.clusters import read_inventory
from converter.engine import Engine
from converter.errors import ConverterError
from converter.placement.scheduler_name import DEFAULT_SCHEDULER, OWN_SCHEDULER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from converter.clusters import Cluster
    from converter.rules.by_name import CustomKind


class UsageError(ConverterError):
    """Options that contradict each other or are missing; the message says which to give."""


_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")


def whole_number(minimum: int, maximum: int) -> Callable[[str], int]:
    """Make the argparse type of an option that takes a whole number within bounds."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = minimum - 1
        if not minimum <= number <= maximum:
            raise argparse.ArgumentTypeError(f"not a whole number from {minimum} to {maximum}: {text!r}")
        return number

    return parse


def seconds(text: str) -> float:
    """Parse a number of seconds, from 0 to a day; the argparse type of such options.

    Raises:
        ArgumentTypeError: it is something else.
    """
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= _DAY:
        raise argparse.ArgumentTypeError(f"not a number of seconds from 0 to {_DAY}: {text!r}")
    return number


_DAY = 86400


def add_files_option(parser: argparse._ActionsContainer, *, required: bool = True) -> None:
    """Add ``-f``, the input of `converter.cli.manifest_files.read_documents`."""
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
    """Add ``--rules``, the rules of an admin."""
    parser.add_argument(
        "--rules",
        action="append",
        default=[],
        metavar="PATH",
        help="a rule file or directory to use in addition to the shipped rules (repeatable)",
    )


def add_policy_option(parser: argparse._ActionsContainer) -> None:
    """Add ``--policy-file``, which says what to do about losses."""
    parser.add_argument(
        "--policy-file",
        metavar="FILE",
        help="a LossPolicy: what to do about fields that a cluster drops (docs/reference/losses.md; default: warn)",
    )


def add_scheduler_option(parser: argparse._ActionsContainer) -> None:
    """Add ``--scheduler-name``, the scheduler of bindings that need a conversion."""
    parser.add_argument(
        "--scheduler-name",
        metavar="NAME",
        type=scheduler_name,
        default=OWN_SCHEDULER,
        help="the scheduler of bindings that need a conversion, the same for serve and controller (default: "
        "%(default)s); empty if Karmada's own scheduler runs with --plugins=*,-APIEnablement",
    )


FREE_PORT: Final = "127.0.0.1:0"
"""Any free port of this machine: where samples serve what nobody has to find."""


def add_metrics_option(parser: argparse._ActionsContainer, default: str, *, sample: bool = False) -> None:
    """Add ``--metrics-listen``, the address of health and metrics.

    Args:
        parser: the parser.
        default: each process has another port, so that all can share the network of a node.
        sample: whether the command has ``--sample``; then the option is empty unless it is given.
    """
    parser.add_argument(
        "--metrics-listen", metavar="HOST:PORT", default="" if sample else default,
        help=f"serve health and metrics at this address, without TLS (default: {default}"
        + (", sample: any free port)" if sample else ")"),
    )  # fmt: skip


def add_member_schemas_option(parser: argparse._ActionsContainer) -> None:
    """Add ``--member-schemas``, the choice to know what each member really serves."""
    parser.add_argument(
        "--member-schemas", metavar="NAMESPACE",
        help="the controller reads what each member really serves, and stores in this namespace of Karmada what it "
        "lacks; the same for serve and controller (docs/how-to/crds.md; default: not read)",
    )  # fmt: skip


def scheduler_name(text: str) -> str:
    """Read the name of the converter's scheduler; a label has it, too.

    Raises:
        ArgumentTypeError: it cannot be one.
    """
    if text == DEFAULT_SCHEDULER:
        raise argparse.ArgumentTypeError(f"{text} is Karmada's own scheduler; use --scheduler-name= to rely on it")
    if text and not _LABEL_VALUE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a label value: at most 63 letters, digits, '-', '_' and '.'")
    return text


def rule_paths(args: argparse.Namespace) -> list[str]:
    """List the paths of ``--rules``, and of ``--policy-file``, which is read with them."""
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


def load_converter(args: argparse.Namespace, kinds: Iterable[CustomKind] = ()) -> Engine:
    """Make the converter of the shipped rules, ``--rules`` and ``--policy-file``.

    Args:
        args: the options.
        kinds: custom resources that are converted by name alone.

    Raises:
        RuleBookError: with every problem of every rule file.
    """
    return Engine.from_rules(rule_paths(args), kinds=kinds)


def chosen_cluster(args: argparse.Namespace) -> Cluster | None:
    """Find the cluster of ``--cluster`` in ``--inventory``; None if ``--to`` is used.

    Raises:
        ConverterError: one option is missing, or the inventory cannot be read or does not have that cluster.
    """
    if args.cluster is None:
        if args.inventory is not None:
            raise UsageError("--inventory needs --cluster NAME, to select one of its clusters")
        return None
    if args.inventory is None:
        raise UsageError("--cluster needs --inventory FILE, which says what the cluster serves")
    fleet = read_inventory(Path(args.inventory))
    cluster = fleet.get(args.cluster)
    if cluster is None:
        known = ", ".join(sorted(fleet)) or "none"
        raise UsageError(f"{args.inventory} has no cluster {args.cluster!r}; it has: {known}")
    return cluster


def wanted_versions(converter: Engine, args: argparse.Namespace, cluster: Cluster | None, kind: str) -> tuple[str, ...]:
    """List the apiVersions that a kind may be converted to, the best one first: of the cluster, or of ``--to``.

    If ``--to`` is repeated, each version counts for the kinds that have it.
    """
    if cluster is not None:
        return cluster.versions_of(kind)
    wanted: list[str] = args.to
    known = set(converter.book.versions(kind))
    return tuple(version for version in wanted if version in known) or tuple(wanted)
