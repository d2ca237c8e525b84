"""Custom resource definitions: fields that all versions share are in the spec in v1beta1, and in each version in v1.

Source in Kubernetes: apiextensions-apiserver/pkg/apis/apiextensions/v1/conversion.go.
"""

from __future__ import annotations

from typing import Any

from converter.kube import Json, canonical_json, copy_json, is_empty
from converter.rules.functions.registry import register
from converter.rules.lens import LensError, Notes, drop_foreign, get_object, wrong_type

_SHARED = (
    ("schema", "validation"),
    ("subresources", "subresources"),
    ("additionalPrinterColumns", "additionalPrinterColumns"),
)
"""Each field of a version, and the field of the spec that sets it for every version."""

_LARGEST_COPIES = 2 << 20
"""Bytes of all copies of a shared field. etcd stores 1.5 MiB in one object."""

_RAW = frozenset({"default", "example", "enum"})
"""Fields of a schema that hold a user's JSON, in which every value has a meaning."""

_NAMED = frozenset({"properties", "patternProperties", "definitions", "dependencies"})
"""Fields of a schema that map a user's names to schemas."""

_FLAGS = frozenset(
    {
        "nullable",
        "uniqueItems",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
    }
)
"""Fields of a schema in which false means the same as a missing value."""


def _hoist(crd: dict[str, Any], notes: Notes) -> None:
    """Move what all versions share into the spec, as v1beta1 requires, and name the first version."""
    spec = get_object(crd, ("spec",))
    if spec is None:
        return
    versions = _versions(spec)
    first = versions[0].get("name") if versions else None
    if spec.get("version") != first:
        drop_foreign(spec, "version", ("spec", "version"), notes)
    for inside, above in _SHARED:
        drop_foreign(spec, above, ("spec", above), notes)
        values = [version.get(inside) for version in versions]
        if values and _all_alike(values):
            for version in versions:
                version.pop(inside, None)
            shared = next((value for value in values if value is not None), None)
            if shared is not None and shared != []:
                spec[above] = shared
    if first is not None:
        spec["version"] = first


def _spread(crd: dict[str, Any], _notes: Notes) -> None:
    """Copy what the spec sets for all versions into each version."""
    spec = get_object(crd, ("spec",))
    if spec is None:
        return
    versions = _versions(spec)
    name = spec.pop("version", None)
    if not versions and name:
        if type(name) is not str:
            raise wrong_type(("spec", "version"), "a string", name)
        versions = spec["versions"] = [{"name": name, "served": True, "storage": True}]
    for inside, above in _SHARED:
        shared = spec.pop(above, None)
        if shared is None:
            continue
        _check_growth(shared, above, len(versions))
        for index, version in enumerate(versions):
            if not is_empty(version.get(inside)):
                text = f"is set together with spec.{above}, which applies to all versions; set only one of the two"
                raise LensError(("spec", "versions", index, inside), text, refused=True)
            version[inside] = copy_json(shared) if index else shared


def _check_growth(shared: Json, above: str, versions: int) -> None:
    """Check how large the copies of a shared field become; 1 KB of versions must not make gigabytes of schemas.

    Raises:
        LensError: they become too large.
    """
    if versions <= 1:
        return
    size = len(canonical_json(shared)) * versions
    if size > _LARGEST_COPIES:
        text = f"would become {size} bytes in {versions} versions; no API server stores that. Remove versions"
        raise LensError(("spec", above), text, refused=True)


def _versions(spec: dict[str, Any]) -> list[dict[str, Any]]:
    versions = spec.get("versions")
    if versions is None:
        return []
    if type(versions) is not list:
        raise wrong_type(("spec", "versions"), "a list", versions)
    for index, version in enumerate(versions):
        if type(version) is not dict:
            raise wrong_type(("spec", "versions", index), "an object", version)
    return versions


def _all_alike(values: list[Json]) -> bool:
    """Whether values are equal, or differ only in ways that Kubernetes' own types cannot express."""
    first, *others = (canonical_json(value) for value in values)
    if all(other == first for other in others):
        return True
    bare, *others = (canonical_json(_bare(value)) for value in values)
    return all(other == bare for other in others)


def _bare(value: Json, *, names: bool = False) -> Json:
    """Leave out what says nothing in a schema or a printer column; an empty object is not identity there.

    Args:
        value: any part of one.
        names: whether it is an object whose keys are a user's names.
    """
    if isinstance(value, list):
        return [_bare(item) for item in value] or None
    if not isinstance(value, dict):
        return value
    if names:
        return {key: _bare(item) for key, item in value.items()}
    bare = {key: item if key in _RAW else _bare(item, names=key in _NAMED) for key, item in value.items()}
    return {key: item for key, item in bare.items() if not _says_nothing(key, item)}


def _says_nothing(key: str, item: Json) -> bool:
    return (
        item is None
        or item == ""
        or (item is False and key in _FLAGS)
        or (key == "priority" and item == 0)
        or (key in _NAMED and item == {})
    )


register(
    "customresourcedefinition-versions",
    "v1beta1 has a schema, subresources and printer columns that all versions share once, and also names the "
    "first version; v1 has them in each version",
    to_right=_hoist,
    to_left=_spread,
    left_fields=[f"spec.versions[*].{inside}" for inside, _ in _SHARED],
    right_fields=["spec.version", *(f"spec.{above}" for _, above in _SHARED)],
)
