"""Requests over real HTTP: what is sent, and what each answer becomes."""

import asyncio
import datetime as dt
import ipaddress
import json
import ssl

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kubernetes.aio.client.rest import RESTClientObject

from converter.client import (
    AlreadyExistsError,
    ApiServer,
    Collection,
    ConflictError,
    GoneError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)
from converter.client.access import AccessError

WORKS = Collection("/apis/work.karmada.io/v1alpha1", "works")


class Remote:
    """Answers whatever a test says, and remembers what it was asked."""

    def __init__(self):
        self.asked = []
        self.answer = lambda _: web.json_response({"kind": "Fine"})

    async def handle(self, request):
        text = await request.text()
        self.asked.append((request.method, request.path_qs, dict(request.headers), json.loads(text) if text else None))
        answer = self.answer(request)
        return await answer if hasattr(answer, "__await__") else answer


@pytest.fixture
async def remote(aiohttp_server, tmp_path):
    made = Remote()
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{path:.*}", made.handle)
    running = await aiohttp_server(app)
    made.port = running.port
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{running.port}"}}],
        "users": [{"name": "u", "user": {"token": "secret-token"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    made.kubeconfig = tmp_path / "config"
    made.kubeconfig.write_text(json.dumps(config))
    async with await ApiServer.connect(made.kubeconfig) as made.server:
        yield made


def test_paths_of_collections_and_objects():
    assert WORKS.path() == "/apis/work.karmada.io/v1alpha1/works"
    assert WORKS.path("a") == "/apis/work.karmada.io/v1alpha1/namespaces/a/works"
    assert WORKS.object_path("a", "b", "status") == "/apis/work.karmada.io/v1alpha1/namespaces/a/works/b/status"
    clusters = Collection("/apis/cluster.karmada.io/v1alpha1", "clusters", namespaced=False)
    assert clusters.object_path("", "old") == "/apis/cluster.karmada.io/v1alpha1/clusters/old"


async def test_a_request_says_who_asks(remote):
    assert json.loads(await remote.server.get("/x", {"limit": "5"})) == {"kind": "Fine"}
    method, path, headers, body = remote.asked[0]
    assert (method, path, body) == ("GET", "/x?limit=5", None)
    assert headers["Authorization"] == "Bearer secret-token"
    assert headers["Accept"] == "application/json"
    assert "Content-Type" not in headers


async def test_only_metadata_is_asked_for_where_that_is_enough(remote):
    await remote.server.get("/x", metadata_only=True)
    async for _ in remote.server.watch("/x", {"watch": "true"}, 5, metadata_only=True):
        pass
    asked = [headers["Accept"] for _, _, headers, _ in remote.asked]
    kinds = ("PartialObjectMetadataList", "PartialObjectMetadata")
    assert asked == [f"application/json;as={kind};g=meta.k8s.io;v=v1" for kind in kinds]


async def test_writes_carry_their_type_and_preconditions(remote):
    await remote.server.create("/c", {"a": 1})
    await remote.server.replace("/c/x", {"a": 2})
    await remote.server.patch("/c/x", {"a": None})
    await remote.server.delete("/c/x", uid="u", version="7")
    await remote.server.delete("/c/x", uid="u")
    sent = [(method, headers["Content-Type"], body) for method, _, headers, body in remote.asked]
    assert sent == [
        ("POST", "application/json", {"a": 1}),
        ("PUT", "application/json", {"a": 2}),
        ("PATCH", "application/merge-patch+json", {"a": None}),
        ("DELETE", "application/json", {"preconditions": {"uid": "u", "resourceVersion": "7"}}),
        ("DELETE", "application/json", {"preconditions": {"uid": "u"}}),
    ]


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (404, "NotFound", NotFoundError),
        (409, "Conflict", ConflictError),
        (409, "AlreadyExists", AlreadyExistsError),
        (410, "Expired", GoneError),
        (403, "Forbidden", RejectedError),
        (422, "Invalid", RejectedError),
        (429, "TooManyRequests", UnavailableError),
        (500, "InternalError", UnavailableError),
        (503, "ServiceUnavailable", UnavailableError),
    ],
)
async def test_each_refusal_has_its_type_and_the_servers_words(remote, status, reason, kind):
    said = {"kind": "Status", "message": "because", "reason": reason}
    remote.answer = lambda _: web.json_response(said, status=status)
    with pytest.raises(kind) as caught:
        await remote.server.get("/x")
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.reason, caught.value.problem) == (status, reason, "because")
    assert str(caught.value) == f"GET /x: because ({status} {reason})"


async def test_an_answer_that_is_not_a_status_is_reported_as_it_is(remote):
    remote.answer = lambda _: web.Response(status=502, text="<html>bad gateway</html>")
    with pytest.raises(UnavailableError, match="bad gateway"):
        await remote.server.get("/x")


async def test_a_web_page_is_not_an_answer(remote):
    """A proxy, a login page or another server answered: not a bug of ours."""
    remote.answer = lambda _: web.Response(text="<html>log in</html>", content_type="text/html")
    with pytest.raises(UnavailableError):
        await remote.server.get("/x")


async def test_nobody_there_is_unavailable(remote):
    remote.server._configuration.host = "http://127.0.0.1:9"
    with pytest.raises(UnavailableError):
        await remote.server.get("/x")
    with pytest.raises(UnavailableError):
        async for _ in remote.server.watch("/x", {}, 5):
            pass


async def test_a_watch_gives_whole_lines_however_long_and_cut_they_come(remote):
    long = json.dumps({"x": "y" * 3_000_000}).encode()

    async def stream(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        for piece in (b'{"a":', b"1}\n", b'{"b":2}\n{"c":3}\n', long[:1000], long[1000:], b"\n\n", b'{"d":4}'):
            await answer.write(piece)
        return answer

    remote.answer = stream
    lines = [line async for line in remote.server.watch("/x", {"watch": "true"}, 60)]
    assert lines == [b'{"a":1}', b'{"b":2}', b'{"c":3}', long, b'{"d":4}']


async def test_a_watch_that_is_refused_ends_with_an_error(remote):
    remote.answer = lambda _: web.json_response({"message": "old", "reason": "Expired"}, status=410)
    with pytest.raises(GoneError):
        async for _ in remote.server.watch("/x", {}, 60):
            pass


async def test_a_watch_that_falls_silent_ends_with_an_error(remote):
    over = asyncio.Event()

    async def silent(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b'{"a":1}\n')
        await over.wait()
        return answer

    remote.answer = silent
    lines = []

    async def follow(idle: float) -> None:
        async for line in remote.server.watch("/x", {}, idle):
            lines.append(line)  # noqa: PERF401  what came before the error counts

    for idle in (0.05, 0.5, 5, 60):  # on a busy machine even the first line is late
        with pytest.raises(UnavailableError):
            await follow(idle)
        if lines:
            break
    assert lines == [b'{"a":1}']
    over.set()


async def test_no_way_to_the_server_is_said_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(AccessError, match="--kubeconfig"):
        await ApiServer.connect()
    with pytest.raises(AccessError, match="nowhere"):
        await ApiServer.connect(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("header", "clock"),
    [
        ("Fri, 02 Jan 2026 03:04:05 GMT", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
async def test_the_clock_of_the_server(remote, header, clock):
    remote.answer = lambda _: web.json_response({}, headers={"Date": header})
    assert await remote.server.clock() == clock


async def test_the_clock_of_a_server_that_does_not_answer(remote):
    remote.server._url = lambda path: f"http://127.0.0.1:1{path}"
    with pytest.raises(UnavailableError):
        await remote.server.clock()


def bare_pair(folder):
    """A CA and a certificate for 127.0.0.1 without key identifiers, as `openssl x509` makes them; returns the files."""
    now = dt.datetime.now(dt.UTC)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "server")}
    names = {name: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in keys}
    made = {}
    for name, key in keys.items():
        builder = (
            x509.CertificateBuilder()
            .subject_name(names[name])
            .issuer_name(names["ca"])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=1))
        )
        if name == "ca":
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        else:
            alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
            builder = builder.add_extension(alternative, critical=False)
        made[name] = folder / f"{name}.crt"
        made[name].write_bytes(builder.sign(keys["ca"], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    made["key"] = folder / "server.key"
    made["key"].write_bytes(
        keys["server"].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return made


async def test_a_certificate_that_go_accepts_is_accepted_by_a_strict_python(aiohttp_server, tmp_path, monkeypatch):
    """Python 3.13 sets VERIFY_X509_STRICT, which refuses a certificate without an authority key identifier."""
    pair = bare_pair(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair["server"], pair["key"])

    async def version(_request):
        return web.json_response({"gitVersion": "v1"})

    app = web.Application()
    app.router.add_get("/version", version)
    running = await aiohttp_server(app, ssl=context, host="127.0.0.1")
    made = RESTClientObject.__init__

    def strict(self, *arguments, **options):
        made(self, *arguments, **options)
        self.ssl_context.verify_flags |= ssl.VERIFY_X509_STRICT

    monkeypatch.setattr(RESTClientObject, "__init__", strict)
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "a",
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "clusters": [
            {
                "name": "a",
                "cluster": {"server": f"https://127.0.0.1:{running.port}", "certificate-authority": str(pair["ca"])},
            }
        ],
        "users": [{"name": "a", "user": {}}],
    }
    file = tmp_path / "config"
    file.write_text(json.dumps(config))
    async with await ApiServer.connect(file) as server:
        assert json.loads(await server.get("/version")) == {"gitVersion": "v1"}


async def test_what_has_a_tag_is_read_once(remote):
    def answer(request):
        if request.headers.get("If-None-Match") == '"A"':
            return web.Response(status=304)
        return web.Response(text="all", headers={"ETag": '"A"'})

    remote.answer = answer
    async with await ApiServer.connect(remote.kubeconfig) as server:
        found = await server.get_if_changed("/openapi/v2", "")
        assert found == (b"all", '"A"')
        assert await server.get_if_changed("/openapi/v2", found.tag) is None
        assert "If-None-Match" not in remote.asked[0][2]


async def test_without_a_tag_of_the_server_the_content_says_whether_it_changed(remote):
    remote.answer = lambda _: web.Response(text="all")
    async with await ApiServer.connect(remote.kubeconfig) as server:
        found = await server.get_if_changed("/openapi/v2", "")
        assert await server.get_if_changed("/openapi/v2", found.tag) is None
        remote.answer = lambda _: web.Response(text="other")
        assert (await server.get_if_changed("/openapi/v2", found.tag)).content == b"other"
        remote.answer = lambda _: web.Response(status=404)
        with pytest.raises(NotFoundError):
            await server.get_if_changed("/openapi/v2", "")
