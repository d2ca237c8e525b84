"""Sessions in cookies: a token, encrypted and signed, so that every replica with the same key understands it."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from converter.errors import ConverterError

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import web

COOKIE: Final = "converter_session"
SECONDS: Final = 8 * 3600
"""How long a session lasts; a token that expires before ends it earlier."""

_LONGEST: Final = 3800
"""Characters of a cookie: browsers refuse those above 4,096 with name and attributes."""


class SessionKeyError(ConverterError):
    """The session key cannot be read.

    Attributes:
        file: the file.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        super().__init__(
            f"{file} has no session key; make one: python -c 'from cryptography.fernet import Fernet; "
            "print(Fernet.generate_key().decode())'"
        )


class TokenTooLongError(ConverterError):
    """A token that does not fit into a cookie."""

    def __init__(self) -> None:
        super().__init__(
            "the token is too long for a cookie; use a shorter one, or send it in the Authorization header"
        )


class Session(NamedTuple):
    """What a cookie holds.

    Attributes:
        token: the token that Karmada checks at every request.
        csrf: what forms of this session have to send.
    """

    token: str
    csrf: str


class Sessions:
    """Makes and reads cookies."""

    def __init__(self, key: bytes | None = None) -> None:
        """Prepare.

        Args:
            key: a Fernet key; a random one if it is None, which ends all sessions with the process.
        """
        self._fernet = Fernet(Fernet.generate_key() if key is None else key)

    @classmethod
    def from_file(cls, file: Path) -> Sessions:
        """Read the key from a file.

        Raises:
            SessionKeyError: there is none.
        """
        try:
            return cls(file.read_bytes().strip())
        except (OSError, ValueError):
            raise SessionKeyError(file) from None

    def start(self, response: web.StreamResponse, token: str, *, secure: bool) -> None:
        """Set the cookie of a new session.

        Raises:
            TokenTooLongError: the token does not fit.
        """
        content = msgspec.json.encode([token, secrets.token_urlsafe(18)])
        text = self._fernet.encrypt(content).decode()
        if len(text) > _LONGEST:
            raise TokenTooLongError
        response.set_cookie(COOKIE, text, max_age=SECONDS, httponly=True, samesite="Lax", secure=secure, path="/")

    def end(self, response: web.StreamResponse, *, secure: bool) -> None:
        """Remove the cookie."""
        response.del_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=secure)

    def read(self, cookie: str | None) -> Session | None:
        """Read a cookie; None if there is none, if it has expired, or if anybody changed it."""
        if not cookie:
            return None
        try:
            content = self._fernet.decrypt(cookie.encode(), ttl=SECONDS)
            return Session(*msgspec.json.decode(content, type=tuple[str, str]))
        except (InvalidToken, ValueError):
            return None


def matches(session: Session | None, sent: str) -> bool:
    """Whether a form has the secret of its session; without a session there is none to have."""
    return session is None or hmac.compare_digest(session.csrf.encode(), sent.encode())
