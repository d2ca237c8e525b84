"""The vocabulary: group/version/kind, manifests, admission reviews and Works, as typed structures."""

from converter.kube.gvk import GroupVersionKind, split_api_version

__all__ = ["GroupVersionKind", "split_api_version"]
