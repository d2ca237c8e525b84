"""`converter losses`: what the Works of a live fleet lose."""

from __future__ import annotations

import json

import pytest

from converter.catalog import Release
from converter.cli import main
from converter.cli.losses import look
from converter.clusters import Cluster, Fleet
from converter.losses.model import ByConversion, ByRelease, Loss, ManifestId
from converter.losses.record import fit
from converter.losses.severity import Severity


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_losses_of_works_are_those_of_the_release_and_those_noted(shipped):
    cron = {"apiVersion": "batch/v1beta1", "kind": "CronJob", "metadata": {"name": "a"}, "spec": {"timeZone": "UTC"}}
    gone = ByConversion("batch/v1beta1", "gone")
    names = {"a": ManifestId("batch", "CronJob", "", "a"), "b": ManifestId("batch", "Job", "", "b")}
    known = ByRelease(Release(1, 20))
    losses = [
        Loss(names["a"], "spec.x", 1, Severity.DANGEROUS, gone),
        Loss(names["a"], "spec.timeZone", "UTC", Severity.DANGEROUS, known),
        Loss(names["a"], "spec.z", "Z", Severity.DEGRADING, ByRelease(Release(1, 20), refused=True)),
        Loss(names["b"], "spec.y", 1, Severity.DANGEROUS, gone),
    ]
    work = {
        "metadata": {
            "name": "w",
            "namespace": "karmada-es-old",
            "annotations": {"apiconverter.dev/losses": fit(losses, Release(1, 20)).to_json()},
        },
        "spec": {"workload": {"manifests": [cron]}},
    }
    anchor = {**work, "metadata": {**work["metadata"], "labels": {"apiconverter.dev/anchor": "true"}}}
    elsewhere = {**work, "metadata": {**work["metadata"], "namespace": "karmada-es-unknown"}}
    fleet = Fleet.of([Cluster.from_versions("old", {"batch/v1beta1": ["CronJob"]}, release=Release(1, 20))])
    subjects, findings = look(fleet, [work, anchor, elsewhere], shipped)
    assert len(subjects) == 1
    assert [(each.path, each.weight) for each in findings] == [("spec.timeZone", "dangerous"), ("spec.x", "dangerous")]


def test_losses_reads_a_live_fleet_page_by_page(capsys, control_plane):
    code, out, _ = run(capsys, "losses", "--kubeconfig", control_plane, "-o", "json")
    assert code == 1
    told = [(item["object"], item["cluster"], item["release"], item["field"]) for item in json.loads(out)["findings"]]
    assert told == [("first", "old", "v1.22", "spec.timeZone"), ("second", "old", "v1.22", "spec.timeZone")]


@pytest.mark.parametrize("options", [["--release", "v1.20"], ["-f", "x.yaml"]])
def test_losses_reads_a_live_fleet_only(capsys, control_plane, options):
    with pytest.raises(SystemExit) as caught:
        run(capsys, "losses", "--kubeconfig", control_plane, *options)
    assert caught.value.code == 2
    with pytest.raises(SystemExit):
        run(capsys, "losses")
