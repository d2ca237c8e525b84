"""HTTPS to one port of 127.0.0.1, over connections that are kept open and may be used from several threads."""

from __future__ import annotations

import collections
import http.client
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.controlplanes.pki import Pair


class Wire:
    """A pool of connections to one server."""

    def __init__(self, port: int, authority: Path, pair: Pair | None, timeout: float) -> None:
        """Connect to nothing yet.

        Args:
            port: of the server.
            authority: PEM file of who signed its certificate.
            pair: what to show as a client, if anything.
            timeout: seconds of silence after which a request fails.
        """
        self._port = port
        self._timeout = timeout
        self._tls = ssl.create_default_context(cafile=str(authority))
        if pair is not None:
            self._tls.load_cert_chain(pair.certificate, pair.key)
        self._idle: collections.deque[http.client.HTTPSConnection] = collections.deque()

    def exchange(
        self, method: str, target: str, data: bytes | None, headers: Mapping[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Send a request and return the response and its body.

        A kept connection is used; one that the server closed meanwhile is given up and another one taken.

        Raises:
            OSError: the server cannot be reached.
        """
        while self._idle:
            try:
                return self._send(self._idle.pop(), method, target, data, headers)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError, ssl.SSLError):
                continue
            except IndexError:  # another thread took the last one
                break
        fresh = http.client.HTTPSConnection("127.0.0.1", self._port, context=self._tls, timeout=self._timeout)
        return self._send(fresh, method, target, data, headers)

    def _send(
        self,
        connection: http.client.HTTPSConnection,
        method: str,
        target: str,
        data: bytes | None,
        headers: Mapping[str, str],
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Send over one connection, and keep it for the next request unless it broke."""
        try:
            connection.request(method, target, data, dict(headers))
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        self._idle.append(connection)
        return response, text

    def close(self) -> None:
        """Close the kept connections; the next request opens one."""
        while self._idle:
            self._idle.pop().close()
