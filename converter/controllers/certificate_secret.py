"""Keeps the webhooks' certificates in a Secret of the host cluster, and their authority where it has to be trusted.

The servers mount the Secret and take a new certificate up by themselves (`converter.certificates.tls`).
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

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

_log = logging.getLogger(__name__)

SECRETS = Collection("/api/v1", "secrets")
_SINCE = "upcoming-since"
_KEYS = ("ca.crt", "signer.crt", "signer.key", "tls.crt", "tls.key")


class CertificateSecret:
    """One Secret; only the leader keeps it.

    Attributes:
        authority: the PEM certificates to trust, once they are known; else empty.
    """

    def __init__(
        self,
        server: ApiServer,
        namespace: str,
        name: str,
        names: Sequence[str],
        publish: Callable[[bytes], Awaitable[None]],
    ) -> None:
        """Prepare.

        Args:
            server: the host cluster's API server.
            namespace: the Secret's namespace.
            name: the Secret's name.
            names: DNS names and addresses that the certificate has to answer for.
            publish: puts the PEM certificates to trust where clients read them; called in each round, to mend.
        """
        self._server = server
        self._namespace = namespace
        self._name = name
        self._names = tuple(names)
        self._publish = publish
        self.authority = b""

    async def run(self, interval: float = 60.0) -> None:
        """Keep it for ever; what fails is logged and tried again."""
        while True:
            try:
                await self.reconcile(dt.datetime.now(dt.UTC))
            except (ApiError, CertificateError) as error:
                _log.warning("certificates could not be kept, trying again: %s", error)
            await asyncio.sleep(interval)

    async def reconcile(self, now: dt.datetime) -> None:
        """Bring the Secret to what it should be, then make its authority known.

        Raises:
            ApiError: a server refused or did not answer.
            CertificateError: no certificate can be made.
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
            _log.info("certificates made or renewed in Secret %s/%s", self._namespace, self._name)
        self.authority = after.trusted
        await self._publish(after.trusted)

    async def _write(self, secret: dict[str, Any] | None, material: Material) -> None:
        wanted = written(material, self._namespace, self._name)
        if secret is None:
            try:
                await self._server.create(SECRETS.path(self._namespace), wanted)
            except AlreadyExistsError as error:  # made this very moment by somebody else: theirs is as good
                raise CertificateError(f"the Secret came into being meanwhile: {error}") from error
            return
        wanted["metadata"]["resourceVersion"] = secret["metadata"]["resourceVersion"]
        await self._server.replace(SECRETS.object_path(self._namespace, self._name), wanted)


def read(secret: dict[str, Any] | None) -> Material | None:
    """Read what a Secret holds; None where it is missing or is not whole."""
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
    """Write material as a Secret of the type that everything reading certificates understands."""
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
