"""Tokens are renewed long before their end, failures are retried and reported, and nothing is written for nothing."""

import asyncio
import contextlib
import datetime as dt
import logging

import pytest

from converter.client import ConflictError
from converter.controllers.event_recorder import EventRecorder
from converter.controllers.token_renewal import RenewalOptions, TokenRenewal
from converter.install.identities import IDENTITIES, ensure_identities
from converter.install.tokens import read_token, secret_of
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.karmada import now
from tests.fakes.tokens import TokenServer
from tests.fakes.virtual_time import advance
from tests.nonempty import some

pytestmark = pytest.mark.virtual_time

SECRETS = "/api/v1/namespaces/place/secrets"
ACCOUNT = "converter-admission"
DAY = 86400


class Site:
    """Karmada and the host cluster, after an installation; and the leader's renewal."""

    def __init__(self, **options):
        self.karmada = TokenServer(now)
        self.host = FakeApiServer()
        self.options = RenewalOptions("karmada-system", "place", **options)
        self.renewal = TokenRenewal(self.karmada, self.host, self.options, EventRecorder(self.karmada, now), now=now)

    async def install(self):
        await ensure_identities(
            self.karmada, self.host, server_url="https://k", ca_bundle="Y2E=", host_namespace="place",
            seconds=self.options.seconds, now=now,
        )  # fmt: skip
        self.host.writes.clear()

    @contextlib.asynccontextmanager
    async def leading(self, interval=60.0):
        task = asyncio.ensure_future(self.renewal.run(interval))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    def secret(self, identity="admission"):
        return self.host.objects[f"{SECRETS}/{secret_of(identity)}"]

    def token(self, identity="admission"):
        return read_token(self.secret(identity))

    def events(self):
        return [thing for path, thing in self.karmada.objects.items() if "/events/" in path]


@pytest.fixture
async def site():
    made = Site()
    await made.install()
    return made


async def test_each_token_is_renewed_after_two_thirds_of_its_life_and_not_before(site):
    before = {identity: site.token(identity) for identity in IDENTITIES}
    async with site.leading(interval=DAY / 24):
        await advance(60 * DAY - 120)
        assert site.host.writes == []
        assert site.renewal.ends == {f"converter-{name}": token.expires_at for name, token in before.items()}
        await advance(240)
        assert len(site.host.writes) == len(IDENTITIES)
        for identity in some(IDENTITIES):
            after = site.token(identity)
            assert after.text != before[identity].text
            assert after.expires_at - before[identity].expires_at >= dt.timedelta(days=59)
            assert site.karmada.issued[before[identity].text][0] > now().timestamp(), "the old one is still valid"
            assert site.renewal.ends[f"converter-{identity}"] == after.expires_at
            assert site.renewal.renewed[f"converter-{identity}"] == 1
    assert site.renewal.ends == {}, "the next leader reports them"
    assert sum(site.renewal.failed.values()) == 0


async def test_many_lives_pass_without_an_end():
    site = Site(seconds=DAY)
    await site.install()
    async with site.leading(interval=DAY / 24):
        for _ in range(200):
            await advance(DAY / 4)
            for identity in some(IDENTITIES):
                assert site.token(identity).expires_at > now() + dt.timedelta(hours=7)


async def test_the_rest_of_a_secret_stays(site):
    site.secret()["metadata"]["labels"] = {"mine": "yes"}
    kubeconfig = site.secret()["data"]["kubeconfig"]
    await advance(61 * DAY)
    await site.renewal.reconcile("admission")
    assert site.secret()["metadata"]["labels"] == {"mine": "yes"}
    assert site.secret()["data"]["kubeconfig"] == kubeconfig


async def test_a_shorter_life_and_another_part_are_options():
    site = Site(seconds=600, renew_after=0.01)
    await site.install()
    async with site.leading():
        await advance(60)
    assert 9 <= site.renewal.renewed[ACCOUNT] <= 11


async def test_a_life_shorter_than_asked_for_counts(site):
    site.karmada.longest = 3600
    await advance(60 * DAY)
    due = await site.renewal.reconcile("admission")
    assert due - now() == dt.timedelta(minutes=40)


@pytest.mark.parametrize("failing", ["karmada", "host"])
async def test_a_failure_is_retried_reported_and_does_not_stop_the_others(site, caplog, failing):
    server = getattr(site, failing)
    name = "converter-admission"
    method = "POST" if failing == "karmada" else "PUT"
    server.fail = lambda asked, path: (
        (403, "Forbidden") if asked == method and name in path and "/events" not in path else None
    )
    before = site.token()
    with caplog.at_level(logging.WARNING):
        await advance(60 * DAY + 1)
        async with site.leading():
            await advance(600)
            assert site.renewal.failed[ACCOUNT] > 5
            assert site.renewal.failed[ACCOUNT] < 40, "the delay grows"
            assert site.renewal.renewed["converter-controller"] == 1
            assert site.renewal.ends[ACCOUNT] == before.expires_at
            assert caplog.records
            server.fail = lambda *_: None
            await advance(120)
    assert site.token().text != before.text
    assert site.renewal.renewed[ACCOUNT] == 1
    (event,) = site.events()
    assert (event["reason"], event["type"]) == ("TokenNotRenewed", "Warning")
    assert event["involvedObject"]["kind"] == "ServiceAccount"
    assert event["involvedObject"]["name"] == ACCOUNT
    assert event["metadata"]["namespace"] == "karmada-system"


async def test_an_event_comes_once_a_day_while_a_token_cannot_be_renewed(site):
    site.karmada.fail = lambda _, path: (503, "ServiceUnavailable") if path.endswith("/token") else None
    async with site.leading(interval=DAY / 8):
        await advance(63 * DAY)
    events = [event for event in site.events() if event["involvedObject"]["name"] == ACCOUNT]
    assert 3 <= len(events) <= 4


async def test_a_failure_before_a_token_is_due_has_no_event(site):
    async with site.leading():
        await advance(DAY)
        site.host.fail = lambda *_: (503, "ServiceUnavailable")
        await advance(600)
    assert site.renewal.failed[ACCOUNT]
    assert site.events() == []


async def test_a_write_by_another_in_between_wins(site):
    await advance(61 * DAY)
    failures = iter([(409, "Conflict")])
    site.host.fail = lambda method, _: next(failures, None) if method == "PUT" else None
    before = site.token()
    with pytest.raises(ConflictError):
        await site.renewal.reconcile("admission")
    assert site.token() == before
    await site.renewal.reconcile("admission")
    assert site.token() != before


async def test_a_token_of_another_account_is_replaced_at_once(site):
    site.secret("scheduler")["data"]["token"] = site.secret("admission")["data"]["token"]
    await site.renewal.reconcile("scheduler")
    assert site.token("scheduler").subject.endswith(":converter-scheduler")


async def test_a_token_that_does_not_say_its_life_is_replaced_at_once(site):
    site.secret()["data"]["token"] = "b3BhcXVl"
    site.secret()["metadata"]["annotations"] = {}
    await site.renewal.reconcile("admission")
    assert site.token().expires_at is not None


@pytest.mark.parametrize("case", ["no Secret", "own credentials"])
async def test_what_is_not_ours_to_renew_is_left_alone(site, case):
    if case == "no Secret":
        site.host.remove(f"{SECRETS}/{secret_of('scheduler')}")
    else:
        del site.secret("scheduler")["data"]["token"]
    async with site.leading(interval=DAY):
        await advance(61 * DAY)
        assert "converter-scheduler" not in site.renewal.ends
    assert [write for write in site.host.writes if "scheduler" in write] == []
    assert site.renewal.failed["converter-scheduler"] == 0
