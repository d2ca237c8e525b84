"""The Authorization header of requests: a token that is read again while the process runs.

A token file is read again every few seconds, as in client-go, and at once after the API server refused the token (401).
The path is opened each time, so the swap of symlinks by which the kubelet replaces a Secret volume is seen. A token in
a kubeconfig, or from an exec plugin, is loaded again after a 401 only.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from converter.files import FileError, read_regular

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

_log = logging.getLogger(__name__)

TOKEN_FILE_SECONDS = 10.0
"""How long a token file is not read again. A renewed token is in use after this time, long before the old one ends."""

_RELOAD_SECONDS = 5.0
"""The shortest time between two loads of a kubeconfig, which can run an exec plugin."""

_LARGEST = 64 * 1024
"""Bytes of a token file. API servers accept no larger headers."""


class Credentials(Protocol):
    """The source of the Authorization header."""

    @property
    def token(self) -> str:
        """The bearer token in use; empty for none."""

    async def header(self) -> str:
        """Return the header's present value; empty for no header."""

    async def after_refusal(self, refused: str) -> str:
        """Return the value to try after the API server refused one with 401; the same if no other exists."""


def bearer(token: str) -> str:
    """Return the value of the header Authorization for a token."""
    return " ".join(("Bearer", token))  # noqa: FLY002  a text with blanks counts as a message in tests/wording/mutate.py


class TokenFile:
    """A bearer token in a file. The last token that could be read stays in use."""

    def __init__(self, path: Path, seconds: float = TOKEN_FILE_SECONDS) -> None:
        """Read the file.

        Args:
            path: the file.
            seconds: how long it is not read again.

        Raises:
            OSError: it cannot be read.
            FileError: it is not a file with a token.
        """
        self._path = path
        self._seconds = seconds
        self._token = self._read()
        self._read_at: float | None = None
        self._failed = False

    @property
    def token(self) -> str:
        """The token in use."""
        return self._token

    async def header(self) -> str:
        """Return the header's present value."""
        now = _monotonic()
        if self._read_at is None or now >= self._read_at + self._seconds:
            self._refresh(now)
        return bearer(self._token)

    async def after_refusal(self, refused: str) -> str:
        """Read the file again, unless that has happened since the refused header was made."""
        if bearer(self._token) == refused:
            self._refresh(_monotonic())
        return bearer(self._token)

    def _refresh(self, now: float) -> None:
        self._read_at = now
        try:
            self._token = self._read()
        except (OSError, FileError) as error:
            if not self._failed:
                _log.warning("cannot read the token file %s, using the last token: %s", self._path, error)
            self._failed = True
        else:
            self._failed = False

    def _read(self) -> str:
        token = read_regular(self._path, _LARGEST).decode("ascii", "replace").strip()
        if not token:
            raise FileError(self._path, "is empty; it must contain a token")
        return token


class LoadedHeader:
    """A header that a kubeconfig contains, or that its exec plugin gave."""

    def __init__(self, header: str, load: Callable[[], Awaitable[str]]) -> None:
        """Prepare.

        Args:
            header: the header's value as first loaded; empty for none.
            load: loads it again; returns an empty value if that failed.
        """
        self._header = header
        self._load = load
        self._loaded_at: float | None = None
        self._loading = asyncio.Lock()

    @property
    def token(self) -> str:
        """The bearer token in use; empty for none."""
        scheme, _, token = self._header.partition(" ")
        return token if scheme.lower() == "bearer" else ""

    async def header(self) -> str:
        """Return the header's present value."""
        return self._header

    async def after_refusal(self, refused: str) -> str:
        """Load the header again, unless that has just happened."""
        async with self._loading:
            due = self._loaded_at is None or _monotonic() >= self._loaded_at + _RELOAD_SECONDS
            if refused and self._header == refused and due:
                self._loaded_at = _monotonic()
                self._header = await self._load() or self._header
        return self._header


def _monotonic() -> float:
    """Return the event loop's clock in seconds."""
    return asyncio.get_running_loop().time()
