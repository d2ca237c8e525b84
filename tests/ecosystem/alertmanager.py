"""AlertmanagerConfig: routes, which hold routes of their form that no schema describes."""

from __future__ import annotations

from typing import Any, Final

_ROUTES: Final = (
    {"receiver": "alpha"},
    {"receiver": "beta", "continue": True, "matchers": [{"name": "job", "value": "db.*", "matchType": "=~"}]},
    {"receiver": "web", "matchers": [{"name": "team", "value": "a", "matchType": "!="}], "routes": [
        {"receiver": "key", "groupBy": ["job"], "matchers": [{"name": "env", "value": "prod", "matchType": "="}]}]},
    {"receiver": "prod", "routes": [{"receiver": "door", "routes": [{"receiver": "x1", "matchers": [
        {"name": "job", "value": "web", "matchType": "="}, {"name": "a", "value": "b", "matchType": "!~"}]}]}]},
)  # fmt: skip
_OLD_ROUTES: Final = (
    {"receiver": "alpha", "matchers": [{"name": "job", "value": "db.*", "regex": True}]},
    {"receiver": "beta", "matchers": [{"name": "job", "value": "db"}, {"name": "a", "value": "b", "matchType": "!="}]},
    {"receiver": "web", "routes": [{"receiver": "key", "matchers": [{"name": "job", "value": "x", "regex": True}],
        "routes": [{"receiver": "door", "matchers": [{"name": "job", "value": "y"}]}]}]},
)  # fmt: skip
"""Routes with matchers that only v1alpha1 has."""

ROUTES: Final = _ROUTES + _OLD_ROUTES
"""All of them."""


def has_known_matchers(manifest: dict[str, Any]) -> bool:
    """Whether no route of v1beta1 has a matcher with ``regex``: the project's code does not know the field there."""
    route = (manifest.get("spec") or {}).get("route") or {}
    return manifest["apiVersion"].endswith("/v1alpha1") or "'regex'" not in str(route.get("routes"))
