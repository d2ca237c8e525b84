"""Ties CustomResourceDefinitions: names, groups, versions and schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.generators.parts import object_at
from tests.generators.valid_words_access import schema

if TYPE_CHECKING:
    import random

    from tests.generators.parts import Json, Tie


def _crd(rng: random.Random, manifest: Json) -> None:
    """A CRD is written rather than grown: nearly every field of it must agree with another."""
    if "crd" in object_at(object_at(manifest, "metadata"), "labels"):
        return
    manifest["metadata"]["labels"]["crd"] = "written"
    word = "w" + manifest["metadata"]["name"].replace("-", "").replace(".", "")
    manifest["metadata"]["name"] = f"{word}s.example.test"
    names: Json = {"plural": f"{word}s", "kind": word.capitalize()}
    if rng.random() < 0.5:
        names |= {"singular": word, "shortNames": [f"{word}x"], "listKind": f"{word.capitalize()}Items"}
    if rng.random() < 0.3:
        names["categories"] = ["all"]
    new = manifest["apiVersion"].endswith("/v1")
    count = rng.choice((1, 1, 2, 3))
    versions = [_crd_version(rng, name, new) for name in ("v1", "v1beta1", "v1alpha1")[:count]]
    versions[0]["storage"] = True
    spec: Json = {"group": "example.test", "scope": rng.choice(("Namespaced", "Cluster")), "names": names}
    if new:
        spec["versions"] = versions
        if rng.random() < 0.5:
            spec["conversion"] = {"strategy": "None"}
        if rng.random() < 0.2:
            hook = {"url": "https://hooks.example.test/convert"}
            spec["conversion"] = {
                "strategy": "Webhook",
                "webhook": {"clientConfig": hook, "conversionReviewVersions": ["v1", "v1beta1"]},
            }
    else:
        _crd_v1beta1(rng, spec, versions)
    manifest["spec"] = spec
    manifest.pop("status", None)


def _crd_version(rng: random.Random, name: str, new: bool) -> Json:  # noqa: FBT001 - private, two calls
    made: Json = {"name": name, "served": rng.random() < 0.9, "storage": False}
    if new:
        made["schema"] = {"openAPIV3Schema": schema(rng)}
        if rng.random() < 0.2:
            made["schema"]["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"] = True
        made |= _crd_extras(rng, "jsonPath")
    return made


def _crd_extras(rng: random.Random, path: str) -> Json:
    made: Json = {}
    if rng.random() < 0.5:
        made["subresources"] = rng.choice(
            ({"status": {}}, {"scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}})
        )
    if rng.random() < 0.5:
        column = {"name": "Size", "type": "integer", path: ".spec.size"}
        made["additionalPrinterColumns"] = [column | rng.choice(({}, {"priority": 1, "description": "how large"}))]
    return made


def _crd_v1beta1(rng: random.Random, spec: Json, versions: list[Json]) -> None:
    """Version, versions or both; one schema for all or one for each; unknown fields kept or not."""
    style = rng.choice(("version", "versions", "both"))
    per_version = style != "version" and len(versions) > 1 and rng.random() < 0.6
    if style == "version":
        spec["version"] = "v1"
    else:
        versions[0]["served"] = True
        spec["versions"] = versions
        if style == "both":
            spec["version"] = "v1"
    if per_version:
        for version in versions:
            version |= {"schema": {"openAPIV3Schema": schema(rng)}, **_crd_extras(rng, "JSONPath")}
    else:
        if rng.random() < 0.7:
            spec["validation"] = {"openAPIV3Schema": schema(rng)}
        spec |= _crd_extras(rng, "JSONPath")
    if rng.random() < 0.5:
        spec["preserveUnknownFields"] = rng.choice((True, False))
    if rng.random() < 0.3:
        spec["conversion"] = {"strategy": "None"}
    if spec.get("preserveUnknownFields") is False and rng.random() < 0.4:
        spec["conversion"] = {
            "strategy": "Webhook",
            "webhookClientConfig": {"url": "https://hooks.example.test/convert"},
        }
        if rng.random() < 0.5:
            spec["conversion"]["conversionReviewVersions"] = ["v1beta1"]


TIES: dict[str, Tie] = {
    "CustomResourceDefinition": _crd,
}
