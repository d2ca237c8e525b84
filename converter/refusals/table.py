"""The table of all checks, by kind."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from converter.refusals import crds, expressions, others, traffic, webhooks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.catalog import Release
    from converter.refusals.model import Rule

RULES: Final[tuple[Rule, ...]] = (*webhooks.RULES, *crds.RULES, *traffic.RULES, *others.RULES, *expressions.RULES)


def _by_kind() -> Mapping[str, tuple[Rule, ...]]:
    found: dict[str, list[Rule]] = defaultdict(list)
    for rule in RULES:
        for kind in rule.kinds:
            found[kind].append(rule)
    return {kind: tuple(rules) for kind, rules in found.items()}


_BY_KIND: Final = _by_kind()


def rules_of(api_version: str, kind: str, release: Release) -> tuple[Rule, ...]:
    """List the checks that a server of a release makes of a kind in a version."""
    return tuple(rule for rule in _BY_KIND.get(kind, ()) if rule.applies(api_version, kind, release))
