"""`converter hook`: what reaches the Jobs of the chart, and the exit codes."""

import base64
import json

import pytest

from converter.cli import main
from converter.client import ApiServer
from converter.install.release_jobs import ReleaseJobs
from tests.unit.cli.test_uninstall import WORK, Server
from tests.unit.install.conftest import WEBHOOK_PATH
from tests.unit.install.test_hand_back import admitted, sent

AUTHORITY = base64.b64encode(b"an authority").decode()
URL = "https://karmada-apiserver.karmada-one.svc:5443"


@pytest.fixture
def servers(monkeypatch, tmp_path):
    made = {"karmada": Server(), "host": Server()}
    made["karmada"].put(WEBHOOK_PATH, {"metadata": {"name": "apiconverter"}, "webhooks": []})

    async def connect(kubeconfig, _context):
        return made[kubeconfig.rpartition("/")[2]]

    monkeypatch.setattr(ApiServer, "connect", connect)
    for name in made:
        cluster = {"server": URL} | ({"certificate-authority-data": AUTHORITY} if name == "karmada" else {})
        content = {
            "apiVersion": "v1", "kind": "Config", "current-context": "a",
            "clusters": [{"name": "a", "cluster": cluster}], "users": [{"name": "a", "user": {"token": "t"}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        }  # fmt: skip
        (tmp_path / name).write_text(json.dumps(content))
    return made


@pytest.fixture
def hook(servers, tmp_path):
    def run(event, *options):
        where = [f"--karmada-kubeconfig={tmp_path / 'karmada'}", f"--kubeconfig={tmp_path / 'host'}"]
        return main(["hook", event, *where, "--namespace=karmada-one", "--wait=0", *options])

    return run


@pytest.fixture
def asked(monkeypatch):
    """What the Jobs were made of, and what they were asked for; nothing is done."""
    calls = []

    async def before(self, server_url, ca_bundle):
        calls.append((self, server_url, ca_bundle))

    async def after(self):
        calls.append((self,))
        return []

    monkeypatch.setattr(ReleaseJobs, "before", before)
    monkeypatch.setattr(ReleaseJobs, "after", after)
    return calls


def test_before_takes_the_address_and_the_authority_of_the_kubeconfig(hook, asked):
    assert hook("before") == 0
    ((jobs, url, authority),) = asked
    assert (url, authority) == (URL, AUTHORITY)
    assert jobs.addresses.webhooks == "https://converter-admission.karmada-one.svc:443"
    assert jobs.addresses.discovery_host == "converter-discovery.karmada-one.svc"
    assert jobs.addresses.namespace == "karmada-one"


@pytest.mark.parametrize(("options", "there"), [((), False), (("--member-schemas",), True)])
def test_the_rights_to_read_members_are_those_that_the_release_needs(hook, asked, options, there):
    assert hook("before", *options) == 0
    assert asked[0][0].addresses.member_schemas is there


def test_the_address_for_pods_can_be_another_one(hook, asked):
    assert hook("before", "--karmada-server=https://192.0.2.9:5443") == 0
    assert asked[0][1] == "https://192.0.2.9:5443"


def test_a_karmada_that_a_public_authority_vouches_for_needs_none(hook, asked, tmp_path):
    assert hook("before", f"--karmada-kubeconfig={tmp_path / 'host'}") == 0
    assert asked[0][2] == ""


def test_the_values_of_the_chart_reach_the_jobs(hook, asked):
    more = ["--webhook-url=https://192.0.2.7:8443", "--discovery-host=d.example", "--certificate-secret=mine"]
    assert hook("after", *more, "--scheduler-name=other", '--scheduler-settings={"replicas": 3}') == 0
    ((jobs,),) = asked
    assert (jobs.addresses.webhooks, jobs.addresses.discovery_host) == ("https://192.0.2.7:8443", "d.example")
    assert jobs.certificate_secret == "mine"
    assert (jobs.scheduler.name, jobs.scheduler.replicas) == ("other", 3)


@pytest.mark.parametrize("options", [["--webhook-url=http://plain"], ["--scheduler-settings=[]"]])
def test_a_wrong_value_is_refused(hook, asked, options, capsys):
    assert hook("after", *options) == 2
    assert asked == []
    assert capsys.readouterr().err


@pytest.mark.virtual_time
def test_remove_lists_what_stays_behind_and_removes_the_rest(hook, servers, capsys):
    servers["karmada"].put(WORK, admitted(sent()))
    assert hook("remove") == 0
    assert WEBHOOK_PATH not in servers["karmada"].objects
    assert "nightly" in capsys.readouterr().out


def test_remove_can_refuse_to_leave_something_behind(hook, servers):
    servers["karmada"].put(WORK, admitted(sent()))
    writes = len(servers["karmada"].writes)
    assert hook("remove", "--refuse-unsynchronized") == 2
    assert len(servers["karmada"].writes) == writes
    assert WEBHOOK_PATH in servers["karmada"].objects
