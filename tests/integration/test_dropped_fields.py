"""What a real API server drops or refuses of an object is exactly what was reported for its release.

Manifests are made from the newest release's types, mended by the server's refusals, stored, and read back. What is
reported must be gone; what is gone must have been reported, but for the fields that `rewritten.py` names:
the server moves them or takes them off where they mean nothing. A value that is reported
must be refused or changed.
"""

from __future__ import annotations

import http.client
import os
from collections import Counter
from dataclasses import dataclass, field

import pytest

from converter.catalog import DEFAULT_GATES, GateSettings, NeutralValues, Release, load_catalog, walk
from converter.kube import GroupVersionKind, format_path, gvk_of, parse_path
from converter.losses.schema_path import generalized
from converter.refusals import RefusalReason
from tests.controlplanes.client import ApiError
from tests.controlplanes.servers import RELEASES
from tests.generators.mending import mend
from tests.generators.valid_values import ValidValues
from tests.integration import valued
from tests.integration.conftest import ALL_GATES
from tests.integration.rewritten import explained, taken
from tests.integration.valued import answer, at, known_value_is_taken, merged
from tests.nonempty import some

NEWEST = "1.37"
NEUTRAL = NeutralValues(load_catalog())
SIZE = int(os.environ.get("CONVERTER_TEST_DROPPED", "16"))
ROUNDS = 12

KINDS = (
    ("v1", "Pod"), ("v1", "Service"), ("v1", "ConfigMap"), ("v1", "Secret"), ("v1", "PersistentVolumeClaim"),
    ("v1", "PersistentVolume"), ("v1", "PodTemplate"), ("v1", "Node"), ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"), ("apps/v1", "DaemonSet"), ("batch/v1", "Job"), ("batch/v1", "CronJob"),
    ("batch/v1beta1", "CronJob"), ("networking.k8s.io/v1", "Ingress"), ("networking.k8s.io/v1beta1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"), ("networking.k8s.io/v1", "IngressClass"),
    ("policy/v1", "PodDisruptionBudget"), ("policy/v1beta1", "PodDisruptionBudget"),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler"), ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("storage.k8s.io/v1", "StorageClass"), ("storage.k8s.io/v1", "CSIDriver"), ("coordination.k8s.io/v1", "Lease"),
    ("discovery.k8s.io/v1", "EndpointSlice"), ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
)  # fmt: skip


def newest_type(api_version, kind):
    """The newest release that knows a kind in a version."""
    return str(load_catalog().releases_of(GroupVersionKind.of(api_version, kind))[-1]).removeprefix("v")


@dataclass
class Seen:
    """What one server showed.

    Attributes:
        accepted: how many objects it stored.
        reported: each field that was reported and is gone, in a general form.
        kept: what was reported and is still there.
        refused: what was reported as refused, and the server took it.
        silent: what is gone and was not reported.
    """

    accepted: int = 0
    reported: Counter = field(default_factory=Counter)
    kept: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    silent: Counter = field(default_factory=Counter)


def says_something(value):
    """Whether a value is more than what servers leave out because it is the same as nothing."""
    if isinstance(value, dict):
        return any(map(says_something, value.values()))
    if isinstance(value, list):
        return any(map(says_something, value))
    return value not in (None, "", 0, False)


def gone(given, answered, path=()):
    """Every topmost place that said something and is not there any more."""
    if isinstance(given, dict) and isinstance(answered, dict):
        for key, value in given.items():
            if key in answered:
                yield from gone(value, answered[key], (*path, key))
            elif says_something(value):
                yield (*path, key)
    elif isinstance(given, list) and isinstance(answered, list) and len(given) == len(answered):
        for index, value in enumerate(given):
            yield from gone(value, answered[index], (*path, index))


def accepted(client, maker, seed):
    """Store the manifest of a number, mended by what the server says; with what is read back. None if it is refused."""
    manifest = maker.make(seed, f"dropped-{seed}")
    resource = client.resources(maker.api_version)[maker.kind]
    if resource.namespaced:
        manifest["metadata"]["namespace"] = "default"
    manifest.pop("status", None)
    for number in range(ROUNDS):
        try:
            client.create(manifest)
        except ApiError as error:
            if not mend(maker, seed + number, manifest, error):
                return None
            manifest.pop("status", None)
        except http.client.RemoteDisconnected:
            return None
        else:
            name, space = manifest["metadata"]["name"], manifest["metadata"].get("namespace")
            answered = client.get(maker.api_version, maker.kind, name, space)
            client.delete(maker.api_version, maker.kind, name, space, propagation="Background")
            return manifest, answered
    return None


def is_dropped(loss):
    """Whether the server stores the object without the value, even if it refuses the Pods that are made of it."""
    of_pods = loss.refused and not loss.certainly_refused
    return not loss.refused or (of_pods and loss.cause.refusal.reason is not RefusalReason.UNKNOWN_VALUE)


def compare(manifest, answered, analysis, release, seen, *, gates=DEFAULT_GATES):
    """Hold what is gone against what was reported."""
    gvk = gvk_of(manifest)
    losses = analysis.of_release(manifest, gvk, release, gates=gates)
    known = (*losses, *analysis.refused_by(manifest, gvk, release, gates=gates))
    seen.refused += [f"{gvk} {loss}" for loss in known if loss.certainly_refused]
    told = [
        parse_path(loss.path)
        for loss in losses
        if is_dropped(loss) and not loss.path.startswith(("metadata", "status"))
    ]
    for path in told:
        if at(answered, path)[1]:
            seen.kept.append(f"{gvk.api_version} {gvk.kind} {format_path(path)}")
        else:
            seen.reported[f"{gvk.kind} {format_path(generalized(path))}"] += 1
    for path in gone(manifest, answered):
        neutral = NEUTRAL.means_nothing_new(gvk, path, at(manifest, path)[0], lambda: manifest)
        if path[0] != "metadata" and path not in told and not neutral:
            seen.silent[f"{gvk.api_version} {gvk.kind} {format_path(generalized(path))}"] += 1


def unexplained(release, seen):
    """What went in silence and has no name in `rewritten.py`."""
    return sorted(field for field in seen.silent if not explained(release, field))


HANDLER = {"httpGet": {"path": "/", "port": 80}}
CONTAINER = {
    "name": "a",
    "image": "example.test/a:1",
    "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
    "lifecycle": {"postStart": HANDLER, "preStop": HANDLER},
    "livenessProbe": HANDLER,
    "readinessProbe": HANDLER,
    "startupProbe": HANDLER,
    "volumeMounts": [{"name": "projected", "mountPath": "/a"}],
}
TERM = {"labelSelector": {"matchLabels": {"a": "b"}}, "topologyKey": "zone"}
TERMS = {
    "requiredDuringSchedulingIgnoredDuringExecution": [TERM],
    "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": TERM}],
}
SPEC = {
    "affinity": {"podAffinity": TERMS, "podAntiAffinity": TERMS},
    "containers": [CONTAINER],
    "initContainers": [{"name": "b", "image": "example.test/b:1"}],
    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
    "volumes": [
        {
            "name": "projected",
            "projected": {"sources": [{"secret": {"name": "a", "items": [{"key": "a", "path": "a"}]}}]},
        },
        {"name": "secret", "secret": {"secretName": "a", "items": [{"key": "a", "path": "a"}]}},
        {"name": "config", "configMap": {"name": "a", "items": [{"key": "a", "path": "a"}]}},
    ],
}
POD = {"metadata": {"labels": {"a": "b"}}, "spec": {**SPEC, "restartPolicy": "Never"}}
ALWAYS = {**POD, "spec": {**SPEC, "restartPolicy": "Always"}}
SELECTOR = {"matchLabels": {"a": "b"}}
BASES = {
    ("v1", "Pod"): POD,
    ("v1", "Service"): {"spec": {"ports": [{"port": 80}], "selector": {"a": "b"}}},
    ("v1", "ConfigMap"): {},
    ("v1", "Secret"): {},
    ("v1", "PersistentVolumeClaim"): {
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    },
    ("apps/v1", "Deployment"): {"spec": {"selector": SELECTOR, "template": ALWAYS}},
    ("apps/v1", "DaemonSet"): {"spec": {"selector": SELECTOR, "template": ALWAYS}},
    ("apps/v1", "StatefulSet"): {"spec": {"selector": SELECTOR, "serviceName": "a", "template": ALWAYS}},
    ("batch/v1", "Job"): {"spec": {"template": POD}},
    ("batch/v1", "CronJob"): {"spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": POD}}}},
    ("batch/v1beta1", "CronJob"): {"spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": POD}}}},
    ("policy/v1beta1", "PodDisruptionBudget"): {"spec": {"selector": SELECTOR, "minAvailable": 1}},
    ("policy/v1", "PodDisruptionBudget"): {"spec": {"selector": SELECTOR, "minAvailable": 1}},
    ("networking.k8s.io/v1", "NetworkPolicy"): {"spec": {"podSelector": {}, "ingress": [{}], "egress": [{}]}},
    ("storage.k8s.io/v1", "CSIDriver"): {"spec": {"attachRequired": True}},
    ("coordination.k8s.io/v1", "Lease"): {"spec": {"holderIdentity": "a"}},
    ("autoscaling/v2", "HorizontalPodAutoscaler"): {
        "spec": {"maxReplicas": 2, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}}
    },
}
OTHER_THAN_DEFAULT = {
    "spec.ordinals": {"start": 1},
    "spec.persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Retain"},
    "spec.updateStrategy.rollingUpdate.maxUnavailable": 2,
}
VALUES = {"string": "x", "int": 1, "bool": True, "number": 1, "int-or-string": 1, "quantity": "1"}


def later_fields(gvk, release):
    """Every topmost field that later releases have and this one does not, with its type."""
    catalog = load_catalog()
    known = {path for path, _ in walk(catalog.type_of(release, gvk), depth=24)}
    found = {}
    for later in catalog.releases_of(gvk):
        if later > release:
            for path, kind in walk(catalog.type_of(later, gvk), depth=24):
                holder = path.rpartition(".")[0].rstrip("[*]")
                if path not in known and (not holder or holder in known):
                    found.setdefault(path, kind)
    return {path: kind for path, kind in found.items() if not path.startswith("status") and ".managed" not in path}


def with_field(base, path, kind):
    """An object with one more field: merged into an item of each list on the way that has what holds it."""
    value = OTHER_THAN_DEFAULT.get(path) or VALUES.get(
        kind.innermost.scalar or "", "x" if kind.innermost.scalar else {}
    )
    around = kind
    for _ in range(kind.nesting):
        value = [value] if around.kind == "list" else {"x": value}
        around = around.element
    return merged(base, parse_path(path), value)


@pytest.mark.parametrize("release", RELEASES)
def test_each_later_field_by_itself_vanishes_and_is_reported(apiservers, shipped, release, report_count):
    client, own = apiservers[release].client, Release.parse(release)
    served = client.served()
    seen, asked, refused, unexpected = Seen(), 0, Counter(), []
    for (api_version, kind), base in BASES.items():
        if kind not in served.get(api_version, {}):
            continue
        gvk = GroupVersionKind.of(api_version, kind)
        for path, found in later_fields(gvk, own).items():  # may be empty
            manifest = with_field({**base, "metadata": {"name": "one-field"}}, path, found)
            manifest |= {"apiVersion": api_version, "kind": kind}
            asked += 1
            try:
                answered = client.create(manifest, "default", dry_run=True)
            except ApiError as error:  # what holds the field is invalid without what the field says
                told = any(loss.refused for loss in shipped.losses.of_release(manifest, gvk, own))
                refused[told] += 1
                if not told and valued.refused_for_its_age(apiservers[RELEASES[-1]].client, manifest, path):
                    unexpected.append(f"{kind} {path}: {error}")
                continue
            seen.accepted += 1
            before = seen.reported.total(), len(seen.kept)
            compare(manifest, answered, shipped.losses, own, seen)
            neutral = any(
                NEUTRAL.means_nothing_new(gvk, lost, at(manifest, lost)[0], lambda sent=manifest: sent)
                for lost in gone(manifest, answered)
            )
            assert neutral or (seen.reported.total(), len(seen.kept)) != before, f"{kind} {path} was not reported"
    counts = f"{seen.accepted} in an object that can be stored, {refused[True]} in one that is refused as reported"
    report_count(f"{asked} fields of later releases, {counts}")
    assert not unexpected, "\n".join(unexpected)
    assert seen.kept == seen.refused == []
    assert unexplained(release, seen) == []
    assert seen.accepted > 0


@pytest.mark.parametrize("release", RELEASES)
def test_what_vanished_is_exactly_what_was_reported(apiservers, shipped, release, report_count):
    hold_all_kinds(apiservers[release].client, shipped, release, DEFAULT_GATES, report_count)


@pytest.mark.parametrize("release", [release for release in RELEASES if release != "1.16"])  # AllBeta is new in v1.17
def test_with_all_gates_on_what_vanished_is_exactly_what_was_reported(
    all_gates_apiservers, shipped, release, report_count
):
    gates = GateSettings.parse(ALL_GATES)
    hold_all_kinds(all_gates_apiservers[release].client, shipped, release, gates, report_count)


def hold_all_kinds(client, shipped, release, gates, report_count):
    """Store grown objects of every kind, and hold what is gone against what is reported."""
    seen = Seen()
    served = client.served()
    for api_version, kind in KINDS:
        if kind not in served.get(api_version, {}):
            continue
        maker = ValidValues(newest_type(api_version, kind), api_version, kind)
        for seed in range(SIZE):
            pair = accepted(client, maker, seed)
            if pair is not None:
                seen.accepted += 1
                compare(*pair, shipped.losses, Release.parse(release), seen, gates=gates)
    report_count(f"{seen.accepted} objects, {len(seen.reported)} fields reported and gone")
    assert seen.kept == seen.refused == []
    assert unexplained(release, seen) == []
    assert seen.accepted > SIZE


@pytest.mark.parametrize("release", RELEASES)
def test_values_of_later_releases_are_refused_and_were_reported(apiservers, shipped, release, report_count):
    client, own = apiservers[release].client, Release.parse(release)
    served = client.served()
    refused, kept, unclear, skipped = Counter(), [], [], Counter()
    for api_version, kind in some(dict.fromkeys(base[:2] for base in valued.BASES)):
        if kind not in served.get(api_version, {}):
            continue
        gvk = GroupVersionKind.of(api_version, kind)
        for trial in valued.trials(gvk, own):  # may be empty
            losses = shipped.losses.of_release(trial.manifest, gvk, own)
            told = [
                loss for loss in losses if loss.refused and loss.cause.refusal.reason is RefusalReason.UNKNOWN_VALUE
            ]
            if len(told) < len(losses):  # what holds the value is dropped with it
                skipped[f"{kind} = {trial.value}"] += 1
                continue
            assert [loss.value for loss in told] == [trial.value], f"{trial.manifest} was not reported"
            place = parse_path(told[0].path)
            name = f"{kind} {format_path(generalized(place))} = {trial.value}"
            if not known_value_is_taken(client, trial, place):  # another base has what this field needs, or none
                skipped[name] += 1
                continue
            answered, refusal = answer(client, trial.manifest)
            if answered is None and trial.value in refusal:
                refused[name] += 1
            elif answered is None:
                unclear.append(f"{name}: {refusal}")
            elif at(answered, place) == (trial.value, True) and not taken(release, name):
                kept.append(name)
    report_count(f"{len(refused)} values refused: {', '.join(refused)}; not tried: {set(skipped) - set(refused)}")
    assert kept == []
    assert unclear == []
    assert refused
