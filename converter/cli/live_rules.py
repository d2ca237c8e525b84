"""Reads how a live control plane converts: by rule files, by its rule objects, and by its CRDs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.cli.options import rule_paths
from converter.client import ApiServer
from converter.client.rule_objects import read_engine
from converter.clusters.watched_crds import read_kinds

if TYPE_CHECKING:
    import argparse

    from converter.engine import Engine
    from converter.rules.by_name import CustomKind


async def live_kinds(args: argparse.Namespace) -> tuple[CustomKind, ...]:
    """Read which custom resources a control plane converts by name alone; none where its CRDs may not be read.

    Args:
        args: with ``kubeconfig`` and ``context``.

    Raises:
        AccessError: the control plane cannot be reached.
        ApiError: it did not answer.
    """
    async with await ApiServer.connect(args.kubeconfig, args.context) as server:
        return await read_kinds(server)


async def live_converter(args: argparse.Namespace) -> Engine:
    """Make the converter that a control plane uses: of rule files, of its rule objects, and of its CRDs.

    Args:
        args: with ``kubeconfig``, ``context`` and the options of rule files.

    Raises:
        RuleBookError: with every problem of every rule file.
        AccessError: the control plane cannot be reached.
        ApiError: it did not answer.
    """
    async with await ApiServer.connect(args.kubeconfig, args.context) as server:
        return (await read_engine(server, rule_paths(args))).with_kinds(await read_kinds(server))
