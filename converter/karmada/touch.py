"""A change of a binding that means nothing, but makes Karmada send its Works again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from converter.kube import Manifest


def touch_patch(binding: Manifest) -> Manifest | None:
    """Make a patch of the spec that changes nothing for Karmada: it reconciles only when the spec changes.

    ``preserveResourcesOnDeletion`` means the same when absent and when false. None if it is true, or the binding is
    being deleted.
    """
    preserved = binding["spec"].get("preserveResourcesOnDeletion")
    if preserved or binding["metadata"].get("deletionTimestamp"):
        return None
    version = {field: binding["metadata"][field] for field in ("uid", "resourceVersion")}
    return {"metadata": version, "spec": {"preserveResourcesOnDeletion": None if preserved is False else False}}
