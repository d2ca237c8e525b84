"""Ensures the identities of the processes: ServiceAccounts in Karmada, and their tokens in Secrets of the host cluster.

An administrator's credentials are needed for this once, and again after an outage longer than a token's life. In
between, the controller renews the tokens (`converter.controllers.token_renewal`).
"""

from __future__ import annotations

import contextlib
import copy
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.client import AlreadyExistsError, ApiServer, ConflictError, NotFoundError, find_object
from converter.client.clock import Now, utc_now
from converter.client.collections import SECRETS
from converter.install.interpreters import APPLY
from converter.install.manifests import DEFAULT_NAMESPACE, FIELD_MANAGER, Addresses, karmada_part, user_name
from converter.install.tokens import (
    ACCOUNTS,
    TOKEN_SECONDS,
    Token,
    account_of,
    encoded,
    kubeconfig,
    read_token,
    request_token,
    secret_of,
    with_token,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from converter.kube import Manifest

IDENTITIES: Final = ("admission", "controller", "discovery", "dashboard", "scheduler")
"""The processes that authenticate to Karmada. An installation need not have the last two."""

_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
_TRIES = 5


def identities_of(*, scheduler: bool, dashboard: bool) -> tuple[str, ...]:
    """Return the identities of an installation, with its own scheduler and dashboard or without."""
    there = {"scheduler": scheduler, "dashboard": dashboard}
    return tuple(name for name in IDENTITIES if there.get(name, True))


class TokenProblem(StrEnum):
    """What is wrong with the token of an identity."""

    NO_SECRET = "no-secret"  # noqa: S105 -- not a password
    """The host cluster has no Secret for it."""

    NO_TOKEN = "no-token"  # noqa: S105 -- not a password
    """The Secret has no token."""

    REFUSED = "refused"
    """The Karmada API server does not accept the token: it has expired, its account is gone, or another signed it."""

    OTHER_ACCOUNT = "other-account"
    """The token is one of another account."""

    DUE = "due"
    """The token works, but the controller should have renewed it; or nothing says when it ends."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The state of an identity.

    Attributes:
        name: the identity, one of `IDENTITIES`.
        account: its ServiceAccount in Karmada, ``NAMESPACE/NAME``.
        secret: its Secret in the host cluster, ``NAMESPACE/NAME``.
        expires_at: when its token ends; None if there is none, or nothing says so.
        renewal_at: when the controller renews the token; None likewise.
        problem: what is wrong with the token; None if nothing is. `ensure_identities` returns what was wrong before.
        account_uid: the uid of the ServiceAccount as the API server reports it for the token; empty if it was refused.
    """

    name: str
    account: str
    secret: str
    expires_at: dt.datetime | None
    renewal_at: dt.datetime | None
    problem: TokenProblem | None
    account_uid: str = ""


class IdentitySecrets:
    """The Secrets of one installation, and the accounts whose tokens they hold."""

    def __init__(
        self,
        karmada: ApiServer,
        host: ApiServer,
        *,
        namespace: str = DEFAULT_NAMESPACE,
        host_namespace: str = DEFAULT_NAMESPACE,
        now: Now = utc_now,
    ) -> None:
        """Prepare.

        Args:
            karmada: the Karmada API server, with the rights to create TokenReviews, and for `ensure` an
                administrator's.
            host: the host cluster's API server, with rights for Secrets.
            namespace: the namespace in Karmada of the ServiceAccounts.
            host_namespace: the namespace in the host cluster of the Secrets.
            now: the wall clock.
        """
        self._karmada = karmada
        self._host = host
        self._namespace = namespace
        self._host_namespace = host_namespace
        self._now = now

    async def examine(self, identities: Iterable[str] = IDENTITIES) -> list[Identity]:
        """Find out the state of identities. Nothing is written, but for TokenReviews, which are not stored.

        Raises:
            ApiError: a request failed.
        """
        return [await self._examine(name, await self._secret(name)) for name in identities]

    async def ensure(
        self, server_url: str, ca_bundle: str, identities: Iterable[str] = IDENTITIES, seconds: int = TOKEN_SECONDS
    ) -> list[Identity]:
        """Ensure identities. A token that works and is not due stays; a kubeconfig that differs is written.

        Args:
            server_url: Karmada's address as the host cluster's Pods reach it.
            ca_bundle: the PEM certificates that sign the certificate at that address, in base64.
            identities: the identities.
            seconds: the life of tokens to ask for. The API server can grant less.

        Returns:
            Each identity with its token's times as they are now, and with what was wrong before.

        Raises:
            ApiError: a request failed. Repeat it to do the rest.
        """
        found = []
        for name in identities:
            uid = await self._ensure_account(account_of(name))
            config = kubeconfig(server_url, ca_bundle, self._namespace, name)
            found.append(await self._ensure(name, config, seconds, uid))
        return found

    async def _ensure_account(self, account: str) -> str:
        """Apply a ServiceAccount; return its uid."""
        manifests = karmada_part(Addresses(namespace=self._namespace, dashboard=True))
        wanted = ("ServiceAccount", account)
        (manifest,) = [item for item in manifests if (item["kind"], item["metadata"]["name"]) == wanted]
        path = ACCOUNTS.object_path(self._namespace, account)
        stored = await self._karmada.patch(f"{path}?fieldManager={FIELD_MANAGER}&force=true", manifest, APPLY)
        return str(msgspec.json.decode(stored)["metadata"]["uid"])

    async def _ensure(self, name: str, config: str, seconds: int, uid: str) -> Identity:
        for _ in range(_TRIES - 1):
            # The controller, or another administrator, can have written the Secret meanwhile.
            with contextlib.suppress(ConflictError, AlreadyExistsError, NotFoundError):
                return await self._ensure_once(name, config, seconds, uid)
        return await self._ensure_once(name, config, seconds, uid)

    async def _ensure_once(self, name: str, config: str, seconds: int, uid: str) -> Identity:
        before = await self._secret(name)
        state = await self._examine(name, before)
        if state.problem is None and state.account_uid != uid:
            # The account was created again. The API server remembers for ten seconds that it accepted the old token.
            state = replace(state, problem=TokenProblem.OTHER_ACCOUNT, account_uid=uid)
        after = copy.deepcopy(before) if before is not None else self._new(name)
        after["data"] = {**(after.get("data") or {}), "kubeconfig": encoded(config)}
        if state.problem is not None:
            account, now = account_of(name), self._now()
            token = await request_token(self._karmada, self._namespace, account, seconds=seconds, now=now)
            after = with_token(after, token)
        if after != before:
            await self._write(name, before, after)
        return self._identity(name, read_token(after), state.problem, state.account_uid)

    async def _write(self, name: str, before: Manifest | None, after: Manifest) -> None:
        if before is None:
            await self._host.create(SECRETS.path(self._host_namespace), after)
        else:
            await self._host.replace(SECRETS.object_path(self._host_namespace, secret_of(name)), after)

    def _new(self, name: str) -> Manifest:
        labels = {
            "app.kubernetes.io/name": "karmada-api-version-converter",
            "app.kubernetes.io/part-of": "karmada-api-version-converter",
        }
        metadata = {"name": secret_of(name), "namespace": self._host_namespace, "labels": labels}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": {}}

    async def _secret(self, name: str) -> Manifest | None:
        return await find_object(self._host, SECRETS.object_path(self._host_namespace, secret_of(name)))

    async def _examine(self, name: str, secret: Manifest | None) -> Identity:
        token = read_token(secret) if secret is not None else None
        if token is None:
            problem = TokenProblem.NO_SECRET if secret is None else TokenProblem.NO_TOKEN
            return self._identity(name, None, problem)
        status = await self._review(token)
        user = status.get("user") or {}
        renewal = token.renewal_at()
        if not status.get("authenticated"):
            problem = TokenProblem.REFUSED
        elif user.get("username") != user_name(self._namespace, account_of(name)):
            problem = TokenProblem.OTHER_ACCOUNT
        elif renewal is None or self._now() >= renewal:
            problem = TokenProblem.DUE
        else:
            return self._identity(name, token, None, user.get("uid") or "")
        return self._identity(name, token, problem, user.get("uid") or "")

    async def _review(self, token: Token) -> dict[str, Any]:
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "metadata": {},
            "spec": {"token": token.text},
        }
        return msgspec.json.decode(await self._karmada.create(_REVIEWS, body)).get("status") or {}

    def _identity(self, name: str, token: Token | None, problem: TokenProblem | None, uid: str = "") -> Identity:
        return Identity(
            name,
            f"{self._namespace}/{account_of(name)}",
            f"{self._host_namespace}/{secret_of(name)}",
            token.expires_at if token is not None else None,
            token.renewal_at() if token is not None else None,
            problem,
            uid,
        )


async def ensure_identities(
    karmada: ApiServer,
    host: ApiServer,
    *,
    server_url: str,
    ca_bundle: str,
    namespace: str = DEFAULT_NAMESPACE,
    host_namespace: str = "",
    identities: Iterable[str] = IDENTITIES,
    seconds: int = TOKEN_SECONDS,
    now: Now = utc_now,
) -> list[Identity]:
    """Ensure the identities of an installation; `IdentitySecrets.ensure` says how.

    Args:
        karmada: the Karmada API server, with an administrator's rights.
        host: the host cluster's API server, with rights for Secrets.
        server_url: Karmada's address as the host cluster's Pods reach it.
        ca_bundle: the PEM certificates that sign the certificate at that address, in base64.
        namespace: the namespace in Karmada of the ServiceAccounts. It must exist.
        host_namespace: the namespace in the host cluster of the Secrets. It must exist. Empty for the same name.
        identities: the identities.
        seconds: the life of tokens to ask for.
        now: the wall clock.

    Raises:
        ApiError: a request failed. Repeat it to do the rest.
    """
    secrets = IdentitySecrets(karmada, host, namespace=namespace, host_namespace=host_namespace or namespace, now=now)
    return await secrets.ensure(server_url, ca_bundle, identities, seconds)
