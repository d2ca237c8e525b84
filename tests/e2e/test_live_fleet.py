"""converter.testing on a live Karmada: the plugin's fleet is what Karmada knows of its members."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from converter.testing import read_live_fleet

ROOT = Path(__file__).parents[2]
TEST = """
from converter.testing import land
JOB = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "report"}, "spec": {}}
def test_each_member_gets_its_version(converter_fleet):
    got = {one.cluster: one.manifest["apiVersion"] for one in land(JOB, converter_fleet)}
    assert (got["new"], got["old"]) == ("batch/v1", "batch/v1beta1")
"""


def test_the_fleet_is_that_of_karmada(fleet):
    versions = {name: member.wait()["status"]["kubernetesVersion"] for name, member in fleet.members.items()}
    found = read_live_fleet(fleet.karmada.apiserver.kubeconfig)
    releases = {name: str(cluster.release) for name, cluster in found.items()}
    assert releases == {name: version.rpartition(".")[0] for name, version in versions.items()}


def test_the_plugin_reads_it(fleet, tmp_path):
    for member in fleet.members.values():
        member.wait()
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(TEST)
    option = f"--converter-kubeconfig={fleet.karmada.apiserver.kubeconfig}"
    command = [sys.executable, "-m", "pytest", "-p", "converter.testing.plugin", option, "-p", "no:cacheprovider"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(command, cwd=tmp_path, env=variables, check=False).returncode == 0
