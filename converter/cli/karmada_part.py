"""The Karmada part alone (``--karmada-part-only``), for those who apply the host part themselves."""

from __future__ import annotations

import base64
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography import x509

from converter.cli import FINDINGS, OK
from converter.cli.clusters import DEFAULT_NAMESPACE, open_karmada_part
from converter.cli.options import UsageError
from converter.cli.streams import warn
from converter.client import NotFoundError
from converter.client.collections import API_SERVICES
from converter.controllers.apiservices import LABEL
from converter.install.dashboard import has_dashboard
from converter.install.installer import check, install
from converter.install.manifests import WEBHOOKS, Addresses, karmada_part
from converter.karmada.names import CONVERTED_LABEL
from converter.yaml import dump_all

if TYPE_CHECKING:
    import argparse

    from converter.client import ApiServer

_LEFT_OUT = {
    "theirs": "leaves out what another interpreter does",
    "unserved": "cannot be applied, so that nothing limits the APIServices of the controller",
    "refused": "was refused and is left out; correct the reason, then run `converter install` again",
}


def add_part_options(parser: argparse.ArgumentParser) -> None:
    """Add the options about the Karmada part."""
    group = parser.add_argument_group("Karmada part")
    group.add_argument(
        "--karmada-part-only", action="store_true",
        help="leave the host cluster alone; --kubeconfig is then the kubeconfig of the Karmada API server",
    )  # fmt: skip
    group.add_argument(
        "--webhook-url", metavar="URL",
        help="where Karmada reaches the webhooks (default: https://converter-admission.NAMESPACE.svc:443)",
    )  # fmt: skip
    group.add_argument(
        "--discovery-host", metavar="NAME",
        help="where Karmada reaches the discovery server (default: converter-discovery.NAMESPACE.svc)",
    )  # fmt: skip
    group.add_argument(
        "--ca-file", metavar="FILE", type=Path,
        help="certificates to trust, PEM, with --karmada-part-only (default: the controller fills in its CA)",
    )  # fmt: skip


def addresses(args: argparse.Namespace, namespace: str) -> Addresses:
    """Read the addresses of the processes.

    Raises:
        UsageError: one is invalid, or the file cannot be read.
    """
    bundle = base64.b64encode(_certificates(args.ca_file)).decode() if args.ca_file is not None else ""
    url = args.webhook_url or f"https://converter-admission.{namespace}.svc:443"
    if not url.startswith("https://"):
        raise UsageError(f"--webhook-url must begin with https://, not {url!r}")
    return Addresses(url, args.discovery_host or f"converter-discovery.{namespace}.svc", bundle, namespace)


def _certificates(file: Path) -> bytes:
    """Read the CA certificates to trust: Kubernetes stores any bytes there, and then calls no webhook.

    Raises:
        UsageError: the file cannot be read, has no certificate, or has a private key, which everyone could then read.
    """
    try:
        content = file.read_bytes()
        x509.load_pem_x509_certificates(content)
    except OSError as error:
        raise UsageError(f"cannot read --ca-file {file}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"--ca-file {file} does not contain a PEM certificate; pass the CA of the webhooks") from error
    if b"PRIVATE KEY-----" in content:
        raise UsageError(f"--ca-file {file} contains a private key; pass a file with the CA certificates only")
    return content


def print_part(args: argparse.Namespace) -> int:
    """Print every object of the Karmada part; returns the exit code."""
    where = addresses(args, args.namespace or DEFAULT_NAMESPACE)
    sys.stdout.write(dump_all(karmada_part(replace(where, dashboard=bool(args.dashboard)))))
    return OK


async def install_part(args: argparse.Namespace) -> int:
    """Apply the Karmada part; returns the exit code."""
    async with open_karmada_part(args) as (server, namespace):
        where = await _with_dashboard(server, addresses(args, namespace), args.dashboard)
        findings = await install(server, where, print)
    for finding in findings:
        warn(f"warning: {finding.kind} {finding.name} {_LEFT_OUT[finding.state]}: {finding.detail}")
    return FINDINGS if any(finding.state == "refused" for finding in findings) else OK


async def part_status(args: argparse.Namespace) -> int:
    """Check every object of the Karmada part, and print a line for each; returns the exit code."""
    async with open_karmada_part(args) as (server, namespace):
        good = True
        for finding in await check(server, await _with_dashboard(server, addresses(args, namespace), None)):
            good = good and finding.state in {"installed", "theirs", "unserved"}
            print(f"{finding.state:10} {finding.kind} {finding.name}{f' ({finding.detail})' if finding.detail else ''}")
        for name, available, why in await api_services(server):
            good = good and available
            print(f"{'available' if available else 'DOWN':10} APIService {name}{f' ({why})' if why else ''}")
        trusted = await has_authority(server)
        good = good and trusted
        print(f"{'trusted' if trusted else 'no CA yet':10} webhooks")
        print(f"{len(await converted_works(server)):<10} converted Works")
    return OK if good else FINDINGS


async def _with_dashboard(server: ApiServer, where: Addresses, wanted: bool | None) -> Addresses:  # noqa: FBT001  an option
    """Say whether the dashboard belongs to the installation: as the option says, else as it is."""
    there = await has_dashboard(server, where.namespace) if wanted is None else wanted
    return replace(where, dashboard=there)


async def converted_works(server: ApiServer) -> list[str]:
    """Name the converted Works, ``namespace/name``, sorted."""
    works = await _items(server, "/apis/work.karmada.io/v1alpha1/works", f"{CONVERTED_LABEL}=true", metadata_only=True)
    return sorted(f"{work['metadata']['namespace']}/{work['metadata']['name']}" for work in works)


async def api_services(server: ApiServer) -> list[tuple[str, bool, str]]:
    """List the APIServices of the discovery server: name, whether it is available, and why not."""
    found = []
    for service in await _items(server, API_SERVICES.path(), f"{LABEL}=true"):
        conditions = {item["type"]: item for item in (service.get("status") or {}).get("conditions") or ()}
        condition = conditions.get("Available", {})
        available = condition.get("status") == "True"
        found.append((service["metadata"]["name"], available, "" if available else condition.get("message", "")))
    return sorted(found)


async def has_authority(server: ApiServer) -> bool:
    """Whether every webhook has a CA."""
    path = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{WEBHOOKS}"
    try:
        webhooks = msgspec.json.decode(await server.get(path))["webhooks"]
    except NotFoundError:
        return False
    return all(webhook["clientConfig"].get("caBundle") for webhook in webhooks)


async def _items(server: ApiServer, path: str, selector: str, *, metadata_only: bool = False) -> list[dict[str, Any]]:
    answer = await server.get(path, {"labelSelector": selector}, metadata_only=metadata_only)
    found: list[dict[str, Any]] | None = msgspec.json.decode(answer)["items"]
    return found or []  # an empty list of metadata alone is null
