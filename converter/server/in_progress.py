"""Which review is being answered here, so that every line of the log about it can name it.

The body is read again only if something is logged: for nearly all reviews nothing is.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from converter.karmada.names import cluster_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager


class Tracer(Protocol):
    """Makes spans of reviews (`converter.server.tracing.ReviewTracer`)."""

    def asking(
        self, webhook: str, answer: Callable[[bytes], bytes], headers: Mapping[str, str]
    ) -> Callable[[bytes], bytes]:
        """Wrap the function that answers a review, so that it runs in a span."""

    def span(self, name: str, facts: Mapping[str, str]) -> AbstractContextManager[None]:
        """Make a span inside the present one, as long as the context lasts."""

    def close(self) -> None:
        """Send what waits."""


class _Request(msgspec.Struct, rename="camel"):
    uid: str = ""
    namespace: str = ""
    name: str = ""


class _Review(msgspec.Struct):
    request: _Request


_reviews = msgspec.json.Decoder(_Review)

_api_servers_head: Final = re.compile(
    rb'\{"(?:kind":"AdmissionReview","apiVersion":"admission\.k8s\.io/v1|'
    rb'apiVersion":"admission\.k8s\.io/v1","kind":"AdmissionReview)","request":\{"uid":"([0-9a-f-]{36})",'
).match
"""Matches the head of a review as API servers write it: a tenth of the time that it takes to decode the body."""

_LONGEST = 256
"""Characters of a uid, a namespace or a name; API servers allow no longer ones."""


class InProgress:
    """A review that is being answered.

    Attributes:
        webhook: the name of the webhook.
    """

    __slots__ = ("_body", "_fields", "webhook")

    def __init__(self, webhook: str, body: bytes) -> None:
        self.webhook = webhook
        self._body = body
        self._fields: dict[str, str] | None = None

    @property
    def fields(self) -> dict[str, str]:
        """Its facts for the log: ``webhook``, ``review`` (the uid), ``cluster`` and ``object``, if they are known."""
        if self._fields is None:
            self._fields = {"webhook": self.webhook, **_facts(self._body)}
        return self._fields

    @property
    def uid(self) -> str:
        """The uid that the API server gave it; empty if it cannot be read."""
        if self._fields is None and (head := _api_servers_head(self._body)):
            return head[1].decode()
        return self.fields.get("review", "")


def _facts(body: bytes) -> dict[str, str]:
    try:
        request = _reviews.decode(body).request
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
    namespace, name = request.namespace[:_LONGEST], request.name[:_LONGEST]
    facts = {
        "review": request.uid[:_LONGEST],
        "cluster": cluster_of(namespace) or "",
        "object": f"{namespace}/{name}" if namespace and name else name,
    }
    return {name: value for name, value in facts.items() if value}


IN_PROGRESS: Final[ContextVar[InProgress | None]] = ContextVar("in_progress", default=None)
"""The review that is being answered in this task or thread."""


def review_fields() -> dict[str, str]:
    """Return the facts of the review that is being answered; none outside of a review."""
    review = IN_PROGRESS.get()
    return {} if review is None else review.fields


def review_uid() -> str:
    """Return the uid of the review that is being answered; empty outside of a review."""
    review = IN_PROGRESS.get()
    return "" if review is None else review.uid
