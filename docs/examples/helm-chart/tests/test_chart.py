"""The chart under test: what each cluster of the fleet gets of it."""

import subprocess
from pathlib import Path

import pytest

from converter.testing import DoesNotLandError, admit, assert_lands, make_review, make_work, read_manifests

CHART = Path(__file__).parents[1] / "chart"


def render(*settings: str) -> str:
    """Render the chart with Helm."""
    options = [f"--set={setting}" for setting in settings]
    command = ["helm", "template", "shop", str(CHART), "--namespace=shop", *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_chart_lands_on_every_cluster(converter_fleet):
    assert_lands(render(), converter_fleet, max_severity="none")


def test_a_time_zone_is_lost_on_old_clusters(converter_fleet):
    with pytest.raises(DoesNotLandError) as caught:
        assert_lands(render("report.timeZone=Europe/Berlin"), converter_fleet, max_severity="none")
    lost = {(finding.subject.cluster.name, finding.path) for finding in caught.value.findings}
    assert lost == {("edge", "spec.timeZone")}


def test_what_each_cluster_gets_is_reviewed(converter_fleet, converter_golden):
    converter_golden.compare_landings("shop", render(), converter_fleet)


def test_the_webhook_admits_it(converter_fleet):
    for cluster in converter_fleet:
        answer = admit(make_review(make_work(*read_manifests(render()), cluster=cluster)), converter_fleet)
        assert answer.allowed, answer.message
