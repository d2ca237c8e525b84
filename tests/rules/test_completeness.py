"""The rule book is complete: a route between any two versions of a built-in kind, or the reason why there is none.

What is complete is decided by the catalog, which is made from what v1.12 to v1.37 publish about themselves.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from converter.catalog import is_stored, load_catalog
from converter.config import SHIPPED_RULES, Configuration, read_rule_files
from converter.errors import NoRouteError
from converter.rules.functions import FUNCTIONS
from converter.rules.steps.blocks import Call, In
from tests.nonempty import some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.engine import Engine
    from converter.rules.steps.base import Step

APART = ("Binding", "DeploymentRollback", "Eviction", "Scale", "TokenRequest")
"""Kinds that are only posted to a subresource: no release lists them as resources, and no API server stores them."""


def versions() -> dict[str, list[str]]:
    """List the versions of every stored kind that has more than one."""
    found: dict[str, list[str]] = defaultdict(list)
    for gvk in filter(is_stored, load_catalog().kinds()):
        found[gvk.kind].append(gvk.api_version)
    return {kind: known for kind, known in sorted(found.items()) if len(known) > 1}


@pytest.mark.parametrize(("kind", "known"), versions().items(), ids=lambda part: part if isinstance(part, str) else "")
def test_every_pair_of_versions_has_a_route_or_a_reason(shipped: Engine, kind: str, known: list[str]) -> None:
    for source in some(known):
        for target in some(known):
            if target == source or target in shipped.routes.reachable(kind, source):
                continue
            assert shipped.routes.why_not(kind, source, [target]), f"{kind}: {source} to {target}"


def test_the_reasons_are_what_users_read(shipped: Engine) -> None:
    claim = {"apiVersion": "resource.k8s.io/v1alpha1", "kind": "ResourceClaim", "metadata": {"name": "a"}}
    with pytest.raises(NoRouteError) as caught:
        shipped.convert(claim, to="resource.k8s.io/v1")
    reasons = shipped.routes.book.unconvertible
    assert caught.value.reason == reasons["ResourceClaim", "resource.k8s.io/v1alpha2", "resource.k8s.io/v1alpha3"]


def test_there_is_something_to_be_complete_about() -> None:
    assert len(versions()) >= 53
    assert len(versions()["ResourceClaim"]) == 6


@pytest.mark.parametrize("kind", APART)
def test_kinds_that_are_not_resources_have_no_rules(shipped: Engine, kind: str) -> None:
    assert kind not in versions()
    assert kind not in shipped.book.kinds()


def test_no_list_kind_is_a_resource_or_in_a_rule(shipped: Engine) -> None:
    kinds = {*shipped.book.kinds(), *(gvk.kind for gvk in load_catalog().kinds())}
    assert {"Deployment", "Ingress"} <= kinds
    assert not [kind for kind in kinds if kind.endswith("List")]


def test_the_shipped_book_has_no_problem_with_the_catalog() -> None:
    book = Configuration.read(read_rule_files([SHIPPED_RULES]), load_catalog()).book
    assert book.rules


def test_two_versions_with_a_rule_of_their_own_take_it(shipped: Engine) -> None:
    edges = [edge for leading in shipped.book.edges.values() for edge in leading]
    assert edges
    for edge in edges:
        assert shipped.route(edge.kind, edge.source, edge.target).edges == (edge,), f"{edge.kind} {edge.rule.name}"


def test_every_named_function_is_used(shipped: Engine) -> None:
    def called(steps: Iterable[Step]) -> Iterator[str]:
        for step in steps:
            if isinstance(step, Call):
                yield step.function.name
            elif isinstance(step, In):
                yield from called(step.steps)

    assert {name for rule in shipped.book.rules for name in called(rule.steps)} == set(FUNCTIONS)
