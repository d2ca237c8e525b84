"""What objects of Cluster API need that no schema says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION: Final = "v1.14.2"
_TYPES: Final = "sigs.k8s.io/cluster-api/api"
_VERSIONS: Final = ("infrastructure.cluster.x-k8s.io/v1beta1", "bootstrap.cluster.x-k8s.io/v1beta2")
_VARIABLE: Final = {
    "type": "object",
    "x-kubernetes-preserve-unknown-fields": True,
    "x-metadata": {"labels": {"team": "web"}},
    "properties": {"size": {"type": "array", "uniqueItems": True, "items": {"type": "integer", "minimum": 1}}},
}

EDITS: Final = (f"-dropreplace={_TYPES}", f"-require={_TYPES}@{VERSION}")
"""The module replaces its module of types by a folder, which the module proxy leaves out."""

NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    r"(?i)(ref|remediationTemplate)$": ("apiVersion", "apiGroup", "kind", "name"),
    r"^$": ("spec",),
    r"^spec$": (
        "resources",
        "clusterName",
        "infrastructure",
        "controlPlane",
        "kubeadmConfigSpec",
        "template",
    ),
    r"^spec\.template$": ("spec",),
    r"(?i)strategy$": ("type",),
}

WORDS: Final[Mapping[str, tuple[Any, ...]]] = {
    r"(?i)timeoutSeconds$": (30, 90, 3600),
    r"(?i)(ref|template|selector)\.apiVersion$": _VERSIONS,
    r"(?i)ref\.apiGroup$": tuple(one.partition("/")[0] for one in _VERSIONS),
    r"(?i)bootstrapTokens\.\*\.token$": ("abcdef.0123456789abcdef",),
    r"(?i)(ref|remediationTemplate)\.namespace$": ("default", "shop"),
    r"certificatesExpiryDays$": (7, 30, 90),
    r"divisor$": ("1", "1m", "1Mi"),
    r"openAPIV3Schema\.properties$": ({"zone": _VARIABLE}, {"a": {"type": "integer"}, "b": _VARIABLE}),
    r"openAPIV3Schema\.(items|additionalProperties|not)$": (_VARIABLE, {"type": "string"}),
    r"openAPIV3Schema\.(allOf|anyOf|oneOf)$": ([_VARIABLE], [{"required": ["zone"]}, {"type": "object"}]),
}


def has_no_twins(manifest: Any) -> bool:
    """Whether the items of lists differ in what Cluster API's code tells them apart by.

    It finds the flags of a file by its path, those of a volume by its host's path, and so on: a second one with
    the same path gets the flags of the first one.
    """
    if isinstance(manifest, list):
        for key in ("path", "hostPath", "name", "from"):
            names = [item.get(key) for item in manifest if isinstance(item, dict) and "op" not in item]
            if len({name for name in names if name is not None}) < sum(name is not None for name in names):
                return False
        return all(map(has_no_twins, manifest))
    return all(map(has_no_twins, manifest.values())) if isinstance(manifest, dict) else True
