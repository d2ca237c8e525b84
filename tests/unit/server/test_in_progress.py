"""Every line of the log that belongs to a review names it: its uid, the cluster and the object."""

import asyncio
import io
import json
import logging

import pytest

from converter.errors import ConverterError
from converter.server import conversion_log
from converter.server.app import App, Webhook
from converter.server.in_progress import IN_PROGRESS, InProgress, review_fields
from converter.server.large_reviews import LARGE
from converter.server.logging import set_up
from converter.server.metrics import Metrics
from converter.server.sample import FLEET, review_of, sample_manifests, work_for
from converter.server.wiring import Settings, assemble
from tests.nonempty import some
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("rules_read_once")

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def lines():
    """Log as JSON into memory; gives a function that returns the lines so far."""
    stream = io.StringIO()
    set_up("json", "debug", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def review(uid, namespace="karmada-es-attic", name="w", **more):
    return json.dumps({"request": {"uid": uid, "namespace": namespace, "name": name, **more}}).encode()


def app_that(answer):
    return App([Webhook("/mutate/works", "works", answer)], {}, Metrics(["works"]))


async def post(client, body):
    async with client.post("/mutate/works", data=body, headers=JSON) as answer:
        return answer.status


@pytest.mark.parametrize("size", [0, 2 * LARGE], ids=["small", "in-the-thread"])
async def test_an_internal_error_names_its_review(serving, lines, size):
    def broken(_body):
        logging.getLogger("converter.test").warning("before")
        raise ZeroDivisionError

    async with serving(app_that(broken)) as running, running.client() as client:
        assert await post(client, review("u1", padding="x" * size)) == 500
    found = [line for line in lines() if line["message"] == "before" or "incident" in line]
    assert len(found) == 2
    for line in some(found):
        assert (line["review"], line["cluster"], line["object"], line["webhook"]) == (
            "u1", "attic", "karmada-es-attic/w", "works",
        )  # fmt: skip


async def test_reviews_at_the_same_time_are_not_mixed_up(serving, lines):
    def logs(body):
        logging.getLogger("converter.test").warning("asked", extra={"wanted": json.loads(body)["request"]["uid"]})
        return b"{}"

    async with serving(app_that(logs)) as running, running.client() as client:
        sizes = (0, 2 * LARGE, 0, 2 * LARGE, 0)
        bodies = [review(f"u{number}", padding="x" * size) for number, size in enumerate(sizes)]
        assert await asyncio.gather(*(post(client, body) for body in bodies)) == [200] * len(sizes)
    found = [line for line in lines() if line["message"] == "asked"]
    assert sorted(line["review"] for line in found) == [f"u{number}" for number in range(len(sizes))]
    assert all(line["review"] == line["wanted"] for line in some(found))


async def test_what_is_not_a_review_is_named_as_far_as_it_can_be(serving, lines):
    def refuses(_body):
        raise ConverterError("no")

    async with serving(app_that(refuses)) as running, running.client() as client:
        assert [await post(client, body) for body in (review("u1"), b"{", review("u2", "default"))] == [400] * 3
    refused = [line for line in lines() if line["logger"] == "converter.server.app" and "why" in line]
    found = [(line.get("review"), line.get("cluster")) for line in refused]
    assert found == [("u1", "attic"), (None, None), ("u2", None)]


async def test_conversions_and_losses_name_their_review(serving, lines, monkeypatch):
    monkeypatch.setattr(conversion_log, "_FLUSH_SECONDS", 0)
    served = assemble(Settings(FLEET))
    wanted = {}
    async with serving(served.app) as running, running.client() as client:
        for number, manifest in some(enumerate(sample_manifests())):
            body = json.loads(review_of(work_for(manifest, "attic")))
            body["request"]["uid"] = f"u{number}"
            wanted[f"u{number}"] = manifest["kind"]
            assert await post(client, json.dumps(body).encode()) == 200

        def about():
            return [line for line in lines() if line["logger"] == "converter.conversions"]

        await until(lambda: len({line["message"] for line in about()}) == 3)  # converted, not converted, fields lost
    for line in some(about()):
        assert wanted[line["review"]] == line["kind"]
        assert line["cluster"] == "attic"
        assert line["object"]


def test_outside_of_a_review_a_line_names_none(lines):
    logging.getLogger("converter.test").warning("outside")
    assert not {"review", "object", "cluster", "webhook"} & set(lines()[-1])
    assert review_fields() == {}


async def test_nothing_of_a_review_stays_after_its_answer(serving, lines):
    seen = []

    def answers(_body):
        seen.append(IN_PROGRESS.get())
        return b"{}"

    async with serving(app_that(answers)) as running, running.client() as client:
        for size in (0, 2 * LARGE):
            assert await post(client, review("u1", padding="x" * size)) == 200
        async with client.get("/nothing") as answer:
            assert answer.status == 404
    assert [one.uid for one in seen] == ["u1", "u1"]
    assert IN_PROGRESS.get() is None


def test_names_of_megabytes_are_cut():
    fields = InProgress("works", review("u" * 10**6, "karmada-es-" + "c" * 10**6, "n" * 10**6)).fields
    assert max(map(len, fields.values())) < 600


def test_the_body_is_read_only_for_a_line_of_the_log(monkeypatch):
    one = InProgress("works", review("u1"))
    assert one._fields is None
    assert one.uid == "u1"
    monkeypatch.setattr(one, "_body", b"")
    assert one.fields["object"] == "karmada-es-attic/w"


UID = "07dfbbe1-934f-47e8-8661-20bcebdcce08"
TYPE = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1"}
OTHER_ORDER = dict(reversed(TYPE.items()))


@pytest.mark.parametrize("head", [TYPE, OTHER_ORDER, {}, TYPE | {"x": 1}], ids=["kind first", "last", "none", "more"])
@pytest.mark.parametrize("uid", [UID, "u1", UID.upper(), UID + "0", 'a"b', "é", "u" * 1000])
@pytest.mark.parametrize("more", [{}, {"oldObject": {"metadata": {"uid": "other"}}}], ids=["alone", "with another"])
def test_the_head_of_a_review_and_the_whole_body_have_the_same_uid(head, uid, more):
    body = json.dumps({**head, "request": {"uid": uid, **more}}, separators=(",", ":")).encode()
    assert InProgress("works", body).uid == InProgress("works", body).fields["review"]


def test_the_uid_that_an_api_server_writes_is_read_without_the_body():
    body = json.dumps({**TYPE, "request": {"uid": UID, "name": "w"}}, separators=(",", ":")).encode()
    one = InProgress("works", body)
    assert one.uid == UID
    assert one._fields is None
