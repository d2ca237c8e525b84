"""CustomResourceDefinitions: what apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go demands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from converter.catalog import Release
from converter.refusals.checks import field, items, nothing, where
from converter.refusals.model import Refusal, RefusalReason, Rule
from converter.refusals.schemas import defaults, map_keys, set_of_objects, unstructured
from converter.refusals.webhooks import recognized

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.kube import Manifest
    from converter.refusals.model import Place, Server

_KIND: Final = ("CustomResourceDefinition",)
_V1, _V1BETA1 = "apiextensions.k8s.io/v1", "apiextensions.k8s.io/v1beta1"
_SOURCE: Final = "apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go"
_APPROVAL: Final = "api-approved.kubernetes.io"
_APPROVED: Final = re.compile(r"unapproved|[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s]")
_PROTECTED: Final = ("k8s.io", "kubernetes.io")


def _not_approved(manifest: Manifest, _server: Server) -> Iterator[Place]:
    group = field(manifest, "spec", "group")
    if not isinstance(group, str) or not any(group == own or group.endswith(f".{own}") for own in _PROTECTED):
        return
    annotation = field(manifest, "metadata", "annotations", _APPROVAL)
    if not isinstance(annotation, str) or not _APPROVED.match(annotation):
        yield ("spec", "group"), group


def _schema_missing(manifest: Manifest, _server: Server) -> Iterator[Place]:
    for index, version in enumerate(items(manifest, "spec", "versions")):
        schema = field(version, "schema")
        if field(schema, "openAPIV3Schema") is None:
            yield ("spec", "versions", index, "schema"), schema


def _review_versions(manifest: Manifest, server: Server) -> Iterator[Place]:
    if field(manifest, "spec", "conversion", "strategy") != "Webhook":
        return
    inside = () if server.api_version == _V1BETA1 else ("webhook",)
    path = ("spec", "conversion", *inside, "conversionReviewVersions")
    versions = field(manifest, *path)
    if server.api_version == _V1BETA1 and not versions:
        return  # v1beta1 fills in [v1beta1]
    if not recognized(versions, server.release):
        yield path, versions


def _conversion_without_pruning(manifest: Manifest, _server: Server) -> Iterator[Place]:
    strategy = field(manifest, "spec", "conversion", "strategy")
    if strategy == "Webhook" and field(manifest, "spec", "preserveUnknownFields") is not False:
        yield ("spec", "conversion", "strategy"), strategy


RULES: Final = (
    Rule(
        Refusal(
            RefusalReason.PRESERVES_UNKNOWN_FIELDS,
            "v1 does not create a CRD with preserveUnknownFields: true, the default of v1beta1",
            "set it to false, with structural schemas; to keep unknown fields, put "
            "x-kubernetes-preserve-unknown-fields: true into the schema",
        ),
        _KIND, (_V1,), where("spec.preserveUnknownFields", lambda value: value is True),
        f"{_SOURCE}: validatePreserveUnknownFields",
    ),
    Rule(
        Refusal(
            RefusalReason.SCHEMA_MISSING,
            "v1 demands a schema of every version",
            "add one; {type: object, x-kubernetes-preserve-unknown-fields: true} allows everything",
        ),
        _KIND, (_V1,), _schema_missing, f"{_SOURCE}: requireOpenAPISchema",
    ),
    Rule(
        Refusal(
            RefusalReason.NOT_STRUCTURAL,
            "v1 demands a structural schema: each field has a type, and what allOf, anyOf, oneOf and not say is only "
            "validation of fields that are specified outside them",
            "correct the schema at this place",
        ),
        _KIND, (_V1,), nothing, "apiextensions-apiserver/pkg/apiserver/schema/validation.go",
        visit=unstructured,
    ),
    Rule(
        Refusal(
            RefusalReason.DEFAULT_IN_SCHEMA,
            "v1beta1 does not accept defaults in a schema",
            "take the default out for this cluster with an OverridePolicy",
        ),
        _KIND, (_V1BETA1,), nothing, f"{_SOURCE}: allowDefaults",
        visit=defaults,
    ),
    Rule(
        Refusal(
            RefusalReason.LIST_OF_OBJECTS_AS_SET,
            "the items of a list of type set must be scalar or atomic; up to v1.16, no object is",
            "take x-kubernetes-list-type out for this cluster",
        ),
        _KIND, (_V1, _V1BETA1), nothing, f"{_SOURCE}: requireAtomicSetType", since=Release(1, 16),
        visit=set_of_objects,
    ),
    Rule(
        Refusal(
            RefusalReason.LIST_MAP_KEYS,
            "since v1.18 the items of a list of type set or map cannot be nullable, and each of "
            "x-kubernetes-list-map-keys must be required or have a default",
            "add the key to required",
        ),
        _KIND, (_V1, _V1BETA1), nothing, f"{_SOURCE}: validateMapListKeysMapSet", since=Release(1, 18),
        visit=map_keys,
    ),
    Rule(
        Refusal(
            RefusalReason.NOT_APPROVED,
            f"v1 demands the annotation {_APPROVAL} of CRDs in the groups k8s.io and kubernetes.io",
            "set it to the URL of the approval, or to a text that begins with unapproved",
        ),
        _KIND, (_V1,), _not_approved, f"{_SOURCE}: validateAPIApproval",
    ),
    Rule(
        Refusal(
            RefusalReason.CONVERSION_REVIEW_VERSIONS,
            "conversionReviewVersions must name a version that the server knows: v1beta1 up to v1.16, "
            "else v1 or v1beta1",
            "add the version if the webhook understands it",
        ),
        _KIND, (_V1, _V1BETA1), _review_versions, f"{_SOURCE}: acceptedConversionReviewVersions", since=Release(1, 15),
    ),
    Rule(
        Refusal(
            RefusalReason.CONVERSION_NEEDS_PRUNING,
            "conversion by a webhook demands preserveUnknownFields: false",
            "set it, with structural schemas",
        ),
        _KIND, (_V1BETA1,), _conversion_without_pruning, f"{_SOURCE}: validateCustomResourceDefinitionSpec",
        since=Release(1, 15),
    ),
)  # fmt: skip
