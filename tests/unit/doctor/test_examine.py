"""All checks together: one that fails hides no other, and each trouble has text, data and a command."""

import pytest

from converter.doctor.examine import CHECKS, Diagnosis, examine
from converter.doctor.finding import Finding, Thing, Trouble, Unchecked
from converter.doctor.messages import TITLES, as_data, render
from converter.doctor.patient import UNKNOWN_KUBECONFIG, Access, Commands, with_origin
from tests.nonempty import some


async def test_a_check_that_fails_is_reported_and_the_others_are_made(without_host, karmada):
    karmada.fail = lambda _, path: (503, "down") if "apiservices" in path else None
    diagnosis = await examine(without_host)
    assert {item.check for item in diagnosis.unchecked if item.failed} == {"authorities", "discovery"}
    assert set(diagnosis.checked) == set(CHECKS) - {"authorities", "discovery"}
    assert diagnosis.failed


async def test_findings_are_gathered(without_host, karmada):
    karmada.remove("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/apiconverter")
    diagnosis = await examine(without_host)
    assert Trouble.NOT_INSTALLED in {item.trouble for item in diagnosis.findings}
    assert not diagnosis.failed


def test_text_and_data_of_each_trouble():
    findings = tuple(
        Finding(trouble, Thing("Kind", "t", "ns"), {"fact": "value"}, ("mend", "--it", "a b"))
        for trouble in some(Trouble)
    )
    diagnosis = Diagnosis(findings, (Unchecked("clocks", "why", failed=True),), ("clocks",))
    text = "\n".join(render(diagnosis))
    for trouble in some(Trouble):
        assert f"{trouble}: Kind ns/t: {TITLES[trouble]}" in text
    assert text.count("mend --it 'a b'") == len(Trouble)
    data = as_data(diagnosis)
    assert [item["trouble"] for item in data["findings"]] == list(Trouble)
    assert data["findings"][0]["facts"] == {"fact": "value"}
    assert data["unchecked"] == [{"check": "clocks", "why": "why", "failed": True}]


def test_commands_can_be_pasted():
    made = Commands(Access("k.config"), Access("h.config"), "ns")
    both = ("converter", "install", "--karmada-kubeconfig", "k.config", "--kubeconfig", "h.config", "--namespace", "ns")
    assert made.converter("install") == both
    assert made.converter("resume", host=False) == ("converter", "resume", *both[2:4], *both[6:])
    assert made.on_karmada("get", "x") == ("kubectl", "--kubeconfig", "k.config", "get", "x")
    assert made.restart("a") == (
        "kubectl",
        "--kubeconfig",
        "h.config",
        "-n",
        "ns",
        "rollout",
        "restart",
        "deployment",
        "a",
    )
    assert Commands(Access("k.config")).on_host("get") == ("kubectl", "-n", "karmada-system", "get")


def test_commands_select_the_same_contexts():
    made = Commands(Access("k", "fleet"), Access("", "hub"), "ns")
    words = ("converter", "install", "--karmada-kubeconfig", "k", "--karmada-context", "fleet", "--context", "hub")
    assert made.converter("install") == (*words, "--namespace", "ns")
    assert made.on_karmada("get") == ("kubectl", "--kubeconfig", "k", "--context", "fleet", "get")
    assert made.on_host("get") == ("kubectl", "--context", "hub", "-n", "ns", "get")


def test_commands_for_a_karmada_that_was_found_find_it_again():
    made = Commands(host=Access("h"), namespace="ns")
    assert made.converter("resume", host=False) == ("converter", "resume", "--kubeconfig", "h", "--namespace", "ns")
    assert made.on_karmada("get") == ("kubectl", "--kubeconfig", UNKNOWN_KUBECONFIG, "get")


def deployment(**metadata):
    labels = {"app.kubernetes.io/name": "karmada-api-version-converter", "app.kubernetes.io/component": "controller"}
    metadata = {
        "name": "converter-controller",
        "namespace": "ns",
        **metadata,
        "labels": labels | metadata.get("labels", {}),
    }
    spec = {"template": {"spec": {"containers": [{"image": "registry.example/c:1"}]}}}
    return {"metadata": metadata, "spec": spec}


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({}, "converter install --namespace ns"),
        (
            {
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
                "annotations": {"meta.helm.sh/release-name": "conv"},
            },
            "helm upgrade conv deploy/chart --namespace ns --reset-then-reuse-values",
        ),
    ],
)
async def test_the_installation_is_repeated_as_it_was_made(host, metadata, words):
    host.put("/apis/apps/v1/namespaces/ns/deployments/converter-controller", deployment(**metadata))
    made = await with_origin(Commands(namespace="ns"), host)
    assert " ".join(made.install()) == words


async def test_rights_on_the_host_may_be_missing(host):
    host.fail = lambda *_: (403, "Forbidden")
    assert await with_origin(Commands(), host) == Commands()
