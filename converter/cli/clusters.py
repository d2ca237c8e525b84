"""The options of commands that work on both API servers, Karmada's and the host cluster's, and the two clients."""

from __future__ import annotations

import argparse
import os
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from converter.cli.options import UsageError
from converter.client import ApiServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DEFAULT_NAMESPACE = "karmada-system"

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_LONGEST = 86400


@dataclass(frozen=True, slots=True)
class Clusters:
    """The two API servers of an installation.

    Attributes:
        karmada: the Karmada API server.
        host: the API server of the cluster in which Karmada's components run, and the converter's processes with them.
        namespace: the namespace of the installation, on both.
    """

    karmada: ApiServer
    host: ApiServer
    namespace: str


def duration(text: str) -> float:
    """Parse a duration such as ``2m``, ``90s`` or ``1h30m``, up to a day; the argparse type of such options.

    Returns:
        Seconds. ``0`` needs no unit.

    Raises:
        ArgumentTypeError: it is something else.
    """
    found = _DURATION.fullmatch("0s" if text == "0" else text)
    if not text or found is None:
        raise argparse.ArgumentTypeError(f"not a duration such as 2m, 90s or 1h30m: {text!r}")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = 3600 * hours + 60 * minutes + seconds
    if total > _LONGEST:
        raise argparse.ArgumentTypeError(f"longer than a day: {text!r}")
    return float(total)


def add_cluster_options(parser: argparse.ArgumentParser, *, wait: str = "") -> None:
    """Add the options that select both API servers and the namespace.

    Args:
        parser: the parser of the command.
        wait: the default of ``--wait``; without it, the command does not have that option.
    """
    group = parser.add_argument_group("clusters")
    group.add_argument(
        "--karmada-kubeconfig", metavar="FILE", help="kubeconfig of the Karmada API server, with an admin's rights"
    )
    group.add_argument(
        "--karmada-context", metavar="NAME", help="context of that kubeconfig (default: its current context)"
    )
    group.add_argument(
        "--kubeconfig", metavar="FILE",
        help="kubeconfig of the host cluster, where Karmada's components run (default: $KUBECONFIG, ~/.kube/config, or "
        "the service account of the Pod)",
    )  # fmt: skip
    group.add_argument("--context", metavar="NAME", help="context of that kubeconfig (default: its current context)")
    group.add_argument(
        "--namespace", metavar="NAME", default=DEFAULT_NAMESPACE,
        help="namespace of the installation, on both API servers (default: %(default)s)",
    )  # fmt: skip
    if wait:
        group.add_argument(
            "--wait", metavar="DURATION", type=duration, default=duration(wait),
            help=f"how long to wait for it, such as 90s or 5m; 0 does not wait (default: {wait})",
        )  # fmt: skip


def host_kubeconfig(given: str | None) -> str | None:
    """Find the kubeconfig of the host cluster: the one given, else kubectl's; None for the Pod's service account.

    Raises:
        UsageError: ``$KUBECONFIG`` lists several files.
    """
    if given is not None:
        return given
    listed = [path for path in os.environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    if len(listed) > 1:
        raise UsageError("$KUBECONFIG lists several files; select the host cluster's with --kubeconfig")
    if listed:
        return listed[0]
    default = Path.home() / ".kube" / "config"
    return str(default) if default.is_file() else None


@asynccontextmanager
async def open_clusters(args: argparse.Namespace) -> AsyncIterator[Clusters]:
    """Open both API servers, as the options of ``add_cluster_options`` select them.

    Raises:
        UsageError: an option is missing.
        AccessError: a kubeconfig cannot be read.
    """
    if args.karmada_kubeconfig is None:
        raise UsageError("--karmada-kubeconfig is missing: the kubeconfig of an administrator of Karmada")
    async with (
        await ApiServer.connect(host_kubeconfig(args.kubeconfig), args.context) as host,
        await ApiServer.connect(args.karmada_kubeconfig, args.karmada_context) as karmada,
    ):
        yield Clusters(karmada, host, args.namespace)
