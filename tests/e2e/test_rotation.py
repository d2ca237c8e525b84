"""Tokens and the authority are rotated while Karmada writes Works: no admission fails, and every process goes on.

Periods of minutes, instead of years, and of seconds between two tokens. The API server issues tokens for ten minutes at
least, so no token ends by itself here; all become invalid at once when their accounts are deleted.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import functools
import re
import threading

import pytest

from converter.certificates.rotate import Periods
from converter.client import ApiServer, RejectedError
from converter.controllers.certificate_secret import CertificateSecret
from converter.install.identities import IDENTITIES
from converter.install.tokens import SHORTEST_SECONDS
from tests.controlplanes.karmada import NAMESPACE
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import Installation
from tests.e2e.propagated import WORK, Propagated
from tests.e2e.secret_volume import SecretVolume
from tests.e2e.templates import template
from tests.nonempty import some

CERTIFICATES = "converter-tls"
NAMES = ("127.0.0.1", "localhost", f"converter-discovery.{NAMESPACE}.svc")
SERVING, AUTHORITY, SPREAD = 40, 60, 10
#: Of ten minutes: a token every six seconds.
RENEW_AFTER = 0.01
ROTATIONS, RENEWALS = 3, 12
#: When to give up: three times what it takes.
SECONDS = 420


class Rotating(Installation):
    """Its controller issues the certificates and renews the tokens, as in a cluster; Secrets are mounted."""

    token_seconds = SHORTEST_SECONDS

    def __init__(self, fleet):
        self.certificates = None
        super().__init__(fleet, controllers=2)

    def addresses_of(self, port):
        """Without a CA: the controller fills it in, as it rotates."""
        return ["--karmada-part-only", "--webhook-url", f"https://127.0.0.1:{port}", "--discovery-host", "localhost"]

    def _tls(self):
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": CERTIFICATES, "namespace": NAMESPACE}}
        self.host.client.put(secret)
        asyncio.run(self._issue())
        folder = self._world.run.folder / "tls-of-converter"
        self.certificates = SecretVolume(self.host.client, NAMESPACE, CERTIFICATES, folder)
        return ["--tls-cert", str(folder / "tls.crt"), "--tls-key", str(folder / "tls.key")]

    async def _issue(self):
        """What the controller does first; here the servers start before it."""

        async def publish(_trusted):
            pass

        periods = Periods(*(dt.timedelta(seconds=life) for life in (SERVING, AUTHORITY, SPREAD)))
        async with await ApiServer.connect(self.host.server.kubeconfig) as host:
            keeper = CertificateSecret(host, NAMESPACE, CERTIFICATES, NAMES, publish, periods=periods)
            await keeper.reconcile(dt.datetime.now(dt.UTC))

    def _trusted(self):
        return (self.certificates.folder / "ca.crt").read_text()

    def _secrets(self):
        return [
            "--renew-tokens", NAMESPACE, "--host-kubeconfig", str(self.host.account),
            "--token-seconds", str(SHORTEST_SECONDS), "--token-renew-after", str(RENEW_AFTER),
            "--certificate-secret", f"{NAMESPACE}/{CERTIFICATES}",
            *(f"--certificate-name={name}" for name in NAMES),
            "--certificate-seconds", str(SERVING), "--authority-seconds", str(AUTHORITY),
            "--authority-spread-seconds", str(SPREAD),
        ]  # fmt: skip

    def authority(self):
        data = self.host.client.get("v1", "Secret", CERTIFICATES, NAMESPACE)["data"]
        return base64.b64decode(data["signer.crt"])

    def stop(self):
        super().stop()
        self.certificates.close()
        self.host.client.delete("v1", "Secret", CERTIFICATES, NAMESPACE)


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Rotating(session_fleet)
    yield installed
    installed.stop()


class Load:
    """Threads that have Works admitted all the time; they must come back converted."""

    def __init__(self, fleet, threads=3):
        self.answers, self.errors, self.count = set(), [], 0
        self._fleet = fleet
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._enough.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, thread):
        number = 0
        while not self._enough.wait(0.05):
            number += 1
            name = f"rotating-{thread}-{number}"
            work = {
                "apiVersion": WORK,
                "kind": "Work",
                "metadata": {"name": name, "namespace": "karmada-es-old"},
                "spec": {"workload": {"manifests": [template("CronJob", name)]}},
            }
            try:
                stored = self._fleet.client.create(work, dry_run=True)
                self.answers.add(stored["spec"]["workload"]["manifests"][0]["apiVersion"])
                self.count += 1
            except Exception as error:  # noqa: BLE001  whatever it is, it is a failure
                self.errors.append(error)


def failures(fleet):
    """Count the calls of our webhooks that failed, and the requests whose credentials were refused."""
    text = fleet.client.request("GET", "/metrics").body
    webhooks = re.findall(
        r"^apiserver_admission_webhook_(?:rejection_count|fail_open_count)\{([^}]*apiconverter\.dev[^}]*)\} (\S+)$",
        text, re.MULTILINE,
    )  # fmt: skip
    refused = re.findall(r'^(authentication_attempts\{result="(?:error|failure)"\}) (\S+)$', text, re.MULTILINE)
    return {labels: float(count) for labels, count in (*webhooks, *refused) if 'error_type="no_error"' not in labels}


def credentials(fleet, account):
    """The tokens by which an account authenticated, from the audit log."""
    user = f"system:serviceaccount:{NAMESPACE}:{account}"
    extras = [
        event["user"].get("extra", {}) for event in fleet.karmada.audit.events() if event["user"]["username"] == user
    ]
    return {value for extra in extras for value in extra.get("authentication.kubernetes.io/credential-id", ())}


def is_refused(converter, account):
    """Whether the API server refuses the token that a process has."""

    async def ask():
        async with await ApiServer.connect(converter.host.kubeconfig(account.removeprefix("converter-"))) as server:
            await server.get("/version")

    try:
        asyncio.run(ask())
    except RejectedError:
        return True
    return False


def test_no_admission_fails_while_tokens_and_the_authority_are_rotated(fleet, converter):
    authorities = {converter.authority()}
    tokens = converter.host.volumes["admission"]
    known = {name: credentials(fleet, name) for name in ("converter-controller", "converter-admission")}
    before, swaps = failures(fleet), tokens.swaps
    its = [Propagated(fleet, template("CronJob", f"rotated-{number}"), ["new", "old"]) for number in range(3)]
    with Load(fleet) as load:

        def rotated():
            fleet.check()
            authorities.add(converter.authority())
            assert load.errors == []
            assert len(authorities) > ROTATIONS, f"{len(authorities)} authorities"
            assert tokens.swaps - swaps >= RENEWALS, f"{tokens.swaps - swaps} tokens"
            return True

        its[0].__enter__()
        its[0].wait_until_applied()
        wait_until("the rotations", rotated, SECONDS)
        for it in its[1:]:
            it.__enter__()
        for it in its:
            it.wait_until_applied()
        fleet.karmada.aggregated.stop()  # ends every watch of Clusters: each process comes back with its present token
        fleet.karmada.aggregated.start()

        def came_back():
            for name in some(known):
                assert credentials(fleet, name) - known[name], f"{name} uses the token of before"
            return True

        wait_until("requests with a later token", came_back, 120)
    assert (load.answers, load.errors) == ({"batch/v1beta1"}, [])
    assert load.count > 100
    assert failures(fleet) == before
    for it in its:
        it.__exit__()
        it.wait_until_gone("old", ["batch/v1beta1"])


def test_after_an_outage_longer_than_a_token_s_life_the_installer_s_tokens_are_enough(fleet, converter):
    """No token is valid any more, as after such an outage. Our processes go on with new ones, without a restart."""
    accounts = [f"converter-{identity}" for identity in IDENTITIES]
    known = {name: credentials(fleet, name) for name in ("converter-controller", "converter-admission")}
    refused = sum(failures(fleet).values())
    converter.scheduler.component.process.stop()
    with Load(fleet) as load:
        for name in some(accounts):
            fleet.client.delete("v1", "ServiceAccount", name, NAMESPACE)
        # The API server accepts a token that it has seen for ten more seconds.
        wait_until("refused credentials", lambda: sum(failures(fleet).values()) > refused, 60)
        for name in some(known):
            wait_until(f"the end of {name}'s token", functools.partial(is_refused, converter, name), 60)
        fleet.karmada.aggregated.kill()  # ends every watch of Clusters, so that each process has to authenticate again
        fleet.karmada.aggregated.start()
        converter.host.ensure(seconds=SHORTEST_SECONDS)  # what `converter install` does, with an administrator's rights
        # Karmada's program ends when it cannot renew its Lease for ten seconds, and a kubelet starts it again.
        converter.scheduler.start()

        def came_back():
            fleet.check()
            for name in some(known):
                assert credentials(fleet, name) - known[name], f"{name} has no accepted token yet"
            return True

        wait_until("requests with the new tokens", came_back, 120)
        with Propagated(fleet, template("CronJob", "after-an-outage"), ["new", "old"]) as it:
            it.wait_until_applied(90)
            wait_until("the anchor", lambda: it.anchor("old"), 60)
    assert (load.answers, load.errors) == ({"batch/v1beta1"}, [])
    it.wait_until_gone("old", ["batch/v1beta1"])
