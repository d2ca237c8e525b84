"""The webhook on bindings: keeps objects away from clusters that serve no version of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converter.admission.review import allow, decode_review, patched
from converter.errors import ManifestError
from converter.karmada.binding import decode_binding
from converter.karmada.names import EXCLUDED_ANNOTATION, EXCLUDED_LABEL
from converter.kube.json_patch import pointer
from converter.placement.exclusions import exclude, held_clusters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from converter.placement.exclusions import Unavailable


class PlacementWebhook:
    """Answers reviews of ``resourcebindings`` and ``clusterresourcebindings``."""

    def __init__(self, unreachable: Callable[[str, str], Mapping[str, Unavailable] | None]) -> None:
        """Prepare.

        Args:
            unreachable: returns, for an apiVersion and kind, the clusters on which the kind is not available in any
                version, with the reasons; None before the clusters are known. Every review calls it, so it answers from
                memory.
        """
        self._unreachable = unreachable

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
            return allow(review, [f"no cluster was excluded from this binding: {error}"])
        metadata, spec = binding.metadata, binding.spec
        if metadata.deletion_timestamp is not None or placement is None:
            return allow(review)
        note = (metadata.annotations or {}).get(EXCLUDED_ANNOTATION)
        unreachable = self._unreachable(spec.resource.api_version, spec.resource.kind)
        if unreachable is None:  # a replica that starts must not take back what others have excluded
            return allow(review, ["the API version converter does not know the clusters yet; it excluded none of them"])
        if not unreachable and note is None:
            return allow(review)
        binding.status = stored.status  # a write of the binding itself may leave its status out
        wanted = exclude(placement, held_clusters(binding, unreachable), unreachable, note)
        operations: list[dict[str, Any]] = []
        if wanted.placement != placement:
            operations.append({"op": "replace", "path": "/spec/placement", "value": wanted.placement})
        operations += _entry("annotations", metadata.annotations, EXCLUDED_ANNOTATION, wanted.note)
        operations += _entry("labels", metadata.labels, EXCLUDED_LABEL, "true" if wanted.note else None)
        return patched(review, operations) if operations else allow(review)


def _entry(field: str, known: dict[str, str] | None, name: str, value: str | None) -> list[dict[str, Any]]:
    """Make the operations that set or remove one label or annotation."""
    path = pointer("metadata", field, name)
    if value is None:
        return [{"op": "remove", "path": path}] if known and name in known else []
    if known is None:
        return [{"op": "add", "path": pointer("metadata", field), "value": {name: value}}]
    return [] if known.get(name) == value else [{"op": "add", "path": path, "value": value}]
