"""Checks the webhooks: the API server reaches them, and no other webhook undoes what they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.client import ApiError, Collection, find_object
from converter.client.collections import WORKS
from converter.doctor.authorities import CONFIGURATION
from converter.doctor.finding import Finding, Result, Thing, Trouble, Unchecked
from converter.doctor.patient import listed
from converter.install.manifests import WEBHOOKS
from converter.install.pause import WORKS_WEBHOOK, is_paused
from converter.install.probes import Probe, probes, sources
from converter.karmada.names import CONVERTED_LABEL, EXECUTION_SPACE_PREFIX

if TYPE_CHECKING:
    from collections.abc import Collection as Several

    from converter.doctor.patient import Patient
    from converter.kube import Manifest

_CONFIGURATIONS: Final = Collection(
    "/apis/admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", namespaced=False
)
_NAME: Final = "apiconverter-doctor"
_KARMADAS: Final = "mutating-config"
"""Karmada's own configuration (charts/karmada and pkg/karmadactl)."""


async def check_webhooks(patient: Patient) -> Result:
    """Send a Work that has to come back converted, without storing it.

    Raises:
        ApiError: a request failed, other than the one that tries the webhooks.
    """
    if await is_paused(patient.karmada, patient.namespace):
        command = patient.commands.converter("resume", host=False)
        return [Finding(Trouble.PAUSED, Thing("Namespace", patient.namespace), {"paused": "yes"}, command)]
    if await find_object(patient.karmada, CONFIGURATION) is None:
        return []  # another check says that it is not installed
    probe = await _probe(patient)
    space, manifest = await _what(patient, probe)
    if space is None:
        return [Unchecked("webhooks", "no cluster exists to which a Work can go")]
    try:
        answer = await patient.karmada.create(f"{WORKS.path(space)}?dryRun=All", _work(space, manifest))
    except ApiError as error:
        return [_unreachable(patient, error)]
    if probe is None:
        why = "no cluster needs a conversion of the kinds that are tried: only whether the webhook answers"
        return [Unchecked("other webhooks", why)]
    work = msgspec.json.decode(answer)
    return [] if _is_converted(work) else [await _undone(patient, probe, work)]


async def _probe(patient: Patient) -> Probe | None:
    """Find a manifest that some cluster gets only converted."""
    native, engine = await _native(patient), await patient.engine()
    for cluster in await patient.members():
        for probe in probes(cluster, engine, native):
            return probe
    return None


async def _native(patient: Patient) -> Several[str]:
    groups = msgspec.json.decode(await patient.karmada.get("/apis"))["groups"]
    served = {version["groupVersion"] for group in groups for version in group["versions"]}
    return served & sources()


async def _what(patient: Patient, probe: Probe | None) -> tuple[str | None, Manifest]:
    """Return the execution namespace, and the manifest to send there."""
    if probe is not None:
        return EXECUTION_SPACE_PREFIX + probe.cluster, probe.manifest()
    clusters = await patient.clusters()
    space = EXECUTION_SPACE_PREFIX + clusters[0]["metadata"]["name"] if clusters else None
    return space, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": _NAME, "namespace": "default"}}


def _work(space: str, manifest: Manifest) -> dict[str, Any]:
    return {
        "apiVersion": "work.karmada.io/v1alpha1",
        "kind": "Work",
        "metadata": {"generateName": f"{_NAME}-", "namespace": space},
        "spec": {"workload": {"manifests": [manifest]}},
    }


def _is_converted(work: Manifest) -> bool:
    return CONVERTED_LABEL in (work["metadata"].get("labels") or {})


def _unreachable(patient: Patient, error: ApiError) -> Finding:
    facts = {"status": str(error.status), "answer": error.problem}
    command = patient.commands.on_host("get", "pods,endpoints", "-l", "app.kubernetes.io/component=admission")
    return Finding(Trouble.WEBHOOK_UNREACHABLE, Thing("Webhook", WORKS_WEBHOOK), facts, command)


async def _undone(patient: Patient, probe: Probe, work: Manifest) -> Finding:
    """Say which webhooks could have undone the conversion; ours was asked, or the request would have failed."""
    others = [
        f"{configuration['metadata']['name']}/{hook['name']}"
        for configuration in await listed(patient.karmada, _CONFIGURATIONS)
        if configuration["metadata"]["name"] not in {WEBHOOKS, _KARMADAS}
        for hook in configuration.get("webhooks") or ()
        if _changes_works(hook)
    ]
    manifests = work["spec"]["workload"]["manifests"]
    facts = {
        "cluster": probe.cluster,
        "kind": probe.kind,
        "sent": probe.source,
        "expected": probe.target,
        "returned": str(manifests[0].get("apiVersion")) if manifests else "none",
        "otherWebhooks": ", ".join(others) or "none",
    }
    name = others[0].partition("/")[0] if others else WEBHOOKS
    command = patient.commands.on_karmada("get", "mutatingwebhookconfiguration", name, "-o", "yaml")
    return Finding(Trouble.WEBHOOK_UNDONE, Thing("MutatingWebhookConfiguration", name), facts, command)


def _changes_works(hook: Manifest) -> bool:
    return any(
        {"works", "*", "*/*"} & set(rule.get("resources") or ())
        and {"work.karmada.io", "*"} & set(rule.get("apiGroups") or ())
        for rule in hook.get("rules") or ()
    )
