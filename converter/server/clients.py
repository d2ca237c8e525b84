"""Who may call the webhooks: clients with a certificate that TLS has verified, by name if names are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Iterator

_SIGNED_NAMES = frozenset({"DNS", "URI", "email"})


class Clients:
    """Decides by the certificate of a connection.

    Attributes:
        names: the accepted names: common names, DNS names or URIs; empty for every certificate of the authority.
        problem: what to tell other clients.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = frozenset(names)
        wanted = f" for one of: {', '.join(sorted(self.names))}" if self.names else ""
        self.problem = (
            f"a client certificate of the CA in --client-ca is required{wanted}; "
            "give the API server one with --admission-control-config-file"
        )

    def admit(self, transport: asyncio.Transport | None) -> bool:
        """Whether the client at the other end may call the webhooks.

        TLS has refused certificates that the authority did not sign, that are expired, or that are not for clients.
        """
        certificate = transport.get_extra_info("peercert") if transport is not None else None
        if not certificate:
            return False
        return not self.names or not self.names.isdisjoint(_names_of(certificate))


def _names_of(certificate: dict[str, Any]) -> Iterator[str]:
    """List the names in a certificate, in the form of `ssl.SSLSocket.getpeercert`."""
    for part in certificate.get("subject", ()):
        yield from (value for name, value in part if name == "commonName")
    yield from (value for kind, value in certificate.get("subjectAltName", ()) if kind in _SIGNED_NAMES)
