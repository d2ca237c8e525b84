"""Webhook configurations: what pkg/apis/admissionregistration/validation/validation.go demands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from converter.catalog import Release
from converter.kube import parse_path
from converter.refusals.checks import other_than, outside, places, repeated
from converter.refusals.model import Refusal, RefusalReason, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.kube import Json, Manifest
    from converter.refusals.model import Place, Server

_KINDS: Final = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_V1, _V1BETA1 = "admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1beta1"
_SOURCE: Final = "pkg/apis/admissionregistration/validation/validation.go"
_VERSIONS: Final = parse_path("webhooks[*].admissionReviewVersions")


def recognized(versions: Json, release: Release) -> bool:
    """Whether a list names a version of reviews that a release accepts: v1 came into the list in v1.17."""
    known = {"v1beta1"} if release < Release(1, 17) else {"v1", "v1beta1"}
    return isinstance(versions, list) and any(version in known for version in versions if isinstance(version, str))


def _review_versions(manifest: Manifest, server: Server) -> Iterator[Place]:
    for path, versions in places(manifest, _VERSIONS):
        if server.api_version == _V1BETA1 and not versions:
            continue  # v1beta1 fills in [v1beta1]
        if not recognized(versions, server.release):
            yield path, versions


RULES: Final = (
    Rule(
        Refusal(
            RefusalReason.SIDE_EFFECTS,
            "v1 demands sideEffects: None or NoneOnDryRun of every new webhook",
            "set it if that is true of the webhook",
        ),
        _KINDS, (_V1,), other_than("webhooks[*].sideEffects", "None", "NoneOnDryRun"),
        f"{_SOURCE}: requireNoSideEffects",
    ),
    Rule(
        Refusal(
            RefusalReason.REVIEW_VERSIONS,
            "admissionReviewVersions must name a version that the server knows: v1beta1 up to v1.16, "
            "else v1 or v1beta1",
            "add the version if the webhook understands it",
        ),
        _KINDS, (_V1, _V1BETA1), _review_versions, f"{_SOURCE}: AcceptedAdmissionReviewVersions", since=Release(1, 14),
    ),
    Rule(
        Refusal(
            RefusalReason.WEBHOOK_NAMES,
            "v1 demands that each webhook has a name of its own",
            "rename one of the two",
        ),
        _KINDS, (_V1,), repeated("webhooks[*].name"), f"{_SOURCE}: requireUniqueWebhookNames",
    ),
    Rule(
        Refusal(
            RefusalReason.WEBHOOK_TIMEOUT, "timeoutSeconds must be between 1 and 30", "set it to a number in that range"
        ),
        _KINDS, (_V1, _V1BETA1), outside("webhooks[*].timeoutSeconds", 1, 30),
        f"{_SOURCE}: TimeoutSeconds", since=Release(1, 14),
    ),
)  # fmt: skip
