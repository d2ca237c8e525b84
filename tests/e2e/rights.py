"""Rights that the installation grants to its identities, next to what they used: RBAC against the audit log.

A request that the log has and no rule covers is a right that is missing, although a default role may have allowed it.
A rule that no request of the whole session needed is a right too many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Manifest = Mapping[str, Any]
_ACCOUNT = "system:serviceaccount:"
_CREATED = 201
#: What every account may ask about itself (the default role system:basic-user): selfsubjectreviews and the like.
_ABOUT_ITSELF = "self"
#: One kind in two scopes, which the same code reads and writes: a use of one is a use of both.
_TWINS = {"clusterresourcebindings": "resourcebindings"}


class Right(NamedTuple):
    """One verb on one resource, for one identity.

    Attributes:
        account: the ServiceAccount, ``NAMESPACE:NAME``.
        verb: such as ``list``.
        resource: ``GROUP/RESOURCE``, with ``/SUBRESOURCE`` if there is one; the core group is empty.
        namespace: the only namespace in which it holds; empty for all.
        name: the only object for which it holds; empty for all.
    """

    account: str
    verb: str
    resource: str
    namespace: str = ""
    name: str = ""

    def covers(self, use: Right) -> bool:
        """Whether the right allows a use, whose namespace and name are those of a request."""
        same = (self.account, self.verb, self.resource) == (use.account, use.verb, use.resource)
        return same and self.namespace in {"", use.namespace} and self.name in {"", use.name}


@dataclass(frozen=True)
class Comparison:
    """What differs between the rights that are granted and those that were used.

    Attributes:
        missing: requests that no rule covers.
        unused: rights that no request needed.
        used: how many different requests there were.
    """

    missing: frozenset[Right]
    unused: frozenset[Right]
    used: int


def compare(manifests: Iterable[Manifest], events: Iterable[Manifest]) -> Comparison:
    """Compare the rules in manifests with the requests in an audit log, for every account that a rule names."""
    rights = frozenset(granted(manifests))
    accounts = {right.account for right in rights}
    uses = {use for event in events for use in used(event) if use.account in accounts}
    return Comparison(
        frozenset(use for use in uses if not any(right.covers(use) for right in rights)),
        frozenset(right for right in rights if not any(right.covers(use) for use in uses)),
        len(uses),
    )


def granted(manifests: Iterable[Manifest]) -> Iterator[Right]:
    """Yield the rights that Roles and ClusterRoles grant to ServiceAccounts through their bindings."""
    manifests = list(manifests)
    rules = {_role(item): item.get("rules", ()) for item in manifests if item["kind"] in {"Role", "ClusterRole"}}
    for binding in manifests:
        if binding["kind"] not in {"RoleBinding", "ClusterRoleBinding"}:
            continue
        within = binding["metadata"].get("namespace", "") if binding["kind"] == "RoleBinding" else ""
        named = binding["roleRef"]
        place = within if named["kind"] == "Role" else ""
        for subject in binding["subjects"]:
            account = f"{subject.get('namespace') or within}:{subject['name']}"
            for rule in rules[named["kind"], place, named["name"]]:
                yield from _rights(account, within, rule)


def used(event: Manifest) -> Iterator[Right]:
    """Yield the rights that a request needed; none if it is about no resource, or about the account itself."""
    user, what = event["user"]["username"], event.get("objectRef")
    if what is None or not user.startswith(_ACCOUNT) or what["resource"].startswith(_ABOUT_ITSELF):
        return
    resource = _resource(what.get("apiGroup", ""), what["resource"], what.get("subresource", ""))
    account = user.removeprefix(_ACCOUNT)
    place = (what.get("namespace", ""), what.get("name", ""))
    yield Right(account, event["verb"], resource, *place)
    if event["verb"] == "patch" and event.get("responseStatus", {}).get("code") == _CREATED:
        yield Right(account, "create", resource, *place)  # server-side apply of a new object needs both


def _role(item: Manifest) -> tuple[str, str, str]:
    place = item["metadata"].get("namespace", "") if item["kind"] == "Role" else ""
    return item["kind"], place, item["metadata"]["name"]


def _rights(account: str, within: str, rule: Manifest) -> Iterator[Right]:
    for group in rule["apiGroups"]:
        for resource in map(partial(_resource, group), rule["resources"]):
            for verb in rule["verbs"]:
                for name in rule.get("resourceNames") or ("",):
                    yield Right(account, verb, resource, within, name)


def _resource(group: str, resource: str, subresource: str = "") -> str:
    plural, _, below = resource.partition("/")
    return "/".join(filter(None, (f"{group}/{_TWINS.get(plural, plural)}", below or subresource)))
