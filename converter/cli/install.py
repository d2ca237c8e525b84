"""``converter install`` and ``status``: apply and check the Karmada part of the installation."""

from __future__ import annotations

import argparse
import asyncio
import base64
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from converter.cli import FINDINGS, OK
from converter.cli.options import UsageError
from converter.cli.streams import warn
from converter.client import ApiServer, NotFoundError
from converter.controllers.apiservices import API_SERVICES, LABEL
from converter.install.installer import check, install
from converter.install.manifests import WEBHOOKS, Addresses, karmada_part
from converter.karmada.names import CONVERTED_LABEL
from converter.yaml import dump_all

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_INSTALL = """\
examples:
  converter install --kubeconfig karmada.config
  converter install --kubeconfig karmada.config --ca-file ca.crt --webhook-url https://127.0.0.1:8443 \\
                    --discovery-host localhost
  converter install --dry-run                    # print the objects, and change nothing

Applied to the *Karmada* API server (server-side apply, safe to repeat, also to upgrade): webhook configurations, access
rights, the Service of the discovery server, interpreters for old versions. The processes themselves run in the host
cluster: kubectl apply -k deploy/host (docs/how-to/install.md).

If you have an interpreter of your own for an old version, yours stays: ours leaves out what yours does, and a warning
names it.

exit codes: 0 installed; 1 installed without an interpreter that Karmada refused; 2 the control plane cannot be reached,
or refused a request
"""

_STATUS = """\
examples:
  converter status --kubeconfig karmada.config

`theirs` means that an interpreter of yours does what the named one would do.

exit codes: 0 as installed; 1 something is missing, different or unavailable; 2 the control plane cannot be reached
"""


_LEFT_OUT = {
    "theirs": "leaves out what another interpreter does",
    "unserved": "cannot be applied, so that nothing limits the APIServices of the controller",
    "refused": "was refused and is left out; correct the reason, then run `converter install` again",
}


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parsers of both commands."""
    raw = argparse.RawDescriptionHelpFormatter
    for name, run, text, epilog in (
        ("install", run_install, "apply the Karmada part of the installation", _INSTALL),
        ("status", run_status, "check the Karmada part of the installation", _STATUS),
    ):
        parser = commands.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=epilog, formatter_class=raw
        )
        _add_options(parser)
        if name == "install":
            parser.add_argument("--dry-run", action="store_true", help="print the objects instead of applying them")
        parser.set_defaults(run=run)


def _add_options(parser: argparse.ArgumentParser) -> None:
    default = Addresses()
    parser.add_argument(
        "--kubeconfig", metavar="FILE", help="kubeconfig of the Karmada API server (default: the one of the Pod)"
    )
    parser.add_argument("--context", metavar="NAME", help="context of that kubeconfig (default: its current context)")
    parser.add_argument(
        "--namespace",
        default=default.namespace,
        help="namespace in Karmada for Services and Roles (default: %(default)s)",
    )
    parser.add_argument("--webhook-url", metavar="URL", default=default.webhooks, help="default: %(default)s")
    parser.add_argument("--discovery-host", metavar="NAME", default=default.discovery_host, help="default: %(default)s")
    parser.add_argument(
        "--ca-file", metavar="FILE", type=Path,
        help="certificates to trust, PEM (default: the controller fills in its CA)",
    )  # fmt: skip


def _addresses(args: argparse.Namespace) -> Addresses:
    bundle = ""
    if args.ca_file is not None:
        try:
            bundle = base64.b64encode(args.ca_file.read_bytes()).decode()
        except OSError as error:
            raise UsageError(f"cannot read --ca-file {args.ca_file}: {error.strerror}") from error
    if not args.webhook_url.startswith("https://"):
        raise UsageError(f"--webhook-url must begin with https://, not {args.webhook_url!r}")
    return Addresses(args.webhook_url, args.discovery_host, bundle, args.namespace)


def run_install(args: argparse.Namespace) -> int:
    """Apply every object; returns the exit code."""
    addresses = _addresses(args)
    if args.dry_run:
        sys.stdout.write(dump_all(karmada_part(addresses)))
        return OK

    async def apply(server: ApiServer) -> int:
        findings = await install(server, addresses, print)
        for finding in findings:
            warn(f"warning: {finding.kind} {finding.name} {_LEFT_OUT[finding.state]}: {finding.detail}")
        return FINDINGS if any(finding.state == "refused" for finding in findings) else OK

    return _with_server(args, apply)


def run_status(args: argparse.Namespace) -> int:
    """Check every object, and print a line for each; returns the exit code."""
    addresses = _addresses(args)

    async def look(server: ApiServer) -> int:
        good = True
        for finding in await check(server, addresses):
            good = good and finding.state in {"installed", "theirs", "unserved"}
            print(f"{finding.state:10} {finding.kind} {finding.name}{f' ({finding.detail})' if finding.detail else ''}")
        for name, available, why in await _api_services(server):
            good = good and available
            print(f"{'available' if available else 'DOWN':10} APIService {name}{f' ({why})' if why else ''}")
        trusted = await _has_authority(server)
        good = good and trusted
        print(f"{'trusted' if trusted else 'no CA yet':10} webhooks")
        print(f"{len(await _converted_works(server)):<10} converted Works")
        return OK if good else FINDINGS

    return _with_server(args, look)


def _with_server(args: argparse.Namespace, act: Callable[[ApiServer], Awaitable[int]]) -> int:
    async def connected() -> int:
        async with await ApiServer.connect(args.kubeconfig, args.context) as server:
            return await act(server)

    return asyncio.run(connected())


async def _items(server: ApiServer, path: str, selector: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.json.decode(await server.get(path, {"labelSelector": selector}))["items"]
    return found


async def _converted_works(server: ApiServer) -> list[str]:
    works = await _items(server, "/apis/work.karmada.io/v1alpha1/works", f"{CONVERTED_LABEL}=true")
    return sorted(f"{work['metadata']['namespace']}/{work['metadata']['name']}" for work in works)


async def _api_services(server: ApiServer) -> list[tuple[str, bool, str]]:
    found = []
    for service in await _items(server, API_SERVICES.path(), f"{LABEL}=true"):
        conditions = {item["type"]: item for item in (service.get("status") or {}).get("conditions") or ()}
        condition = conditions.get("Available", {})
        available = condition.get("status") == "True"
        found.append((service["metadata"]["name"], available, "" if available else condition.get("message", "")))
    return sorted(found)


async def _has_authority(server: ApiServer) -> bool:
    path = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{WEBHOOKS}"
    try:
        webhooks = msgspec.json.decode(await server.get(path))["webhooks"]
    except NotFoundError:
        return False
    return all(webhook["clientConfig"].get("caBundle") for webhook in webhooks)
