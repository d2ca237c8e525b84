"""The files of deploy/monitoring: derived ones are up to date, and what they select and name is deployed."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from tests.monitoring.prometheus import DEPLOY, ROOT, rules
from tests.nonempty import some
from tools.monitoring.__main__ import made

DOCUMENTED = set(re.findall(r"`((?:converter|process)_\w+)`", (ROOT / "docs/reference/metrics.md").read_text("utf-8")))


def objects(folder):
    for file in sorted((ROOT / "deploy" / folder).glob("*.yaml")):
        for thing in yaml.safe_load_all(file.read_text("utf-8")):
            if isinstance(thing, dict) and thing.get("kind") not in {None, "Kustomization"}:
                yield thing


@pytest.mark.parametrize("name", ["slo-rules.yaml", "dashboard.json"])
def test_a_derived_file_is_up_to_date(name):
    assert (DEPLOY / name).read_text("utf-8") == made()[name]


def services():
    """The Services that are deployed, by the labels that kustomize and the files give them."""
    found = [thing for folder in ("host", "monitoring") for thing in objects(folder) if thing["kind"] == "Service"]
    return {thing["metadata"]["labels"]["app.kubernetes.io/component"]: thing for thing in found}


def test_every_monitor_selects_a_service_and_one_of_its_ports():
    monitors = [thing for thing in objects("monitoring") if thing["kind"] == "ServiceMonitor"]
    assert len(monitors) == len(services()) == 3
    for monitor in some(monitors):
        labels = monitor["spec"]["selector"]["matchLabels"]
        service = services()[labels["app.kubernetes.io/component"]]
        ports = {port["name"] for port in service["spec"]["ports"]}
        for endpoint in some(monitor["spec"]["endpoints"]):
            assert endpoint["port"] in ports
            if endpoint.get("scheme") == "https":
                assert endpoint["tlsConfig"]["serverName"] == f"{service['metadata']['name']}.karmada-system.svc"


def test_every_service_selects_the_pods_of_a_deployment():
    deployments = {
        thing["metadata"]["name"]: thing["spec"]["template"]["metadata"]["labels"]
        for thing in objects("host")
        if thing["kind"] == "Deployment"
    }
    for service in some(services().values()):
        assert service["spec"]["selector"].items() <= deployments[service["metadata"]["name"]].items()


def metrics_in(expression):
    """The metrics of the converter that an expression names, without the suffixes of histograms and summaries."""
    names = re.findall(r"\b(?:converter|process)_[a-z_]+", re.sub(r'"[^"]*"', "", expression))
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in names}


def test_rules_use_only_metrics_that_are_documented():
    used = [metrics_in(rule["expr"]) for rule in rules()]
    assert set().union(*used) - DOCUMENTED == set()
    assert len(set().union(*used)) > 10


def test_panels_use_only_metrics_that_are_documented():
    panels = json.loads(made()["dashboard.json"])["panels"]
    used = [metrics_in(target["expr"]) for panel in panels for target in panel.get("targets", ())]
    assert set().union(*used) - DOCUMENTED == set()
    assert len(set().union(*used)) > 15


def test_the_dashboard_is_one_that_grafana_imports():
    found = json.loads(made()["dashboard.json"])
    assert {"uid", "title", "schemaVersion", "panels", "templating"} <= set(found)
    identities = [panel["id"] for panel in found["panels"]]
    assert len(set(identities)) == len(identities)
    cells = [
        (x, y)
        for panel in some(found["panels"])
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)  # no panel covers another
    assert max(x for x, _ in cells) < 24
