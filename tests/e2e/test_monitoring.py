"""A real Prometheus scrapes a real fleet: every panel shows something, and what is documented is what is served."""

from __future__ import annotations

import json

import pytest

from tests.controlplanes.waiting import wait_until
from tests.e2e.conftest import karmada_version
from tests.e2e.installation import Installation
from tests.e2e.propagated import Propagated
from tests.e2e.templates import template
from tests.monitoring.prometheus import DEPLOY, promtool, running
from tests.nonempty import some
from tests.unit.server.test_metrics import documented

NEW, OLD = "new", "old"
VERSIONS = {NEW: "batch/v1", OLD: "batch/v1beta1"}
DENY = """\
apiVersion: apiconverter.dev/v1alpha1
kind: LossPolicy
metadata: {name: strict}
spec: {default: {dangerous: deny, degrading: warn, harmless: ignore}}
"""
#: Of the documented metrics, those of parts that this installation does not have: tokens.
ABSENT = {
    "converter_token_not_before_timestamp_seconds",
    "converter_token_not_after_timestamp_seconds",
    "converter_identity_not_before_timestamp_seconds",
    "converter_identity_not_after_timestamp_seconds",
}


@pytest.fixture(scope="module")
def converter(session_fleet, tmp_path_factory):
    rules = tmp_path_factory.mktemp("rules")
    (rules / "policy.yaml").write_text(DENY)
    installed = Installation(session_fleet, rules=rules)
    yield installed
    installed.stop()


NAMES = {"Admission": "admission", "Controller": "controller-0", "Discovery": "discovery"}


@pytest.fixture
def prometheus(fleet, converter, tmp_path):
    jobs = [
        {
            "job_name": name,
            "static_configs": [
                {
                    "targets": [f"127.0.0.1:{converter.health_ports[of]}"],
                    "labels": {"namespace": "karmada-system"},
                }
            ],
        }
        for name, of in NAMES.items()
    ]
    manager = fleet.karmada.controller_manager.metrics_port
    jobs.append({"job_name": "karmada", "static_configs": [{"targets": [f"127.0.0.1:{manager}"]}]})
    with running(tmp_path, jobs) as started:
        started.until("sum(up) == 4")
        yield started


def zoned(name):
    job = template("CronJob", name)
    job["spec"]["timeZone"] = "Europe/Madrid"
    return job


def panels():
    dashboard = json.loads((DEPLOY / "dashboard.json").read_text("utf-8"))
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            expression = target["expr"].replace("$__rate_interval", "2m").replace("$namespace", ".*")
            yield panel["title"], expression


def metrics_of(converter, name):
    return converter.metrics(NAMES[name]).encode()


def test_every_panel_shows_something(fleet, converter, prometheus):
    with (
        Propagated(fleet, template("CronJob", "monitored"), VERSIONS) as it,
        Propagated(fleet, zoned("monitored-and-refused"), VERSIONS),  # its time zone is lost on the old cluster
    ):
        it.wait_until_applied()
        shown = {}
        for title, expression in some(panels()):
            if any(metric in expression for metric in ABSENT):
                assert prometheus.query(expression) == [], title
                continue
            shown[title] = prometheus.until(expression)
        conversions = shown["Conversions"]
        assert any(one["metric"].get("target") == "batch/v1beta1" for one in conversions)
        print(f"{len(shown)} panels show {sum(map(len, shown.values()))} series")
    # Those of objectives can fire: a Work was refused, and a busy machine answers late.
    assert prometheus.query('ALERTS{alertstate="firing",sloth_severity=""}') == []


@pytest.mark.skipif(
    karmada_version().startswith("1.12."), reason="Karmada v1.12 itself stops at the first Work that is refused"
)
def test_each_denial_is_an_error_of_karmadas_objective(fleet, converter, prometheus):
    errors = 'sum(binding_sync_work_duration_seconds_count{result="error"})'
    denials = 'sum(converter_requests_total{webhook="works",outcome="denied"})'
    before = prometheus.query(errors)
    base = float(before[0]["value"][1]) if before else 0.0
    denied_before = float(prometheus.until(denials)[0]["value"][1])
    with Propagated(fleet, zoned("refused-and-counted"), VERSIONS):
        prometheus.until(f"{denials} > {denied_before + 3}")
        prometheus.until(f"{errors} > {base + 2}")
        share = (
            'sum(increase(converter_requests_total{webhook="works",outcome="denied"}[5m]))'
            ' / sum(increase(binding_sync_work_duration_seconds_count{result="error"}[5m])) > 0'
        )
        found = prometheus.until(share)
        print(f"denials for each error of binding-sync-work: {float(found[0]['value'][1]):.2f}")
        assert prometheus.until('slo:sli_error:ratio_rate5m{sloth_slo="work-denials"} > 0')


def test_a_discovery_server_that_is_down_is_noticed(converter, prometheus):
    prometheus.until("converter_discovery_reachable == 1")
    converter.discovery.stop()
    try:
        prometheus.until("converter_discovery_reachable == 0")
        prometheus.until('ALERTS{alertname="ConverterDiscoveryDown"}')
    finally:
        converter.discovery.start()
        converter.wait()
    prometheus.until("converter_discovery_reachable == 1")


@pytest.mark.parametrize("name", NAMES)
def test_the_metrics_of_a_process_are_those_that_are_documented(fleet, converter, name):
    given = metrics_of(converter, name)
    done = promtool("check", "metrics", given=given)
    assert (done.returncode, done.stderr) == (0, "")
    wait_until("all metrics", lambda: names_of(metrics_of(converter, name)) | ABSENT >= set(documented(name)))
    served = names_of(metrics_of(converter, name))
    assert served <= set(documented(name))


def names_of(text):
    return {line.split()[2] for line in text.decode().splitlines() if line.startswith("# TYPE ")}
