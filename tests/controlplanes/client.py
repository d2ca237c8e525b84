"""A small client for Kubernetes API servers: raw JSON of any version in, raw JSON out.

The Python client package knows one release's types; tests need manifests of all releases, wrong ones too, exactly
as written. Connections are kept open and may be used from several threads.
"""

from __future__ import annotations

import http
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.controlplanes.errors import HarnessError
from tests.controlplanes.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.controlplanes.pki import Pair

Json = dict[str, Any]

PATCHES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}
_NOT_FOUND = 404
_CONFLICT = 409
_FIRST_ERROR = 400


class ApiError(HarnessError):
    """The API server refused a request.

    Attributes:
        status: the HTTP status.
        reason: the reason in the Status object, for instance ``AlreadyExists``.
        body: the answer, decoded if it is JSON.
    """

    def __init__(self, method: str, path: str, status: int, body: Any) -> None:
        self.status = status
        self.body = body
        self.reason = body.get("reason", "") if isinstance(body, dict) else ""
        message = body.get("message", body) if isinstance(body, dict) else body
        super().__init__(f"{method} {path}: {status} {self.reason} {message}")


@dataclass(frozen=True)
class Answer:
    """What a server said.

    Attributes:
        status: the HTTP status.
        body: the decoded JSON, or the text where it is none.
        warnings: the texts of ``Warning`` headers, as kubectl shows them.
    """

    status: int
    body: Any
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Resource:
    """How discovery describes a kind: its plural name, and whether it lives in namespaces."""

    plural: str
    namespaced: bool


class Client:
    """Speaks to one API server as an administrator.

    Attributes:
        server: ``https://127.0.0.1:PORT``.
    """

    def __init__(
        self, port: int, authority: Path, *, pair: Pair | None = None, token: str | None = None, timeout: float = 30
    ) -> None:
        self.server = f"https://127.0.0.1:{port}"
        self._wire = Wire(port, authority, pair, timeout)
        self._headers = {"Accept": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._resources: dict[str, dict[str, Resource]] = {}

    # --- any request

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send one request and return the answer, whatever its status.

        Args:
            method: the HTTP method.
            path: the path below the server, for instance ``/readyz``.
            body: JSON to send, or bytes to send as they are.
            query: parameters of the URL.
            content_type: of the body.

        Raises:
            OSError: the server cannot be reached.
        """
        target = f"{path}?{urlencode(query)}" if query else path
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = self._headers | ({"Content-Type": content_type} if data is not None else {})
        response, text = self._wire.exchange(method, target, data, headers)
        try:
            decoded = json.loads(text)
        except ValueError:
            decoded = text.decode(errors="replace")
        return Answer(response.status, decoded, tuple(response.headers.get_all("Warning") or ()))

    def raw(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Send one request and return the body of a good answer; options as of ``request``.

        Raises:
            ApiError: the status is 400 or higher.
        """
        answer = self.request(method, path, body, **options)
        if answer.status >= _FIRST_ERROR:
            raise ApiError(method, path, answer.status, answer.body)
        return answer.body

    # --- objects

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None, subresource: str = "") -> Json:
        """Read one object in the version that is asked for.

        Raises:
            ApiError: it is not there, or the server does not serve the version (404).
        """
        return self._object("GET", self.path(api_version, kind, name, namespace, subresource))

    def find(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Json | None:
        """Read one object; None if there is none."""
        try:
            return self.get(api_version, kind, name, namespace)
        except ApiError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def list(
        self, api_version: str, kind: str, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> list[Json]:
        """Read all objects of a kind, of one namespace or of all; selectors as in kubectl."""
        query = {"labelSelector": labels, "fieldSelector": fields}
        path = self.path(api_version, kind, None, namespace)
        answer = self.raw("GET", path, query={key: value for key, value in query.items() if value})
        return [{"apiVersion": api_version, "kind": kind, **item} for item in answer["items"]]

    def create(self, manifest: Json, namespace: str | None = None, *, dry_run: bool = False) -> Json:
        """Post a manifest in its own version and return what the server stored.

        Raises:
            ApiError: it was refused.
        """
        metadata = manifest.get("metadata") or {}
        space = namespace or metadata.get("namespace")
        path = self.path(manifest["apiVersion"], manifest["kind"], None, space)
        return self._object("POST", path, manifest, query=_dry(dry_run))

    def update(self, manifest: Json, subresource: str = "", *, dry_run: bool = False) -> Json:
        """Put a manifest in its own version; ``subresource`` is for instance ``status``."""
        return self._object("PUT", self.path_of(manifest, subresource), manifest, query=_dry(dry_run))

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        patch: Any,
        namespace: str | None = None,
        *,
        how: str = "merge",
        subresource: str = "",
    ) -> Json:
        """Patch an object; ``how`` is ``json``, ``merge`` or ``strategic``."""
        path = self.path(api_version, kind, name, namespace, subresource)
        return self._object("PATCH", path, patch, content_type=PATCHES[how])

    def apply(self, manifest: Json, manager: str = "tests") -> Json:
        """Server-side apply, forced: for servers since v1.18."""
        query = {"fieldManager": manager, "force": "true"}
        path = self.path_of(manifest)
        return self._object("PATCH", path, manifest, query=query, content_type=PATCHES["apply"])

    def put(self, manifest: Json) -> Json:
        """Create an object or, where it exists, replace it whole: works on every release."""
        try:
            return self.create(manifest)
        except ApiError as error:
            if error.status != _CONFLICT:
                raise
        metadata = manifest["metadata"]
        stored = self.get(manifest["apiVersion"], manifest["kind"], metadata["name"], metadata.get("namespace"))
        version = {"resourceVersion": stored["metadata"]["resourceVersion"]}
        return self.update({**manifest, "metadata": {**metadata, **version}})

    def delete(
        self, api_version: str, kind: str, name: str, namespace: str | None = None, *, propagation: str = ""
    ) -> None:
        """Delete an object; nothing happens if it is gone already. ``propagation`` as in the API."""
        query = {"propagationPolicy": propagation} if propagation else None
        path = self.path(api_version, kind, name, namespace)
        answer = self.request("DELETE", path, query=query)
        if answer.status >= _FIRST_ERROR and answer.status != _NOT_FOUND:
            raise ApiError("DELETE", path, answer.status, answer.body)

    def close(self) -> None:
        """Close the kept connections; the client can still be used."""
        self._wire.close()

    # --- discovery

    def version(self) -> str:
        """Return the server's release, for instance ``v1.20.15``."""
        return str(self.raw("GET", "/version")["gitVersion"])

    def served(self) -> dict[str, dict[str, Resource]]:
        """Return every kind the server serves, by apiVersion and kind."""
        groups = self.raw("GET", "/apis")["groups"]
        versions = [version["groupVersion"] for group in groups for version in group["versions"]]
        return {version: self.resources(version) for version in ["v1", *versions]}

    def resources(self, api_version: str) -> dict[str, Resource]:
        """Return the kinds of one apiVersion; empty if it is not served. Not cached."""
        answer = self.request("GET", _root(api_version))
        if answer.status != http.HTTPStatus.OK:
            return {}
        return {
            item["kind"]: Resource(item["name"], item["namespaced"])
            for item in answer.body["resources"]
            if "/" not in item["name"]
        }

    def forget(self) -> None:
        """Clear the cache of discovery: another server uses the port now."""
        self._resources.clear()

    def path(
        self,
        api_version: str,
        kind: str,
        name: str | None = None,
        namespace: str | None = None,
        subresource: str = "",
    ) -> str:
        """Return the path of an object or a collection, from the server's own discovery.

        Raises:
            ApiError: the server does not serve the kind in that version (404).
        """
        known = self._resources.get(api_version, {}).get(kind)
        if known is None:
            self._resources[api_version] = self.resources(api_version)
            known = self._resources[api_version].get(kind)
        if known is None:
            raise ApiError("GET", _root(api_version), _NOT_FOUND, f"no {kind} in {api_version} here")
        space = f"/namespaces/{namespace}" if namespace and known.namespaced else ""
        parts = [f"{_root(api_version)}{space}/{known.plural}", name, subresource]
        return "/".join(part for part in parts if part)

    def path_of(self, manifest: Json, subresource: str = "") -> str:
        """Return the path of the object a manifest describes."""
        metadata = manifest["metadata"]
        return self.path(
            manifest["apiVersion"], manifest["kind"], metadata["name"], metadata.get("namespace"), subresource
        )

    def _object(self, method: str, path: str, body: Any = None, **options: Any) -> Json:
        answer = self.raw(method, path, body, **options)
        if not isinstance(answer, dict):
            raise ApiError(method, path, http.HTTPStatus.OK, f"not an object: {answer!r}")
        return answer


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _dry(dry_run: bool) -> dict[str, str] | None:  # noqa: FBT001 - private, and named at the call
    return {"dryRun": "All"} if dry_run else None
