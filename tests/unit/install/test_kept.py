"""What an administrator does not give again stays as it is installed."""

import pytest

from converter.install.host import HostOptions, default_image, host_part, image_version
from converter.install.installer import install
from converter.install.kept import Kept, read_kept
from converter.install.manifests import Addresses, place_of
from converter.install.scheduler import plain_scheduler, second_scheduler
from tests.fakes.apiserver import FakeApiServer

NAMESPACE = "fleet-b"
RELEASE = image_version(default_image())


@pytest.fixture
def host():
    return FakeApiServer()


async def installed(host, image, **options):
    karmada = FakeApiServer()
    karmada.collections |= {"mutatingwebhookconfigurations"}
    await install(karmada, Addresses("https://hooks.example:8443", "discovery.example", "", NAMESPACE), lambda _: None)
    for manifest in host_part(HostOptions(NAMESPACE, image, **options)):
        host.put(place_of(manifest).path, manifest)
    return karmada


async def test_nothing_is_kept_of_nothing(host):
    assert await read_kept(FakeApiServer(), host, NAMESPACE) == Kept()


async def test_all_that_was_given_is_kept(host):
    scheduler = second_scheduler(
        plain_scheduler("registry.example/s:v1.18.2", namespace=NAMESPACE), namespace=NAMESPACE
    )
    image = "registry.example/c@sha256:0123"
    karmada = await installed(host, image, pull_secrets=("one", "two"), scheduler=scheduler)
    assert await read_kept(karmada, host, NAMESPACE) == Kept(
        image, ("one", "two"), "https://hooks.example:8443", "discovery.example", "registry.example/s:v1.18.2"
    )


@pytest.mark.parametrize(
    ("image", "kept"),
    [
        ("registry.example:5000/team/c:0.0.1", f"registry.example:5000/team/c:{RELEASE}"),
        ("registry.example/c", f"registry.example/c:{RELEASE}"),
        ("registry.example/c@sha256:0123", f"registry.example/c:{RELEASE}"),
        ("c:0.0.1@sha256:0123", f"c:{RELEASE}"),
    ],
)
async def test_an_upgrade_takes_its_image_from_the_same_repository(host, image, kept):
    karmada = await installed(host, image)
    path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/converter-admission"
    host.objects[path]["metadata"]["labels"]["app.kubernetes.io/version"] = "0.0.1"
    assert (await read_kept(karmada, host, NAMESPACE)).image == kept
