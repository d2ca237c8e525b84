"""Tokens of ServiceAccounts in Karmada, and the Secrets of the host cluster that hand them to the processes.

A Secret has the keys ``kubeconfig`` and ``token``, and its annotations say when the token was issued and when it ends.
The kubeconfig names the file of the token, which the processes read again when it changes
(`converter.client.credentials`).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.client import Collection
from converter.client.claims import claims_of
from converter.client.clock import timestamp
from converter.karmada.names import TOKEN_EXPIRES_ANNOTATION, TOKEN_ISSUED_ANNOTATION
from converter.yaml import dump

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.client import ApiServer
    from converter.kube import Manifest

ACCOUNTS: Final = Collection("/api/v1", "serviceaccounts")

TOKEN_SECONDS: Final = 90 * 24 * 3600
"""The life of a token that is requested, in seconds. An API server can grant less."""

SHORTEST_SECONDS: Final = 600
"""The shortest life that an API server accepts (Kubernetes: ``pkg/apis/authentication/validation``)."""

RENEW_AFTER: Final = 2 / 3
"""The part of a token's life after which it is renewed: of 90 days, 30 are left to find and mend a failure."""

MOUNT: Final = "/etc/converter/karmada"
"""The folder at which a Pod sees its Secret."""

_NAME = "karmada"


@dataclass(frozen=True, slots=True)
class Token:
    """A token.

    Attributes:
        text: the token itself.
        issued_at: when it was issued; None if nothing says so.
        expires_at: when it ends; None if nothing says so.
        subject: the user name that it claims; empty if it claims none.
    """

    text: str
    issued_at: dt.datetime | None
    expires_at: dt.datetime | None
    subject: str = ""

    def renewal_at(self, part: float = RENEW_AFTER) -> dt.datetime | None:
        """Return when to renew it, after this part of its life; None if its life is not known."""
        if self.issued_at is None or self.expires_at is None:
            return None
        return self.issued_at + (self.expires_at - self.issued_at) * part


def account_of(identity: str) -> str:
    """Return the name of the ServiceAccount of an identity, such as ``admission``."""
    return f"converter-{identity}"


def secret_of(identity: str) -> str:
    """Return the name of the host cluster's Secret of an identity."""
    return f"converter-{identity}-kubeconfig"


async def request_token(karmada: ApiServer, namespace: str, account: str, *, seconds: int, now: dt.datetime) -> Token:
    """Request a token for a ServiceAccount (TokenRequest).

    Args:
        karmada: the Karmada API server.
        namespace: the account's namespace.
        account: the account's name.
        seconds: the life to ask for. The API server can grant less, and its answer counts.
        now: the present, for a token that does not say when it was issued.

    Raises:
        ApiError: the request failed; NotFoundError if the account does not exist.
    """
    path = ACCOUNTS.object_path(namespace, account, "token")
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "metadata": {},
        "spec": {"audiences": [], "expirationSeconds": seconds},
    }
    status = msgspec.json.decode(await karmada.create(path, body))["status"]
    claims = claims_of(status["token"])
    issued = claims.issued_at if claims is not None else now
    return Token(status["token"], issued, _moment(status["expirationTimestamp"]), claims.subject if claims else "")


def read_token(secret: Mapping[str, Any]) -> Token | None:
    """Read the token in a Secret; None if it has none. Its annotations count more than the token's claims."""
    try:
        text = base64.b64decode((secret.get("data") or {}).get("token", ""), validate=True).decode("ascii").strip()
    except (binascii.Error, ValueError):
        return None
    if not text:
        return None
    claims = claims_of(text)
    said = secret["metadata"].get("annotations") or {}
    issued = _moment(said.get(TOKEN_ISSUED_ANNOTATION)) or (claims.issued_at if claims else None)
    expires = _moment(said.get(TOKEN_EXPIRES_ANNOTATION)) or (claims.expires_at if claims else None)
    return Token(text, issued, expires, claims.subject if claims else "")


def with_token(secret: Manifest, token: Token) -> Manifest:
    """Return a Secret with another token; everything else in it stays."""
    metadata = secret["metadata"]
    moments = {TOKEN_ISSUED_ANNOTATION: token.issued_at, TOKEN_EXPIRES_ANNOTATION: token.expires_at}
    kept = {name: text for name, text in (metadata.get("annotations") or {}).items() if name not in moments}
    written = {name: timestamp(moment) for name, moment in moments.items() if moment is not None}
    data = {**(secret.get("data") or {}), "token": encoded(token.text)}
    return {**secret, "metadata": {**metadata, "annotations": {**kept, **written}}, "data": data}


def kubeconfig(server_url: str, ca_bundle: str, namespace: str, identity: str) -> str:
    """Write the kubeconfig of a process. The same arguments give the same text.

    Args:
        server_url: Karmada's address as the host cluster's Pods reach it.
        ca_bundle: the PEM certificates that sign the certificate at that address, in base64; empty for those that the
            process's system trusts.
        namespace: the namespace in Karmada of the ServiceAccounts, for kubectl with this file.
        identity: the identity, such as ``admission``.
    """
    user = account_of(identity)
    context = {"cluster": _NAME, "user": user, "namespace": namespace}
    cluster = {"server": server_url} | ({"certificate-authority-data": ca_bundle} if ca_bundle else {})
    return dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": _NAME, "cluster": cluster}],
            "users": [{"name": user, "user": {"tokenFile": f"{MOUNT}/token"}}],
            "contexts": [{"name": _NAME, "context": context}],
            "current-context": _NAME,
        }
    )


def encoded(text: str) -> str:
    """Encode a text as the data of a Secret."""
    return base64.b64encode(text.encode()).decode()


def _moment(text: str | None) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
