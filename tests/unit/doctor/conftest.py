"""An installation in memory that is well, on both API servers; each test breaks one thing."""

import msgspec
import pytest

from converter.client.clock import micro_timestamp, utc_now
from converter.doctor.patient import Access, Commands, Patient
from converter.install.installer import install
from converter.install.manifests import Addresses
from tests.fakes.apiserver import FakeApiServer
from tests.unit.doctor.certificates import AUTHORITY, bundle, serving

NAMESPACE = "karmada-system"
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"


class Server(FakeApiServer):
    """An API server that answers `/version`, `/apis` and access reviews."""

    def __init__(self, version, groups=()):
        super().__init__()
        self.collections |= {
            "apiservices", "deployments", "pods", "secrets", "configmaps", "serviceaccounts", "namespaces",
            "mutatingwebhookconfigurations",
        }  # fmt: skip
        self.objects["/version"] = {"gitVersion": version}
        self.groups = set(groups)
        self.denied = set()
        self.refused = set()

    async def get(self, path, params=None, *, metadata_only=False):
        if path == "/apis":
            versions = [{"groupVersion": name} for name in sorted(self.groups)]
            return msgspec.json.encode({"groups": [{"versions": versions}]})
        return await super().get(path, params, metadata_only=metadata_only)

    async def create(self, path, body):
        if path.endswith("subjectaccessreviews"):
            right = body["spec"]["resourceAttributes"]
            allowed = (body["spec"]["user"], right["verb"], right["resource"]) not in self.denied
            return msgspec.json.encode({"status": {"allowed": allowed}})
        if path.endswith("tokenreviews"):
            account = body["spec"]["token"]
            user = {"username": f"system:serviceaccount:{NAMESPACE}:{account}", "uid": "u"}
            known = account not in self.refused
            return msgspec.json.encode({"status": {"authenticated": known, "user": user} if known else {}})
        return await super().create(path, body)


@pytest.fixture
async def karmada():
    made = Server("v1.31.3", {"batch/v1", "batch/v1beta1", "apps/v1", "work.karmada.io/v1alpha1"})
    await install(made, Addresses(ca_bundle=bundle(AUTHORITY)), lambda _: None)
    for name in ("apiconverter", "apiconverter-scheduler"):
        spec = {"holderIdentity": "one", "renewTime": micro_timestamp(utc_now())}
        made.put(f"{LEASES}/{name}", {"metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec})
    return made


@pytest.fixture
def host():
    made = Server("v1.30.1")
    secret = {
        "metadata": {"name": "converter-tls", "namespace": NAMESPACE},
        "data": {"tls.crt": bundle(serving(AUTHORITY))},
    }
    made.put(f"/api/v1/namespaces/{NAMESPACE}/secrets/converter-tls", secret)
    return made


@pytest.fixture
def patient(karmada, host):
    return Patient(karmada, host, NAMESPACE, Commands(Access("k.config"), Access("h.config"), NAMESPACE))


@pytest.fixture
def without_host(karmada):
    return Patient(karmada, None, NAMESPACE, Commands(Access("k.config"), namespace=NAMESPACE))
