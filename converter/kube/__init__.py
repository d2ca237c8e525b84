"""Kubernetes basics: group/version/kind, manifests, and paths in manifests."""

from converter.kube.difference import first_difference
from converter.kube.gvk import GroupVersionKind, split_api_version, version_priority
from converter.kube.manifest import (
    Json,
    Manifest,
    as_go_writes,
    canonical_json,
    copy_json,
    cut,
    gvk_of,
    is_empty,
    name_of,
    type_name,
)
from converter.kube.merge_patch import merge_patch
from converter.kube.path import EACH, WHOLE_MANIFEST, Each, Named, Path, Segment, format_path, parse_path

__all__ = [
    "EACH",
    "WHOLE_MANIFEST",
    "Each",
    "GroupVersionKind",
    "Json",
    "Manifest",
    "Named",
    "Path",
    "Segment",
    "as_go_writes",
    "canonical_json",
    "copy_json",
    "cut",
    "first_difference",
    "format_path",
    "gvk_of",
    "is_empty",
    "merge_patch",
    "name_of",
    "parse_path",
    "split_api_version",
    "type_name",
    "version_priority",
]
