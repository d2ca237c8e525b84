"""Tokens that are refused, accounts that are gone, rights that are missing."""

import base64
import datetime as dt

import pytest

from converter.client.clock import timestamp, utc_now
from converter.doctor.finding import Finding, Trouble, Unchecked
from converter.doctor.identities import check_identities, check_rights
from converter.install.tokens import account_of, secret_of
from tests.unit.doctor.conftest import NAMESPACE

IDENTITIES = ("admission", "controller", "discovery", "scheduler")


@pytest.fixture(autouse=True)
def _tokens(host):
    for name in IDENTITIES:
        annotations = {
            "apiconverter.dev/token-issued-at": timestamp(utc_now()),
            "apiconverter.dev/token-expires-at": timestamp(utc_now() + dt.timedelta(days=90)),
        }
        token = base64.b64encode(account_of(name).encode()).decode()
        metadata = {"name": secret_of(name), "namespace": NAMESPACE, "annotations": annotations}
        host.put(
            f"/api/v1/namespaces/{NAMESPACE}/secrets/{secret_of(name)}",
            {"metadata": metadata, "data": {"token": token}},
        )


async def found(patient):
    return {
        item.thing.name: item.facts["problem"] for item in await check_identities(patient) if isinstance(item, Finding)
    }


async def test_all_are_well(patient):
    assert await check_identities(patient) == []


@pytest.mark.parametrize("name", IDENTITIES)
async def test_a_token_that_karmada_refuses(patient, karmada, name):
    karmada.refused.add(account_of(name))
    assert await found(patient) == {secret_of(name): "refused"}


async def test_the_dashboard_needs_one_where_it_is_installed(patient, karmada):
    assert await found(patient) == {}
    account = {"metadata": {"name": account_of("dashboard"), "namespace": NAMESPACE}}
    karmada.put(f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account_of('dashboard')}", account)
    assert await found(patient) == {secret_of("dashboard"): "no-secret"}


async def test_a_secret_that_is_gone(patient, host):
    host.remove(f"/api/v1/namespaces/{NAMESPACE}/secrets/{secret_of('admission')}")
    assert await found(patient) == {secret_of("admission"): "no-secret"}


async def test_without_a_scheduler_of_ours_it_needs_no_token(patient, karmada):
    karmada.refused.add(account_of("scheduler"))
    patient.scheduler_name = ""
    assert await found(patient) == {}


async def test_without_the_host_only_the_accounts_are_seen(without_host, karmada):
    result = await check_identities(without_host)
    assert [type(item) for item in result] == [Unchecked]
    karmada.remove(f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account_of('controller')}")
    assert await found(without_host) == {account_of("controller"): "no-account"}


async def test_a_right_that_is_missing(patient, karmada):
    assert await check_rights(patient) == []
    user = f"system:serviceaccount:{NAMESPACE}:{account_of('controller')}"
    karmada.denied |= {(user, "patch", "works"), (user, "create", "leases")}
    (finding,) = await check_rights(patient)
    assert (finding.trouble, finding.thing) == (Trouble.RIGHTS_MISSING, ("User", user, ""))
    assert "patch:works.work.karmada.io" in finding.facts["missing"]
    assert f"create:leases.coordination.k8s.io@{NAMESPACE}" in finding.facts["missing"]
