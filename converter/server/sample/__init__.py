"""The sample: a small fleet, manifests for it, and the admission reviews that Karmada would send."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from converter.karmada.names import EXECUTION_FINALIZER, EXECUTION_SPACE_PREFIX, WORK_API_VERSION
from converter.yaml import load_all

if TYPE_CHECKING:
    from converter.clusters import Cluster, Fleet
    from converter.kube import Manifest

_HERE = Path(__file__).parent
_WORK = {"group": "work.karmada.io", "version": "v1alpha1"}

FLEET = _HERE / "fleet.yaml"
"""The inventory of the sample fleet."""

MANIFESTS = _HERE / "manifests.yaml"
"""The sample manifests."""


def sample_manifests() -> list[Manifest]:
    """Read the sample manifests; each call returns new objects."""
    return load_all(MANIFESTS.read_text(encoding="utf-8"))


def oldest_first(fleet: Fleet) -> list[Cluster]:
    """Sort clusters by release; clusters of unknown release come last."""
    return sorted(fleet.values(), key=lambda cluster: (cluster.release is None, cluster.release, cluster.name))


def work_for(manifest: Manifest, cluster: str) -> Manifest:
    """Make the Work that Karmada would make from a manifest for a cluster."""
    name, namespace = manifest["metadata"]["name"], f"{EXECUTION_SPACE_PREFIX}{cluster}"
    digest = hashlib.sha256(f"{manifest['kind']}/{name}".encode()).hexdigest()[:10]
    return {
        "apiVersion": WORK_API_VERSION,
        "kind": "Work",
        "metadata": {
            "name": f"{name}-{digest}",
            "namespace": namespace,
            "finalizers": [EXECUTION_FINALIZER],
        },
        "spec": {"workload": {"manifests": [manifest]}},
    }


def review_of(work: Manifest) -> bytes:
    """Make the AdmissionReview for the creation of a Work, as indented JSON; equal Works give equal bytes."""
    metadata = work["metadata"]
    request = {
        "uid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{metadata['namespace']}/{metadata['name']}")),
        "kind": {**_WORK, "kind": "Work"},
        "resource": {**_WORK, "resource": "works"},
        "requestKind": {**_WORK, "kind": "Work"},
        "requestResource": {**_WORK, "resource": "works"},
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "operation": "CREATE",
        "userInfo": {"username": "system:karmada", "groups": ["system:authenticated"]},
        "object": work,
        "oldObject": None,
        "dryRun": False,
        "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"},
    }
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return msgspec.json.format(msgspec.json.encode(review), indent=2) + b"\n"
