"""The options of ``converter controller`` about the tokens that it renews."""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING

from converter.certificates.tls import Validity
from converter.cli.options import whole_number
from converter.client import ApiServer
from converter.client.clock import utc_now
from converter.controllers.event_recorder import EventRecorder
from converter.controllers.token_renewal import RenewalOptions, TokenRenewal
from converter.install.tokens import RENEW_AFTER, SHORTEST_SECONDS, TOKEN_SECONDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from converter.controllers.manager import Manager

_YEAR = 366 * 24 * 3600


def part(text: str) -> float:
    """Parse a part of a whole, between 0 and 1; the argparse type of such options.

    Raises:
        ArgumentTypeError: it is something else.
    """
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"not a number between 0 and 1: {text!r}")
    return number


def add_token_options(parser: argparse.ArgumentParser) -> None:
    """Add the options about tokens."""
    group = parser.add_argument_group("the tokens for Karmada, which it renews")
    group.add_argument(
        "--renew-tokens", metavar="NAMESPACE", default="",
        help="namespace of the host cluster with the Secrets converter-*-kubeconfig, whose tokens it renews (default: "
        "none are renewed)",
    )  # fmt: skip
    group.add_argument(
        "--token-seconds", metavar="SECONDS", type=whole_number(SHORTEST_SECONDS, _YEAR), default=TOKEN_SECONDS,
        help="life of a token to ask for; the API server can grant less (default: %(default)s, which is 90 days)",
    )  # fmt: skip
    group.add_argument(
        "--token-renew-after", metavar="PART", type=part, default=RENEW_AFTER,
        help="part of a token's life after which it is renewed (default: two thirds)",
    )  # fmt: skip


@contextlib.asynccontextmanager
async def token_renewal(
    args: argparse.Namespace, server: ApiServer, manager: Manager
) -> AsyncIterator[TokenRenewal | None]:
    """Make the leader renew the tokens that the options name.

    Yields:
        What renews them; None if the options name none.

    Raises:
        AccessError: the host cluster's address or credentials cannot be read.
    """
    if not args.renew_tokens:
        yield None
        return
    options = RenewalOptions(
        namespace=args.lease_namespace,
        host_namespace=args.renew_tokens,
        seconds=args.token_seconds,
        renew_after=args.token_renew_after,
    )
    async with await ApiServer.connect(args.host_kubeconfig, args.host_context) as host:
        renewal = TokenRenewal(server, host, options, EventRecorder(server, utc_now))
        manager.leader_tasks.append(renewal.run)
        yield renewal


def token_validity(server: ApiServer) -> Validity | None:
    """Return when the token that a client uses is valid; None if it does not say so."""
    claims = server.token_claims
    return None if claims is None else Validity(claims.issued_at, claims.expires_at)
