"""A real API server presents a client certificate to the webhooks, as docs/how-to/restrict-callers.md configures it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import json

import pytest

from converter.certificates.tls import ServingCertificate, write_throwaway
from converter.client import ApiError, ApiServer
from converter.kube import canonical_json
from converter.server.app import App, Webhook
from converter.server.clients import Clients
from converter.server.metrics import Metrics
from converter.server.run import Address, serve
from tests.controlplanes import apiserver as controlplane
from tests.controlplanes.pki import Authority

CALLER = "karmada-apiserver"
CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


def allow(body):
    uid = json.loads(body)["request"]["uid"]
    answer = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}
    return canonical_json({**answer, "response": {"uid": uid, "allowed": True}})


@pytest.fixture
def clients_ca(tmp_path):
    (tmp_path / "clients").mkdir()
    return Authority(tmp_path / "clients", "clients-ca")


@contextlib.asynccontextmanager
async def webhook(folder, authority):
    """A server as `converter serve --client-ca FILE --client-name karmada-apiserver` makes it."""
    names = ["localhost", "127.0.0.1"]
    trusted, certificate, key = write_throwaway(folder / "tls", names, dt.datetime.now(dt.UTC))
    pair = ServingCertificate(certificate, key, client_ca=authority.certificate)
    metrics = Metrics(["works"])
    app = App([Webhook("/mutate/works", "works", allow)], {}, metrics, clients=Clients([CALLER]))
    bound = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    task = asyncio.create_task(serve(app, Address("127.0.0.1", 0), pair.context, listening=bound.set_result, stop=stop))

    def counted(outcome):
        labels = {"webhook": "works", "outcome": outcome}
        return metrics.registry.get_sample_value("converter_requests_total", labels)

    try:
        yield (await bound).port, trusted, counted
    finally:
        stop.set()
        await task


def configuration(port, trusted):
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "apiconverter"},
        "webhooks": [
            {
                "name": "works.apiconverter.dev",
                "clientConfig": {
                    "url": f"https://127.0.0.1:{port}/mutate/works",
                    "caBundle": base64.b64encode(trusted.read_bytes()).decode(),
                },
                "rules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}
                ],
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}},
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "failurePolicy": "Fail",
            }
        ],
    }


def flags(folder, port, pair):
    """The files of the how-to guide, for this port."""
    user = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
    config = {"apiVersion": "v1", "kind": "Config", "users": [{"name": f"127.0.0.1:{port}", "user": user}]}
    (folder / "kubeconfig").write_text(json.dumps(config))
    plugin = {
        "name": "MutatingAdmissionWebhook",
        "configuration": {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "WebhookAdmissionConfiguration",
            "kubeConfigFile": str(folder / "kubeconfig"),
        },
    }
    admission = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": [plugin]}
    (folder / "admission.yaml").write_text(json.dumps(admission))
    return (f"--admission-control-config-file={folder / 'admission.yaml'}",)


@pytest.mark.parametrize("presents", [True, False])
async def test_only_an_api_server_with_its_certificate_is_answered(apiservers, tmp_path, clients_ca, presents):
    async with webhook(tmp_path, clients_ca) as (port, trusted, counted):
        more = flags(tmp_path, port, clients_ca.issue(CALLER)) if presents else ()
        name = f"apiserver-client-{'with' if presents else 'without'}"
        server = await asyncio.to_thread(
            lambda: controlplane.ApiServer(apiservers.world, "1.36", name, flags=more).wait()
        )
        try:
            async with await ApiServer.connect(server.kubeconfig) as admin:
                await admin.create(CONFIGURATIONS, configuration(port, trusted))
                outcome = "unchanged" if presents else "forbidden"
                async with asyncio.timeout(120):
                    number = 0
                    while not counted(outcome):  # the API server learns of the configuration a little later
                        number += 1
                        made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"one-{number}"}}
                        with contextlib.nullcontext() if presents else contextlib.suppress(ApiError):
                            await admin.create(CONFIG_MAPS, made)
                assert not counted("forbidden" if presents else "unchanged")
        finally:
            server.stop()
