"""Opens the Karmada API server with the administrator's kubeconfig that a Secret of the host cluster holds.

Its address is one for Pods. From elsewhere, the Service of that name may be reachable through a load balancer or a port
of the nodes. The certificate is verified for the name in the kubeconfig in each case.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from converter.client import ApiError, ApiServer, Collection, NotFoundError
from converter.errors import ConverterError
from converter.yaml import dump, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.install.detect import KarmadaInstallation
    from converter.kube import Manifest

_SERVICES = Collection("/api/v1", "services")
_NODES = Collection("/api/v1", "nodes", namespaced=False)
_TIMEOUT = 5.0
_MOST_NODES = 3
_PARTS_OF_A_NAME = 2


class Address(NamedTuple):
    """An address to try.

    Attributes:
        url: the address.
        name: the name that the certificate has to be valid for; empty for the one in the address.
    """

    url: str
    name: str = ""


class UnreachableError(ConverterError):
    """The Karmada API server does not answer at any address that the host cluster knows.

    Attributes:
        tried: the addresses, each with what happened.
    """

    def __init__(self, secret: str, tried: dict[str, str]) -> None:
        self.tried = tried
        listed = "".join(f"\n  {url}: {why}" for url, why in tried.items())
        super().__init__(
            f"Secret {secret} has a kubeconfig for Karmada, but from here its API server cannot be reached; pass "
            f"--karmada-kubeconfig with an address that works from here.{listed}"
        )


async def open_karmada(host: ApiServer, found: KarmadaInstallation) -> ApiServer:
    """Connect to a Karmada that was found in a host cluster. Close the client after use.

    Raises:
        UnreachableError: it does not answer at any address.
        AccessError: the kubeconfig cannot be used.
        ApiError: the host cluster did not answer.
    """
    tried: dict[str, str] = {}
    content: Any = load(found.kubeconfig)
    for address in await addresses(host, found.namespace, _server(content)):
        server = await _connect(content, address)
        try:
            await asyncio.wait_for(server.get("/version"), _TIMEOUT)
        except TimeoutError:
            tried[address.url] = f"no answer within {_TIMEOUT:.0f} s"
        except ApiError as error:
            tried[address.url] = error.problem
        else:
            return server
        await server.close()
    raise UnreachableError(f"{found.namespace}/{found.admin.secret}", tried)


async def addresses(host: ApiServer, namespace: str, url: str) -> list[Address]:
    """List the addresses of an API server: the one of its kubeconfig, then those of its Service from outside.

    Args:
        host: the host cluster's API server.
        namespace: Karmada's namespace there.
        url: the address in the kubeconfig.

    Raises:
        ApiError: the host cluster refused a request, or did not answer.
    """
    result = [Address(url)]
    parts = urlsplit(url)
    name = (parts.hostname or "").split(".")
    if len(name) > 1 and name[1:_PARTS_OF_A_NAME] != [namespace]:
        return result
    try:
        service = msgspec.json.decode(await host.get(_SERVICES.object_path(namespace, name[0])))
    except NotFoundError:
        return result
    port = next((one for one in service["spec"]["ports"] if one["port"] == (parts.port or 443)), None)
    if port is None:
        return result
    result += [Address(_url(one, port["port"]), parts.hostname or "") for one in _balancers(service)]
    if port.get("nodePort"):
        nodes = msgspec.json.decode(await host.get(_NODES.path(), {"limit": str(_MOST_NODES)}))["items"]
        result += [
            Address(_url(one["address"], port["nodePort"]), parts.hostname or "")
            for node in nodes
            for one in (node.get("status") or {}).get("addresses") or ()
            if one["type"] in {"InternalIP", "ExternalIP"}
        ]
    return result


def _balancers(service: Manifest) -> Iterator[str]:
    yield from service["spec"].get("externalIPs") or ()
    for one in ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ():
        yield from filter(None, (one.get("ip"), one.get("hostname")))


def _url(host: str, port: int) -> str:
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def _cluster(content: Any) -> dict[str, Any]:
    contexts = {one["name"]: one["context"] for one in content["contexts"]}
    clusters: dict[str, dict[str, Any]] = {one["name"]: one["cluster"] for one in content["clusters"]}
    return clusters[contexts[content["current-context"]]["cluster"]]


def _server(content: Any) -> str:
    return str(_cluster(content)["server"])


async def _connect(content: Any, address: Address) -> ApiServer:
    """Connect with another address; the kubeconfig is in a private file for as long as it takes to read it."""
    cluster = _cluster(content)
    before = dict(cluster)
    cluster["server"] = address.url
    if address.name:
        cluster["tls-server-name"] = address.name
    with tempfile.TemporaryDirectory(prefix="converter-") as folder:
        file = Path(folder) / "kubeconfig"
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            stream.write(dump(content))
        try:
            return await ApiServer.connect(file)
        finally:
            cluster.clear()
            cluster.update(before)
