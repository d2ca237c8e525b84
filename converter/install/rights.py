"""Asks an API server which rights of an installer are missing, before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from converter.client.gather import gather_each
from converter.errors import ConverterError
from converter.install.manifests import OPTIONAL_KINDS, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.client import ApiServer, Collection
    from converter.kube import Manifest

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

_APPLY = ("get", "create", "patch")
"""Server-side apply is a patch, and needs ``create`` where the object does not exist."""


class Right(NamedTuple):
    """One verb on one resource.

    Attributes:
        verb: the verb.
        group: the API group; empty for the core group.
        resource: the plural name; with a subresource, ``serviceaccounts/token``.
        namespace: the namespace; empty for cluster-scoped resources, or for all namespaces.
    """

    verb: str
    group: str
    resource: str
    namespace: str = ""

    def __str__(self) -> str:
        resource = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {resource}" + (f" in {self.namespace}" if self.namespace else "")


class RightsError(ConverterError):
    """An administrator lacks rights.

    Attributes:
        side: the API server, for people.
        missing: the rights, sorted.
    """

    def __init__(self, side: str, missing: Iterable[Right]) -> None:
        self.side = side
        self.missing = tuple(missing)
        listed = "".join(f"\n  {right}" for right in self.missing)
        super().__init__(
            f"these rights on {side} are missing; use the kubeconfig of a cluster administrator, or grant them:{listed}"
        )


def rights_to_apply(manifests: Iterable[Manifest]) -> set[Right]:
    """List the rights that are needed to apply objects."""
    found = set()
    for manifest in manifests:
        if manifest["kind"] in OPTIONAL_KINDS:  # an older API server does not serve them
            continue
        place = place_of(manifest)
        found |= {
            Right(verb, group_of(place.collection), place.collection.resource, place.namespace) for verb in _APPLY
        }
    return found


def rights_to_list(kinds: Mapping[str, Collection], namespace: str) -> set[Right]:
    """List the rights that are needed to find objects of some kinds: in one namespace, or cluster-scoped ones."""
    return {
        Right("list", group_of(one), one.resource, namespace if one.namespaced else "")
        for kind, one in kinds.items()
        if kind not in OPTIONAL_KINDS
    }


def group_of(collection: Collection) -> str:
    """Return the API group of a collection; empty for the core group."""
    return collection.prefix.split("/")[2] if collection.prefix.startswith("/apis/") else ""


async def check_rights(server: ApiServer, side: str, needed: Iterable[Right]) -> None:
    """Check that the API server grants all rights.

    Args:
        server: the API server.
        side: its name for people, such as ``the host cluster``.
        needed: the rights.

    Raises:
        RightsError: some are missing.
        ApiError: the API server did not answer, or has no SelfSubjectAccessReview.
    """

    async def granted(right: Right) -> bool:
        resource, _, subresource = right.resource.partition("/")
        attributes = {
            "verb": right.verb, "group": right.group, "resource": resource, "subresource": subresource,
            "namespace": right.namespace,
        }  # fmt: skip
        review = {
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
        }  # fmt: skip
        answer = msgspec.json.decode(await server.create(REVIEWS, review))
        return bool(answer["status"]["allowed"])

    asked = sorted(set(needed))
    answers = await gather_each(granted, asked)
    missing = [right for right, allowed in zip(asked, answers, strict=True) if not allowed]
    if missing:
        raise RightsError(side, missing)
