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


NAME = {"app.kubernetes.io/name": "karmada-api-version-converter"}
"""The label that kustomize adds to each object."""


def services():
    """The Services that are deployed, with the labels that kustomize and the files give them."""
    return [thing for folder in ("host", "monitoring") for thing in objects(folder) if thing["kind"] == "Service"]


def deployments():
    return [
        thing for folder in ("host", "dashboard/host") for thing in objects(folder) if thing["kind"] == "Deployment"
    ]


def test_the_monitor_selects_one_service_and_its_port():
    (monitor,) = [thing for thing in objects("monitoring") if thing["kind"] == "ServiceMonitor"]
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    (service,) = [one for one in services() if wanted <= (one["metadata"]["labels"] | NAME).items()]
    (endpoint,) = monitor["spec"]["endpoints"]
    assert [port["name"] for port in service["spec"]["ports"]] == [endpoint["port"]]


def test_its_service_finds_the_metrics_of_each_process_and_nothing_else():
    (service,) = [one for one in services() if one["metadata"]["name"] == "converter-metrics"]
    (port,) = service["spec"]["ports"]
    assert len(deployments()) == 4
    for deployment in some(deployments()):
        template = deployment["spec"]["template"]
        assert service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
        (container,) = template["spec"]["containers"]
        assert port["targetPort"] in [one["name"] for one in container["ports"]]


def test_every_other_service_selects_the_pods_of_one_deployment():
    labels = {thing["metadata"]["name"]: thing["spec"]["template"]["metadata"]["labels"] for thing in deployments()}
    for service in some(objects("host")):
        if service["kind"] == "Service":
            assert service["spec"]["selector"] == labels[service["metadata"]["name"]]


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
