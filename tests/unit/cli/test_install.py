"""``converter install`` without an API server: what it prints, and the options that it refuses."""

import argparse
import datetime as dt

import pytest
import yaml

from converter.certificates.tls import write_throwaway
from converter.cli import FAILED, OK, install, main
from converter.cli.clusters import Target
from converter.cli.options import UsageError
from converter.install.detect import KarmadaInstallation, Method, SecretKey
from tests.fakes.apiserver import FakeApiServer
from tests.nonempty import some

IMAGE = "registry.example/converter@sha256:0123"


@pytest.fixture(autouse=True)
def no_kubeconfig(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)


def printed(capsys, *arguments):
    assert main(["install", *arguments]) == OK
    return capsys.readouterr().out


def objects(capsys, *arguments):
    return list(yaml.safe_load_all(printed(capsys, "--output", "yaml", *arguments)))


def containers(found):
    return [c for one in found if one["kind"] == "Deployment" for c in one["spec"]["template"]["spec"]["containers"]]


def test_all_objects_are_printed_the_same_each_time_and_without_secrets(capsys):
    found = objects(capsys)
    assert {"Deployment", "MutatingWebhookConfiguration", "ClusterRole", "Secret"} <= {one["kind"] for one in found}
    secrets = [one for one in found if one["kind"] == "Secret"]
    assert not any("data" in one or "stringData" in one for one in some(secrets))
    assert printed(capsys, "--output", "yaml") == printed(capsys, "-o", "yaml")


def test_options_change_the_objects(capsys):
    found = objects(
        capsys, "--image", IMAGE, "--namespace", "fleet-b", "--image-pull-secret", "one", "--scheduler-name=",
        "--webhook-url", "https://hooks.example.com:8443", "--discovery-host", "discovery.example.com",
    )  # fmt: skip
    assert {c["image"] for c in some(containers(found))} == {IMAGE}
    args = {c["args"][0]: c["args"] for c in containers(found)}
    names = {f"--certificate-name={name}" for name in ("hooks.example.com", "discovery.example.com")}
    assert names <= set(args["controller"])
    assert "--scheduler-name=" in args["serve"]
    assert "--scheduler-name=" in args["controller"]
    assert "--scheduler-name=" not in args["discovery"]
    (webhooks,) = [one for one in found if one["kind"] == "MutatingWebhookConfiguration"]
    assert all(
        one["clientConfig"]["url"].startswith("https://hooks.example.com:8443/") for one in some(webhooks["webhooks"])
    )
    spaces = {one["metadata"].get("namespace", "fleet-b") for one in found}
    assert spaces == {"fleet-b"}


def test_by_default_karmada_reaches_the_services_of_the_namespace(capsys):
    found = objects(capsys, "--namespace", "fleet-b")
    (webhooks,) = [one for one in found if one["kind"] == "MutatingWebhookConfiguration"]
    assert webhooks["webhooks"][0]["clientConfig"]["url"].startswith("https://converter-admission.fleet-b.svc:443/")
    (service,) = [
        one
        for one in found
        if (one["kind"], one["spec"].get("type") if "spec" in one else "") == ("Service", "ExternalName")
    ]
    assert service["spec"]["externalName"] == "converter-discovery.fleet-b.svc"


def test_a_scheduler_can_be_printed_for_a_managed_karmada(capsys):
    image = "docker.io/karmada/karmada-scheduler:v1.18.2"
    found = objects(capsys, "--scheduler-image", image)
    assert image in {c["image"] for c in containers(found)}
    assert image not in {c["image"] for c in containers(objects(capsys))}


def test_the_karmada_part_alone(capsys):
    for option in ("--dry-run", "--output=yaml"):
        found = list(yaml.safe_load_all(printed(capsys, "--karmada-part-only", option)))
        assert "Deployment" not in {one["kind"] for one in some(found)}
        assert "MutatingWebhookConfiguration" in {one["kind"] for one in found}


REFUSED = [
    ["--ca-file", "ca.crt"],
    ["--webhook-url", "http://plain", "--output", "yaml"],
    ["--karmada-part-only", "--ca-file", "/does/not/exist", "--dry-run"],
]


def test_a_ca_file_has_certificates_and_nothing_secret(tmp_path, capsys):
    """The API server stores any bytes as caBundle, and then calls no webhook; and everyone can read it."""
    trusted, _, key = write_throwaway(tmp_path, ["a"], dt.datetime.now(dt.UTC))
    file = tmp_path / "given"
    for content, code in (
        (trusted.read_bytes(), OK),
        (b"text", FAILED),
        (b"", FAILED),
        (key.read_bytes(), FAILED),
        (trusted.read_bytes() + key.read_bytes(), FAILED),
    ):
        file.write_bytes(content)
        assert main(["install", "--karmada-part-only", "--dry-run", "--ca-file", str(file)]) == code, content
        assert "PRIVATE" not in capsys.readouterr().out


@pytest.mark.parametrize("arguments", REFUSED)
def test_options_that_make_no_sense_are_refused(capsys, arguments):
    assert main(["install", *arguments]) == FAILED
    assert capsys.readouterr().err.startswith("converter: ")


def settings(given, found_ca, *arguments):
    parser = argparse.ArgumentParser()
    install.register(parser.add_subparsers())
    args = parser.parse_args(["install", "--scheduler-name=", *arguments])
    found = KarmadaInstallation(
        Method.HELM, "fleet-b", "blue", {}, "https://inside", found_ca, SecretKey("s", "k"), "", "v1.18.2"
    )
    return install._settings(args, Target(None, None, "fleet-b", found, ("https://outside", given)))


@pytest.mark.parametrize(("given", "found_ca"), [("YQ==", "YQ=="), ("", "YQ=="), ("YQ==", "")])
def test_the_address_for_pods_is_the_one_of_karmadas_scheduler(given, found_ca):
    found = settings(given, found_ca)
    assert (found.server_url, found.ca_bundle, found.host.namespace) == ("https://inside", found_ca, "fleet-b")


def test_a_kubeconfig_of_another_karmada_is_refused():
    with pytest.raises(UsageError):
        settings("YQ==", "Yg==")
    assert settings("YQ==", "Yg==", "--karmada-server", "https://balancer").server_url == "https://balancer"


def test_without_karmada_in_the_host_cluster_its_kubeconfig_says_where_it_is():
    parser = argparse.ArgumentParser()
    install.register(parser.add_subparsers())
    target = Target(None, None, "karmada-system", None, ("https://outside", "YQ=="))
    found = install._settings(parser.parse_args(["install", "--scheduler-name="]), target)
    assert (found.server_url, found.ca_bundle) == ("https://outside", "YQ==")
    with pytest.raises(UsageError):
        install._settings(parser.parse_args(["install"]), target)
    image = "karmada-scheduler:v1.18.2"
    found = install._settings(parser.parse_args(["install", "--scheduler-image", image]), target)
    assert found.host.scheduler["spec"]["template"]["spec"]["containers"][0]["image"] == image
    assert found.identities == ("admission", "controller", "discovery", "scheduler")


@pytest.mark.parametrize(
    ("arguments", "there", "wanted"),
    [([], False, False), ([], True, True), (["--dashboard"], False, True), (["--no-dashboard"], True, False)],
)
async def test_the_dashboard_is_kept_as_it_is_unless_an_option_says_otherwise(arguments, there, wanted):
    karmada, host = FakeApiServer(), FakeApiServer()
    if there:
        path = "/api/v1/namespaces/karmada-system/serviceaccounts/converter-dashboard"
        karmada.put(path, {"metadata": {"name": "converter-dashboard", "namespace": "karmada-system"}})
    parser = argparse.ArgumentParser()
    install.register(parser.add_subparsers())
    args = parser.parse_args(["install", "--scheduler-name=", *arguments])
    target = Target(karmada, host, "karmada-system", None, ("https://outside", "YQ=="))
    await install._keep(args, target)
    found = install._settings(args, target)
    assert (found.addresses.dashboard, found.host.dashboard) == (wanted, wanted)
    assert ("dashboard" in found.identities, "converter-dashboard" in found.deployments) == (wanted, wanted)
