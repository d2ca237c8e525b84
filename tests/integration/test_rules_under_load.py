"""Rule objects change while a real `converter serve` answers reviews without a pause: none fails, and memory is flat.

The API server, the webhook and the load generator are processes of their own. CI changes rules a few times;
``HYPOTHESIS_PROFILE=nightly`` changes them 1,000 times. Rates depend on the machine and are printed, not asserted.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import functools
import json
import re
import ssl
import sys
from pathlib import Path

import aiohttp
import msgspec
import pytest
from hypothesis import settings

from converter.certificates.tls import write_throwaway
from converter.client import ApiServer, NotFoundError
from converter.client.collections import CONVERSION_RULES
from converter.clusters.watched import CLUSTERS
from converter.clusters.watched_crds import CRDS
from converter.install.interpreters import APPLY
from converter.install.manifests import CRD, Addresses, karmada_part
from converter.server.sample import review_of, work_for
from tests.bench.server import PATH, running
from tests.nonempty import some
from tests.waiting import until_passes

ROOT = Path(__file__).parents[2]
CHANGES = max(20, settings().max_examples // 10)
"""Seconds between two changes: the webhook collects changes for 0.05 s before it takes them into use."""
V1, V2 = "load.example.com/v1", "load.example.com/v2"
KIND = "Crate"
CLUSTER_CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": CRD,
    "metadata": {"name": "clusters.cluster.karmada.io", "annotations": {"api-approved.kubernetes.io": "unapproved"}},
    "spec": {
        "group": "cluster.karmada.io", "scope": "Cluster", "names": {"plural": "clusters", "kind": "Cluster"},
        "versions": [{
            "name": "v1alpha1", "served": True, "storage": True,
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
        }],
    },
}  # fmt: skip


def cluster(name, *versions):
    """A Cluster that serves Crates in these versions."""
    enablements = [{"groupVersion": version, "resources": [{"kind": KIND, "name": "crates"}]} for version in versions]
    conditions = [{"type": "CompleteAPIEnablements", "status": "True"}]
    status = {"apiEnablements": enablements, "conditions": conditions, "kubernetesVersion": "v1.30.0"}
    return {
        "apiVersion": "cluster.karmada.io/v1alpha1", "kind": "Cluster", "metadata": {"name": name}, "status": status,
    }  # fmt: skip


def rule(number):
    """The rule of Crates in a state of its own: where the size goes depends on the number."""
    return {
        "kind": KIND, "between": [V1, V2], "steps": [{"rename": {"spec.size": f"spec.size{number}"}}],
        "examples": [{"left": {"spec": {"size": 1}}, "right": {"spec": {f"size{number}": 1}}}],
    }  # fmt: skip


def crate(version=V1):
    return {"apiVersion": version, "kind": KIND, "metadata": {"name": "a", "namespace": "b"}, "spec": {"size": 3}}


@pytest.fixture
async def admin(apiservers):
    """The API server with the CRDs of rules and Clusters, one cluster, and the first state of the rule."""
    async with await ApiServer.connect(apiservers["1.36"].kubeconfig) as admin:
        crds = [CLUSTER_CRD, *some(item for item in karmada_part(Addresses()) if item["kind"] == CRD)]
        for manifest in crds:
            path = CRDS.object_path("", manifest["metadata"]["name"])
            await admin.patch(f"{path}?fieldManager=test&force=true", manifest, APPLY)

            async def is_established(path=path):
                conditions = msgspec.json.decode(await admin.get(path)).get("status", {}).get("conditions") or ()
                return {one["type"]: one["status"] for one in conditions}.get("Established") == "True"

            await until_passes(is_established)
        await until_passes(lambda: created(admin, CLUSTERS.path(), cluster("old", V2)))
        meta = {"apiVersion": "apiconverter.dev/v1alpha1", "kind": "ConversionRule", "metadata": {"name": "crates"}}
        await until_passes(lambda: created(admin, CONVERSION_RULES.path(), {**meta, "spec": rule(0)}))
        yield admin
        for path in (CONVERSION_RULES.object_path("", "crates"), CLUSTERS.object_path("", "old")):
            found = msgspec.json.decode(await admin.get(path))
            await admin.delete(path, uid=found["metadata"]["uid"])


async def created(admin, path, body):
    """Create an object as soon as its CRD is served."""
    with contextlib.suppress(NotFoundError):
        await admin.create(path, body)
        return True
    return False


def resident_mb(pid):
    (pages,) = re.findall(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(pages) / 1024


async def shown(server, path):
    """Ask where health and metrics are."""
    async with aiohttp.ClientSession() as session, session.get(server.health + path) as answer:
        return answer.status, await answer.text()


async def is_ready(server):
    status, _ = await shown(server, "/readyz")
    return status == 200


async def is_in_use(server, tls, review):
    """Whether the last state of the rule converts."""
    url, headers = f"https://localhost:{server.port}{PATH}", {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url, ssl=tls, data=review) as answer,
    ):
        text = await answer.text()
    patch = base64.b64decode(json.loads(text)["response"]["patch"]).decode()
    return f'"size{CHANGES}"' in patch


async def metric(server):
    """How many changes of the rules the webhook has taken into use."""
    _, text = await shown(server, "/metrics")
    (count,) = re.findall(r'^converter_rules_reloads_total\{outcome="taken"\} (\S+)$', text, re.MULTILINE)
    return float(count)


async def has_taken(server, count):
    return await metric(server) >= count


async def load(server, ca, reviews, admin):
    """Change the rule again and again under load, each time once the webhook has the change before.

    Returns:
        The memory after each tenth of the changes, and what the load saw.
    """
    before = await metric(server)
    words = [sys.executable, "-m", "tests.bench.hammer", str(server.port), str(ca), *map(str, reviews)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, cwd=ROOT)
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"started\n"
        sizes, path = [], CONVERSION_RULES.object_path("", "crates")
        for number in range(1, CHANGES + 1):
            await admin.patch(path, {"spec": rule(number)})
            await until_passes(functools.partial(has_taken, server, before + number))
            if number % (CHANGES // 10) == 0:
                sizes.append(resident_mb(server.pid))
        said, _ = await process.communicate(b"")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return sizes, json.loads(said)


async def test_no_review_fails_while_rules_change_and_memory_is_flat(apiservers, admin, tmp_path, report_count):
    ca, certificate, key = write_throwaway(tmp_path, ["localhost", "127.0.0.1"], dt.datetime.now(dt.UTC))
    tls = ssl.create_default_context(cafile=str(ca))
    same, patched = tmp_path / "same.json", tmp_path / "patched-crate.json"
    same.write_bytes(review_of(work_for(crate(V2), "old")))
    patched.write_bytes(review_of(work_for(crate(), "old")))
    serve = ["-m", "converter", "serve", "--kubeconfig", str(apiservers["1.36"].kubeconfig), "--listen", "127.0.0.1:0"]
    serve += ["--metrics-listen", "127.0.0.1:0"]
    pair = ["--tls-cert", str(certificate), "--tls-key", str(key), "--drain-seconds", "0"]
    with running("webhook", [*serve, *pair], tmp_path / "webhook.log") as server:
        await until_passes(lambda: is_ready(server))
        sizes, found = await load(server, ca, [same, patched], admin)
        await until_passes(lambda: is_in_use(server, tls, patched.read_bytes()))
    rates = sorted(found["rates"])
    report_count(
        f"{CHANGES} changes of a rule, taken one by one, during {found['answers']} reviews: "
        f"{len(found['wrong'])} wrong, {found['ended']} connections ended; {rates[len(rates) // 2]} reviews/s in the "
        f"median second, {rates[0]} to {rates[-1]}; p99 {found['p99_ms']} ms, longest {found['longest_ms']} ms; "
        f"memory in MB: {', '.join(f'{size:.0f}' for size in sizes)}"
    )
    assert (found["wrong"], found["ended"]) == ([], 0)
    assert sizes[-1] <= sizes[2] * 1.1, "memory is flat"
