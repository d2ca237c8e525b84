"""Webhook configurations and admission policies: what each version fills in, written out where the other differs."""

import pytest

V1, BETA, ALPHA = (f"admissionregistration.k8s.io/{version}" for version in ("v1", "v1beta1", "v1alpha1"))
CONFIGURATIONS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
BINDINGS = ("ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding")


def configuration(version, *webhooks, kind=CONFIGURATIONS[0]):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "w"}, "webhooks": list(webhooks)}


@pytest.mark.parametrize("kind", CONFIGURATIONS)
def test_what_v1_fills_in_is_written_out_for_v1beta1(shipped, kind):
    given_one = configuration(V1, {"name": "a", "sideEffects": "None", "admissionReviewVersions": ["v1"]}, kind=kind)
    result = shipped.convert(given_one, to=BETA)
    assert result.manifest["webhooks"] == [
        {
            "name": "a",
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "failurePolicy": "Fail",
            "matchPolicy": "Equivalent",
            "timeoutSeconds": 10,
        }
    ]
    assert result.losses == ()


@pytest.mark.parametrize("kind", CONFIGURATIONS)
def test_what_v1beta1_fills_in_is_written_out_for_v1(shipped, kind):
    result = shipped.convert(
        configuration(BETA, {"name": "a", "failurePolicy": None, "admissionReviewVersions": []}, kind=kind), to=V1
    )
    assert result.manifest["webhooks"] == [
        {
            "name": "a",
            "failurePolicy": "Ignore",
            "matchPolicy": "Exact",
            "sideEffects": "Unknown",
            "timeoutSeconds": 30,
            "admissionReviewVersions": ["v1beta1"],
        }
    ]


def test_what_is_said_is_left_as_it_is(shipped):
    said = {
        "name": "a",
        "failurePolicy": "Fail",
        "matchPolicy": "Exact",
        "timeoutSeconds": 5,
        "sideEffects": "NoneOnDryRun",
        "admissionReviewVersions": ["v1", "v1beta1"],
        "clientConfig": {"service": {"name": "s", "namespace": "n"}},
        "rules": [{"operations": ["*"]}],
    }
    for source, target in ((V1, BETA), (BETA, V1)):
        assert shipped.convert(configuration(source, said), to=target).manifest == configuration(target, said)


@pytest.mark.parametrize("kind", BINDINGS)
def test_v1alpha1_denies_where_a_parameter_is_not_found(shipped, kind):
    binding = {"apiVersion": ALPHA, "kind": kind, "spec": {"policyName": "p", "paramRef": {"name": "x"}}}
    for target in (BETA, V1):
        spec = shipped.convert(binding, to=target).manifest["spec"]
        assert spec["paramRef"] == {"name": "x", "parameterNotFoundAction": "Deny"}
        back = {**binding, "apiVersion": target}
        assert shipped.convert(back, to=ALPHA).manifest["spec"] == binding["spec"]


@pytest.mark.parametrize("kind", BINDINGS)
def test_a_binding_without_parameters_gets_none(shipped, kind):
    for spec in ({"policyName": "p"}, {"policyName": "p", "paramRef": None}):
        binding = {"apiVersion": ALPHA, "kind": kind, "spec": spec}
        assert shipped.convert(binding, to=V1).manifest["spec"] == spec
