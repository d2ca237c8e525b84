"""The options of ``converter controller`` about the Secret with the serving certificates."""

from __future__ import annotations

import base64
import contextlib
from typing import TYPE_CHECKING

from converter.cli.options import UsageError
from converter.client import ApiServer
from converter.controllers.certificate_secret import CertificateSecret
from converter.install.installer import trust

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Callable

    from converter.controllers.manager import Manager


def add_certificate_options(parser: argparse.ArgumentParser) -> None:
    """Add the options about the Secret."""
    group = parser.add_argument_group("the serving certificates, which it issues and rotates")
    group.add_argument(
        "--certificate-secret", metavar="NAMESPACE/NAME", default="",
        help="Secret of the host cluster that stores them; Karmada is made to trust them (default: none are issued)",
    )  # fmt: skip
    group.add_argument("--certificate-name", action="append", default=[], metavar="NAME",
                       help="a DNS name or IP address of the webhooks (repeatable)")  # fmt: skip
    group.add_argument(
        "--host-kubeconfig", metavar="FILE", help="kubeconfig of the host cluster (default: the Pod's service account)"
    )
    group.add_argument("--host-context", metavar="NAME", help="context of that kubeconfig")


@contextlib.asynccontextmanager
async def certificate_secret(
    args: argparse.Namespace, server: ApiServer, manager: Manager
) -> AsyncIterator[Callable[[], bytes] | None]:
    """Make the leader issue and rotate the certificates in the Secret that the options name.

    Yields:
        A function that returns the PEM certificates to trust, empty until this replica leads and knows them; None if
        the options name no Secret.

    Raises:
        UsageError: the options do not go together.
        AccessError: the host cluster's address or credentials cannot be read.
    """
    if not args.certificate_secret:
        yield None
        return
    namespace, slash, name = args.certificate_secret.partition("/")
    if not slash or not name or not args.certificate_name:
        raise UsageError("--certificate-secret needs NAMESPACE/NAME, and at least one --certificate-name")

    async def publish(trusted: bytes) -> None:
        await trust(server, base64.b64encode(trusted).decode())

    async with await ApiServer.connect(args.host_kubeconfig, args.host_context) as host:
        secret = CertificateSecret(host, namespace, name, args.certificate_name, publish)
        manager.leader_tasks.append(secret.run)
        yield lambda: secret.authority
