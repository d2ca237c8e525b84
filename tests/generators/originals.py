"""Every kind of the catalog in versions of today and of once, and a maker for each: what users send.

In versions of today manifests hold fields that older releases do not know, and those do not serve the versions.
"""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from converter.catalog import Release, load_catalog
from tests.generators.any_values import AnyValues
from tests.generators.edge_words_access import WORDS
from tests.generators.edge_words_control import words_of
from tests.generators.hand_written import KINDS
from tests.generators.signing_requests import ADDRESS, DNS, NODE, NODES, signing_request

if TYPE_CHECKING:
    from converter.engine import Engine
    from converter.kube import GroupVersionKind


class Original(NamedTuple):
    """A kind in one version, as one release has it."""

    gvk: GroupVersionKind
    release: Release

    def make(self, seed: int, name: str) -> dict[str, Any]:
        """Make the manifest of a number: by the maker written by hand, where there is one, or from the catalog."""
        if self.gvk.kind in KINDS and seed % 2:
            maker, _ = KINDS[self.gvk.kind]
            made = maker(self.gvk.api_version)(random.Random(seed))
        else:
            made = _from_catalog(self).make(seed)
        made["metadata"] = {**made["metadata"], "name": name, "namespace": "demo"}
        return made

    def __str__(self) -> str:
        return f"{self.gvk} of {self.release}"


@cache
def _from_catalog(original: Original) -> AnyValues:
    gvk = original.gvk
    words = {**words_of(gvk.api_version, gvk.kind, _requests()), **WORDS.get(gvk.kind, {})}
    return AnyValues(gvk.api_version, gvk.kind, words, original.release)


@cache
def _requests() -> tuple[str, ...]:
    return signing_request(), signing_request(NODE, (NODES,), DNS, ADDRESS)


@cache
def of_today() -> tuple[Original, ...]:
    """Every kind in the newest release that knows it, in each version that this release has."""
    return tuple(one for one in _all() if one.release == _newest(one.gvk.kind))


@cache
def of_once() -> tuple[Original, ...]:
    """The versions that are gone: every kind in each version that its newest release no longer has."""
    return tuple(one for one in _all() if one.release != _newest(one.gvk.kind))


@cache
def _all() -> tuple[Original, ...]:
    catalog = load_catalog()
    return tuple(Original(gvk, catalog.releases_of(gvk)[-1]) for gvk in catalog.kinds())


def _newest(kind: str) -> Release:
    return max(one.release for one in _all() if one.gvk.kind == kind)


def is_changed_by_steps(converter: Engine, original: Original) -> bool:
    """Whether some step lies between a version and another: where none does, rules have little to get wrong."""
    routes = converter.routes.reachable(original.gvk.kind, original.gvk.api_version).values()
    return any(edge.rule.steps for route in routes for edge in route.edges)
