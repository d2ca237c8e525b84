"""The dashboard on a real Karmada: what happens appears, and tenants see what Karmada lets them see."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import threading
import time
from pathlib import Path

import pytest

from tests.controlplanes.fleet import MemberSpec
from tests.controlplanes.waiting import wait_until
from tests.e2e.installation import CONVERTER, Installation
from tests.e2e.propagated import Propagated
from tests.e2e.templates import NAMESPACE, template

NEW, OLD = "new", "old"
VERSIONS = {NEW: "batch/v1", OLD: "batch/v1beta1"}
ROOT = Path(__file__).parents[2]
OTHER = "elsewhere"
NAME = "seen-by-one-tenant"


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Installation(session_fleet)
    yield installed
    installed.stop()


def token_of(client, name, namespace):
    """Make a ServiceAccount that may list the bindings of a namespace; return a token of it."""
    client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    client.put({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "default"}})
    rule = {"apiGroups": ["work.karmada.io"], "resources": ["resourcebindings"], "verbs": ["list"]}
    rbac = "rbac.authorization.k8s.io"
    metadata = {"name": f"dashboard-{name}", "namespace": namespace}
    client.put({"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": [rule]})
    subject = {"kind": "ServiceAccount", "name": name, "namespace": "default"}
    role = {"apiGroup": rbac, "kind": "Role", "name": metadata["name"]}
    binding = {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding", "metadata": metadata}
    client.put({**binding, "roleRef": role, "subjects": [subject]})
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    path = f"/api/v1/namespaces/default/serviceaccounts/{name}/token"
    return client.raw("POST", path, request)["status"]["token"]


class Shown:
    """The dashboard, and what a viewer gets of it."""

    def __init__(self, port):
        self.port = port

    def get(self, path, token=""):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()


@pytest.fixture(scope="module")
def shown(session_fleet, converter):
    world = session_fleet.world
    port = world.ports.take()
    config = converter.host.kubeconfig("dashboard")
    health = world.ports.take()
    places = ["--listen", f"127.0.0.1:{port}", "--metrics-listen", f"127.0.0.1:{health}"]
    command = [*CONVERTER, "dashboard", "--kubeconfig", str(config), *places]
    process = world.run.process("dashboard", command, {"PYTHONPATH": str(ROOT)})
    found = Shown(port)
    wait_until("the dashboard", lambda: Shown(health).get("/readyz")[0] == 200)
    yield found
    process.stop()


class Stream:
    """A viewer who follows the view *Live*."""

    def __init__(self, shown, token):
        self.found = []
        self._connection = http.client.HTTPConnection("127.0.0.1", shown.port, timeout=120)
        self._connection.request("GET", "/live/events", headers={"Authorization": f"Bearer {token}"})
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed while it waits
            for line in self._answer:
                if line.startswith(b"data: "):
                    self.found.append((time.time(), json.loads(line[6:])))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._connection.sock is not None:
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._answer.close()
        self._connection.close()

    def names(self):
        return {item["name"] for _, item in self.found}


def test_what_happens_appears_and_tenants_see_their_own(fleet, converter, shown, report_count):
    mine, other = token_of(fleet.client, "mine", NAMESPACE), token_of(fleet.client, "other", OTHER)
    with Stream(shown, mine) as follower, Stream(shown, other) as stranger:
        follow(fleet, shown, report_count, (mine, follower), (other, stranger))


def follow(fleet, shown, report_count, here, elsewhere):
    (mine, follower), (other, stranger) = here, elsewhere
    job = template("CronJob", NAME)
    job["spec"]["timeZone"] = "Europe/Berlin"
    with Propagated(fleet, job, VERSIONS) as it:
        wait_until("the conversion in Live", lambda: NAME in follower.names())
        it.wait_until_applied()
        at, item = next(pair for pair in follower.found if pair[1]["what"] == "converted")
        created = it.work(OLD)["metadata"]["creationTimestamp"]
        report_count(f"shown in Live at {at:.1f}, the Work was created at {created}")
        status, page = shown.get(item["link"], mine)
        assert status == 200
        assert "batch/v1beta1" in page
        assert re.search(r'class="changed[^"]*"', page)
        wait_until("the loss on its page", lambda: "lost: dangerous" in shown.get(item["link"], mine)[1])
        for path in ("/", "/matrix", "/objects?state=all", "/live", "/what-if?cluster=old&to=v1.30", item["link"]):
            assert NAME not in re.sub(re.escape(item["link"]), "", shown.get(path, other)[1]), path
            assert shown.get(path)[0] == 401
            assert shown.get(path, "nonsense")[0] == 401
        assert NAME in shown.get("/objects", mine)[1]
    wait_until("the end in Live", lambda: any(item["what"] == "deleted" for _, item in follower.found))
    assert stranger.names() == set()


def test_what_is_refused_is_on_top_of_the_fleet(fleet, converter, shown):
    """v1.20 drops the only handler of the probe, and would refuse the Deployment."""
    token, other = token_of_operator(fleet.client), token_of(fleet.client, "other", OTHER)
    deployment = template("Deployment", "shown-refused")
    deployment["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = {"grpc": {"port": 80}}
    with Stream(shown, token) as follower, Propagated(fleet, deployment, VERSIONS) as it:

        def refused(token):
            return "shown-refused" in shown.get("/", token)[1].partition('id="refused"')[2].partition("<h2>")[0]

        wait_until("the refusal in Fleet", lambda: refused(token), 90)
        wait_until("the denial in Live", lambda: any(item["counted"] == "denials" for _, item in follower.found), 90)
        assert not it.works(OLD)
        assert "shown-refused" not in shown.get("/", other)[1]
    wait_until("its end", lambda: not refused(token), 60)


RAISED = "raised"  # a name of its own: data of a member stays in etcd after it has left
AWAY = "seen-moving"


@pytest.fixture
def raised(fleet, converter):
    """A member for one test alone, since an upgrade cannot be reverted."""
    member = fleet.add(MemberSpec(RAISED, "1.20"))
    yield member
    fleet.remove(RAISED)


def token_of_operator(client):
    """Return a token of somebody who may list everything that the dashboard shows."""
    token = token_of(client, "operator", "default")
    rules = [
        {"apiGroups": ["work.karmada.io"], "resources": [f"{scope}resourcebindings"], "verbs": ["list"]}
        for scope in ("", "cluster")
    ]
    rules.append({"apiGroups": ["cluster.karmada.io"], "resources": ["clusters"], "verbs": ["list"]})
    rbac, metadata = "rbac.authorization.k8s.io", {"name": "dashboard-operator"}
    client.put({"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": metadata, "rules": rules})
    subject = {"kind": "ServiceAccount", "name": "operator", "namespace": "default"}
    role = {"apiGroup": rbac, "kind": "ClusterRole", "name": metadata["name"]}
    binding = {"apiVersion": f"{rbac}/v1", "kind": "ClusterRoleBinding", "metadata": metadata}
    client.put({**binding, "roleRef": role, "subjects": [subject]})
    return token


def line_of(page, cluster):
    """Read the line of a cluster in the view *Fleet*: release, readiness, and the number of converted objects."""
    (row,) = [row for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if f">{cluster}</a></th>" in row]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
    release, ready, _, converted, *_ = (re.sub(r"<[^>]+>", "", cell).strip() for cell in cells)
    return release, ready, converted


def test_a_cluster_that_is_upgraded_in_place_is_seen_moving(fleet, converter, shown, raised):
    token = token_of_operator(fleet.client)
    job = template("CronJob", AWAY)
    with Stream(shown, token) as follower, Propagated(fleet, job, [RAISED]) as it:
        it.wait_until_applied()

        def news():
            return {item["what"]: item for _, item in follower.found if item["cluster"] == RAISED}

        wait_until("the conversion in Live", lambda: "converted" in news())
        link = news()["converted"]["link"]
        assert line_of(shown.get("/", token)[1], RAISED) == ("v1.20", "yes", "1")
        assert "batch/v1beta1" in shown.get(link, token)[1]

        raised.upgrade("1.24")

        wait_until("the release in Live", lambda: "upgraded" in news(), 120)
        assert ("v1.20" in news()["upgraded"]["text"], "v1.24" in news()["upgraded"]["text"]) == (True, True)
        wait_until("the object's move in Live", lambda: "restored" in news(), 120)
        assert news()["restored"]["name"] == AWAY
        moved = ("v1.24", "yes", "0")
        wait_until("the view Fleet", lambda: line_of(shown.get("/", token)[1], RAISED) == moved, 60)
        page = shown.get(link, token)[1]
        assert "batch/v1beta1" not in page.partition("<h2>Timeline</h2>")[0]
        entries = re.findall(r"</time> <b>([^<]*)</b>", page.partition("<h2>Timeline</h2>")[2])
        assert entries.index("restored") < entries.index("converted"), "the latest is first"
        assert "cluster upgraded" in entries
