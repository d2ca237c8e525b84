"""CEL expressions: a release refuses calls of functions that are newer than what it accepts in new expressions.

Source: k8s.io/apiserver/pkg/cel/environment/base.go. A release accepts the functions that the release before it had
(``DefaultCompatibilityVersion``), so that a control plane can be downgraded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from converter.catalog import Release
from converter.kube import parse_path
from converter.refusals.checks import containing, items, nothing, places
from converter.refusals.model import Refusal, RefusalReason, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.kube import Json, Manifest
    from converter.refusals.model import Place, Server

_CALLS: Final = (
    (Release(1, 29), "isQuantity|quantity"),
    (Release(1, 30), r"sets\.(contains|equivalent|intersects)"),
    (Release(1, 31), "isIP|ip|isCIDR|cidr"),
    (Release(1, 32), r"format\.(named|dns1123Label|dns1123Subdomain|dns1035Label|qualifiedName|labelValue|uri|uuid)"),
    (Release(1, 34), "isSemver|semver"),
)
"""Functions that are called without an object, by the first release that accepts them in new expressions."""

_NEWER: Final = tuple((since, re.compile(rf"(?<![\w.])({calls})\s*\(")) for since, calls in _CALLS)
_SIGN: Final = containing(("(" + "|".join(calls for _, calls in _CALLS) + r")\s*\(").encode())
_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
_LONGEST: Final = 4096
"""Characters of an expression that is read; servers refuse longer rules in most places."""

_POLICY: Final = tuple(
    map(
        parse_path,
        ("spec.validations[*].expression", "spec.variables[*].expression", "spec.matchConditions[*].expression"),
    )
)
_HOOKS: Final = parse_path("webhooks[*].matchConditions[*].expression")
_GROUP: Final = "admissionregistration.k8s.io"
_POLICIES: Final = ("ValidatingAdmissionPolicy",)
_WEBHOOKS: Final = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def _is_newer(expression: Json, release: Release) -> bool:
    if not isinstance(expression, str) or len(expression) > _LONGEST:
        return False
    code = _TEXT.sub("''", expression)
    return any(release < since and pattern.search(code) is not None for since, pattern in _NEWER)


def _in_schema(schema: dict[str, Any], server: Server, *, root: bool) -> Iterable[Place]:  # noqa: ARG001  a `Visit`
    if "x-kubernetes-validations" not in schema:
        return ()
    rules = enumerate(items(schema, "x-kubernetes-validations"))
    return [
        (("x-kubernetes-validations", index, "rule"), rule["rule"])
        for index, rule in rules
        if isinstance(rule, dict) and _is_newer(rule.get("rule"), server.release)
    ]


def _in_policy(manifest: Manifest, server: Server) -> Iterator[Place]:
    for path in _POLICY:
        yield from (place for place in places(manifest, path) if _is_newer(place[1], server.release))


def _in_webhooks(manifest: Manifest, server: Server) -> Iterator[Place]:
    return (place for place in places(manifest, _HOOKS) if _is_newer(place[1], server.release))


_REFUSAL: Final = Refusal(
    RefusalReason.NEW_FUNCTION,
    "an expression calls a function that came later; a release accepts those that the release before it had",
    "write the expression without the function for this cluster",
)
_SOURCE: Final = "k8s.io/apiserver/pkg/cel/environment/base.go"

RULES: Final = (
    Rule(
        _REFUSAL, ("CustomResourceDefinition",), ("apiextensions.k8s.io/v1",), nothing, _SOURCE,
        since=Release(1, 25), until=Release(1, 33), visit=_in_schema, suspects=_SIGN,
    ),
    Rule(
        _REFUSAL, _POLICIES, tuple(f"{_GROUP}/{version}" for version in ("v1", "v1beta1", "v1alpha1")), _in_policy,
        _SOURCE, until=Release(1, 33), suspects=_SIGN,
    ),
    Rule(
        _REFUSAL, _WEBHOOKS, (f"{_GROUP}/v1",), _in_webhooks, _SOURCE,
        since=Release(1, 28), until=Release(1, 33), suspects=_SIGN,
    ),
)  # fmt: skip
