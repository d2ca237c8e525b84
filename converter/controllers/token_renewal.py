"""Renews the tokens with which the processes authenticate to Karmada, long before they end.

After two thirds of a token's life the leader requests another one (TokenRequest) and writes it to the Secret of the
host cluster. The kubelet brings it to the Pods, which read it again (`converter.client.credentials`). The old token
stays valid until its end, so no request fails in between. A Secret without a token has an administrator's own
credentials, and is left alone.
"""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from converter.client import ApiError, NotFoundError
from converter.client.claims import claims_of
from converter.client.clock import Now, timestamp, utc_now
from converter.client.collections import SECRETS
from converter.install.identities import IDENTITIES
from converter.install.manifests import user_name
from converter.install.tokens import (
    RENEW_AFTER,
    TOKEN_SECONDS,
    Token,
    account_of,
    read_token,
    request_token,
    secret_of,
    with_token,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from converter.client import ApiServer
    from converter.controllers.event_recorder import EventRecorder
    from converter.kube import Manifest

_log = logging.getLogger(__name__)

_SHORTEST_WAIT = 1.0
_DAY = 86400


@dataclass(frozen=True, slots=True)
class RenewalOptions:
    """Which tokens to renew, and when.

    Attributes:
        namespace: the namespace in Karmada of the ServiceAccounts.
        host_namespace: the namespace in the host cluster of the Secrets.
        identities: the identities.
        seconds: the life of tokens to ask for. The API server can grant less.
        renew_after: the part of a token's life after which it is renewed.
    """

    namespace: str
    host_namespace: str
    identities: tuple[str, ...] = IDENTITIES
    seconds: int = TOKEN_SECONDS
    renew_after: float = RENEW_AFTER


class TokenRenewal:
    """Renews the tokens of an installation. Only the leader runs it.

    Attributes:
        ends: the end of each token, by ServiceAccount; empty while this replica does not lead.
        renewed: how many tokens this process renewed, by ServiceAccount.
        failed: how many attempts failed, by ServiceAccount.
    """

    def __init__(
        self,
        karmada: ApiServer,
        host: ApiServer,
        options: RenewalOptions,
        recorder: EventRecorder,
        *,
        now: Now = utc_now,
    ) -> None:
        """Prepare.

        Args:
            karmada: the Karmada API server, with the right to create tokens for the accounts.
            host: the host cluster's API server, with the right to read and update the Secrets.
            options: which tokens to renew, and when.
            recorder: records an Event on the ServiceAccount of a token that is due and cannot be renewed.
            now: the wall clock.
        """
        self._karmada = karmada
        self._host = host
        self._options = options
        self._recorder = recorder
        self._now = now
        self._stored: dict[str, Token] = {}
        self.renewed = {account_of(identity): 0 for identity in options.identities}
        self.failed = {account_of(identity): 0 for identity in options.identities}

    @property
    def ends(self) -> Mapping[str, dt.datetime]:
        """The end of each token, by ServiceAccount."""
        return {account: token.expires_at for account, token in self._stored.items() if token.expires_at is not None}

    @property
    def lives(self) -> Mapping[str, tuple[dt.datetime, dt.datetime]]:
        """When the stored token of each account was issued and when it ends, where both are known."""
        return {
            account: (token.issued_at, token.expires_at)
            for account, token in self._stored.items()
            if token.issued_at is not None and token.expires_at is not None
        }

    async def run(self, interval: float = 60.0) -> None:
        """Renew until cancelled, each identity on its own: one that fails does not keep the others waiting.

        Args:
            interval: seconds after which the Secrets are read again, so that what others do to them is seen.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for identity in self._options.identities:
                    group.create_task(self._keep(identity, interval))
        finally:
            self._stored.clear()  # the next leader reports them

    async def _keep(self, identity: str, interval: float) -> None:
        failures = 0
        while True:
            try:
                due = await self.reconcile(identity)
                failures = 0
                wait = interval if due is None else (due - self._now()).total_seconds()
            except ApiError as error:
                failures += 1
                await self._report(account_of(identity), error)
                wait = 2.0 ** min(failures, 10) * random.uniform(0.5, 1.0)  # noqa: S311 -- spreads load, guards nothing
            await asyncio.sleep(min(max(wait, _SHORTEST_WAIT), interval))

    async def reconcile(self, identity: str) -> dt.datetime | None:
        """Renew the token of an identity if it is due.

        Returns:
            When to do it again; None if no token exists to renew.

        Raises:
            ApiError: a request failed. ConflictError if another wrote the Secret meanwhile.
        """
        account = account_of(identity)
        path = SECRETS.object_path(self._options.host_namespace, secret_of(identity))
        try:
            secret: Manifest = msgspec.json.decode(await self._host.get(path))
        except NotFoundError:
            self._stored.pop(account, None)
            return None
        token = read_token(secret)
        if token is None:
            self._stored.pop(account, None)
            return None
        self._stored[account] = token
        if not self._is_due(account, token):
            return self._due(account, token)
        token = await request_token(
            self._karmada, self._options.namespace, account, seconds=self._options.seconds, now=self._now()
        )
        await self._host.replace(path, with_token(secret, token))
        self._stored[account] = token
        self.renewed[account] += 1
        _log.info("renewed the token of %s; it ends at %s", account, _written(token.expires_at))
        return self._due(account, token)

    def _due(self, account: str, token: Token) -> dt.datetime | None:
        """Return when a token is due; None for now: nothing says when it ends, or it is one of another account."""
        if token.subject not in {"", user_name(self._options.namespace, account)}:
            return None
        return token.renewal_at(self._options.renew_after)

    def _is_due(self, account: str, token: Token) -> bool:
        due = self._due(account, token)
        return due is None or self._now() >= due

    async def _report(self, account: str, error: ApiError) -> None:
        self.failed[account] += 1
        token = self._stored.get(account)
        end = token.expires_at if token is not None else None
        refused = error.status == HTTPStatus.UNAUTHORIZED
        hint = "; run `converter install` to request tokens with an administrator's rights" if refused else ""
        _log.warning(
            "cannot renew the token of %s, which ends at %s, retrying: %s%s",
            account, _written(end), error.for_log(), hint,
        )  # fmt: skip
        if token is not None and end is not None and self._is_due(account, token):
            await self._tell(account, token, end, error)

    async def _tell(self, account: str, token: Token, end: dt.datetime, error: ApiError) -> None:
        """Record an Event, once a day: its text changes with the days that are left, and not with each failure."""
        days = int((end - self._now()).total_seconds() // _DAY)
        left = f"in {days} days" if days >= 0 else "in the past"
        why = f"{error.status} {error.reason}".strip() if error.status else "no answer"
        claims = claims_of(token.text)
        uid = claims.account_uid if claims is not None else ""
        text = f"ends at {_written(end)}, {left}, and cannot be renewed: {why}"
        await self._recorder.token_not_renewed(self._options.namespace, account, uid, text)


def _written(moment: dt.datetime | None) -> str:
    return timestamp(moment) if moment is not None else "an unknown time"
