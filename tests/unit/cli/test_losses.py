"""`converter losses`: what the Works of a live fleet lose."""

from __future__ import annotations

import http.server
import json
import threading

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


@pytest.fixture
def control_plane(tmp_path):
    """A control plane that only lists: Clusters on one page, Works on two."""
    cluster = {
        "metadata": {"name": "old"},
        "status": {
            "kubernetesVersion": "v1.22.9-eks-abc",
            "apiEnablements": [{"groupVersion": "batch/v1", "resources": [{"kind": "CronJob", "name": "cronjobs"}]}],
            "conditions": [{"type": "CompleteAPIEnablements", "status": "True"}],
        },
    }

    def work(name):
        spec = {"timeZone": "UTC"}
        cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": spec}
        metadata = {"name": name, "namespace": "karmada-es-old"}
        return {"metadata": metadata, "spec": {"workload": {"manifests": [cron]}}}

    class Lists(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if "clusters" in self.path:
                answer = {"metadata": {}, "items": [cluster]}
            elif "continue=more" in self.path:
                answer = {"metadata": {}, "items": [work("second")]}
            else:
                answer = {"metadata": {"continue": "more"}, "items": [work("first")]}
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lists) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "a",
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            "clusters": [{"name": "a", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "users": [{"name": "a", "user": {}}],
        }
        file = tmp_path / "karmada.config"
        file.write_text(json.dumps(config))
        yield file
        server.shutdown()
        thread.join()


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
