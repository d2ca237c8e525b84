"""Small helpers for tests of the webhook on Works: reviews from a few manifests, and answers taken apart."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import jsonpatch

from converter.admission.works import WorkWebhook
from converter.clusters import Cluster, Fleet, FleetView

if TYPE_CHECKING:
    from converter.engine import Engine

DATA = Path(__file__).parent / "data"
CAPTURED = sorted((DATA / "reviews").glob("*-works-*.json"))

OLD = Cluster.from_versions(
    "old",
    {
        "apps/v1": ["Deployment"],
        "networking.k8s.io/v1beta1": ["Ingress"],
        "batch/v1beta1": ["CronJob"],
        "batch/v1": ["Job"],
        "v1": ["ConfigMap", "Namespace"],
    },
)
NEW = Cluster.from_versions(
    "new",
    {
        "apps/v1": ["Deployment"],
        "networking.k8s.io/v1": ["Ingress"],
        "batch/v1": ["CronJob", "Job"],
        "v1": ["ConfigMap", "Namespace"],
    },
)
VAGUE = Cluster.from_versions("vague", {"v1": ["ConfigMap"], "batch/v1beta1": ["CronJob"]}, complete=False)


def source_entry(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What a Work stores of the versions of a converted manifest, as docs/reference/objects.md says it."""
    metadata = {name: before["metadata"][name] for name in ("name", "namespace") if name in before["metadata"]}
    found = {"kind": before["kind"], **metadata}
    for name, manifest in (("from", before), ("to", after)):
        written = {name: value for name, value in manifest.items() if name != "status"}
        written["metadata"] = {
            name: {key: item for key, item in value.items() if "karmada.io/" not in key} if name[-1] == "s" else value
            for name, value in manifest["metadata"].items()
        }
        canonical = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(canonical.encode()).hexdigest()[:16]
        found |= {name: manifest["apiVersion"], f"{name}Digest": digest}
    return found


@dataclass(frozen=True)
class Answer:
    """An answer, taken apart."""

    response: dict[str, Any]

    @property
    def allowed(self) -> bool:
        return bool(self.response["allowed"])

    @property
    def operations(self) -> list[dict[str, Any]]:
        if "patch" not in self.response:
            return []
        assert self.response["patchType"] == "JSONPatch"
        return json.loads(base64.b64decode(self.response["patch"]))

    @property
    def warnings(self) -> list[str]:
        return self.response.get("warnings", [])

    @property
    def message(self) -> str:
        return self.response["status"]["message"]

    def applied(self, work: dict[str, Any]) -> dict[str, Any]:
        """The Work as it would be stored, patched by another implementation than ours."""
        return jsonpatch.apply_patch(copy.deepcopy(work), self.operations)


def webhook(shipped: Engine, *clusters: Cluster, policy: Any = "deny", observer: Any = None) -> WorkWebhook:
    """Make a webhook for some clusters; by default an old, a new and a vaguely known one."""
    fleet = Fleet.of(clusters or (OLD, NEW, VAGUE))
    return WorkWebhook(SimpleNamespace(current=shipped), FleetView(fleet), policy, observer)


def ask(hook: WorkWebhook, review: dict[str, Any] | bytes) -> Answer:
    """Send a review and take the answer apart."""
    body = review if isinstance(review, bytes) else json.dumps(review).encode()
    document = json.loads(hook.answer(body))
    assert (document["apiVersion"], document["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    if not isinstance(review, bytes):
        assert document["response"]["uid"] == review["request"]["uid"]
    return Answer(document["response"])


def work(*manifests: Any, cluster: str = "old", **metadata: Any) -> dict[str, Any]:
    """Make a Work."""
    return {
        "apiVersion": "work.karmada.io/v1alpha1",
        "kind": "Work",
        "metadata": {"name": "shop-549f78bcbc", "namespace": f"karmada-es-{cluster}", **metadata},
        "spec": {"workload": {"manifests": list(manifests)}},
    }


def review(obj: Any, operation: str = "UPDATE", **request: Any) -> dict[str, Any]:
    """Make the review of a Work."""
    namespace = obj["metadata"]["namespace"] if isinstance(obj, dict) and "metadata" in obj else "karmada-es-old"
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "07dfbbe1-934f-47e8-8661-20bcebdcce08",
            "kind": {"group": "work.karmada.io", "version": "v1alpha1", "kind": "Work"},
            "name": "shop-549f78bcbc",
            "namespace": namespace,
            "operation": operation,
            "object": obj,
            "oldObject": None,
            **request,
        },
    }


def cronjob(version: str = "batch/v1", name: str = "report", **spec: Any) -> dict[str, Any]:
    """Make a CronJob."""
    return {
        "apiVersion": version,
        "kind": "CronJob",
        "metadata": {"name": name, "namespace": "demo", "annotations": {"kubectl.kubernetes.io/x": "~as/is"}},
        "spec": {"schedule": "5 * * * *", "jobTemplate": {"spec": {"template": {"spec": {"containers": []}}}}, **spec},
    }


def ingress(name: str = "shop") -> dict[str, Any]:
    """Make an Ingress that every rule for it has something to do with."""
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "demo"},
        "spec": {
            "defaultBackend": backend,
            "rules": [{"http": {"paths": [{"pathType": "Exact", "backend": backend}]}}],
        },
    }


def config_map() -> dict[str, Any]:
    """Make a ConfigMap, which every cluster serves."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "demo"}, "data": {"a": "b"}}


def untouched(answer: Answer) -> bool:
    """Whether a Work is let pass as it is, without a word."""
    return answer.allowed and "patch" not in answer.response and not answer.warnings
