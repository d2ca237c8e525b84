"""Replicas of different releases, or with different rules, as their own metrics say."""

import pytest

from converter.client.errors import error_for
from converter.doctor.finding import Finding, Unchecked
from converter.doctor.replicas import check_replicas, read_replica
from converter.server.metrics import Metrics
from tests.unit.doctor.conftest import NAMESPACE, Server


class Host(Server):
    """A host cluster whose Pods answer through its proxy."""

    def __init__(self):
        super().__init__("v1.30.1")
        self.answers = {}

    async def get(self, path, params=None, *, metadata_only=False):
        if path.endswith("/proxy/metrics"):
            place = path.split("/")[-3]
            if place not in self.answers:
                raise error_for(f"GET {path}", 503, b"")
            return self.answers[place].encode()
        return await super().get(path, params, metadata_only=metadata_only)

    def pod(self, name, component, answer, phase="Running", ports=(("https", 8443), ("http-metrics", 8081))):
        labels = {"app.kubernetes.io/name": "karmada-api-version-converter", "app.kubernetes.io/component": component}
        listed = [{"name": port, "containerPort": number} for port, number in ports]
        thing = {
            "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
            "spec": {"containers": [{"ports": listed}]},
            "status": {"phase": phase},
        }
        self.put(f"/api/v1/namespaces/{NAMESPACE}/pods/{name}", thing)
        if answer is not None:
            self.answers[f"http:{name}:{dict(ports)['http-metrics']}"] = answer


@pytest.fixture
def host():
    return Host()


def metrics(digest="d", version="1"):
    return (
        "# HELP converter_build_info Version.\n"
        f'converter_build_info{{component="admission",version="{version}"}} 1.0\n'
        f'converter_rulebook_info{{digest="{digest}"}} 1.0\n'
    )


async def facts(patient):
    return [dict(item.facts) for item in await check_replicas(patient) if isinstance(item, Finding)]


async def test_equal_replicas(patient, host):
    host.pod("a", "admission", metrics())
    host.pod("b", "controller", metrics(), ports=(("http-metrics", 8080),))
    assert await check_replicas(patient) == []


async def test_other_rules(patient, host):
    for name, digest in (("a", "one"), ("b", "two"), ("c", "one")):
        host.pod(name, "admission", metrics(digest))
    assert await facts(patient) == [{"rules=one": "a, c", "rules=two": "b"}]


async def test_discovery_knows_no_rule_objects(patient, host):
    host.pod("a", "admission", metrics("with objects").replace("{digest", '{files="f",digest'))
    host.pod("b", "discovery", 'converter_rulebook_info{files="f"} 1.0\n')
    assert await check_replicas(patient) == []
    host.pod("c", "discovery", 'converter_rulebook_info{files="other"} 1.0\n')
    assert await facts(patient) == [{"files=f": "a, b", "files=other": "c"}]


async def test_other_files_are_reported_once(patient, host):
    for name in ("one", "two"):
        host.pod(name, "admission", metrics(name).replace("{digest", f'{{files="{name}",digest'))
    assert await facts(patient) == [{"files=one": "one", "files=two": "two"}]


async def test_other_releases(patient, host):
    host.pod("a", "admission", metrics(version="0.1.0"))
    host.pod("b", "discovery", metrics(version="0.2.0"))
    assert await facts(patient) == [{"version=0.1.0": "a", "version=0.2.0": "b"}]


async def test_pods_that_do_not_run_or_are_not_ours_do_not_count(patient, host):
    host.pod("a", "admission", metrics("one"))
    host.pod("b", "admission", metrics("two"), phase="Pending")
    host.pod("c", "scheduler", metrics("three"))
    assert await check_replicas(patient) == []


async def test_one_that_does_not_answer_is_not_checked(patient, host):
    host.pod("a", "admission", None)
    (item,) = await check_replicas(patient)
    assert isinstance(item, Unchecked)
    assert item.failed


async def test_without_the_host(without_host):
    assert [item.failed for item in await check_replicas(without_host)] == [False]


def test_the_metrics_of_a_process_say_both():
    made = Metrics(["works"])
    made.watch_rules(lambda: "abc", lambda: "def")
    replica = read_replica("a", made.text().decode())
    assert (replica.files, replica.rules) == ("abc", "def")
    assert replica.version or "converter_build" not in made.text().decode()
