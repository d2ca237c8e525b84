"""The host part as ``converter install`` applies it: what kustomize makes of deploy/host, in any namespace."""

import json
import tomllib
from pathlib import Path

import pytest
import yaml

from converter.install.host import (
    CERTIFICATES,
    DEPLOYMENTS,
    HOST_PART,
    HostOptions,
    default_image,
    host_part,
    image_version,
    names_registry,
)
from converter.install.manifests import InstallationError, place_of
from converter.install.scheduler import plain_scheduler, second_scheduler
from tests.nonempty import some

ROOT = Path(__file__).parents[3]
SCHEDULER = {
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": "converter-scheduler", "namespace": "fleet-b"},
}  # fmt: skip


def images(manifests):
    deployments = [one for one in manifests if one["kind"] == "Deployment"]
    return {c["image"] for one in some(deployments) for c in one["spec"]["template"]["spec"]["containers"]}


def test_every_object_is_in_the_namespace_and_has_an_address():
    manifests = host_part(HostOptions(namespace="fleet-b"))
    for manifest in some(manifests):
        assert manifest["metadata"]["namespace"] == "fleet-b"
        assert place_of(manifest).path.endswith(f"/{manifest['metadata']['name']}")
        assert "/namespaces/fleet-b/" in place_of(manifest).path
    subjects = [subject for one in manifests for subject in one.get("subjects", ())]
    assert {subject["namespace"] for subject in some(subjects)} == {"fleet-b"}
    assert "karmada-system" not in json.dumps(manifests), "nothing of it leads to another Karmada"


def test_everything_in_the_folder_is_part_of_it_and_labelled():
    manifests = host_part(HostOptions())
    files = [yaml.safe_load_all(file.read_text()) for file in HOST_PART.glob("*.yaml")]
    written = {
        (one["kind"], one["metadata"]["name"]) for file in files for one in file if one["kind"] != "Kustomization"
    }
    assert {(one["kind"], one["metadata"]["name"]) for one in manifests} == written
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for manifest in some(manifests):
        labels = manifest["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "karmada-api-version-converter"
        assert labels["app.kubernetes.io/version"] == version, "deploy/host/kustomization.yaml names another release"
    assert default_image().endswith(f":{version}")
    assert {one["metadata"]["name"] for one in manifests if one["kind"] == "Deployment"} < set(DEPLOYMENTS)
    assert CERTIFICATES in {one["metadata"]["name"] for one in manifests if one["kind"] == "Secret"}


def test_what_runs_comes_after_what_it_needs():
    kinds = [one["kind"] for one in host_part(HostOptions(scheduler=SCHEDULER))]
    assert kinds.index("Deployment") > max(
        kinds.index(kind) for kind in ("ServiceAccount", "Role", "Secret", "Service")
    )
    assert kinds == sorted(kinds, key=kinds.index), "each kind is in one piece"


@pytest.mark.parametrize("image", ["registry.example:5000/team/converter:1.2", "registry.example/c@sha256:0123abcd"])
def test_an_image_can_have_a_tag_or_a_digest(image):
    assert images(host_part(HostOptions(image=image))) == {image}
    assert images(host_part(HostOptions())) == {default_image()}


def test_secrets_for_the_registry_are_given_to_every_pod():
    manifests = host_part(HostOptions(pull_secrets=("one", "two")))
    pods = [one["spec"]["template"]["spec"] for one in manifests if one["kind"] == "Deployment"]
    assert all(pod["imagePullSecrets"] == [{"name": "one"}, {"name": "two"}] for pod in some(pods))
    plain = [one["spec"]["template"]["spec"] for one in host_part(HostOptions()) if one["kind"] == "Deployment"]
    assert not any("imagePullSecrets" in pod for pod in some(plain))


def test_the_scheduler_is_applied_as_it_is_given():
    assert SCHEDULER in host_part(HostOptions(namespace="fleet-b", scheduler=SCHEDULER))


def test_two_calls_give_the_same():
    assert host_part(HostOptions(namespace="one")) == host_part(HostOptions(namespace="one"))


def test_a_damaged_package_is_reported(monkeypatch, tmp_path):
    monkeypatch.setattr("converter.install.host.HOST_PART", tmp_path)
    for call in (default_image, lambda: host_part(HostOptions(image="registry.example/c:1"))):
        with pytest.raises(InstallationError):
            call()


REGISTRIES = {
    "karmada-api-version-converter:0.1.0": False,
    "team/converter:1": False,
    "registry.example/converter:1": True,
    "localhost/converter": True,
    "mirror:5000/converter@sha256:0a": True,
}


@pytest.mark.parametrize(("image", "named"), REGISTRIES.items())
def test_an_image_without_a_registry_is_recognized(image, named):
    assert names_registry(image) is named


VERSIONS = {
    "registry.example:5000/converter": "",
    "registry.example:5000/converter:1.2": "1.2",
    "converter:1.2@sha256:0a": "1.2",
    "registry.example/converter@sha256:0a": "sha256:0a",
}


@pytest.mark.parametrize(("image", "version"), VERSIONS.items())
def test_the_version_of_an_image_is_its_tag_or_its_digest(image, version):
    assert image_version(image) == version


def test_the_scheduler_has_a_budget_that_selects_its_pods():
    running = plain_scheduler("karmada-scheduler:v1", namespace="karmada-system")
    deployment = second_scheduler(running, namespace="karmada-system")
    name = deployment["metadata"]["name"]
    (budget,) = [item for item in host_part(HostOptions())
                 if (item["kind"], item["metadata"]["name"]) == ("PodDisruptionBudget", name)]  # fmt: skip
    assert budget["spec"]["selector"] == deployment["spec"]["selector"]


@pytest.mark.parametrize(("name", "there"), [("apiconverter", True), ("mine", True), ("", False)])
def test_the_installer_has_the_budget_if_there_is_a_scheduler_of_our_own(name, there):
    part = host_part(HostOptions(scheduler_name=name))
    budgets = {item["metadata"]["name"] for item in part if item["kind"] == "PodDisruptionBudget"}
    assert budgets - {"converter-scheduler"} == {"converter-admission", "converter-discovery"}
    assert ("converter-scheduler" in budgets) is there
