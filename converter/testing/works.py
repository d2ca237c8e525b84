"""Works and reviews as Karmada sends them, and the answer of the webhook on Works, without a server."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from converter.admission.works import WorkWebhook
from converter.clusters import Fleet, FleetView
from converter.kube import copy_json
from converter.server.sample import review_of, work_for
from converter.testing.errors import ArgumentError
from converter.testing.landing import engine_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from converter.clusters import Cluster
    from converter.engine import Engine
    from converter.kube import Manifest


def make_work(*manifests: Manifest, cluster: str, name: str | None = None) -> Manifest:
    """Make the Work that Karmada makes of manifests for a cluster.

    Args:
        manifests: what the Work holds, at least one; they are copied.
        cluster: the name of the cluster; it makes the Work's namespace.
        name: the name of the Work; Karmada's pattern with the first manifest's name where none is given.

    Raises:
        ArgumentError: no manifest is given, or the first one has no name.
    """
    if not manifests:
        raise ArgumentError("manifests", "a Work needs at least one")
    first = manifests[0]
    if not (isinstance(first.get("metadata"), dict) and first["metadata"].get("name") and first.get("kind")):
        raise ArgumentError("manifests", "the first one needs a kind and metadata.name; they make the name of the Work")
    made = work_for(first, cluster)
    made["spec"]["workload"]["manifests"] = [copy_json(manifest) for manifest in manifests]
    if name is not None:
        made["metadata"]["name"] = name
    return made


def make_review(work: Manifest, *, old: Manifest | None = None) -> Manifest:
    """Make the AdmissionReview that the Karmada API server sends about a Work; equal Works make equal reviews.

    Args:
        work: the Work as it is written.
        old: the Work as it is stored, for an update; without it, the Work is created.
    """
    made: Manifest = msgspec.json.decode(review_of(work))
    if old is not None:
        options = {"apiVersion": "meta.k8s.io/v1", "kind": "UpdateOptions"}
        made["request"] |= {"operation": "UPDATE", "oldObject": copy_json(old), "options": options}
    return made


@dataclass(frozen=True, slots=True)
class Admission:
    """What the webhook answers to the review of a Work.

    Attributes:
        allowed: whether the Work is stored.
        work: the Work as it is stored; None if it is denied.
        message: why it is denied; empty if it is allowed.
        warnings: what the user sees of losses.
    """

    allowed: bool
    work: Manifest | None
    message: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rules:
    current: Engine


def admit(review: Manifest, fleet: Mapping[str, Cluster], *, rules: Iterable[str | os.PathLike[str]] = ()) -> Admission:
    """Answer a review as the webhook does.

    Args:
        review: of a Work, such as `make_review` makes.
        fleet: the clusters; one that is not in it is unknown to the webhook.
        rules: your own rules, weights and loss policy, in addition to the shipped rules.

    Raises:
        ReviewError: it is not an AdmissionReview of a Work.
        RuleBookError: with every problem of every rule file.
    """
    engine = engine_of(rules)
    webhook = WorkWebhook(_Rules(engine), FleetView(Fleet(fleet)))
    response = msgspec.json.decode(webhook.answer(msgspec.json.encode(review)))["response"]
    if not response["allowed"]:
        return Admission(False, None, response["status"]["message"], tuple(response.get("warnings") or ()))
    return Admission(True, _patched(review["request"]["object"], response), "", tuple(response.get("warnings") or ()))


def _patched(work: Manifest, response: Mapping[str, Any]) -> Manifest:
    import jsonpatch  # noqa: PLC0415  # needed for Works that change only

    done: Manifest = copy_json(work)
    if response.get("patch"):
        done = jsonpatch.apply_patch(done, msgspec.json.decode(base64.b64decode(response["patch"])))
    return done
