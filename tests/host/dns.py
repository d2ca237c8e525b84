"""The DNS server of a host cluster: answers for its Services, from its API server, and for nothing else.

``python -m tests.host.dns ADDRESS KUBECONFIG``. It stands for CoreDNS: names as Pods and Karmada's API server use them
(``NAME.NAMESPACE.svc``, with and without ``cluster.local``) lead to the Service's cluster IP.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import socket
import ssl
import struct
import sys
import tempfile
from pathlib import Path

DOMAIN = "cluster.local"
PORT = 53
_SERVICE = re.compile(rf"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.{re.escape(DOMAIN)})?\.?", re.IGNORECASE)
_A = 1
_IN = 1
_NAME_ERROR = 3
_TTL = 1
_HEADER = struct.Struct("!6H")


class Services:
    """Looks up cluster IPs at an API server, with an administrator's kubeconfig of the harness."""

    def __init__(self, kubeconfig: Path) -> None:
        content = json.loads(kubeconfig.read_text())
        cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._address = cluster["server"].removeprefix("https://")
        self._context = ssl.create_default_context(cadata=authority)
        pair = tempfile.NamedTemporaryFile()  # noqa: SIM115 - OpenSSL reads a pair from a file only
        pair.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
        pair.flush()
        self._context.load_cert_chain(pair.name)

    def address(self, name: str) -> str | None:
        """Return the cluster IP of a Service by its DNS name; None if the Service does not exist."""
        found = _SERVICE.fullmatch(name)
        if found is None:
            return None
        connection = http.client.HTTPSConnection(self._address, timeout=5, context=self._context)
        try:
            connection.request("GET", f"/api/v1/namespaces/{found[2].lower()}/services/{found[1].lower()}")
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            return None
        address = json.loads(body)["spec"].get("clusterIP", "None")
        return None if address == "None" else str(address)


def answer(query: bytes, services: Services) -> bytes:
    """Answer one query: an address, nothing for other types of records, or that the name does not exist."""
    number, _, questions, *_ = _HEADER.unpack_from(query)
    labels, place = [], _HEADER.size
    while length := query[place]:
        labels.append(query[place + 1 : place + 1 + length].decode("ascii"))
        place += 1 + length
    kind, _ = struct.unpack_from("!2H", query, place + 1)
    question = query[_HEADER.size : place + 5]
    address = services.address(".".join(labels)) if questions == 1 else None
    records = b""
    if address is not None and kind == _A:
        # 0xC00C points to the name in the question.
        records = struct.pack("!HHHIH", 0xC00C, _A, _IN, _TTL, 4) + socket.inet_aton(address)
    flags = 0x8580 | (0 if address is not None else _NAME_ERROR)
    return _HEADER.pack(number, flags, 1, 1 if records else 0, 0, 0) + question + records


def main() -> None:
    """Answer until killed."""
    services = Services(Path(sys.argv[2]))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((sys.argv[1], PORT))
        while True:
            query, client = server.recvfrom(512)
            try:
                server.sendto(answer(query, services), client)
            except (OSError, http.client.HTTPException, struct.error, IndexError) as error:
                print(f"no answer: {error!r}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
