"""Discovery documents: pure functions from the rules and the catalog to an aggregated API server's answers.

Shapes: k8s.io/apimachinery/pkg/apis/meta/v1 (APIResourceList, APIGroup, APIGroupList, Status) and
k8s.io/api/apidiscovery/v2 (APIGroupDiscoveryList). The client is kube-aggregator: pkg/apiserver/handler_discovery.go,
pkg/controllers/openapi and openapiv3, and its availability controller.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from converter.discovery.advice import not_served, unsupported, version_to_write
from converter.kube import GroupVersionKind, Json, canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.catalog import Catalog
    from converter.rules import RuleBook

_AGGREGATED = "apidiscovery.k8s.io"
_AGGREGATED_VERSIONS = ("v2", "v2beta1")
"""The versions of aggregated discovery, the preferred one first; v2 since Kubernetes v1.30."""

_JSON = "application/json"


class Named(NamedTuple):
    """One resource, as discovery names it.

    Attributes:
        gvk: the group, version and kind of its objects.
        plural: its name in URLs.
        namespaced: whether its objects are in namespaces.
        stored_as: the apiVersion to write to the control plane instead; empty if none is known.
    """

    gvk: GroupVersionKind
    plural: str
    namespaced: bool
    stored_as: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer.

    Attributes:
        status: the status code.
        body: the body; empty for 304.
        content_type: its media type.
        etag: its entity tag; empty if it has none.
    """

    status: int
    body: bytes
    content_type: str = _JSON
    etag: str = ""


def named_resources(book: RuleBook, catalog: Catalog) -> tuple[Named, ...]:
    """Name every resource that a rule knows, in every version that the rule knows.

    Built-in kinds get their names from the catalog, others from the ``resource`` of their rules. A kind without a
    name is left out. So is the core group: an APIService cannot register it.
    """
    found: dict[GroupVersionKind, Named] = {}
    for rule in book.rules:
        for kind in rule.kinds:
            for api_version in (rule.left, rule.right):
                gvk = GroupVersionKind.of(api_version, kind)
                releases = catalog.releases_of(gvk)
                if not gvk.group or gvk in found:
                    continue
                stored_as = version_to_write(gvk, book, catalog)
                if releases:
                    resource = catalog.served(releases[-1], all_versions=True)[gvk]
                    found[gvk] = Named(gvk, resource.plural, resource.namespaced, stored_as)
                elif rule.resource is not None:
                    found[gvk] = Named(gvk, rule.resource.plural, rule.resource.namespaced, stored_as)
    return tuple(found[gvk] for gvk in sorted(found))


class Discovery:
    """Answers discovery requests from documents that are made once.

    It needs no API server, no watch and no file. So it answers whenever its process runs. This matters because an
    unreachable discovery endpoint blocks the deletion of every namespace.
    """

    def __init__(self, resources: Iterable[Named]) -> None:
        self.resources = tuple(sorted(resources))
        self._answers: dict[str, Answer] = {}
        self._aggregated = {version: self._aggregated_list(version) for version in _AGGREGATED_VERSIONS}
        by_version: dict[tuple[str, str], list[Named]] = {}
        for resource in self.resources:
            by_version.setdefault((resource.gvk.group, resource.gvk.version), []).append(resource)
        groups: dict[str, list[str]] = {}
        for (group, version), members in by_version.items():
            groups.setdefault(group, []).append(version)
            self._answers[f"/apis/{group}/{version}"] = _answer(_resource_list(f"{group}/{version}", members))
        for group, versions in groups.items():
            self._answers[f"/apis/{group}"] = _answer(
                {"kind": "APIGroup", "apiVersion": "v1", **_group(group, versions)}
            )
        listed = [_group(group, versions) for group, versions in groups.items()]
        self._answers["/apis"] = _answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": listed})
        self._answers["/openapi/v2"] = _answer(_OPENAPI_V2)
        self._answers["/openapi/v3"] = _answer({"paths": {}})
        self._answers["/version"] = _answer({"major": "1", "minor": "0", "gitVersion": "v1.0.0-discovery-only"})

    def answer(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        """Answer one request.

        Args:
            method: the HTTP method.
            path: the path, without the query.
            headers: the headers, in a case-insensitive mapping. ``Accept`` and ``If-None-Match`` are read.
        """
        path = path.rstrip("/") or "/"
        if method not in ("GET", "HEAD"):
            return _status(405, "MethodNotAllowed", unsupported(method, path, self.resources))
        found = self._answers.get(path)
        if path == "/apis":
            found = self._negotiated(headers.get("Accept", "")) or found
        if found is None:
            return _status(404, "NotFound", not_served(path, self.resources))
        if found.etag and headers.get("If-None-Match") == found.etag:
            return Answer(304, b"", found.content_type, found.etag)
        return found

    def _negotiated(self, accept: str) -> Answer | None:
        """Find the aggregated document that a client prefers; None if it wants the unaggregated one."""
        for wanted in accept.split(","):
            media, *parameters = (part.strip() for part in wanted.split(";"))
            given = dict(parameter.partition("=")[::2] for parameter in parameters)
            if media == _JSON and given.get("g") == _AGGREGATED and given.get("as") == "APIGroupDiscoveryList":
                found = self._aggregated.get(given.get("v", ""))
                if found is not None:
                    return found
        return None

    def _aggregated_list(self, version: str) -> Answer:
        groups: dict[str, dict[str, list[Json]]] = {}
        for resource in self.resources:
            gvk = resource.gvk
            groups.setdefault(gvk.group, {}).setdefault(gvk.version, []).append(
                {
                    "resource": resource.plural,
                    "responseKind": {"group": gvk.group, "version": gvk.version, "kind": gvk.kind},
                    "scope": "Namespaced" if resource.namespaced else "Cluster",
                    "singularResource": gvk.kind.lower(),
                    "verbs": [],
                }
            )
        items = [
            {
                "metadata": {"name": group},
                "versions": [
                    {"version": name, "freshness": "Current", "resources": resources}
                    for name, resources in versions.items()
                ],
            }
            for group, versions in groups.items()
        ]
        document = {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": f"{_AGGREGATED}/{version}",
            "metadata": {},
            "items": items,
        }
        return _answer(document, f"{_JSON};g={_AGGREGATED};v={version};as=APIGroupDiscoveryList")


_OPENAPI_V2: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "API-version converter: discovery only", "version": "v1"},
    "paths": {},
    "definitions": {},
}


def _resource_list(group_version: str, members: list[Named]) -> Json:
    resources = [
        {
            "name": resource.plural,
            "singularName": resource.gvk.kind.lower(),
            "namespaced": resource.namespaced,
            "kind": resource.gvk.kind,
            "verbs": [],
        }
        for resource in members
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources}


def _group(group: str, versions: list[str]) -> dict[str, Json]:
    listed = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
    return {"name": group, "versions": listed, "preferredVersion": listed[0]}


def _answer(document: Json, content_type: str = _JSON) -> Answer:
    body = canonical_json(document)
    return Answer(200, body, content_type, f'"{hashlib.sha256(body).hexdigest()[:32].upper()}"')


def _status(code: int, reason: str, message: str) -> Answer:
    document = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return Answer(code, canonical_json(document))
