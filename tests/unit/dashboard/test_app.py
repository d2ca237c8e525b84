"""The dashboard over HTTP: who sees what, on every URL and in the event stream; forms; headers; hostile texts."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace

import pytest
from yarl import URL

from converter.client import Change, Key, UnavailableError
from converter.dashboard.access import Everyone
from converter.dashboard.app import HEADERS
from converter.dashboard.refused import Refused
from converter.dashboard.sessions import COOKIE
from converter.dashboard.store import ClusterFacts
from tests.dashboardkit import OLD, Tenants, config_map, cronjob, dashboard_of, fleet_store, put, work_of
from tests.nonempty import some

HOSTILE = "<script>alert(1)</script>"
CELL = "/matrix/cell?kind=CronJob&version=batch/v1&cluster=old"
VIEWS = ("/", "/matrix", "/objects?state=all", "/live", "/what-if?cluster=old&to=v1.30", "/playground", "/rules")


@pytest.fixture
def store(shipped):
    return fleet_store(shipped, cronjob("first", "a"), cronjob("second", "b"), config_map("third", "b"))


@pytest.fixture
async def client(aiohttp_client, store):
    return await aiohttp_client(dashboard_of(store).application())


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def pages_of(store):
    return {
        row.namespace: f"/objects/{row.place.namespace}/{row.place.work}/{row.place.position}" for row in store.rows
    }


async def text_of(client, path, token, **more):
    answer = await client.get(path, headers=bearer(token) | more)
    return await answer.text()


@pytest.mark.parametrize(
    "path", [*VIEWS, "/live/events", "/rules/CronJob", "/matrix/cell?kind=CronJob&version=batch/v1&cluster=old"]
)
async def test_without_a_token_nothing_is_seen(client, path):
    for headers in ({}, bearer("wrong"), {"Cookie": f"{COOKIE}=forged"}):
        answer = await client.get(path, headers=headers)
        assert answer.status == 401
        assert "first" not in await answer.text()
        assert "old" not in await answer.text()


async def test_a_browser_is_led_to_the_login_and_back(client):
    answer = await client.get("/objects?kind=CronJob", headers={"Accept": "text/html"}, allow_redirects=False)
    assert answer.status == 303
    location = URL(answer.headers["Location"])
    assert (location.path, location.query["next"]) == ("/login", "/objects?kind=CronJob")
    sent = await client.post("/login", data={"token": "a", "next": "/objects?kind=CronJob"}, allow_redirects=False)
    assert (sent.status, sent.headers["Location"]) == (303, "/objects?kind=CronJob")
    page = await client.get("/objects?kind=CronJob")
    assert "a/first" in await page.text()


@pytest.mark.parametrize(
    "after", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:x", "/a\nb"]
)
async def test_a_login_leads_to_no_other_site(client, after):
    sent = await client.post("/login", data={"token": "a", "next": after}, allow_redirects=False)
    assert sent.headers["Location"] == "/"


async def test_a_token_that_karmada_does_not_accept_starts_no_session(client):
    answer = await client.post("/login", data={"token": "wrong"})
    assert answer.status == 401
    assert COOKIE not in answer.cookies
    assert "wrong" not in await answer.text()


async def test_a_token_that_fits_into_no_cookie_is_told(aiohttp_client, store):
    client = await aiohttp_client(dashboard_of(store, Everyone()).application())
    assert (await client.post("/login", data={"token": "x" * 4000})).status == 400


@pytest.mark.parametrize("path", VIEWS)
async def test_a_tenant_sees_nothing_of_another_on_any_view(client, store, path):
    mine, other = await text_of(client, path, "a"), await text_of(client, path, "admin")
    assert "second" not in mine
    assert "third" not in mine
    if path.startswith(("/objects", "/what-if")):
        assert "first" in mine
        assert "second" in other


async def test_a_refused_object_is_shown_to_its_tenant_alone_and_its_text_as_text(client, store):
    for namespace in ("a", "b"):
        why = f"(clusters=old) {HOSTILE} about {namespace}"
        fact = Refused("CronJob", namespace, f"refused-{namespace}", "batch/v1", why, ("old",))
        store.refused.changed(Change(Key(namespace, "x"), None, fact))
    page = await text_of(client, "/", "a")
    assert "refused-a" in page
    assert "refused-b" not in page
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


async def test_a_tenant_cannot_open_an_object_of_another(client, store):
    pages = pages_of(store)
    assert (await client.get(pages["a"], headers=bearer("a"))).status == 200
    hidden = await client.get(pages["b"], headers=bearer("a"))
    unknown = await client.get("/objects/karmada-es-old/none/0", headers=bearer("a"))
    assert (hidden.status, unknown.status) == (404, 404)
    assert await hidden.text() == await unknown.text()


async def test_a_cluster_without_an_object_of_theirs_is_hidden_from_a_tenant(aiohttp_client, shipped):
    client = await aiohttp_client(dashboard_of(fleet_store(shipped)).application())
    for path in (CELL, "/what-if?cluster=old&to=v1.30"):
        assert (await client.get(path, headers=bearer("a"))).status == 404
        assert (await client.get(path, headers=bearer("admin"))).status == 200


async def read_events(answer, count):
    found = []
    while len(found) < count:
        line = (await answer.content.readline()).decode()
        if line.startswith("data: "):
            found.append(json.loads(line[6:]))
    return found


async def test_the_event_stream_has_the_viewers_own_events_only(client, store, shipped):
    async with asyncio.timeout(20):
        answer = await client.get("/live/events", headers=bearer("a"))
        assert answer.headers["Content-Type"] == "text/event-stream"
        await answer.content.readline()
        for namespace in ("b", "a"):
            put(store, work_of(cronjob("later", namespace), OLD, shipped))
        found = await read_events(answer, 2)
    assert {(item["namespace"], item["what"]) for item in found} == {("a", "converted"), ("a", "lossy")}


async def test_a_cluster_in_the_event_stream_is_one_that_the_viewer_sees(aiohttp_client, store):
    client = await aiohttp_client(dashboard_of(store).application())
    store.cluster_changed(Change(Key("", "lonely"), None, ClusterFacts(replace(OLD, name="lonely")), initial=True))
    async with asyncio.timeout(20):
        answer = await client.get("/live/events", headers=bearer("a"))
        await answer.content.readline()
        for name in ("lonely", "old"):
            facts = ClusterFacts(replace(OLD, name=name))
            store.cluster_changed(Change(Key("", name), facts, facts._replace(ready="False")))
        (found,) = await read_events(answer, 1)
    assert (found["cluster"], found["what"]) == ("old", "unready")


async def test_an_event_stream_ends_with_the_right_to_see_it(aiohttp_client, store, shipped):
    access = Tenants()
    client = await aiohttp_client(dashboard_of(store, access).application())
    async with asyncio.timeout(20):
        answer = await client.get("/live/events", headers=bearer("a"))
        await answer.content.readline()
        access.gone.add("a")
        put(store, work_of(cronjob("later", "a"), OLD, shipped))
        rest = await answer.content.read()
    assert b"later" not in rest


async def test_a_stream_that_was_interrupted_continues(client, store, shipped):
    put(store, work_of(cronjob("before", "a"), OLD, shipped))
    async with asyncio.timeout(20):
        answer = await client.get("/live/events", headers=bearer("a") | {"Last-Event-ID": "1"})
        (found,) = await read_events(answer, 1)
    assert (found["name"], found["number"]) == ("before", 2)


async def test_a_form_from_another_site_is_refused(client):
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        for path in ("/login", "/logout", "/playground"):
            assert (await client.post(path, data={"token": "a"}, headers=headers)).status == 403


async def test_a_form_needs_the_secret_of_its_session(client):
    await client.post("/login", data={"token": "a"})
    page = await (await client.get("/playground")).text()
    secret = re.search(r'name="csrf" value="([^"]+)"', page)[1]
    form = {"manifest": json.dumps(config_map()), "target": "v1.30"}
    assert (await client.post("/playground", data=form)).status == 403
    assert (await client.post("/playground", data=form | {"csrf": secret})).status == 200
    assert (await client.post("/logout", data={"csrf": "wrong"})).status == 403
    assert (await client.get("/")).status == 200
    await client.post("/logout", data={"csrf": secret})
    assert (await client.get("/")).status == 401


@pytest.mark.parametrize("path", [*VIEWS, "/none", "/login", "/static/dashboard.css"])
async def test_every_answer_has_the_headers_that_protect_it(client, path):
    answer = await client.get(path, headers=bearer("admin"))
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "'unsafe" not in HEADERS["Content-Security-Policy"]


async def test_pages_are_small_and_load_nothing_from_elsewhere(client):
    for path in VIEWS:
        page = await text_of(client, path, "admin")
        for link in some(re.findall(r'(?:src|href|action|hx-get)="([^"]*)"', page)):
            assert link.startswith(("/", "#"))
        assert not re.search(r"\son[a-z]+=|<script>|style=", page)
    files = re.findall(r'(?:src|href)="(/static/[^"]*)"', page)
    sizes = [len(await (await client.get(file)).read()) for file in some(files)]
    assert sum(sizes) + len(page.encode()) < 200_000


async def test_hostile_texts_are_texts(aiohttp_client, shipped):
    """Names cannot be hostile, as the API server checks them; a Work made by hand can hold anything."""
    hostile = cronjob(HOSTILE, "a", schedule=HOSTILE, timeZone=HOSTILE)
    hostile["metadata"]["annotations"] = {HOSTILE: HOSTILE}
    work = work_of(hostile, OLD, shipped)
    work["metadata"]["name"] = "hostile"
    work["status"] = {
        "conditions": [{"type": HOSTILE, "status": "False", "message": HOSTILE}],
        "manifestStatuses": [{"identifier": {"ordinal": 0}, "status": {HOSTILE: HOSTILE}, "health": HOSTILE}],
    }
    store = fleet_store(shipped, clusters=(OLD,))
    put(store, work)
    client = await aiohttp_client(dashboard_of(store).application())
    paths = [*VIEWS, f"/objects?state=all&q={HOSTILE}", f"/objects?kind={HOSTILE}", f"/rules/{HOSTILE}", f"/{HOSTILE}",
             f"/matrix/cell?kind={HOSTILE}&version={HOSTILE}&cluster=old", f"/what-if?cluster={HOSTILE}&to={HOSTILE}",
             f"/login?next=/{HOSTILE}"]  # fmt: skip
    for path in paths:
        assert HOSTILE not in await text_of(client, path, "admin"), path
    shown = await text_of(client, "/objects/karmada-es-old/hostile/0", "admin")
    assert HOSTILE not in shown
    assert "&lt;script&gt;" in shown
    form = {"manifest": json.dumps(hostile), "target": "v1.20"}
    answer = await client.post("/playground", data=form, headers=bearer("admin"))
    assert HOSTILE not in await answer.text()


async def test_values_of_secrets_are_never_shown(aiohttp_client, shipped):
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "s",
            "namespace": "a",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"k":"aHVudGVyMg=="}}'},
        },
        "data": {"k": "aHVudGVyMg=="},
        "stringData": {"k": "hunter2"},
    }
    store = fleet_store(shipped, secret)
    client = await aiohttp_client(dashboard_of(store).application())
    pages = [f"/objects/{row.place.namespace}/{row.place.work}/{row.place.position}" for row in store.rows]
    for path in [*VIEWS, *some(pages)]:
        page = await text_of(client, path, "admin")
        assert "hunter2" not in page
        assert "aHVudGVyMg" not in page
    form = {"manifest": json.dumps(secret), "target": "v1.20"}
    answer = await client.post("/playground", data=form, headers=bearer("admin"))
    text = await answer.text()
    assert "hunter2" not in text.split("</textarea>")[1]


async def test_if_karmada_does_not_answer_nothing_is_shown(aiohttp_client, store):
    class Down(Tenants):
        async def viewer(self, _token):
            raise UnavailableError("POST", 0, "", "down")

    client = await aiohttp_client(dashboard_of(store, Down()).application())
    answer = await client.get("/", headers=bearer("a"))
    assert answer.status == 502
    assert "old" not in await answer.text()


async def test_a_bug_shows_an_incident_and_not_its_text(client, monkeypatch, caplog):
    def broken(*_):
        raise ValueError("secret-detail")

    monkeypatch.setattr("converter.dashboard.rules_view.rules", broken)
    answer = await client.get("/rules", headers=bearer("admin"))
    text = await answer.text()
    assert (answer.status, "secret-detail" in text) == (500, False)
    (record,) = caplog.records
    assert record.incident in text


async def test_everyone_needs_no_token(aiohttp_client, store):
    client = await aiohttp_client(dashboard_of(store, Everyone()).application())
    assert (await client.get("/")).status == 200
    assert (
        await client.post("/playground", data={"manifest": json.dumps(config_map()), "target": "old"})
    ).status == 200


async def test_files_are_cached_by_their_content(client):
    answer = await client.get("/static/dashboard.css")
    assert answer.status == 200
    again = await client.get("/static/dashboard.css", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304
    assert (await client.get("/static/../app.py")).status in {401, 404}
    assert (await client.get("/static/none.css")).status == 404


async def test_an_answer_for_htmx_is_the_table_alone(client):
    whole = await text_of(client, "/objects", "a")
    part = await text_of(client, "/objects", "a", **{"HX-Request": "true"})
    assert "<html" in whole
    assert "<html" not in part
    assert "a/first" in part
