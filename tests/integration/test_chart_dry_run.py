"""deploy/chart on real API servers: they accept what Helm renders, and its Pods meet the restricted standard."""

from __future__ import annotations

import copy
import subprocess

import pytest
import yaml

from tests.controlplanes import toolchain
from tests.controlplanes.places import Places
from tests.integration.chart import CASES, HOOK, NAMESPACE, objects, render

RELEASES = ("1.24", "1.30", "1.36")
RESTRICTED = "restricted"
#: What Pods of the example values name, and administrators create.
SETTING = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
    {
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": RESTRICTED, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    },
    {
        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "my-priority"}, "value": 1,
    },
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "converter-jobs", "namespace": NAMESPACE}},
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": RESTRICTED}},
    {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "gvisor"}, "handler": "runsc"},
]  # fmt: skip


@pytest.fixture(params=RELEASES)
def host(request, apiservers):
    """Runs kubectl against a host cluster of a release."""
    program = toolchain.kubectl(Places.from_environment())
    config = f"--kubeconfig={apiservers[request.param].kubeconfig}"

    def run(*arguments, manifests):
        text = yaml.safe_dump_all(manifests)
        command = [program, config, *arguments, "-f", "-"]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=120)

    done = run("apply", "--server-side", manifests=SETTING)
    assert done.returncode == 0, done.stderr
    return run


@pytest.mark.parametrize("name", CASES)
def test_the_objects_pass_a_server_side_dry_run(host, name):
    manifests = [item for item in objects(render(CASES[name])).values() if is_builtin(item)]
    done = host("apply", "--server-side", "--dry-run=server", manifests=manifests)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "no field is deprecated or unknown"
    assert done.stdout.count("serverside-applied (server dry run)") == len(manifests)


def test_they_can_be_created_as_helm_does_it(host):
    """Helm creates objects; a field that the API server does not know would be dropped with a warning."""
    found = objects(render(CASES["everything"]))
    manifests = [item for (kind, _), item in found.items() if kind != "ServiceAccount" and is_builtin(item)]
    done = host("create", "--dry-run=server", "--validate=true", manifests=manifests)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def is_builtin(manifest):
    """Whether an API server has the kind without CRDs; tests of deploy/monitoring check those of Prometheus."""
    return not manifest["apiVersion"].startswith("monitoring.coreos.com/")


def pods(manifests):
    """A Pod of each template, as the controllers of Deployments and Jobs would make it."""
    for item in manifests:
        template = item["spec"].get("template") if item["kind"] in {"Deployment", "Job"} else None
        if item["kind"] == "Pod":
            template = item
        if template is not None:
            metadata = {"name": item["metadata"]["name"], "namespace": RESTRICTED}
            spec = copy.deepcopy(template["spec"]) | {"serviceAccountName": "default"}
            yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def test_all_pods_meet_the_restricted_standard(host):
    manifests = objects(render()).values()
    hooks = [item for item in manifests if HOOK in item["metadata"].get("annotations", {})]
    made = list(pods(manifests))
    assert len(made) == 3 + len([item for item in hooks if item["kind"] in {"Job", "Pod"}])
    done = host("create", "--dry-run=server", manifests=made)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("created (server dry run)") == len(made)


@pytest.mark.parametrize("missing", ["seccompProfile", "runAsNonRoot"])
def test_the_standard_is_really_enforced_there(host, missing):
    made = list(pods(objects(render()).values()))
    for pod in made:
        del pod["spec"]["securityContext"][missing]
    done = host("create", "--dry-run=server", manifests=made)
    assert done.stderr.count("violates PodSecurity") == len(made)
