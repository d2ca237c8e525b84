"""The webhook on bindings: keeps objects away from clusters that can have them in no version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from converter.admission.review import allow, decode_review, patched, pointer
from converter.karmada.names import EXCLUDED_ANNOTATION, EXCLUDED_LABEL
from converter.placement.exclusions import exclude, held_clusters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class _Metadata(msgspec.Struct, rename="camel"):
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    deletion_timestamp: str | None = None


class _Resource(msgspec.Struct, rename="camel"):
    api_version: str = ""
    kind: str = ""


class _Spec(msgspec.Struct):
    resource: _Resource = msgspec.field(default_factory=_Resource)
    placement: Any = None
    clusters: list[dict[str, Any]] | None = None


class _Binding(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    spec: _Spec = msgspec.field(default_factory=_Spec)


_bindings = msgspec.json.Decoder(_Binding)


class PlacementWebhook:
    """Answers reviews of ``resourcebindings`` and ``clusterresourcebindings``."""

    def __init__(self, unreachable: Callable[[str, str], Mapping[str, str]]) -> None:
        """Prepare.

        Args:
            unreachable: for an apiVersion and kind, the clusters that certainly have no version of it that can be
                reached, with the reasons; from memory, since each review asks.
        """
        self._unreachable = unreachable

    def answer(self, body: bytes) -> bytes:
        """Answer one AdmissionReview.

        Raises:
            ReviewError: the body is no AdmissionReview.
        """
        review = decode_review(body)
        request = review.request
        if request.object is None or request.sub_resource or request.operation not in {"CREATE", "UPDATE"}:
            return allow(review)
        try:
            binding = _bindings.decode(request.object)
        except msgspec.MsgspecError as error:
            return allow(review, [f"the placement is not looked into: {error}"])  # the CRD's schema will refuse it
        metadata, spec = binding.metadata, binding.spec
        if metadata.deletion_timestamp is not None or not isinstance(spec.placement, dict):
            return allow(review)
        note = (metadata.annotations or {}).get(EXCLUDED_ANNOTATION)
        unreachable = self._unreachable(spec.resource.api_version, spec.resource.kind)
        if not unreachable and note is None:
            return allow(review)
        wanted = exclude(spec.placement, held_clusters({"clusters": spec.clusters}), unreachable, note)
        operations: list[dict[str, Any]] = []
        if wanted.placement != spec.placement:
            operations.append({"op": "replace", "path": "/spec/placement", "value": wanted.placement})
        operations += _entry("annotations", metadata.annotations, EXCLUDED_ANNOTATION, wanted.note)
        operations += _entry("labels", metadata.labels, EXCLUDED_LABEL, "true" if wanted.note else None)
        return patched(review, operations) if operations else allow(review)


def _entry(field: str, known: dict[str, str] | None, name: str, value: str | None) -> list[dict[str, Any]]:
    """The operations that set or take away one label or annotation."""
    path = pointer("metadata", field, name)
    if value is None:
        return [{"op": "remove", "path": path}] if known and name in known else []
    if known is None:
        return [{"op": "add", "path": pointer("metadata", field), "value": {name: value}}]
    return [] if known.get(name) == value else [{"op": "add", "path": path, "value": value}]
