"""TLS of the server: certificates from files, exchanged while it runs without touching a connection."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import TYPE_CHECKING

from converter.certificates.file_watch import POLL_SECONDS, fingerprint
from converter.certificates.issue import CertificateError, Pair, issue_serving, make_authority

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

_log = logging.getLogger(__name__)


class ServingCertificate:
    """A certificate in files, and the TLS context that always presents the newest good one.

    A changed pair is loaded into a context of its own first. Only when certificate and key fit is it handed to new
    connections, at their handshake; a pair that is half written or does not fit leaves the old one in use.

    Attributes:
        context: what the listening socket uses; stays the same for good.
        reloads: how often a new pair was taken.
        problem: why the files as they are now cannot be used; empty where they can.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)
        self._seen = fingerprint(self._files)
        self._current = load_context(certificate, key)
        self.context = load_context(certificate, key)
        self.context.sni_callback = self._present
        self.reloads = 0
        self.problem = ""

    def _present(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._current

    def refresh(self) -> bool:
        """Take a changed pair into use; returns whether there was a good one."""
        seen = fingerprint(self._files)
        if seen == self._seen:
            return False
        try:
            fresh = load_context(*self._files)
        except CertificateError as error:
            if str(error) != self.problem:
                _log.error("certificate not replaced, the last good one stays in use: %s", error)
            self.problem = str(error)
            return False
        if fingerprint(self._files) != seen:  # changed again while it was read; the next look decides
            return False
        self._seen, self._current, self.problem = seen, fresh, ""
        self.reloads += 1
        _log.info("certificate replaced from %s", self._files[0])
        return True

    async def watch(self, interval: float = POLL_SECONDS) -> None:
        """Refresh for as long as the server runs.

        Args:
            interval: seconds between two looks.
        """
        while True:
            await asyncio.sleep(interval)
            await asyncio.to_thread(self.refresh)


def load_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Make a server's TLS context, TLS 1.2 or newer.

    Raises:
        CertificateError: a file cannot be read, or certificate and key do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except FileNotFoundError as error:
        missing = certificate if not certificate.exists() else key
        raise CertificateError(f"{missing} does not exist; --tls-cert and --tls-key name PEM files") from error
    except ssl.SSLError as error:
        why = (error.reason or "one of them is not PEM").replace("_", " ").lower()
        raise CertificateError(f"{certificate} and {key} are no certificate with its key: {why}") from error
    except OSError as error:
        raise CertificateError(f"{certificate} or {key} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CertificateError(f"{key}: {error}") from error
    return context


def _no_password() -> str:
    # Without this, OpenSSL asks for a password on the terminal, and waits.
    raise ValueError("the key is encrypted; give one without a password, as Kubernetes' TLS Secrets hold it")


def write_throwaway(folder: Path, names: Sequence[str], now: dt.datetime) -> tuple[Path, Path, Path]:
    """Make an authority that nobody keeps the key of, and a serving pair under it, as files.

    Args:
        folder: where; made if it is not there.
        names: DNS names and addresses the certificate is good for.
        now: the present, with a time zone.

    Returns:
        The files of the authority's certificate, the serving certificate and its key.

    Raises:
        CertificateError: the files cannot be written.
    """
    authority = make_authority("converter throw-away CA", now)
    serving = issue_serving(authority, names, now)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        trusted = folder / "ca.crt"
        trusted.write_bytes(authority.certificate)
        certificate, key = write_pair(folder, serving)
    except OSError as error:
        raise CertificateError(f"cannot write certificates to {folder}: {error.strerror}") from error
    return trusted, certificate, key


def write_pair(folder: Path, pair: Pair) -> tuple[Path, Path]:
    """Write a pair as ``tls.crt`` and ``tls.key``, the names that Kubernetes' TLS Secrets use.

    Each file is replaced whole, the key first readable by its owner only.

    Raises:
        OSError: they cannot be written.
    """
    certificate, key = folder / "tls.crt", folder / "tls.key"
    for file, content in ((key, pair.key), (certificate, pair.certificate)):
        fresh = file.with_name(f".{file.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_bytes(content)
        fresh.replace(file)
    return certificate, key
