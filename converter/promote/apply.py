"""Compares a plan with the control plane, and writes it: policy first, then each template."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from converter.client import AlreadyExistsError, ApiServer, Collection, NotFoundError, RejectedError
from converter.errors import ConverterError
from converter.kube import first_difference
from converter.promote.template import compared, make_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from converter.kube import Manifest
    from converter.promote.model import Promotion
    from converter.works.forecast import Forecast

_POLICIES = Collection("/apis/policy.karmada.io/v1alpha1", "propagationpolicies")
_CLUSTER_POLICIES = Collection("/apis/policy.karmada.io/v1alpha1", "clusterpropagationpolicies", namespaced=False)
NAMESPACES = Collection("/api/v1", "namespaces", namespaced=False)

_CLAIMS = (
    ("propagationpolicy.karmada.io/name", "PropagationPolicy"),
    ("clusterpropagationpolicy.karmada.io/name", "ClusterPropagationPolicy"),
)
"""Annotations of a template that a policy has claimed, and the kind of the policy (pkg/apis/policy/v1alpha1)."""

_DRY_RUN = "?dryRun=All"


class Step(StrEnum):
    """What happens to one template."""

    CREATE = "create"
    KEEP = "keep"
    """The control plane has the same template, and no other policy claims it: only the policy is new."""
    LEAVE = "leave"
    """The control plane has another template, or another policy propagates it."""
    REFUSED = "refused"
    """The control plane would refuse the template."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one template, and why.

    Attributes:
        promotion: the template.
        step: what happens.
        why: the reason; empty for `Step.CREATE`.
    """

    promotion: Promotion
    step: Step
    why: str = ""


class PolicyConflictError(ConverterError):
    """The control plane has another policy with the name of ours.

    Attributes:
        name: the policy's name.
    """

    def __init__(self, kind: str, name: str) -> None:
        self.name = name
        super().__init__(f"{kind} {name} exists and is different; delete it, or pass --policy-name NAME")


class ControlPlaneWriter:
    """Decides about templates, and writes them."""

    def __init__(
        self, server: ApiServer, namespace: str, policy_name: str, forecast: Callable[[Manifest], Forecast]
    ) -> None:
        """Prepare.

        Args:
            server: the control plane.
            namespace: the namespace of the templates; empty for cluster-scoped templates.
            policy_name: the name of the policy of this promotion.
            forecast: returns what the member gets of a template.
        """
        self._forecast = forecast
        self._server = server
        self._namespace = namespace
        self._policy_name = policy_name

    async def has_namespace(self) -> bool:
        """Whether the control plane has the namespace of the templates.

        Raises:
            ApiError: a request failed.
        """
        return not self._namespace or await self._find(NAMESPACES.object_path("", self._namespace)) is not None

    async def decide(self, promotions: Iterable[Promotion]) -> list[Decision]:
        """Decide what happens to each template; the control plane checks new ones in a dry run.

        Without the namespace nothing can be checked, so every template is new.

        Raises:
            ApiError: a request failed.
        """
        if not await self.has_namespace():
            return [Decision(promotion, Step.CREATE) for promotion in promotions]
        return [await self._decide(promotion) for promotion in promotions]

    async def _decide(self, promotion: Promotion) -> Decision:
        template, collection = promotion.template, promotion.resource.collection()
        found = await self._find(collection.object_path(self._namespace, template["metadata"]["name"]))
        if found is None:
            try:
                raw = await self._server.create(f"{collection.path(self._namespace)}{_DRY_RUN}", template)
            except RejectedError as error:
                is_secret = template["kind"] == "Secret"  # the problem may name a value
                return Decision(promotion, Step.REFUSED, error.reason if is_secret else error.problem)
            return Decision(self._as_stored(promotion, msgspec.json.decode(raw)), Step.CREATE)
        annotations = found["metadata"].get("annotations") or {}
        for annotation, kind in _CLAIMS:
            if annotations.get(annotation, self._policy_name) != self._policy_name:
                return Decision(promotion, Step.LEAVE, f"{kind} {annotations[annotation]} propagates it")
        path = first_difference(compared(template), found)
        if path:
            return Decision(promotion, Step.LEAVE, f"Karmada has another one: {path} differs")
        return Decision(self._as_stored(promotion, found), Step.KEEP, "Karmada has the same one")

    def _as_stored(self, promotion: Promotion, stored: Manifest) -> Promotion:
        """Forecast again with what the control plane stores: it adds defaults that the member may not know."""
        return replace(promotion, forecast=self._forecast(make_template(stored)))

    async def write(self, policy: Manifest, decisions: Iterable[Decision], report: Callable[[str], None]) -> None:
        """Write the namespace if it is missing, then the policy, then the templates.

        A policy without templates does nothing. So each template belongs to its policy from its first moment on, and no
        other policy can send it to other clusters.

        Args:
            policy: the policy.
            decisions: of `decide`.
            report: called with one line for each object written.

        Raises:
            PolicyConflictError: another policy has its name.
            ApiError: a request failed. Run the promotion again to complete it.
        """
        if not await self.has_namespace():
            metadata = {"name": self._namespace}
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
            await self._server.create(NAMESPACES.path(), namespace)
            report(f"created Namespace {self._namespace}")
        done = "created" if await self._write_policy(policy) else "unchanged"
        report(f"{done} {policy['kind']} {self._policy_name}")
        for decision in decisions:
            if decision.step is Step.CREATE:
                promotion = decision.promotion
                await self._server.create(promotion.resource.collection().path(self._namespace), promotion.template)
                report(f"created {promotion.label}")

    async def _write_policy(self, policy: Manifest) -> bool:
        """Create the policy; False if it exists already."""
        collection = _POLICIES if self._namespace else _CLUSTER_POLICIES
        try:
            await self._server.create(collection.path(self._namespace), policy)
        except AlreadyExistsError:
            found = await self._find(collection.object_path(self._namespace, self._policy_name))
            if found is None or first_difference(policy, found):
                raise PolicyConflictError(policy["kind"], self._policy_name) from None
            return False
        return True

    async def _find(self, path: str) -> Manifest | None:
        try:
            found: Manifest = msgspec.json.decode(await self._server.get(path))
        except NotFoundError:
            return None
        return found
