"""The options of commands that work on both API servers, Karmada's and the host cluster's, and the two clients."""

from __future__ import annotations

import argparse
import os
import re
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from converter.cli.options import UsageError
from converter.client import ApiServer, NotFoundError, RejectedError
from converter.files import FileError, read_regular
from converter.install.detect import DetectionError, find_installations, select, server_of
from converter.install.installed import ServerAddress, installed_namespace, left_on_host
from converter.install.reach import open_karmada

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from converter.install.detect import KarmadaInstallation

DEFAULT_NAMESPACE = "karmada-system"

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_LONGEST = 86400
_LARGEST_KUBECONFIG = 1 << 20


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


@dataclass(frozen=True, slots=True)
class Target(Clusters):
    """The two API servers, and the Karmada that was found in the host cluster.

    Attributes:
        found: that Karmada; None if the host cluster has none, as with a managed control plane.
        karmada_server: the address of the Karmada API server in the given kubeconfig, and its CA in base64; both are
            empty where they are not known.
    """

    found: KarmadaInstallation | None = None
    karmada_server: tuple[str, str] = ("", "")


def add_cluster_options(
    parser: argparse.ArgumentParser, *, wait: str = "", namespace: str | None = None, needs_host: bool = True
) -> None:
    """Add the options that select both API servers and the namespace.

    Args:
        parser: the parser of the command.
        wait: the default of ``--wait``; without it, the command does not have that option.
        namespace: the default of ``--namespace``, for a command that runs without anybody who could be asked
            (`open_clusters`); None for one that finds what is not given (`open_target`).
        needs_host: whether the command always uses the host cluster; if not, only to find what is not given.
    """
    group = parser.add_argument_group("clusters")
    find = namespace is None
    secret = " (default: the one in the Secret of Karmada's administrator in the host cluster)" if find else ""
    group.add_argument(
        "--karmada-kubeconfig", metavar="FILE",
        help=f"kubeconfig of the Karmada API server, with an admin's rights{secret}",
    )  # fmt: skip
    group.add_argument(
        "--karmada-context", metavar="NAME", help="context of that kubeconfig (default: its current context)"
    )
    why = "" if needs_host else "; needed only without --karmada-kubeconfig"
    group.add_argument(
        "--kubeconfig", metavar="FILE",
        help=f"kubeconfig of the host cluster, where Karmada's components run{why} (default: $KUBECONFIG, "
        "~/.kube/config, or the service account of the Pod)",
    )  # fmt: skip
    group.add_argument("--context", metavar="NAME", help="context of that kubeconfig (default: its current context)")
    group.add_argument(
        "--namespace", metavar="NAME", default=namespace,
        help="namespace of the installation, on both API servers (default: "
        f"{namespace or 'where it is installed, else the one in which Karmada runs'})",
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


@asynccontextmanager
async def open_target(args: argparse.Namespace, *, must_find: bool = True) -> AsyncIterator[Target]:
    """Open both API servers; find Karmada in the host cluster, and what the options do not give.

    The namespace is the one given, else the one in which the converter is installed, else the one in which a removal
    left something of it, else the one of Karmada.

    Args:
        args: the options of ``add_cluster_options`` without a default namespace.
        must_find: whether to look for Karmada in the host cluster even if nothing else needs it.

    Raises:
        UsageError: an option is missing, or both kubeconfigs lead to one API server.
        DetectionError: several Karmadas are possible, or something of Karmada's is not as expected.
        UnreachableError: the kubeconfig in the Secret does not lead to Karmada from here.
        AccessError: a kubeconfig cannot be read.
        ApiError: an API server refused a request, or did not answer.
    """
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(await ApiServer.connect(host_kubeconfig(args.kubeconfig), args.context))
        found, karmada, namespace = None, None, args.namespace
        if args.karmada_kubeconfig is not None:
            karmada = await stack.enter_async_context(await _given(args))
            namespace = await namespace_of(karmada, args.namespace)
        if must_find or karmada is None or not namespace:
            found = await _find(args, host)
        if karmada is None:
            if found is None:
                where = f"namespace {args.namespace}" if args.namespace else "the host cluster"
                raise UsageError(
                    f"no Karmada was found in {where}; pass --karmada-kubeconfig, or select it with --namespace"
                )
            karmada = await stack.enter_async_context(await open_karmada(host, found))
            namespace = await namespace_of(karmada, args.namespace)
        await _check_sides(karmada, host)
        namespace = namespace or await left_on_host(host, _known(args, found))
        namespace = namespace or (found.namespace if found is not None else DEFAULT_NAMESPACE)
        yield Target(karmada, host, namespace, found, _given_server(args))


@asynccontextmanager
async def open_only_karmada(args: argparse.Namespace) -> AsyncIterator[tuple[ApiServer, str]]:
    """Open the Karmada API server, and yield it with the namespace of the installation.

    The host cluster is asked only for what neither the options nor Karmada say, so a Pod without an account there can
    use this, and so can anybody while the host cluster is down.

    Raises:
        ConverterError: as of `open_target`.
    """
    if args.karmada_kubeconfig is not None:
        async with await _given(args) as karmada:
            namespace = await namespace_of(karmada, args.namespace)
            if namespace:
                yield karmada, namespace
                return
    async with open_target(args, must_find=False) as target:
        yield target.karmada, target.namespace


@asynccontextmanager
async def open_karmada_part(args: argparse.Namespace) -> AsyncIterator[tuple[ApiServer, str]]:
    """Open the Karmada API server for ``--karmada-part-only``, and yield it with the namespace of the installation.

    Without ``--karmada-kubeconfig``, ``--kubeconfig`` is Karmada's: the host cluster is never asked.

    Raises:
        AccessError: the kubeconfig cannot be read.
        ApiError: the API server did not answer.
    """
    if args.karmada_kubeconfig is not None:
        opened = await _given(args)
    else:
        opened = await ApiServer.connect(args.kubeconfig, args.karmada_context or args.context)
    async with opened as karmada:
        yield karmada, await namespace_of(karmada, args.namespace) or DEFAULT_NAMESPACE


async def namespace_of(karmada: ApiServer, given: str | None) -> str:
    """Return the namespace of the installation: the one given, else where it is installed; empty if neither is known.

    Raises:
        UsageError: another namespace is given. A command would act on half of the installation.
    """
    installed = await installed_namespace(karmada)
    if given and installed and given != installed:
        raise UsageError(
            f"the converter of this Karmada is in the namespace {installed}, not in {given}; pass that one, or run "
            f"`converter uninstall` before you install it in {given}. --karmada-kubeconfig selects another Karmada"
        )
    return given or installed


async def _given(args: argparse.Namespace) -> ApiServer:
    return await ApiServer.connect(args.karmada_kubeconfig, args.karmada_context)


async def _find(args: argparse.Namespace, host: ApiServer) -> KarmadaInstallation | None:
    """Find Karmada in the host cluster; the CA of the kubeconfig that was given decides between several."""
    found = await find_installations(host, args.namespace)
    return select(found, ca_bundle=_given_server(args)[1])


def _known(args: argparse.Namespace, found: KarmadaInstallation | None) -> list[ServerAddress]:
    """List what is known of the Karmada API server's address."""
    known = [ServerAddress(*_given_server(args))]
    return known if found is None else [*known, ServerAddress(found.server_url, found.ca_bundle)]


def _given_server(args: argparse.Namespace) -> tuple[str, str]:
    """Read the address and the CA of the given kubeconfig; empty where they are not written in it."""
    if args.karmada_kubeconfig is None or args.karmada_context is not None:
        return "", ""
    try:
        return server_of(read_regular(Path(args.karmada_kubeconfig), _LARGEST_KUBECONFIG).decode())
    except (DetectionError, FileError, OSError, UnicodeDecodeError):
        return "", ""  # the client reports what is wrong with it


async def _check_sides(karmada: ApiServer, host: ApiServer) -> None:
    """Check that one API server is Karmada's, and the other one is not.

    Raises:
        UsageError: they are not.
    """
    uids = [await _uid(server) for server in (karmada, host)]
    if uids[0] and uids[0] == uids[1]:
        raise UsageError(
            "both kubeconfigs lead to the same API server; --karmada-kubeconfig selects Karmada's, --kubeconfig the "
            "one of the cluster in which Karmada runs"
        )
    try:
        await karmada.get("/apis/work.karmada.io/v1alpha1")
    except NotFoundError as error:
        raise UsageError(
            "--karmada-kubeconfig leads to an API server that is not Karmada's: it does not serve "
            "work.karmada.io/v1alpha1"
        ) from error


async def _uid(server: ApiServer) -> str:
    """Return what identifies a control plane; empty if it may not be read."""
    try:
        return str(msgspec.json.decode(await server.get("/api/v1/namespaces/kube-system"))["metadata"]["uid"])
    except (NotFoundError, RejectedError):
        return ""
