"""Reads how a live control plane converts: by rule files, by its rule objects, and by its CRDs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from converter.cli.options import rule_paths
from converter.client import ApiServer
from converter.client.rule_objects import LiveRules, read_rules
from converter.clusters.crds_of_rules import read_crds_of
from converter.clusters.watched_crds import read_kinds
from converter.config import parse_rules, read_rule_files
from converter.yaml import load_all

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from converter.engine import Engine
    from converter.rules import Rule
    from converter.rules.by_name import CustomKind
    from converter.rules.crds import CrdSchemas


def add_live_options(parser: argparse._ActionsContainer, use: str) -> None:
    """Add ``--kubeconfig``, ``--context`` and ``--rules``, which say how a control plane converts.

    Args:
        parser: the parser of the command.
        use: what the command does with the rules of the control plane.
    """
    parser.add_argument(
        "--kubeconfig", "--karmada-kubeconfig", metavar="FILE", help=f"kubeconfig of the Karmada API server: {use}"
    )
    parser.add_argument("--context", "--karmada-context", metavar="NAME",
                        help="context of that kubeconfig (default: the current one)")  # fmt: skip
    parser.add_argument("--rules", action="append", default=[], metavar="PATH",
                        help="with --kubeconfig, the rule files that its processes use (repeatable)")  # fmt: skip


class Live(NamedTuple):
    """What a control plane converts by.

    Attributes:
        rules: its rules.
        kinds: the custom resources that it converts by name alone; none where its CRDs may not be read.
    """

    rules: LiveRules
    kinds: tuple[CustomKind, ...]

    def engine(self, rules: LiveRules | None = None) -> Engine:
        """Make the engine of its rules, or of other ones."""
        return (rules or self.rules).engine().with_kinds(self.kinds)


async def read_live(args: argparse.Namespace, paths: Iterable[str] | None = None) -> Live:
    """Read how a control plane converts.

    Args:
        args: with ``kubeconfig``, ``context`` and, unless paths are given, the options of rule files.
        paths: the rule files that its processes use.

    Raises:
        RuleBookError: with every problem of every rule file.
        AccessError: the control plane cannot be reached.
        ApiError: it did not answer.
    """
    async with await ApiServer.connect(args.kubeconfig, args.context) as server:
        return Live(await read_rules(server, rule_paths(args) if paths is None else paths), await read_kinds(server))


async def live_converter(args: argparse.Namespace) -> Engine:
    """Make the converter that a control plane uses, as `read_live` reads it.

    Raises:
        RuleBookError: with every problem of every rule file.
        AccessError: the control plane cannot be reached.
        ApiError: it did not answer.
    """
    return (await read_live(args)).engine()


async def live_crds(args: argparse.Namespace, rules: Iterable[Rule]) -> CrdSchemas:
    """Read the CRDs of a control plane that rules are about.

    Args:
        args: with ``kubeconfig`` and ``context``.
        rules: the rules.

    Raises:
        AccessError: the control plane cannot be reached.
        ApiError: it did not answer.
        CrdError: a CRD cannot be read.
    """
    async with await ApiServer.connect(args.kubeconfig, args.context) as server:
        return await read_crds_of(server, rules)


def documents_of(paths: Iterable[str]) -> list[bytes]:
    """Read the documents of rule files as the rule objects that ``kubectl apply`` makes of them.

    Raises:
        RuleBookError: a file cannot be read, or a document cannot be parsed; with file and line.
    """
    files = read_rule_files(paths)
    parse_rules(files)
    return [msgspec.json.encode(document) for file in files for document in load_all(file.text)]
