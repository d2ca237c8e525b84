"""The options of ``converter controller`` about the Secret with the serving certificates."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import functools
from typing import TYPE_CHECKING

from converter.certificates.issue import AUTHORITY_LIFE, SERVING_LIFE
from converter.certificates.rotate import SPREAD, Periods
from converter.cli.options import UsageError, whole_number
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
    for option, life, text in (
        ("--certificate-seconds", SERVING_LIFE, "how long a serving certificate is valid"),
        ("--authority-seconds", AUTHORITY_LIFE, "how long an authority is valid"),
        ("--authority-spread-seconds", SPREAD, "how long a new authority is trusted before it signs"),
    ):
        default = int(life.total_seconds())
        number = whole_number(10, int(AUTHORITY_LIFE.total_seconds()))
        group.add_argument(
            option, metavar="SECONDS", type=number, default=default, help=f"{text} (default: %(default)s)"
        )


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
        lives = (args.certificate_seconds, args.authority_seconds, args.authority_spread_seconds)
        periods = Periods(*(dt.timedelta(seconds=life) for life in lives))
        secret = CertificateSecret(host, namespace, name, args.certificate_name, publish, periods=periods)
        interval = min(60.0, *(life / 10 for life in lives))
        manager.leader_tasks.append(functools.partial(secret.run, interval))
        yield lambda: secret.authority
