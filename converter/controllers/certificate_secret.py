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

from converter.certificates.issue import CertificateError, Pair
from converter.certificates.rotate import Material, advance
from converter.client import AlreadyExistsError, ApiError, ApiServer, Collection, NotFoundError
from converter.client.clock import Now, utc_now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

_log = logging.getLogger(__name__)

SECRETS = Collection("/api/v1", "secrets")
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
        now: Now = utc_now,
    ) -> None:
        """Prepare.

        Args:
            server: the host cluster's API server.
            namespace: the Secret's namespace.
            name: the Secret's name.
            names: the DNS names and IP addresses of the webhooks.
            publish: writes the PEM certificates to trust where clients read them. Called in each pass, to repair them.
            now: the wall clock, for the validity of certificates.
        """
        self._server = server
        self._namespace = namespace
        self._name = name
        self._names = tuple(names)
        self._publish = publish
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

        Args:
            now: the present.

        Raises:
            ApiError: a request failed.
            CertificateError: a certificate cannot be issued.
        """
        path = SECRETS.object_path(self._namespace, self._name)
        try:
            secret: dict[str, Any] | None = msgspec.json.decode(await self._server.get(path))
        except NotFoundError:
            secret = None
        before = read(secret)
        after = advance(before, self._names, now)
        if after != before:
            await self._write(secret, after)
            _log.info("issued or renewed the certificates in Secret %s/%s", self._namespace, self._name)
        self.authority = after.trusted
        await self._publish(after.trusted)

    async def _write(self, secret: dict[str, Any] | None, material: Material) -> None:
        wanted = written(material, self._namespace, self._name)
        if secret is None:
            try:
                await self._server.create(SECRETS.path(self._namespace), wanted)
            except AlreadyExistsError as error:  # another replica created it just now; the next pass reads it
                raise CertificateError(f"the Secret was created meanwhile: {error}") from error
            return
        wanted["metadata"]["resourceVersion"] = secret["metadata"]["resourceVersion"]
        await self._server.replace(SECRETS.object_path(self._namespace, self._name), wanted)


def read(secret: dict[str, Any] | None) -> Material | None:
    """Read the certificates in a Secret; None if it is missing or incomplete."""
    data = (secret or {}).get("data") or {}
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


def written(material: Material, namespace: str, name: str) -> dict[str, Any]:
    """Make the Secret that stores the certificates, of the standard type ``kubernetes.io/tls``."""
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
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": namespace, "name": name},
        "type": "kubernetes.io/tls",
        "data": {key: base64.b64encode(value).decode() for key, value in parts.items()},
    }
