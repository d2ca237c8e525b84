"""One cluster through its years, and a Work that is admitted for it at each of them, as the control plane stores it.

A stop is a release and, of each kind in the Work, the versions that the cluster serves then. The webhook answers,
another implementation than ours applies its patch, and the result is what the next stop gets.
"""

from __future__ import annotations

import copy
import json
import random
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonpatch

from converter.catalog import load_catalog
from converter.clusters import Cluster
from converter.karmada.work import decode_work
from converter.kube import canonical_json
from converter.works.plan import plan_work
from converter.works.policy import Policy
from tests.reviewkit import ask, review, webhook, work

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from converter.catalog import Release
    from converter.engine import Engine
    from converter.kube import GroupVersionKind

NAME = "member"
"""The cluster's name."""


@cache
def _versions(release: Release, kind: str, *, default_only: bool) -> tuple[str, ...]:
    served = load_catalog().served(release, all_versions=not default_only)
    return tuple(gvk.api_version for gvk in served if gvk.kind == kind)


def cluster_of(release: Release, kinds: Iterable[str], seed: int) -> Cluster:
    """The cluster in a release: of each kind it serves what the release does by default, or one version alone.

    One alone is what a ``--runtime-config`` can make of any release, and what sends kinds on their way that every
    release serves in the version of today.
    """
    rng = random.Random(seed)
    versions: dict[str, list[str]] = {}
    for kind in sorted(set(kinds)):
        known = _versions(release, kind, default_only=False)
        one = [rng.choice(known)] if known else []
        for version in one if rng.random() < 0.6 else _versions(release, kind, default_only=True):
            versions.setdefault(version, []).append(kind)
    return Cluster.from_versions(NAME, versions, release=release)


def home_of(gvks: Iterable[GroupVersionKind]) -> Cluster:
    """The cluster as it is when it serves each manifest as it was sent, in the newest release."""
    versions: dict[str, list[str]] = {}
    for gvk in gvks:
        versions.setdefault(gvk.api_version, []).append(gvk.kind)
    return Cluster.from_versions(NAME, versions, release=load_catalog().releases[-1])


def manifests_of(work: dict[str, Any]) -> list[Any]:
    """The manifests of a Work."""
    return work["spec"]["workload"]["manifests"]


class Journey:
    """A Work on its way through the years of its cluster.

    Attributes:
        sent: the Work as Karmada makes it.
        stored: the Work as the control plane holds it after the last stop.
    """

    def __init__(self, converter: Engine, manifests: Sequence[Any], metadata: dict[str, Any]) -> None:
        self.sent = _in_order(work(*manifests, cluster=NAME, **metadata))
        self.stored = copy.deepcopy(self.sent)
        self._converter = converter

    @property
    def manifests(self) -> list[Any]:
        """What is sent to the member."""
        return manifests_of(self.stored)

    @property
    def annotations(self) -> dict[str, str]:
        """The stored Work's annotations."""
        return self.stored["metadata"].get("annotations") or {}

    @property
    def labels(self) -> dict[str, str]:
        """The stored Work's labels."""
        return self.stored["metadata"].get("labels") or {}

    def admit(self, cluster: Cluster) -> None:
        """Admit the stored Work for its cluster, as the controller has it done when the cluster was upgraded."""
        self.stored = self._answered(cluster, self.stored)
        assert self._answered(cluster, self.stored) == self.stored, "a second look finds something to do"
        stored = decode_work(canonical_json(self.stored))
        found = plan_work(stored, cluster, self._converter, Policy.parse("warn"), recheck=True)
        assert not found.changes, "the rules make something else of what they made"
        assert not found.outdated, "the way back does not lead to what was sent"

    def sent_again(self, cluster: Cluster) -> dict[str, Any]:
        """The Work as it would be stored if Karmada sent its own manifests once more."""
        return self._answered(cluster, {**self.stored, "spec": self.sent["spec"]})

    def _answered(self, cluster: Cluster, given: dict[str, Any]) -> dict[str, Any]:
        answer = ask(webhook(self._converter, cluster, policy="warn"), review(given))
        assert answer.allowed, answer.message
        operations = answer.operations
        return _in_order(jsonpatch.apply_patch(given, operations)) if operations else given


def _in_order(work: dict[str, Any]) -> dict[str, Any]:
    """A copy of a Work with all keys in order: so Karmada and the API server write it, being in Go."""
    return json.loads(canonical_json(work))
