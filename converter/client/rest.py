"""Requests to an API server: bytes out, bytes in, and errors as types.

`converter.client.access` reads the kubeconfig or the Pod's service account, and the Python client (``kubernetes.aio``)
makes the TLS context. The requests use aiohttp directly, because the client's models would decode objects in full.

A request that the API server answers with 401 is sent once more if there is another token by then. It had no effect:
authentication comes first.
"""

from __future__ import annotations

import email.utils
import hashlib
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import aiohttp
import msgspec
from kubernetes.aio.client.rest import RESTClientObject

from converter.client.access import find_access, unusable
from converter.client.claims import claims_of
from converter.client.errors import ApiError, UnavailableError, error_for

if TYPE_CHECKING:
    import datetime as dt
    import os
    from collections.abc import AsyncIterator, Mapping

    from converter.client.access import Access
    from converter.client.claims import Claims
    from converter.client.credentials import Credentials

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
_JSON = "application/json"
_HTML = "text/html"
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
_AGENT = "karmada-api-version-converter"


@dataclass(frozen=True, slots=True)
class Collection:
    """All objects of one resource.

    Attributes:
        prefix: the path of the group and version, such as ``/apis/work.karmada.io/v1alpha1`` or ``/api/v1``.
        resource: the resource's plural name.
        namespaced: whether its objects are in namespaces.
    """

    prefix: str
    resource: str
    namespaced: bool = True

    def path(self, namespace: str = "") -> str:
        """Return the path of the whole collection, or of the objects in one namespace."""
        if self.namespaced and namespace:
            return f"{self.prefix}/namespaces/{namespace}/{self.resource}"
        return f"{self.prefix}/{self.resource}"

    def object_path(self, namespace: str, name: str, subresource: str = "") -> str:
        """Return the path of one object, or of its subresource."""
        path = f"{self.path(namespace)}/{name}"
        return f"{path}/{subresource}" if subresource else path


class Tagged(NamedTuple):
    """Content with its entity tag.

    Attributes:
        content: the content.
        tag: its tag: as the server has it, else a digest.
    """

    content: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class _Request:
    """A request as it is sent, without its token."""

    method: str
    url: str
    headers: dict[str, str]
    params: Mapping[str, str] | None = None
    data: bytes | None = None
    timeout: aiohttp.ClientTimeout = _TIMEOUT


class ApiServer:
    """One API server. Close it after use, or use it as an async context manager."""

    def __init__(self, access: Access) -> None:
        self._configuration = access.configuration
        self._credentials = access.credentials
        self._tls = RESTClientObject(access.configuration).ssl_context
        # Python 3.13 refuses certificates without a key identifier, and others that Go's programs accept.
        self._tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    async def connect(cls, kubeconfig: str | os.PathLike[str] | None = None, context: str | None = None) -> ApiServer:
        """Make a client from a kubeconfig; without one, from the Pod's service account.

        Raises:
            AccessError: neither is there, or it cannot be read.
        """
        access = await find_access(kubeconfig, context)
        try:
            return cls(access)
        except (OSError, ValueError) as error:  # of the TLS library, such as a key of another certificate
            raise unusable(kubeconfig, f"its certificates and its key do not work: {error}") from error

    @property
    def credentials(self) -> Credentials:
        """The source of the Authorization header."""
        return self._credentials

    @property
    def token_expires_at(self) -> dt.datetime | None:
        """When the token in use ends; None if there is none, or it does not say so."""
        claims = self.token_claims
        return claims.expires_at if claims is not None else None

    @property
    def token_claims(self) -> Claims | None:
        """What the token in use says of itself; None if there is none, or it does not say anything."""
        return claims_of(self._credentials.token)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(self, path: str, params: Mapping[str, str] | None = None, *, metadata_only: bool = False) -> bytes:
        """Read an object or a list.

        Args:
            path: the object's or the collection's path.
            params: the query.
            metadata_only: read a list of PartialObjectMetadata instead of whole objects.

        Raises:
            ApiError: one of its subclasses, as in every method of this class.
        """
        accept = _METADATA_LIST if metadata_only else _JSON
        return await self._send("GET", path, params=params, accept=accept)

    async def get_if_changed(self, path: str, tag: str) -> Tagged | None:
        """Read what has an entity tag, unless it still has the one that is known.

        Args:
            path: its path.
            tag: the tag that is known; empty for none.

        Returns:
            The content with its tag; None if the tag is the same.
        """
        headers = _headers(_JSON) | ({"If-None-Match": tag} if tag else {})
        try:
            async with await self._ask(_Request("GET", self._url(path), headers)) as answer:
                text = await answer.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._no_answer(f"GET {path}", error) from error
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return None
        if answer.status >= 300:  # noqa: PLR2004 -- HTTP: only 2xx is a success
            raise self._refused(f"GET {path}", answer, text)
        found = answer.headers.get("ETag", "") or hashlib.sha256(text).hexdigest()
        return Tagged(text, found) if found != tag else None

    async def clock(self) -> dt.datetime | None:
        """Read the wall clock of the API server, in whole seconds; None if it does not say.

        Source: the ``Date`` header of an answer (RFC 9110, section 6.6.1).
        """
        request = _Request("GET", self._url("/version"), _headers(_JSON))
        try:
            async with await self._ask(request) as answer:
                await answer.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._no_answer("GET /version", error) from error
        try:
            return email.utils.parsedate_to_datetime(answer.headers.get("Date", ""))
        except ValueError:
            return None

    async def create(self, path: str, body: Any) -> bytes:
        """Create an object in the collection at ``path``; return the stored object."""
        return await self._send("POST", path, body, _JSON)

    async def replace(self, path: str, body: Any) -> bytes:
        """Replace an object. If it has a resourceVersion, the stored object must not have changed since."""
        return await self._send("PUT", path, body, _JSON)

    async def patch(self, path: str, body: Any, content_type: str = MERGE_PATCH) -> bytes:
        """Patch an object; return the stored object."""
        return await self._send("PATCH", path, body, content_type)

    async def delete(self, path: str, *, uid: str, version: str = "") -> None:
        """Delete exactly this object; with a ``version``, only if it has not changed since."""
        preconditions = {"uid": uid} | ({"resourceVersion": version} if version else {})
        await self._send("DELETE", path, {"preconditions": preconditions}, _JSON)

    async def watch(
        self, path: str, params: Mapping[str, str], idle: float, *, metadata_only: bool = False
    ) -> AsyncIterator[bytes]:
        """Yield one line after another until the server ends the watch.

        Args:
            path: the collection's path.
            params: the query.
            idle: give up after this many seconds without a byte.
            metadata_only: watch PartialObjectMetadata instead of whole objects.
        """
        timeout = aiohttp.ClientTimeout(total=None, connect=10, sock_read=idle)
        request = f"WATCH {path}"
        headers = _headers(_METADATA if metadata_only else _JSON)
        try:
            async with await self._ask(_Request("GET", self._url(path), headers, params, timeout=timeout)) as answer:
                if answer.status >= 300:  # noqa: PLR2004 -- HTTP: only 2xx is a success
                    raise self._refused(request, answer, await answer.read())
                async for line in _lines(answer.content):
                    yield line
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._no_answer(request, error) from error

    async def _send(
        self,
        method: str,
        path: str,
        body: Any = None,
        content_type: str | None = None,
        *,
        params: Mapping[str, str] | None = None,
        accept: str = _JSON,
    ) -> bytes:
        request = f"{method} {path}"
        data = None if body is None else msgspec.json.encode(body)
        headers = _headers(accept, content_type)
        try:
            async with await self._ask(_Request(method, self._url(path), headers, params, data)) as answer:
                text = await answer.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._no_answer(request, error) from error
        if answer.status >= 300:  # noqa: PLR2004 -- HTTP: only 2xx is a success
            raise self._refused(request, answer, text)
        if answer.content_type == _HTML:
            problem = "the answer is a web page, not an object of Kubernetes; a proxy or another server answered"
            raise UnavailableError(request, 0, "", problem, server=self._configuration.host)
        return text

    async def _ask(self, request: _Request) -> aiohttp.ClientResponse:
        """Send a request, and once more if the answer is 401 and there is another token by then."""
        token = await self._credentials.header()
        answer = await self._send_with(token, request)
        if answer.status != HTTPStatus.UNAUTHORIZED:
            return answer
        try:
            other = await self._credentials.after_refusal(token)
        except BaseException:
            answer.close()
            raise
        if other == token:
            return answer
        answer.close()
        return await self._send_with(other, request)

    async def _send_with(self, token: str, request: _Request) -> aiohttp.ClientResponse:
        return await (await self._open()).request(
            request.method,
            request.url,
            data=request.data,
            params=request.params,
            headers={**request.headers, "Authorization": token} if token else request.headers,
            timeout=request.timeout,
            proxy=self._configuration.proxy,
            server_hostname=self._configuration.tls_server_name,
        )

    async def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=self._tls, limit=32)
            self._session = aiohttp.ClientSession(connector=connector, trust_env=True)
        return self._session

    def _no_answer(self, request: str, error: Exception) -> ApiError:
        problem = f"{type(error).__name__} {error}".strip()
        return UnavailableError(request, 0, "", problem, server=self._configuration.host)

    def _refused(self, request: str, answer: aiohttp.ClientResponse, body: bytes) -> ApiError:
        return error_for(request, answer.status, body, server=self._configuration.host)

    def _url(self, path: str) -> str:
        return self._configuration.host.rstrip("/") + path


def _headers(accept: str, content_type: str | None = None) -> dict[str, str]:
    headers = {"Accept": accept, "User-Agent": _AGENT}
    return headers if content_type is None else {**headers, "Content-Type": content_type}


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Split a stream into lines of any length; the reader's own ``readline`` rejects long lines."""
    rest = bytearray()
    async for chunk in content.iter_any():
        rest += chunk
        if b"\n" not in chunk:
            continue
        *complete, tail = rest.split(b"\n")
        rest = bytearray(tail)
        for line in complete:
            if line:
                yield bytes(line)
    if rest:
        yield bytes(rest)
