"""What the servers, and the errors about their certificates, addresses and policies, say."""

from __future__ import annotations

import datetime as dt
import io
import socket
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from rich.console import Console

from converter.catalog import Release, load_catalog
from converter.certificates.issue import CertificateError, Pair, issue_serving, make_authority
from converter.certificates.tls import load_context, write_throwaway
from converter.cli import demo, main
from converter.cli.sample_server import welcome
from converter.clusters import Cluster
from converter.server.app import App
from converter.server.metrics import Metrics
from converter.server.review_client import Answer, WebhookClient, WebhookError
from converter.server.run import Address, ListenError, serve
from converter.server.sample import FLEET
from converter.server.wiring import Settings, assemble
from converter.works.policy import Policy, PolicyError
from tests.unit.server.test_wiring import WRONG_OPTIONS

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
NAMES = ("127.0.0.1",)


def test_what_is_not_an_address():
    with pytest.raises(ListenError, match="HOST:PORT"):
        Address.parse("8443")


async def test_an_address_in_use():
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(ListenError, match="choose another address with --listen"),
    ):
        await serve(App([], {}, Metrics([])), Address("127.0.0.1", other.getsockname()[1]), None)


def test_what_is_not_a_policy():
    with pytest.raises(PolicyError, match="write one of: deny, warn, ignore"):
        Policy.parse("allow")


def test_what_does_not_sign_certificates():
    authority = make_authority("ca", NOW)
    with pytest.raises(CertificateError, match="not a certificate authority"):
        issue_serving(issue_serving(authority, NAMES, NOW), NAMES, NOW)
    with pytest.raises(CertificateError, match="at least one name"):
        issue_serving(authority, [], NOW)
    with pytest.raises(CertificateError, match="not PEM"):
        issue_serving(Pair(b"x", b"y"), NAMES, NOW)
    with pytest.raises(CertificateError, match="private key"):
        issue_serving(Pair(authority.certificate, b"y"), NAMES, NOW)


def test_files_that_are_not_a_certificate_with_its_key(tmp_path):
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    with pytest.raises(CertificateError, match="does not exist; --tls-cert and --tls-key name PEM files"):
        load_context(certificate, key)
    certificate.write_bytes(b"nonsense")
    key.write_bytes(b"nonsense")
    with pytest.raises(CertificateError, match="not a certificate with its key"):
        load_context(certificate, key)


def test_what_the_sample_says_to_try(tmp_path, capsys):
    (tmp_path / "run").mkdir()
    places = {"metrics": Address("127.0.0.1", 8081), "page": Address("127.0.0.1", 8090)}
    welcome(assemble(Settings(FLEET)), Address("127.0.0.1", 8443), tmp_path / "run" / "ca.crt", **places)
    said = capsys.readouterr().out
    assert "The webhook listens on https://127.0.0.1:8443/mutate/works" in said
    assert f"curl --cacert {tmp_path}/run/ca.crt" in said


def test_which_webhook_the_demo_calls(monkeypatch, tmp_path):
    shown = Console(file=io.StringIO(), width=200)
    monkeypatch.setattr(demo, "_running", lambda _: SimpleNamespace(url="https://127.0.0.1:1"))
    with demo._webhook(SimpleNamespace(url=None), shown):
        assert shown.file.getvalue() == "Calling the webhook at https://127.0.0.1:1.\n"
    monkeypatch.setattr(demo, "_running", lambda _: None)
    monkeypatch.setattr(demo, "_own", lambda _: nullcontext(SimpleNamespace(url="https://127.0.0.1:2")))
    with demo._webhook(SimpleNamespace(url=None), shown):
        assert "calling a new one at https://127.0.0.1:2" in shown.file.getvalue()


def test_a_cluster_that_refuses_in_the_demo(shipped):
    shown = Console(file=io.StringIO(), width=200)
    cluster = Cluster.from_release("attic", Release(1, 16), load_catalog())
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    demo._Show(shown, shipped).cluster(cluster, manifest, Answer(False, None, "no route", ()))
    assert shown.file.getvalue() == "\nattic Kubernetes v1.16: refused\n  no route\n"


def test_a_webhook_that_cannot_be_called(tmp_path):
    certificate, _, _ = write_throwaway(tmp_path, ["localhost"], NOW)
    with pytest.raises(WebhookError, match="start a webhook with `converter serve`"):
        WebhookClient("https://127.0.0.1:1", certificate).send(b"{}")


@pytest.mark.parametrize(("options", "words"), WRONG_OPTIONS.items())
def test_options_that_do_not_go_together(options, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["serve", "--inventory", str(FLEET), *options])
    assert words in capsys.readouterr().err
