"""Identities: made, kept while they work, renewed when they do not, and never written for nothing."""

import base64
import datetime as dt

import pytest
import yaml

from converter.client import ApiError, ConflictError
from converter.install.identities import IDENTITIES, IdentitySecrets, TokenProblem, ensure_identities
from converter.install.tokens import TOKEN_SECONDS, read_token, secret_of
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.tokens import TokenServer
from tests.nonempty import some

BEGIN = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
HOST = "/api/v1/namespaces/karmada-system/secrets"
ACCOUNTS = "/api/v1/namespaces/karmada-system/serviceaccounts"
URL = "https://karmada-apiserver.karmada-system.svc:5443"
CA = base64.b64encode(b"pem").decode()


class Site:
    """Karmada, the host cluster, and the time."""

    def __init__(self):
        self.time = BEGIN
        self.karmada = TokenServer(lambda: self.time)
        self.host = FakeApiServer()

    async def ensure(self, **changes):
        options = {"server_url": URL, "ca_bundle": CA, "now": lambda: self.time} | changes
        return await ensure_identities(self.karmada, self.host, **options)

    async def problems(self):
        found = await IdentitySecrets(self.karmada, self.host, now=lambda: self.time).examine()
        return {identity.name: identity.problem for identity in found}

    def secret(self, name="admission"):
        return self.host.objects[f"{HOST}/{secret_of(name)}"]

    def token(self, name="admission"):
        return read_token(self.secret(name)).text

    def pass_days(self, days):
        self.time += dt.timedelta(days=days)


@pytest.fixture
def site():
    return Site()


async def test_each_identity_gets_an_account_and_a_secret(site):
    found = await site.ensure()
    assert [identity.name for identity in found] == list(IDENTITIES)
    for identity in some(found):
        assert identity.problem is TokenProblem.NO_SECRET
        assert identity.expires_at == BEGIN + dt.timedelta(seconds=TOKEN_SECONDS)
        assert identity.renewal_at == BEGIN + dt.timedelta(days=60)
        secret = site.secret(identity.name)
        assert identity.secret == f"karmada-system/{secret['metadata']['name']}"
        assert set(secret["data"]) == {"kubeconfig", "token"}
        config = yaml.safe_load(base64.b64decode(secret["data"]["kubeconfig"]))
        assert config["clusters"][0]["cluster"] == {"server": URL, "certificate-authority-data": CA}
        account = site.karmada.objects[f"{ACCOUNTS}/converter-{identity.name}"]
        assert f"{account['metadata']['namespace']}/{account['metadata']['name']}" == identity.account
        assert account["automountServiceAccountToken"] is False
    assert await site.problems() == dict.fromkeys(IDENTITIES)


async def test_repeating_it_writes_nothing(site):
    await site.ensure()
    writes, issued = len(site.host.writes), len(site.karmada.issued)
    site.pass_days(59)
    found = await site.ensure()
    assert {identity.problem for identity in found} == {None}
    assert all(identity.account_uid for identity in some(found))
    assert (len(site.host.writes), len(site.karmada.issued)) == (writes, issued)


async def test_a_token_after_two_thirds_of_its_life_is_renewed(site):
    await site.ensure()
    before = site.token()
    site.pass_days(60)
    assert set((await site.problems()).values()) == {TokenProblem.DUE}
    found = await site.ensure()
    assert {identity.problem for identity in found} == {TokenProblem.DUE}
    assert found[0].expires_at == BEGIN + dt.timedelta(days=150)
    assert site.token() != before
    assert await site.problems() == dict.fromkeys(IDENTITIES)


async def test_after_a_long_outage_every_token_is_renewed(site):
    await site.ensure()
    site.pass_days(400)
    assert set((await site.problems()).values()) == {TokenProblem.REFUSED}
    await site.ensure()
    assert await site.problems() == dict.fromkeys(IDENTITIES)


async def test_an_account_that_was_deleted_comes_back_with_a_token_of_its_own(site):
    await site.ensure()
    others = [site.token(name) for name in ("controller", "scheduler")]
    site.karmada.remove(f"{ACCOUNTS}/converter-admission")
    assert (await site.problems())["admission"] is TokenProblem.REFUSED
    await site.ensure()
    assert await site.problems() == dict.fromkeys(IDENTITIES)
    assert [site.token(name) for name in ("controller", "scheduler")] == others, "those that worked stay"


async def test_a_token_of_an_account_that_was_created_again_is_replaced_although_it_is_still_accepted(site):
    await site.ensure()
    before = site.token()
    site.karmada.remove(f"{ACCOUNTS}/converter-admission")
    site.karmada.remembers = True
    found = await site.ensure()
    assert found[0].problem is TokenProblem.OTHER_ACCOUNT
    assert site.token() != before
    site.karmada.remembers = False
    assert await site.problems() == dict.fromkeys(IDENTITIES)


async def test_a_token_of_another_account_is_replaced(site):
    await site.ensure()
    site.secret("scheduler")["data"]["token"] = site.secret("admission")["data"]["token"]
    assert (await site.problems())["scheduler"] is TokenProblem.OTHER_ACCOUNT
    await site.ensure()
    assert await site.problems() == dict.fromkeys(IDENTITIES)


async def test_another_control_plane_s_token_is_replaced(site):
    await site.ensure()
    site.karmada = TokenServer(lambda: site.time)
    found = await site.ensure(server_url="https://other:5443")
    assert {identity.problem for identity in found} == {TokenProblem.REFUSED}
    assert b"https://other:5443" in base64.b64decode(site.secret()["data"]["kubeconfig"])


async def test_a_kubeconfig_that_differs_is_written_and_the_token_stays(site):
    await site.ensure()
    before = site.token()
    await site.ensure(ca_bundle=base64.b64encode(b"next").decode())
    config = yaml.safe_load(base64.b64decode(site.secret()["data"]["kubeconfig"]))
    assert base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]) == b"next"
    assert site.token() == before


async def test_a_secret_of_the_old_way_gets_a_token_and_keeps_its_own_content(site):
    metadata = {"name": secret_of("admission"), "namespace": "karmada-system", "labels": {"mine": "yes"}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"kubeconfig": "b2xk", "x": "eA=="}}
    site.host.put(f"{HOST}/{secret_of('admission')}", secret)
    found = await site.ensure()
    assert found[0].problem is TokenProblem.NO_TOKEN
    assert site.secret()["metadata"]["labels"] == {"mine": "yes"}
    assert site.secret()["data"]["x"] == "eA=="
    assert site.secret()["data"]["kubeconfig"] != "b2xk"


async def test_shorter_tokens_are_taken_as_granted(site):
    site.karmada.longest = 3600
    found = await site.ensure()
    assert found[0].expires_at == BEGIN + dt.timedelta(hours=1)
    assert found[0].renewal_at == BEGIN + dt.timedelta(minutes=40)


async def test_other_namespaces_and_fewer_identities(site):
    found = await site.ensure(namespace="control", host_namespace="place", identities=["controller"])
    assert [(one.account, one.secret) for one in found] == [
        ("control/converter-controller", "place/converter-controller-kubeconfig")
    ]
    assert "/api/v1/namespaces/control/serviceaccounts/converter-controller" in site.karmada.objects
    assert list(site.host.objects) == ["/api/v1/namespaces/place/secrets/converter-controller-kubeconfig"]


async def test_a_write_of_the_controller_in_between_is_seen(site):
    await site.ensure()
    site.pass_days(60)
    failures = iter([(409, "Conflict")])
    site.host.fail = lambda method, _: next(failures, None) if method == "PUT" else None
    await site.ensure()
    assert await site.problems() == dict.fromkeys(IDENTITIES)


async def test_it_gives_up_when_every_write_meets_another(site):
    await site.ensure()
    site.pass_days(60)
    site.host.fail = lambda method, _: (409, "Conflict") if method == "PUT" else None
    with pytest.raises(ConflictError):
        await site.ensure()


async def test_a_refused_request_is_an_error_and_repeating_it_does_the_rest(site):
    site.karmada.fail = lambda _, path: (403, "Forbidden") if "converter-controller/token" in path else None
    with pytest.raises(ApiError):
        await site.ensure()
    site.karmada.fail = lambda *_: None
    before = site.token("admission")
    await site.ensure()
    assert await site.problems() == dict.fromkeys(IDENTITIES)
    assert site.token("admission") == before
