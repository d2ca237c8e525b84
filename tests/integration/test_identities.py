"""Identities on real API servers: tokens by TokenRequest, limited by RBAC, and used from the Secrets' files."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import json

import msgspec
import pytest
import yaml

from converter.client import AlreadyExistsError, ApiServer, RejectedError
from converter.client.collections import SECRETS
from converter.install.identities import IDENTITIES, IdentitySecrets, TokenProblem, ensure_identities
from converter.install.interpreters import APPLY
from converter.install.manifests import FIELD_MANAGER, Addresses, karmada_part, place_of
from converter.install.tokens import ACCOUNTS, SHORTEST_SECONDS, account_of, request_token, secret_of
from tests.controlplanes import apiserver as controlplane
from tests.nonempty import some
from tests.waiting import until_passes

NAMESPACE = "karmada-system"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
RIGHTS = {"Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}
NAMESPACES = "/api/v1/namespaces"


@pytest.fixture(scope="module")
def process(apiservers):
    """Karmada's API server, as far as identities need it: with RBAC."""
    server = controlplane.ApiServer(apiservers.world, "1.36", "apiserver-identities", authorization="RBAC").wait()
    yield server
    server.stop()


@pytest.fixture
async def karmada(process):
    async with await ApiServer.connect(process.kubeconfig) as server:
        for manifest in karmada_part(Addresses()):
            if manifest["kind"] in RIGHTS:
                path = f"{place_of(manifest).path}?fieldManager={FIELD_MANAGER}&force=true"
                await server.patch(path, manifest, APPLY)
        yield server


@pytest.fixture
async def host(apiservers):
    async with await ApiServer.connect(apiservers["1.36"].kubeconfig) as server:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "identities"}}
        with contextlib.suppress(AlreadyExistsError):
            await server.create(NAMESPACES, namespace)
        server.namespace = "identities"
        yield server
        for identity in IDENTITIES:
            path = SECRETS.object_path(server.namespace, secret_of(identity))
            found = msgspec.json.decode(await server.get(path))
            await server.delete(path, uid=found["metadata"]["uid"])


@pytest.fixture
def ensure(process, karmada, host):
    config = json.loads(process.kubeconfig.read_text())["clusters"][0]["cluster"]

    async def ensure(**changes):
        return await ensure_identities(
            karmada, host, server_url=process.url, ca_bundle=config["certificate-authority-data"],
            host_namespace=host.namespace, **changes,
        )  # fmt: skip

    return ensure


@pytest.fixture
def connect(host, tmp_path):
    """Connects with what a Secret holds, as a Pod that mounts it."""

    async def connect(identity):
        secret = msgspec.json.decode(await host.get(SECRETS.object_path(host.namespace, secret_of(identity))))
        folder = tmp_path / identity
        folder.mkdir(exist_ok=True)
        files = {name: base64.b64decode(text) for name, text in secret["data"].items()}
        (folder / "token").write_bytes(files["token"])
        config = yaml.safe_load(files["kubeconfig"])
        config["users"][0]["user"]["tokenFile"] = "token"
        (folder / "kubeconfig").write_text(yaml.safe_dump(config))
        return await ApiServer.connect(folder / "kubeconfig")

    return connect


async def user_of(server):
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}}
    return msgspec.json.decode(await server.create(WHO, body))["status"]["userInfo"]["username"]


async def test_each_process_is_its_account_and_a_deleted_account_comes_back(ensure, connect, karmada, host):
    found = await ensure(seconds=SHORTEST_SECONDS)
    now = dt.datetime.now(dt.UTC)
    for identity in some(found):
        assert dt.timedelta(seconds=500) < identity.expires_at - now < dt.timedelta(seconds=700)
        async with await connect(identity.name) as server:
            assert await user_of(server) == f"system:serviceaccount:{NAMESPACE}:{account_of(identity.name)}"
    assert {one.problem for one in await ensure(seconds=SHORTEST_SECONDS)} == {None}

    async with await connect("admission") as admission:
        path = ACCOUNTS.object_path(NAMESPACE, "converter-admission")
        account = msgspec.json.decode(await karmada.get(path))
        await karmada.delete(path, uid=account["metadata"]["uid"])
        secrets = IdentitySecrets(karmada, host, host_namespace=host.namespace)

        async def refused():
            (state,) = await secrets.examine(["admission"])
            return state.problem is TokenProblem.REFUSED

        await until_passes(refused)
        with pytest.raises(RejectedError) as caught:
            await user_of(admission)
        assert caught.value.status == 401
        await ensure()
        await (await connect("admission")).close()  # writes the new token to the file that the first client reads
        assert await user_of(admission) == f"system:serviceaccount:{NAMESPACE}:converter-admission"


async def test_the_controller_requests_tokens_for_the_three_accounts_only(ensure, connect, karmada):
    await ensure()
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "other"}}
    made = msgspec.json.decode(await karmada.create(ACCOUNTS.path(NAMESPACE), account))
    now = dt.datetime.now(dt.UTC)
    try:
        async with await connect("controller") as controller:
            for identity in some(IDENTITIES):
                token = await request_token(
                    controller, NAMESPACE, account_of(identity), seconds=SHORTEST_SECONDS, now=now
                )
                assert token.subject.endswith(f":{account_of(identity)}")
            for namespace, name in ((NAMESPACE, "other"), ("default", "default")):
                with pytest.raises(RejectedError) as caught:
                    await request_token(controller, namespace, name, seconds=SHORTEST_SECONDS, now=now)
                assert caught.value.status == 403
        async with await connect("admission") as admission:
            with pytest.raises(RejectedError) as caught:
                await request_token(admission, NAMESPACE, "converter-admission", seconds=SHORTEST_SECONDS, now=now)
            assert caught.value.status == 403
    finally:
        await karmada.delete(ACCOUNTS.object_path(NAMESPACE, "other"), uid=made["metadata"]["uid"])
