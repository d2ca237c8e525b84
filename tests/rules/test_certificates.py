"""Certificate signing requests, trust bundles and pods' certificate requests."""

import base64

import pytest

from converter.errors import ManifestError, RefusedError
from tests.generators.signing_requests import ADDRESS, DNS, EMAIL, NODE, NODES, URI, signing_request

V1, BETA, ALPHA = (f"certificates.k8s.io/{version}" for version in ("v1", "v1beta1", "v1alpha1"))
CLIENT = ["digital signature", "key encipherment", "client auth"]
SERVING = ["digital signature", "key encipherment", "server auth"]
UNKNOWN = "kubernetes.io/legacy-unknown"
KUBELET = "kubernetes.io/kube-apiserver-client-kubelet"
SERVER = "kubernetes.io/kubelet-serving"


def csr(api_version, **spec):
    return {"apiVersion": api_version, "kind": "CertificateSigningRequest", "metadata": {"name": "a"}, "spec": spec}


def signer(shipped, request, usages):
    return shipped.convert(csr(BETA, request=request, usages=usages), to=V1).manifest["spec"]["signerName"]


@pytest.mark.parametrize(
    ("usages", "others", "wanted"),
    [
        (CLIENT, (), KUBELET),
        (CLIENT[::-1], (), KUBELET),
        (["client auth", "digital signature"], (), UNKNOWN),
        (["key encipherment", "client auth"], (), UNKNOWN),
        ([*CLIENT, "server auth"], (), UNKNOWN),
        ([], (), UNKNOWN),
        (SERVING, (DNS,), SERVER),
        (SERVING, (ADDRESS, DNS), SERVER),
        (["server auth", "digital signature"], (ADDRESS,), UNKNOWN),
        (SERVING, (), UNKNOWN),
        (SERVING, (DNS, EMAIL), UNKNOWN),
        (SERVING, (DNS, URI), UNKNOWN),
        (CLIENT, (DNS,), UNKNOWN),
        (CLIENT, (EMAIL,), UNKNOWN),
        (CLIENT, (URI,), UNKNOWN),
    ],
)
def test_the_signer_is_found_out_as_v1beta1_does(shipped, usages, others, wanted):
    assert signer(shipped, signing_request(NODE, (NODES,), *others), usages) == wanted


@pytest.mark.parametrize(("name", "groups"), [("jane", (NODES,)), (NODE, ()), (NODE, ("dev",)), (NODE, (NODES, "dev"))])
def test_only_nodes_get_a_kubelets_signer(shipped, name, groups):
    assert signer(shipped, signing_request(name, groups), CLIENT) == UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE REQUEST-----\nQQ==\n-----END CERTIFICATE REQUEST-----\n",
    ],
)
def test_nobody_knows_the_signer_of_what_cannot_be_read(shipped, text):
    assert signer(shipped, base64.b64encode(text.encode()).decode(), CLIENT) == UNKNOWN


def test_a_given_signer_stays(shipped):
    for source, target in ((V1, BETA), (BETA, V1)):
        given = csr(source, request=signing_request(), usages=CLIENT, signerName="acme.io/own")
        assert shipped.convert(given, to=target).manifest == {**given, "apiVersion": target}


def test_usages_and_statuses_that_v1beta1_fills_in(shipped):
    given = csr(BETA, request=signing_request(), signerName=KUBELET)
    given["status"] = {"conditions": [{"type": "Approved"}, {"type": "Failed", "status": "False"}]}
    result = shipped.convert(given, to=V1).manifest
    assert result["spec"]["usages"] == ["digital signature", "key encipherment"]
    assert [condition["status"] for condition in result["status"]["conditions"]] == ["True", "False"]


@pytest.mark.parametrize(
    ("spec", "path"),
    [({"request": 7}, "spec.request"), ({"usages": "all"}, "spec.usages"), ({"usages": [1]}, "spec.usages")],
)
def test_wrong_types_name_their_place(shipped, spec, path):
    with pytest.raises(ManifestError) as caught:
        shipped.convert(csr(BETA, **spec), to=V1)
    assert caught.value.path == path


def pod_request(api_version, **spec):
    return {"apiVersion": api_version, "kind": "PodCertificateRequest", "metadata": {"name": "a"}, "spec": spec}


def test_v1_has_no_key_beside_the_stub(shipped):
    given = pod_request(BETA, podName="p", pkixPublicKey="QQ==", proofOfPossession="Qg==")
    result = shipped.convert(given, to=V1)
    assert result.manifest["spec"] == {"podName": "p"}
    assert {loss.path for loss in result.losses} == {"spec.pkixPublicKey", "spec.proofOfPossession"}
    assert shipped.convert(result.manifest, to=BETA, conversion_data=result.conversion_data).manifest == given


def test_v1alpha1_cannot_do_with_a_stub(shipped):
    with pytest.raises(RefusedError) as caught:
        shipped.convert(pod_request(V1, stubPKCS10Request="QQ=="), to=ALPHA)
    assert caught.value.path == "spec.stubPKCS10Request"
    plain = pod_request(ALPHA, pkixPublicKey="QQ==", proofOfPossession="Qg==")
    assert shipped.convert(plain, to=BETA).manifest == {**plain, "apiVersion": BETA}


@pytest.mark.parametrize("source", [V1, BETA, ALPHA])
@pytest.mark.parametrize("target", [V1, BETA, ALPHA])
def test_trust_bundles_are_the_same_in_every_version(shipped, source, target):
    given = {"apiVersion": source, "kind": "ClusterTrustBundle", "spec": {"trustBundle": "-----BEGIN…"}}
    assert shipped.convert(given, to=target).manifest == {**given, "apiVersion": target}
