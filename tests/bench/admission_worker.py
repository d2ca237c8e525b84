"""Measures the Works webhook of one tree in process; `tests.bench.bench_admission` starts one for each tree.

It imports only what every tree has, so that it can measure an older one. Each line on standard input is the name of a
case and a number of calls; each line on standard output is the CPU seconds of one call, or the names of all cases.
"""

from __future__ import annotations

import base64
import copy
import itertools
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonpatch

from converter.admission.works import WorkWebhook
from converter.catalog import Release, load_catalog
from converter.clusters import Cluster, Fleet, FleetView

try:
    from converter.engine import Engine
except ImportError:  # older trees
    from converter import Converter as Engine  # type: ignore[assignment]

REVIEWS = Path(__file__).resolve().parents[1] / "data" / "reviews"
RELEASES = {"new": Release(1, 30), "old": Release(1, 18), "older": Release(1, 16), "v20": Release(1, 20)}
"""The captured reviews name ``new`` and ``old``. A Kubernetes of v1.18 serves all old versions that they need."""

DIFFERENT = 5000
"""Manifests that are sent before the first one is sent again: more than are remembered (`ConversionCache`)."""

LOST = {"hostUsers": False, "schedulingGates": [{"name": "a"}]}
"""Two fields that a Pod on v1.20 does not have."""


def main() -> None:
    """Answer requests of the parent until it closes the pipe."""
    fleet = Fleet.of(Cluster.from_release(name, release, load_catalog()) for name, release in RELEASES.items())
    hook = WorkWebhook(SimpleNamespace(current=Engine.from_rules()), FleetView(fleet), "deny")
    cases = make_cases(hook)
    print(json.dumps([*cases]), flush=True)
    answer, bodies = hook.answer, {case: itertools.cycle(found) for case, found in cases.items()}
    for request in sys.stdin:
        case, calls = json.loads(request)
        turn = list(itertools.islice(bodies[case], calls))
        began = time.process_time()
        for body in turn:
            answer(body)
        print((time.process_time() - began) / calls, flush=True)


def make_cases(hook: WorkWebhook) -> dict[str, list[bytes]]:
    """Make the bodies of all cases by name; they are sent in turn."""
    deployment = captured("old-deployment")
    nothing = {"Ingress, nothing to do": captured("new-ingress"), "Deployment, nothing to do": deployment}
    two_lost = to_cluster(deployment, "v20")
    two_lost["request"]["object"]["spec"]["workload"]["manifests"][0]["spec"]["template"]["spec"] |= LOST
    converted = {kind: captured(f"old-{kind.lower()}") for kind in ("CronJob", "Ingress", "HorizontalPodAutoscaler")}
    autoscaler = converted["HorizontalPodAutoscaler"]["request"]["object"]["spec"]["workload"]["manifests"][0]["spec"]
    autoscaler["metrics"] = [metric for metric in autoscaler["metrics"] if metric["type"] != "ContainerResource"]
    found = dict(nothing)
    for kind, review in converted.items():
        found[f"{kind} converted"] = review
        found[f"{kind} as it is stored"] = stored(hook, review)
        found[f"{kind} sent again"] = sent_again(hook, review)
    lossy = {"Ingress converted, fields lost": to_cluster(converted["Ingress"], "older"), "two fields lost": two_lost}
    for name, review in lossy.items():
        found[name] = review
        found[f"{name}, as it is stored"] = stored(hook, review)
        found[f"{name}, sent again"] = sent_again(hook, review)
    cases = {name: [encode(review)] for name, review in found.items()}
    for name in [*(f"{kind} converted" for kind in converted), "Ingress converted, fields lost"]:
        cases[f"{name}, each for the first time"] = unlike_each_other(cases[name][0])
    return cases


def unlike_each_other(body: bytes) -> list[bytes]:
    """Make reviews of the same size that differ in an annotation of the manifest: more than the webhook remembers."""
    review = json.loads(body)
    metadata = review["request"]["object"]["spec"]["workload"]["manifests"][0]["metadata"]
    metadata["annotations"] = {**(metadata.get("annotations") or {}), "example.org/number": "NUMBER"}
    before, _, after = encode(review).partition(b"NUMBER")
    return [b"%b%06d%b" % (before, number, after) for number in range(DIFFERENT)]


def captured(name: str) -> dict[str, Any]:
    """Read a review that a real API server sent."""
    review: dict[str, Any] = json.loads((REVIEWS / f"create-works-{name}.json").read_text())
    return review


def to_cluster(review: dict[str, Any], cluster: str) -> dict[str, Any]:
    """Send the Work of a review to another cluster."""
    changed = copy.deepcopy(review)
    request = changed["request"]
    request["namespace"] = request["object"]["metadata"]["namespace"] = f"karmada-es-{cluster}"
    return changed


def stored(hook: WorkWebhook, review: dict[str, Any]) -> dict[str, Any]:
    """Review the Work as it was answered: Karmada changes nothing but a finalizer."""
    response = json.loads(hook.answer(encode(review)))["response"]
    changed = copy.deepcopy(review)
    operations = json.loads(base64.b64decode(response["patch"]))
    changed["request"]["object"] = jsonpatch.apply_patch(changed["request"]["object"], operations)
    changed["request"]["operation"] = "UPDATE"
    return changed


def sent_again(hook: WorkWebhook, review: dict[str, Any]) -> dict[str, Any]:
    """Review the Work that Karmada sends again: its manifests as they were, under the metadata that is stored."""
    changed = stored(hook, review)
    changed["request"]["object"]["spec"] = review["request"]["object"]["spec"]
    return changed


def encode(review: dict[str, Any]) -> bytes:
    """Encode a review as an API server does, without spaces."""
    return json.dumps(review, separators=(",", ":")).encode()


if __name__ == "__main__":
    main()
