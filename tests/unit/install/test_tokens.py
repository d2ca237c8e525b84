"""Tokens and the Secrets that hold them."""

import base64
import datetime as dt

import pytest
import yaml

from converter.client import NotFoundError
from converter.client.access import find_access
from converter.install.tokens import (
    TOKEN_SECONDS,
    Token,
    kubeconfig,
    read_token,
    request_token,
    secret_of,
    with_token,
)
from tests.fakes.tokens import TokenServer

NOW = dt.datetime(2026, 3, 1, 12, 30, 15, tzinfo=dt.UTC)
ACCOUNT = {"metadata": {"name": "converter-admission", "namespace": "karmada-system"}}
PATH = "/api/v1/namespaces/karmada-system/serviceaccounts/converter-admission"
SECRET = {
    "metadata": {"name": "s", "labels": {"mine": "yes"}, "annotations": {"mine": "too"}},
    "type": "Opaque",
    "data": {"kubeconfig": "Yw=="},
}


@pytest.fixture
def karmada():
    made = TokenServer(lambda: NOW)
    made.put(PATH, ACCOUNT)
    return made


async def requested(karmada, seconds=TOKEN_SECONDS):
    return await request_token(karmada, "karmada-system", "converter-admission", seconds=seconds, now=NOW)


async def test_a_token_has_the_life_that_was_granted(karmada):
    token = await requested(karmada)
    assert token.issued_at == NOW
    assert token.expires_at == NOW + dt.timedelta(days=90)
    assert token.subject == "system:serviceaccount:karmada-system:converter-admission"
    karmada.longest = 3600
    assert (await requested(karmada)).expires_at == NOW + dt.timedelta(hours=1)


async def test_a_token_that_is_not_a_jwt_counts_from_now(karmada, monkeypatch):
    granted = {"token": "opaque", "expirationTimestamp": "2026-03-02T12:30:15Z"}
    monkeypatch.setattr(karmada, "_grant", lambda *_: granted)
    assert await requested(karmada) == Token("opaque", NOW, NOW + dt.timedelta(days=1))


async def test_an_account_that_is_missing_is_an_error(karmada):
    with pytest.raises(NotFoundError):
        await request_token(karmada, "elsewhere", "converter-admission", seconds=600, now=NOW)


def test_it_is_renewed_after_a_part_of_its_life():
    token = Token("t", NOW, NOW + dt.timedelta(days=90))
    assert token.renewal_at() == NOW + dt.timedelta(days=60)
    assert token.renewal_at(0.5) == NOW + dt.timedelta(days=45)
    assert Token("t", None, NOW).renewal_at() is None
    assert Token("t", NOW, None).renewal_at() is None


async def test_a_secret_gets_a_token_and_keeps_all_else(karmada):
    token = await requested(karmada)
    secret = with_token(SECRET, token)
    assert read_token(secret) == token
    assert secret["data"]["kubeconfig"] == SECRET["data"]["kubeconfig"]
    assert secret["type"] == "Opaque"
    assert secret["metadata"]["labels"] == {"mine": "yes"}
    assert secret["metadata"]["annotations"] == {
        "mine": "too",
        "apiconverter.dev/token-issued-at": "2026-03-01T12:30:15Z",
        "apiconverter.dev/token-expires-at": "2026-05-30T12:30:15Z",
    }
    again = with_token(secret, Token("opaque", None, None))
    assert again["metadata"]["annotations"] == {"mine": "too"}, "the times of the earlier token go"
    assert read_token(again) == Token("opaque", None, None)


async def test_the_claims_say_the_times_where_no_annotation_does(karmada):
    token = await requested(karmada)
    secret = {"metadata": {}, "data": {"token": base64.b64encode(token.text.encode()).decode()}}
    assert read_token(secret) == token
    secret["metadata"]["annotations"] = {"apiconverter.dev/token-expires-at": "2026-03-01T12:30:15"}  # without a zone
    assert read_token(secret) == token


@pytest.mark.parametrize("data", [None, {}, {"token": ""}, {"token": "IAo="}, {"token": "?"}, {"token": "/w=="}])
def test_a_secret_without_a_token_has_none(data):
    assert read_token({"metadata": {}, "data": data}) is None


async def test_a_process_reads_the_kubeconfig_and_the_token_beside_it(tmp_path):
    text = kubeconfig("https://karmada.example:5443", "Y2E=", "control", "admission")
    assert text == kubeconfig("https://karmada.example:5443", "Y2E=", "control", "admission")
    config = yaml.safe_load(text)
    assert config["users"] == [{"name": "converter-admission", "user": {"tokenFile": "/etc/converter/karmada/token"}}]
    config["users"][0]["user"]["tokenFile"] = "token"
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    (tmp_path / "token").write_text("t")
    access = await find_access(tmp_path / "kubeconfig")
    assert access.configuration.host == "https://karmada.example:5443"
    assert await access.credentials.header() == "Bearer t"


def test_without_authorities_the_system_s_are_trusted():
    config = yaml.safe_load(kubeconfig("https://karmada.example", "", "control", "admission"))
    assert config["clusters"][0]["cluster"] == {"server": "https://karmada.example"}


def test_the_secrets_have_the_names_that_the_deployments_mount():
    assert secret_of("scheduler") == "converter-scheduler-kubeconfig"
