"""Finds out whether an installation has the dashboard, which is optional."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from converter.client import find_object
from converter.client.collections import SECRETS
from converter.install.prune import Stale
from converter.install.tokens import ACCOUNTS, account_of, secret_of

if TYPE_CHECKING:
    from converter.client import ApiServer

IDENTITY: Final = "dashboard"


async def has_dashboard(karmada: ApiServer, namespace: str) -> bool:
    """Whether an installation has the dashboard: its account is in Karmada, however it was installed.

    Args:
        karmada: the Karmada API server.
        namespace: the namespace in Karmada of the installation.

    Raises:
        ApiError: the API server refused the request, or did not answer.
    """
    return await find_object(karmada, ACCOUNTS.object_path(namespace, account_of(IDENTITY))) is not None


async def stale_secret(host: ApiServer, namespace: str) -> list[Stale]:
    """Find the Secret of a dashboard that does not belong to the installation any more.

    Raises:
        ApiError: the API server refused the request, or did not answer.
    """
    path = SECRETS.object_path(namespace, secret_of(IDENTITY))
    found = await find_object(host, path)
    if found is None:
        return []
    metadata = found["metadata"]
    return [Stale("Secret", f"{namespace}/{metadata['name']}", path, metadata["uid"])]
