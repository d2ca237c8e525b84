"""Kubeconfigs and Pods: which credentials are found, and that real requests use them."""

import json
import sys

import pytest
from aiohttp import web

from converter.client import ApiServer, RejectedError
from converter.client.access import AccessError, find_access
from converter.client.credentials import LoadedHeader, TokenFile


class Guarded:
    """A server that accepts one token at a time, and counts what it refused."""

    def __init__(self):
        self.accepted = "first"
        self.refused = 0
        self.served = 0

    async def handle(self, request):
        await request.read()
        if request.headers.get("Authorization") != f"Bearer {self.accepted}":
            self.refused += 1
            said = {"kind": "Status", "reason": "Unauthorized", "message": "Unauthorized"}
            return web.json_response(said, status=401)
        self.served += 1
        if "watch" in request.query:
            return web.Response(text='{"type":"BOOKMARK"}\n')
        return web.json_response({"kind": "Fine"})


@pytest.fixture
async def guarded(aiohttp_server):
    made = Guarded()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    made.port = (await aiohttp_server(app)).port
    return made


@pytest.fixture
def config(guarded, tmp_path):
    def write(user, name="config"):
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{guarded.port}"}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
        (tmp_path / name).write_text(json.dumps(content))
        return tmp_path / name

    return write


def replace(path, text):
    """Swap a file for another, as an atomic writer does."""
    other = path.with_name(f"{path.name}.new")
    other.write_text(text)
    other.replace(path)


@pytest.mark.parametrize("place", ["beside the kubeconfig", "anywhere"])
async def test_a_token_file_is_found_and_read_again_after_a_refusal(guarded, config, tmp_path, place):
    token = tmp_path / "token"
    token.write_text("first\n")
    kubeconfig = config({"tokenFile": "token" if place == "beside the kubeconfig" else str(token)})
    async with await ApiServer.connect(kubeconfig) as server:
        assert isinstance(server.credentials, TokenFile)
        await server.get("/x")
        replace(token, "second\n")
        guarded.accepted = "second"
        await server.create("/x", {"a": 1})
        assert (guarded.refused, guarded.served) == (1, 2)
        replace(token, "third")
        guarded.accepted = "third"
        lines = [line async for line in server.watch("/x", {"watch": "true"}, 5)]
        assert len(lines) == 1
        assert (guarded.refused, guarded.served) == (2, 3)


async def test_a_token_that_is_no_longer_valid_is_an_error_and_is_sent_once(guarded, config, tmp_path):
    (tmp_path / "token").write_text("wrong")
    async with await ApiServer.connect(config({"tokenFile": "token"})) as server:
        with pytest.raises(RejectedError) as caught:
            await server.get("/x")
        assert (caught.value.status, caught.value.reason) == (401, "Unauthorized")
        with pytest.raises(RejectedError):
            async for _ in server.watch("/x", {"watch": "true"}, 5):
                pass
    assert guarded.refused == 2


async def test_the_token_file_counts_more_than_a_token(guarded, config, tmp_path):
    (tmp_path / "token").write_text("first")
    async with await ApiServer.connect(config({"tokenFile": "token", "token": "inline"})) as server:
        await server.get("/x")
    assert guarded.served == 1


async def test_a_token_in_the_kubeconfig_is_loaded_again_after_a_refusal(guarded, config):
    kubeconfig = config({"token": "first"})
    async with await ApiServer.connect(kubeconfig) as server:
        assert isinstance(server.credentials, LoadedHeader)
        await server.get("/x")
        config({"token": "second"}, "other")
        kubeconfig.with_name("other").replace(kubeconfig)
        guarded.accepted = "second"
        await server.get("/x")
    assert (guarded.refused, guarded.served) == (1, 2)


async def test_a_kubeconfig_that_has_become_unreadable_keeps_its_token(guarded, config):
    kubeconfig = config({"token": "first"})
    async with await ApiServer.connect(kubeconfig) as server:
        kubeconfig.unlink()
        guarded.accepted = "second"
        with pytest.raises(RejectedError):
            await server.get("/x")
        guarded.accepted = "first"
        await server.get("/x")
    assert guarded.served == 1


async def test_an_exec_plugin_is_run_again_after_a_refusal(guarded, config, tmp_path):
    answer = tmp_path / "answer"

    def says(token):
        replace(answer, json.dumps({
            "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token},
        }))  # fmt: skip

    says("first")
    program = f"print(open({str(answer)!r}).read())"
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": ["-c", program],
        "interactiveMode": "Never",
    }  # fmt: skip
    async with await ApiServer.connect(config({"exec": plugin})) as server:
        await server.get("/x")
        says("second")
        guarded.accepted = "second"
        await server.get("/x")
    assert (guarded.refused, guarded.served) == (1, 2)


async def test_a_pod_s_token_is_read_again(guarded, tmp_path, monkeypatch):
    token = tmp_path / "token"
    token.write_text("first")
    ca = tmp_path / "ca.crt"
    ca.write_text("pem")
    for name, path in (("SERVICE_TOKEN_FILENAME", token), ("SERVICE_CERT_FILENAME", ca)):
        monkeypatch.setattr(f"kubernetes.aio.config.incluster_config.{name}", str(path))
    monkeypatch.setattr("converter.client.access.SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    access = await find_access()
    assert access.configuration.host == "https://10.0.0.1:443"
    assert await access.credentials.header() == "Bearer first"
    replace(token, "second")
    assert await access.credentials.after_refusal("Bearer first") == "Bearer second"


@pytest.mark.parametrize("user", [{"tokenFile": "nowhere"}, {"tokenFile": "empty"}])
async def test_a_kubeconfig_without_a_token_in_its_file_cannot_be_used(config, tmp_path, user):
    (tmp_path / "empty").write_text("")
    with pytest.raises(AccessError):
        await find_access(config(user))


async def test_a_context_that_is_not_there_cannot_be_used(config):
    with pytest.raises(AccessError):
        await find_access(config({"token": "t"}), "other")


CLUSTER = 'clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]'
USER = "users: [{name: u, user: {token: canary}}]"
REST = "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        b"[1]",
        b"\xff\xfe",
        b"a: [b",
        b"a: {" + b"b: {" * 5_000,
        b"? [canary]: 1",
        f"clusters: 5\n{USER}\n{REST}".encode(),
        f"{CLUSTER}\nusers: [5]\n{REST}".encode(),
        f"{CLUSTER}\nusers: [{{name: u, usr: {{password: canary}}}}]\n{REST}".encode(),
        f"{CLUSTER}\n{USER}\ncontexts: [{{name: x}}]\ncurrent-context: x".encode(),
        f"{CLUSTER.replace('server', 'certificate-authority-data: JSUl, server')}\n{USER}\n{REST}".encode(),
        f"{CLUSTER.replace('server', 'certificate-authority: /nowhere, server')}\n{USER}\n{REST}".encode(),
    ],
)
async def test_what_is_not_a_kubeconfig_is_an_error_that_names_the_file_and_no_secret(content, tmp_path):
    path = tmp_path / "config"
    path.write_bytes(content)
    with pytest.raises(AccessError) as caught:
        await ApiServer.connect(path)
    assert str(path) in str(caught.value)
    assert "canary" not in str(caught.value)
