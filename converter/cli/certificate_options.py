"""What ``converter controller`` needs to keep the serving certificates in a Secret: options, and the part itself."""

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
    group = parser.add_argument_group("the serving certificates, which it makes and rotates")
    group.add_argument(
        "--certificate-secret", metavar="NAMESPACE/NAME", default="",
        help="keep them in this Secret of the host cluster, and have Karmada trust them; without it none are touched",
    )  # fmt: skip
    group.add_argument("--certificate-name", action="append", default=[], metavar="NAME",
                       help="a DNS name or address that they answer for (repeatable)")  # fmt: skip
    group.add_argument("--host-kubeconfig", metavar="FILE", help="leads to the host cluster (default: the Pod's own)")
    group.add_argument("--host-context", metavar="NAME", help="of that kubeconfig")


@contextlib.asynccontextmanager
async def kept_certificates(
    args: argparse.Namespace, server: ApiServer, controller: Manager
) -> AsyncIterator[Callable[[], bytes] | None]:
    """Have whoever leads keep the Secret, where the options name one.

    Yields:
        What gives the PEM certificates to trust, empty until this replica leads and knows them; None where no Secret
        is kept.

    Raises:
        UsageError: the options do not go together.
        AccessError: there is no way to the host cluster.
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
        controller.leader_tasks.append(secret.run)
        yield lambda: secret.authority
