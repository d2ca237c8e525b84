"""The whole server as `converter serve` puts it together, asked over TLS."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import jsonpatch
import pytest

from converter.cli import main
from converter.server.review_client import WebhookClient, WebhookError, is_ready
from converter.server.sample import FLEET, review_of, sample_manifests, work_for
from converter.server.wiring import Settings, assemble
from tests.waiting import HANG_SECONDS, listening

pytestmark = pytest.mark.usefixtures("rules_read_once")

JSON = {"Content-Type": "application/json"}
REVIEWS = Path(__file__).resolve().parents[2] / "data" / "reviews"


def sample(kind: str, cluster: str) -> bytes:
    return review_of(work_for(next(one for one in sample_manifests() if one["kind"] == kind), cluster))


@pytest.fixture
def served():
    return assemble(Settings(FLEET))


async def test_a_work_is_converted_and_counted(served, serving, plainly):
    review = sample("Ingress", "attic")
    served.health.listens()
    async with serving(served.app) as running, running.client() as client, plainly(served.health) as health:
        async with client.post("/mutate/works?timeout=10s", data=review, headers=JSON) as answer:
            first = await answer.read()
        async with client.post("/mutate/works", data=review, headers=JSON) as again:
            assert await again.read() == first
        async with client.post("/mutate/works", data=sample("Ingress", "cloud"), headers=JSON) as plain:
            assert "patch" not in (await plain.json())["response"]
        async with client.post("/mutate/works", data=sample("IngressClass", "attic"), headers=JSON) as denied:
            assert not (await denied.json())["response"]["allowed"]
        async with health.get("/metrics") as metrics:
            counted = await metrics.text()
        async with health.get("/readyz") as ready:
            assert ready.status == 200
    patch = json.loads(base64.b64decode(json.loads(first)["response"]["patch"]))
    work = jsonpatch.apply_patch(json.loads(review)["request"]["object"], patch)
    assert work["spec"]["workload"]["manifests"][0]["apiVersion"] == "networking.k8s.io/v1beta1"
    assert 'converter_requests_total{outcome="changed",webhook="works"} 2.0' in counted
    assert 'converter_requests_total{outcome="unchanged",webhook="works"} 1.0' in counted
    assert 'converter_requests_total{outcome="denied",webhook="works"} 1.0' in counted
    assert 'kind="Ingress",source="networking.k8s.io/v1",target="networking.k8s.io/v1beta1"} 2.0' in counted
    assert "converter_clusters 4.0" in counted


async def test_a_refused_change_is_shown_where_health_is_asked(tmp_path, plainly):
    fleet, rules = tmp_path / "fleet.yaml", tmp_path / "rules"
    fleet.write_text(FLEET.read_text())
    rules.mkdir()
    served = assemble(Settings(fleet, rules=(rules,)))
    served.health.listens()
    async with plainly(served.health) as client:

        async def ready():
            async with client.get("/readyz") as answer:
                assert answer.status == 200
                return (await answer.text()).splitlines()

        assert await ready() == ["ok"]
        fleet.write_text("clusters: 5")
        (rules / "a.yaml").write_text("broken: [")
        await asyncio.to_thread(served.rules.refresh)
        await asyncio.to_thread(served.inventory.refresh)
        first, *notes = await ready()
        assert first == "ok"
        assert [note.partition(":")[0] for note in notes] == ["rules", "inventory"]
        async with client.get("/metrics") as answer:
            counted = await answer.text()
    assert "converter_rules_last_reload_successful 0.0" in counted
    assert "converter_inventory_last_reload_successful 0.0" in counted


BAD = {
    "empty": b"",
    "not JSON": b"nonsense",
    "cut off": sample("Ingress", "attic")[:700],
    "not UTF-8": sample("Ingress", "attic").replace(b"shop", b"sh\xffp"),
    "too deep": b"[" * 10_000,
    "another kind": b'{"apiVersion":"admission.k8s.io/v1","kind":"Work"}',
    "another version": b'{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"1"}}',
    "no request": b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}',
    "NaN": b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":NaN}',
}


@pytest.mark.parametrize("name", BAD)
async def test_what_is_not_a_review_is_a_400_with_a_sentence(served, serving, name):
    async with (
        serving(served.app) as running,
        running.client() as client,
        client.post("/mutate/works", data=BAD[name], headers=JSON) as answer,
    ):
        status = await answer.json()
    assert answer.status == 400
    assert len(status["message"]) > 20
    assert "Traceback" not in status["message"]


async def test_every_captured_review_of_works_is_answered(served, serving):
    files = sorted(REVIEWS.glob("*-works-*.json"))
    assert len(files) >= 12
    async with serving(served.app) as running, running.client() as client:
        for file in files:
            async with client.post("/mutate/works", data=file.read_bytes(), headers=JSON) as answer:
                body = await answer.json()
            assert answer.status == 200
            assert body["response"]["uid"] == json.loads(file.read_text())["request"]["uid"]


async def test_the_inventory_is_read_again(tmp_path, serving, until):
    file = tmp_path / "fleet.yaml"

    def write(release: str) -> None:
        file.write_text(
            "apiVersion: apiconverter.dev/v1alpha1\nkind: ClusterInventory\n"
            f"clusters: [{{name: edge, release: {release}}}]\n"
        )

    write("v1.20")
    served = assemble(Settings(file))
    async with serving(served.app, background=served.background()):
        write("v1.36")
        await until(lambda: str(served.fleet.current["edge"].release) == "v1.36")
        good = served.fleet.current
        file.write_text("clusters: [")
        assert not await asyncio.to_thread(served.inventory.refresh)
        assert served.fleet.current is good


def test_a_broken_rule_file_at_the_start_is_exit_code_2(tmp_path, capsys):
    (tmp_path / "bad.yaml").write_text("apiVersion: apiconverter.dev/v1alpha1\nkind: ConversionRule\nspec: {kind: 7}\n")
    (tmp_path / "worse.yaml").write_text("a: [")
    fleet = ["serve", "--inventory", str(FLEET), "--self-signed", str(tmp_path / "tls"), "--rules", str(tmp_path)]
    assert main([*fleet, "--listen", "127.0.0.1:0"]) == 2
    said = capsys.readouterr()
    assert "bad.yaml:" in said.err
    assert "worse.yaml:" in said.err
    assert said.out == ""


WRONG_OPTIONS = {
    ("--tls-cert", "x"): "both",
    (): "--self-signed",
    ("--self-signed", "x", "--tls-cert", "x", "--tls-key", "y"): "--sample",
    ("--tls-cert", "x", "--tls-key", "y"): "does not exist",
    ("--self-signed", "x", "--listen", "nowhere"): "HOST:PORT",
}
"""Options that do not go together, and what is said of them."""


@pytest.mark.parametrize("options", WRONG_OPTIONS)
def test_options_that_do_not_go_together(options, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["serve", "--inventory", str(FLEET), *options]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.partition(": ")[0]) == ("", "converter")


def test_the_sample_serves_and_ends_on_sigterm(tmp_path):
    """As a newcomer has it: start, send the review, run the demo, stop."""
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    out = tmp_path / "out"
    converter = [sys.executable, "-m", "converter"]
    with out.open("w") as log:
        process = subprocess.Popen(
            [*converter, "serve", "--sample", "--listen", "127.0.0.1:0"],
            cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT, env=environment,
        )  # fmt: skip
        try:
            facts = listening(process, tmp_path)
            with urllib.request.urlopen(facts["dashboard"], timeout=HANG_SECONDS) as page:
                assert b"attic" in page.read()
            client = WebhookClient(facts["url"], tmp_path / ".run" / "ca.crt")
            assert is_ready(facts["health"])
            answer = client.send((tmp_path / ".run" / "review.json").read_bytes())
            assert answer.allowed
            assert answer.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "networking.k8s.io/v1beta1"
            with pytest.raises(WebhookError) as wrong:
                client.send(b"{}")
            assert wrong.value.status == 400
            demo = subprocess.run(
                [*converter, "demo"],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                env=environment,
                timeout=HANG_SECONDS,
                check=False,
            )
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(HANG_SECONDS)
    assert demo.returncode == 0, demo.stderr
    assert facts["url"] in demo.stdout
    assert "batch/v1 → batch/v1beta1" in demo.stdout
    assert "\x1b" not in demo.stdout
    assert code == 0
    assert not (tmp_path / ".run" / "listening.json").exists()
    with pytest.raises(WebhookError) as gone:
        client.send(b"{}")
    assert gone.value.status == 0
    assert not is_ready(facts["health"])


def test_a_second_sample_that_finds_the_port_in_use_leaves_the_first_one_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        (tmp_path / ".run").mkdir()
        first = tmp_path / ".run" / "listening.json"
        first.write_text(json.dumps({"pid": os.getppid()}))
        assert main(["serve", "--sample", "--listen", f"127.0.0.1:{taken.getsockname()[1]}"]) == 2
    assert json.loads(first.read_text()) == {"pid": os.getppid()}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder where no webhook runs; the one that the demo starts finds this package, installed or not."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_the_demo_shows_changes_only(capsys):
    """A diff does not show keys that only moved: the webhook's answer has an order of its own."""
    assert main(["demo", "--kind", "CronJob", "--cluster", "edge", "--no-before"]) == 0
    shown = [line.strip() for line in capsys.readouterr().out.splitlines()]
    changes = [line for line in shown if line[:1] in {"+", "-"}]
    assert changes == ["-apiVersion: batch/v1", "+apiVersion: batch/v1beta1"]


@pytest.mark.usefixtures("folder")
def test_the_demo_starts_a_webhook_of_its_own(capsys):
    assert main(["demo", "--kind", "Ingress", "--cluster", "attic", "--no-before"]) == 0
    assert "+          serviceName: api" in capsys.readouterr().out
    assert main(["demo", "--kind", "Nonsense"]) == 2
