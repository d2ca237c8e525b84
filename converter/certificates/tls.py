"""TLS of a server: certificates from files, reloaded while it runs without touching a connection."""

from __future__ import annotations

import datetime as dt
import logging
import ssl
import stat
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509

from converter.certificates.file_watch import POLL_SECONDS, fingerprint, keep_looking
from converter.certificates.issue import (
    CertificateError,
    CertificateFacts,
    CertificateProblem,
    Pair,
    issue_serving,
    make_authority,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_log = logging.getLogger(__name__)


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class ServingCertificate:
    """A certificate in files, and the TLS context that always presents the newest good one.

    A changed pair is loaded into a context of its own first. New connections get it at their handshake, once
    certificate and key fit. A pair that is incomplete or does not fit leaves the present one in use. So does a pair
    that is expired or not valid yet, as long as the present one is valid; it is checked again at each poll.

    Attributes:
        context: the TLS context of the listening socket; never replaced.
        reloads: how many new pairs were taken.
        problem: what is wrong with the present files; None if they can be used.
    """

    def __init__(
        self,
        certificate: Path,
        key: Path,
        *,
        client_ca: Path | None = None,
        now: Callable[[], dt.datetime] = _utc_now,
    ) -> None:
        """Load the pair.

        Args:
            certificate: the certificate and its chain, PEM.
            key: its private key, PEM.
            client_ca: the authorities that sign the certificates of clients, PEM; None asks clients for none.
            now: the clock, with a time zone.

        Raises:
            CertificateError: the pair cannot be used.
        """
        self._files = (certificate, key) if client_ca is None else (certificate, key, client_ca)
        self._now = now
        self._seen = fingerprint(self._files)
        self._current = load_context(*self._files)
        self._validity = read_validity(certificate)
        self.context = load_context(*self._files)
        self.context.sni_callback = self._present
        self.reloads = 0
        self.problem: CertificateFacts | None = None
        if not self._validity.contains(now()):
            _log.warning("certificate %s is valid only %s; renew it, or set the clock", certificate, self._validity)

    @property
    def validity(self) -> Validity:
        """When the certificate in use is valid."""
        return self._validity

    @property
    def not_after(self) -> dt.datetime:
        """The end of the certificate in use."""
        return self._validity.end

    def _present(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._current

    def refresh(self) -> bool:
        """Take a changed pair into use; returns whether there was a good one."""
        seen = fingerprint(self._files)
        if seen == self._seen:
            return False
        try:
            fresh, validity = load_context(*self._files), read_validity(self._files[0])
            self._check(validity)
        except CertificateError as error:
            if error.facts != self.problem:
                _log.error("certificate not replaced, the last good one stays in use: %s", error)
            self.problem = error.facts
            return False
        if fingerprint(self._files) != seen:  # changed again while it was read; the next poll decides
            return False
        self._seen, self._current, self._validity, self.problem = seen, fresh, validity, None
        self.reloads += 1
        _log.info("certificate replaced from %s", self._files[0])
        return True

    def _check(self, fresh: Validity) -> None:
        """Make sure that a new pair is not worse than the present one.

        Raises:
            CertificateError: the new pair is not valid now, but the present one is.
        """
        now = self._now()
        if self._validity.contains(now) and not fresh.contains(now):
            file = self._files[0]
            text = f"{file} is valid only {fresh}; renew it, or set the clock"
            raise CertificateError(text, CertificateProblem.NOT_VALID, file, detail=fresh)

    async def watch(self, interval: float = POLL_SECONDS) -> None:
        """Refresh while the server runs; no failure ends the watch.

        Args:
            interval: seconds between two polls.
        """
        await keep_looking(self.refresh, interval, _log, "cannot check the certificate; the last good one stays in use")


class Validity(NamedTuple):
    """When a certificate is valid."""

    start: dt.datetime
    end: dt.datetime

    def contains(self, moment: dt.datetime) -> bool:
        """Whether the certificate is valid at a moment."""
        return self.start <= moment < self.end

    def __str__(self) -> str:
        return f"from {self.start:%Y-%m-%dT%H:%M:%SZ} to {self.end:%Y-%m-%dT%H:%M:%SZ}"


def read_validity(certificate: Path) -> Validity:
    """Read when a certificate is valid; the first of a file counts, which is the one of the server.

    Raises:
        CertificateError: the file cannot be read, or is not PEM of X.509.
    """
    try:
        first = x509.load_pem_x509_certificate(certificate.read_bytes())
    except OSError as error:
        text = f"cannot read {certificate}: {error.strerror}; check its permissions"
        raise CertificateError(text, CertificateProblem.UNREADABLE, certificate, detail=error.errno) from error
    except ValueError as error:
        text = f"{certificate} does not contain a PEM certificate: {error}"
        raise CertificateError(text, CertificateProblem.INVALID, certificate) from error
    return Validity(first.not_valid_before_utc, first.not_valid_after_utc)


def load_context(certificate: Path, key: Path, client_ca: Path | None = None) -> ssl.SSLContext:
    """Make a server's TLS context, TLS 1.2 or newer.

    With ``client_ca``, a client may present a certificate, which one of these authorities must have signed. Whether it
    has to is decided for each request, because kubelets that probe the server have none.

    Raises:
        CertificateError: a file cannot be read, or certificate and key do not fit.
    """
    for file in (certificate, key, client_ca):
        if file is not None and _is_special(file):  # OpenSSL would wait for the writer of a pipe
            raise CertificateError(f"{file} is not a regular file", CertificateProblem.UNREADABLE, file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except FileNotFoundError as error:
        missing = certificate if not certificate.exists() else key
        text = f"{missing} does not exist; --tls-cert and --tls-key name PEM files"
        raise CertificateError(text, CertificateProblem.MISSING, missing) from error
    except ssl.SSLError as error:
        why = (error.reason or "one of them is not PEM").replace("_", " ").lower()
        text = f"{certificate} and {key} are not a certificate with its key: {why}"
        code = CertificateProblem.MISMATCH
        raise CertificateError(text, code, certificate, key, detail=error.reason) from error
    except OSError as error:
        text = f"cannot read {certificate} or {key}: {error.strerror}; check their permissions"
        raise CertificateError(text, CertificateProblem.UNREADABLE, certificate, key, detail=error.errno) from error
    except ValueError as error:
        raise CertificateError(f"{key}: {error}", CertificateProblem.ENCRYPTED, key) from error
    if client_ca is not None:
        _ask_clients(context, client_ca)
    return context


def _is_special(file: Path) -> bool:
    try:
        return not stat.S_ISREG(file.stat().st_mode)
    except OSError:
        return False


def _ask_clients(context: ssl.SSLContext, authorities: Path) -> None:
    """Ask clients for a certificate.

    Raises:
        CertificateError: the file of authorities cannot be used.
    """
    try:
        context.load_verify_locations(authorities)
    except ssl.SSLError as error:
        text = f"{authorities} does not contain a PEM certificate; --client-ca names the CA of the API server's client"
        raise CertificateError(text, CertificateProblem.INVALID, authorities, detail=error.reason) from error
    except OSError as error:
        text = f"cannot read {authorities}: {error.strerror}; check --client-ca"
        raise CertificateError(text, CertificateProblem.UNREADABLE, authorities, detail=error.errno) from error
    context.verify_mode = ssl.CERT_OPTIONAL


def _no_password() -> str:
    # Without this function, OpenSSL asks for a password on the terminal and waits.
    raise ValueError("the key is encrypted; give one without a password, as in TLS Secrets of Kubernetes")


def write_throwaway(folder: Path, names: Sequence[str], now: dt.datetime) -> tuple[Path, Path, Path]:
    """Write a serving pair and the certificate of a new authority, whose key is discarded.

    Args:
        folder: the directory; created if it does not exist.
        names: DNS names and addresses of the certificate.
        now: the present, with a time zone.

    Returns:
        The files of the authority, of the serving certificate, and of its key.

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
        text = f"cannot write certificates to {folder}: {error.strerror}; choose another directory"
        raise CertificateError(text, CertificateProblem.UNWRITABLE, folder, detail=error.errno) from error
    return trusted, certificate, key


def write_pair(folder: Path, pair: Pair) -> tuple[Path, Path]:
    """Write a pair as ``tls.crt`` and ``tls.key``, the names of TLS Secrets in Kubernetes.

    Each file is replaced as a whole. Only its owner can read it.

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
