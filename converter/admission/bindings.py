"""The webhook on bindings: names their scheduler, and excludes clusters that serve no version of their template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converter.admission.review import allow, decode_review, patched
from converter.errors import ManifestError
from converter.karmada.binding import decode_binding
from converter.karmada.names import SCHEDULER_LABEL
from converter.kube.json_patch import pointer
from converter.placement.settle import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from converter.karmada.binding import Binding
    from converter.kube import Manifest
    from converter.placement.exclusions import Unavailable
    from converter.placement.settle import Settled


def _never(_api_version: str, _kind: str) -> bool:
    return False


class PlacementWebhook:
    """Answers reviews of ``resourcebindings`` and ``clusterresourcebindings``."""

    def __init__(
        self,
        unreachable: Callable[[str, str], Mapping[str, Unavailable] | None],
        converted: Callable[[str, str], bool] = _never,
        own_scheduler: str = "",
    ) -> None:
        """Prepare.

        Args:
            unreachable: returns, for an apiVersion and kind, the clusters on which the kind is not available in any
                version, with the reasons; None before the clusters are known. Every review calls it, so it answers from
                memory.
            converted: returns, for an apiVersion and kind, whether some cluster gets the kind only by conversion.
            own_scheduler: the name of the converter's scheduler; empty if Karmada's runs without APIEnablement instead.
        """
        self._unreachable = unreachable
        self._converted = converted
        self._own_scheduler = own_scheduler

    def answer(self, body: bytes) -> bytes:
        """Answer one AdmissionReview.

        A binding that does not have the shape of Karmada's CRD is allowed with a warning: the CRD's schema refuses it.

        Raises:
            ReviewError: the body is not an AdmissionReview.
        """
        review = decode_review(body)
        request = review.request
        if request.object is None or request.sub_resource or request.operation not in {"CREATE", "UPDATE"}:
            return allow(review)
        try:
            binding = decode_binding(request.object)
            placement = binding.spec.checked_placement()
            stored = decode_binding(request.old_object) if request.old_object is not None else binding
        except ManifestError as error:
            return allow(review, [f"the converter did not change this binding: {error}"])
        metadata, template = binding.metadata, binding.spec.resource
        given = SCHEDULER_LABEL in (metadata.labels or {})
        if metadata.deletion_timestamp is not None or (placement is None and not given):
            return allow(review)
        unreachable = self._unreachable(template.api_version, template.kind)
        if unreachable is None:  # a replica that starts must not take back what others have decided
            return allow(review, ["the API version converter does not know the clusters yet; the binding is unchanged"])
        binding.status = stored.status  # a write of the binding itself may leave its status out
        converted = self._converted(template.api_version, template.kind)
        wanted = settle(binding, placement, unreachable, self._own_scheduler, converted=converted)
        operations = _operations(binding, placement, wanted)
        return patched(review, operations) if operations else allow(review)


def _operations(binding: Binding, placement: Manifest | None, wanted: Settled) -> list[dict[str, Any]]:
    """Make the JSON Patch that settles a binding; empty if it is settled."""
    operations: list[dict[str, Any]] = []
    name = binding.spec.scheduler_name
    if wanted.scheduler.name != (name or ""):
        remove = {"op": "remove", "path": "/spec/schedulerName"}
        add = {"op": "add", "path": "/spec/schedulerName", "value": wanted.scheduler.name}
        operations.append(add if wanted.scheduler.name else remove)
    if wanted.exclusion.placement != placement:
        operations.append({"op": "replace", "path": "/spec/placement", "value": wanted.exclusion.placement})
    operations += _entries("annotations", binding.metadata.annotations, wanted.annotations)
    operations += _entries("labels", binding.metadata.labels, wanted.labels)
    return operations


def _entries(field: str, known: dict[str, str] | None, wanted: dict[str, str | None]) -> list[dict[str, Any]]:
    """Make the operations that set or remove labels or annotations."""
    present = known or {}
    added = {name: value for name, value in wanted.items() if value is not None and present.get(name) != value}
    removed = [name for name, value in wanted.items() if value is None and name in present]
    if added and known is None:
        return [{"op": "add", "path": pointer("metadata", field), "value": added}]
    operations = [{"op": "remove", "path": pointer("metadata", field, name)} for name in removed]
    operations += [{"op": "add", "path": pointer("metadata", field, name), "value": added[name]} for name in added]
    return operations
