"""The rights that an installation needs, and those that an administrator lacks."""

import msgspec
import pytest

from converter.install.host import HostOptions, host_part
from converter.install.manifests import Addresses, karmada_part
from converter.install.rights import REVIEWS, Right, RightsError, check_rights, rights_to_apply
from tests.nonempty import some


class Reviewer:
    """Grants everything but what a test names."""

    def __init__(self, *denied):
        self.denied = set(denied)
        self.asked = []

    async def create(self, path, body):
        assert path == REVIEWS
        found = body["spec"]["resourceAttributes"]
        resource = "/".join(filter(None, [found["resource"], found.get("subresource")]))
        right = Right(found["verb"], found.get("group", ""), resource, found.get("namespace", ""))
        self.asked.append(right)
        return msgspec.json.encode({"status": {"allowed": right not in self.denied}})


async def test_all_of_them_are_asked_once():
    needed = rights_to_apply(karmada_part(Addresses()))
    reviewer = Reviewer()
    await check_rights(reviewer, "Karmada", [*needed, *needed])
    assert sorted(reviewer.asked) == sorted(needed)


async def test_what_is_missing_is_listed():
    token = Right("create", "", "serviceaccounts/token", "karmada-system")
    secret = Right("patch", "", "secrets", "karmada-system")
    reviewer = Reviewer(token, secret)
    needed = {token, *rights_to_apply(host_part(HostOptions()))}
    with pytest.raises(RightsError) as caught:
        await check_rights(reviewer, "the host cluster", needed)
    assert caught.value.side == "the host cluster"
    assert caught.value.missing == tuple(sorted([token, secret]))
    for right in some(caught.value.missing):
        assert str(right) in str(caught.value)


def test_rights_are_as_narrow_as_the_objects():
    host = rights_to_apply(host_part(HostOptions(namespace="fleet-b")))
    assert {right.namespace for right in some(host)} == {"fleet-b"}
    assert Right("patch", "apps", "deployments", "fleet-b") in host
    assert Right("create", "policy", "poddisruptionbudgets", "fleet-b") in host
    karmada = rights_to_apply(karmada_part(Addresses(namespace="fleet-b")))
    assert Right("patch", "admissionregistration.k8s.io", "mutatingwebhookconfigurations") in karmada
    assert Right("get", "", "namespaces") in karmada
    assert Right("create", "rbac.authorization.k8s.io", "roles", "fleet-b") in karmada
    assert "validatingadmissionpolicies" not in {right.resource for right in karmada}, "it may not be served"
