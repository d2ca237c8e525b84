"""Says what to do instead of reading or writing objects in a version that only members serve."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from converter.kube import GroupVersionKind, version_priority

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.catalog import Catalog
    from converter.discovery.documents import Named
    from converter.rules import RuleBook

_OBJECTS = re.compile(r"/apis/(?P<version>[^/]+/[^/]+)(?:/namespaces/[^/]+)?/(?P<plural>[^/]+)(?:/.*)?")

_DOCS = "docs/how-to/promote.md"


def version_to_write(gvk: GroupVersionKind, book: RuleBook, catalog: Catalog) -> str:
    """Return the apiVersion in which a control plane most probably stores a kind that members serve in another one.

    For a kind of Kubernetes it is the best version that the newest release in the catalog serves, else the most stable
    version that rules lead to. Empty if rules lead nowhere.
    """
    known = _reachable(gvk, book) - {gvk.api_version}
    served = catalog.served(catalog.releases[-1])
    stored = {version for version in known if GroupVersionKind.of(version, gvk.kind) in served}
    return min(stored or known, key=version_priority, default="")


def _reachable(gvk: GroupVersionKind, book: RuleBook) -> set[str]:
    found, ahead = {gvk.api_version}, [gvk.api_version]
    while ahead:
        for edge in book.edges.get((ahead.pop(), gvk.kind), ()):
            if edge.target not in found:
                found.add(edge.target)
                ahead.append(edge.target)
    return found


def unsupported(method: str, path: str, resources: Iterable[Named]) -> str:
    """Say that a request is not supported, and what to do instead.

    Args:
        method: the HTTP method.
        path: the path, without the query.
        resources: the resources that the server names.
    """
    found = _resource(path, resources)
    if found is None:
        return f"{method} is not supported: this server answers discovery only; send the request to the member itself"
    return f"{method} is not supported: {_why(found)}. {_instead(found)}"


def not_served(path: str, resources: Iterable[Named]) -> str:
    """Say that a path is not served, and what to do instead where it is the path of a known resource."""
    found = _resource(path, resources)
    if found is None:
        return f"{path} is not served: this server answers discovery only"
    return f"{path} is not served: {_why(found)}. {_instead(found)}"


def _resource(path: str, resources: Iterable[Named]) -> Named | None:
    match = _OBJECTS.fullmatch(path)
    if match is None:
        return None
    asked = (match["version"], match["plural"])
    return next((item for item in resources if (item.gvk.api_version, item.plural) == asked), None)


def _why(resource: Named) -> str:
    return f"only members serve {resource.gvk.kind} in {resource.gvk.api_version}, and this control plane does not"


def _instead(resource: Named) -> str:
    wanted = resource.stored_as
    if not wanted:
        return "No rule converts that version to another one; add a rule (docs/how-to/deploy-rules.md)"
    name = f"{resource.gvk.kind} NAME{' -n NAMESPACE' if resource.namespaced else ''}"
    return (
        f"To apply a manifest, write it in {wanted}: `converter convert -f FILE --to {wanted} | kubectl apply -f -`. "
        f"To bring up an object that runs on a member: `converter promote {name} -C CLUSTER` ({_DOCS})"
    )
