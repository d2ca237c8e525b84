"""Reconciles the Secret of the host cluster with the webhooks' certificates, and publishes their authority.

The servers mount the Secret and load a new certificate by themselves (`converter.certificates.tls`).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import datetime as dt
import logging
from typing import TYPE_CHECKING, Any

import msgspec

from converter.certificates.issue import CertificateError, CertificateProblem, Pair
from converter.certificates.rotate import DEFAULT_PERIODS, Material, Periods, advance
from converter.client import ApiError, ApiServer, NotFoundError
from converter.client.clock import Now, utc_now
from converter.client.collections import SECRETS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

_log = logging.getLogger(__name__)

_SINCE = "upcoming-since"
_KEYS = ("ca.crt", "signer.crt", "signer.key", "tls.crt", "tls.key")


class CertificateSecret:
    """Reconciles one Secret. Only the leader runs it.

    Attributes:
        authority: the PEM certificates to trust; empty until they are known.
    """

    def __init__(
        self,
        server: ApiServer,
        namespace: str,
        name: str,
        names: Sequence[str],
        publish: Callable[[bytes], Awaitable[None]],
        *,
        periods: Periods = DEFAULT_PERIODS,
        now: Now = utc_now,
    ) -> None:
        """Prepare.

        Args:
            server: the host cluster's API server.
            namespace: the Secret's namespace.
            name: the Secret's name.
            names: the DNS names and IP addresses of the webhooks.
            publish: writes the PEM certificates to trust where clients read them. Called in each pass, to repair them.
            periods: how long certificates are valid, and a new authority is trusted before it signs.
            now: the wall clock, for the validity of certificates.
        """
        self._server = server
        self._namespace = namespace
        self._name = name
        self._names = tuple(names)
        self._publish = publish
        self._periods = periods
        self._now = now
        self.authority = b""

    async def run(self, interval: float = 60.0) -> None:
        """Reconcile until cancelled. A failed pass is logged and repeated."""
        while True:
            try:
                await self.reconcile(self._now())
            except (ApiError, CertificateError) as error:
                _log.warning("cannot reconcile the certificates, retrying: %s", error)
            await asyncio.sleep(interval)

    async def reconcile(self, now: dt.datetime) -> None:
        """Issue or renew certificates if they are due, then publish their authority.

        The Secret must exist: its labels, its type and everything else in it stay as they are.

        Args:
            now: the present.

        Raises:
            ApiError: a request failed.
            CertificateError: the Secret does not exist, or a certificate cannot be issued.
        """
        path = SECRETS.object_path(self._namespace, self._name)
        try:
            secret: dict[str, Any] = msgspec.json.decode(await self._server.get(path))
        except NotFoundError as error:
            where = f"{self._namespace}/{self._name}"
            text = f"Secret {where} does not exist, and the controller has no right to create it; apply deploy/host"
            raise CertificateError(text, CertificateProblem.MISSING, detail=where) from error
        before = read(secret)
        after = advance(before, self._names, now, self._periods)
        if after != before:
            await self._server.replace(path, {**secret, "data": written(after)})
            _log.info("issued or renewed the certificates in Secret %s/%s", self._namespace, self._name)
        self.authority = after.trusted
        await self._publish(after.trusted)


def read(secret: dict[str, Any]) -> Material | None:
    """Read the certificates in a Secret; None if it is empty, incomplete or malformed."""
    data = secret.get("data") or {}
    try:
        found = {key: base64.b64decode(value, validate=True) for key, value in data.items()}
        authority = Pair(found["signer.crt"], found["signer.key"])
        serving = Pair(found["tls.crt"], found["tls.key"])
        trusted = found["ca.crt"]
        if "upcoming.crt" not in found:
            return Material(authority, serving, trusted)
        upcoming = Pair(found["upcoming.crt"], found["upcoming.key"])
        since = dt.datetime.fromisoformat(found[_SINCE].decode())
    except (KeyError, ValueError, binascii.Error):
        return None
    return Material(authority, serving, trusted, upcoming, since)


def written(material: Material) -> dict[str, str]:
    """Make the data of the Secret; the serving pair has the names of the type ``kubernetes.io/tls``."""
    parts = dict(
        zip(
            _KEYS,
            (
                material.trusted,
                material.authority.certificate,
                material.authority.key,
                material.serving.certificate,
                material.serving.key,
            ),
            strict=True,
        )
    )
    if material.upcoming is not None and material.upcoming_since is not None:
        parts["upcoming.crt"] = material.upcoming.certificate
        parts["upcoming.key"] = material.upcoming.key
        parts[_SINCE] = material.upcoming_since.isoformat().encode()
    return {key: base64.b64encode(value).decode() for key, value in parts.items()}
