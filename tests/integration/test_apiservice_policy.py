"""The ValidatingAdmissionPolicy of deploy/karmada on a real API server: what the controller may do with APIServices."""

from __future__ import annotations

import copy

import msgspec
import pytest

from converter.client import ApiServer
from converter.client.collections import API_SERVICES
from converter.controllers.apiservices import LABEL, api_service
from converter.controllers.discovery_server import Backend
from converter.install.interpreters import APPLY
from converter.install.manifests import OPTIONAL_KINDS, Addresses, karmada_part, place_of
from converter.karmada.names import RESOURCES_ANNOTATION
from tests.controlplanes import apiserver as controlplane
from tests.integration.policies import controller_of, remove
from tests.integration.policies import refused as refused_by

NAME = "v1beta1.batch"
OURS = api_service(NAME, Backend("karmada-system", "converter-discovery", 443, "Zm9v"), {RESOURCES_ANNOTATION: "[]"})
UNVERIFIED = {key: value for key, value in OURS["spec"].items() if key != "caBundle"} | {"insecureSkipTLSVerify": True}
PATH = API_SERVICES.object_path("", NAME)
FOREIGN = {**copy.deepcopy(OURS), "metadata": {"name": "v1.foreign.example"}}
FOREIGN["spec"] |= {"group": "foreign.example", "version": "v1"}
FOREIGN_PATH = API_SERVICES.object_path("", "v1.foreign.example")


@pytest.fixture(scope="module")
def server(apiservers):
    """A Karmada API server with RBAC, as far as the policy is concerned."""
    server = controlplane.ApiServer(apiservers.world, "1.36", "apiserver-policy", authorization="RBAC").wait()
    yield server
    server.stop()


@pytest.fixture
async def admin(server):
    async with await ApiServer.connect(server.kubeconfig) as admin:
        for manifest in karmada_part(Addresses()):
            if manifest["kind"] in OPTIONAL_KINDS | {"Namespace", "ClusterRole", "ClusterRoleBinding"}:
                await admin.patch(f"{place_of(manifest).path}?fieldManager=test&force=true", manifest, APPLY)
        yield admin
        for path in (PATH, FOREIGN_PATH):
            await remove(admin, path)


@pytest.fixture
async def controller(apiservers, server, admin):
    unlabelled = (API_SERVICES.path(), {**OURS, "metadata": {"name": NAME}})
    async with controller_of(apiservers.world, server, unlabelled, LABEL) as controller:
        yield controller


async def refused(request):
    await refused_by(request, "converter-apiservices")


async def test_ours_is_created_repaired_and_removed(admin, controller):
    await controller.create(API_SERVICES.path(), OURS)
    await controller.patch(PATH, {"spec": {"caBundle": "YmFy"}})
    await remove(admin, PATH, controller)


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"name": NAME}},
        {"metadata": {"name": NAME, "labels": {LABEL: "false"}}},
        {"spec": OURS["spec"] | {"service": {"name": "other", "namespace": "karmada-system", "port": 443}}},
        {"spec": OURS["spec"] | {"service": {"name": "converter-discovery", "namespace": "default", "port": 443}}},
        {"spec": OURS["spec"] | {"groupPriorityMinimum": 2000}},
        {"spec": OURS["spec"] | {"versionPriority": 100}},
        {"spec": UNVERIFIED},
    ],
)
async def test_another_is_not_created(controller, change):
    await refused(controller.create(API_SERVICES.path(), {**OURS, **change}))


async def test_ours_does_not_become_another(controller):
    await controller.create(API_SERVICES.path(), OURS)
    await refused(controller.patch(PATH, {"spec": {"service": {"name": "other"}}}))
    await refused(controller.patch(PATH, {"metadata": {"labels": {LABEL: None}}}))


async def test_what_someone_changed_is_repaired(controller, admin):
    await controller.create(API_SERVICES.path(), OURS)
    await admin.patch(PATH, {"spec": {"groupPriorityMinimum": 2000, "service": {"name": "other"}}})
    await controller.patch(PATH, {"spec": OURS["spec"]})


async def test_a_foreign_one_is_neither_taken_over_nor_removed(controller, admin):
    await admin.create(API_SERVICES.path(), FOREIGN)
    await refused(controller.patch(FOREIGN_PATH, {"metadata": {"labels": {LABEL: "true"}}}))
    await refused(controller.patch(FOREIGN_PATH, {"spec": {"versionPriority": 1}}))
    uid = msgspec.json.decode(await admin.get(FOREIGN_PATH))["metadata"]["uid"]
    await refused(controller.delete(FOREIGN_PATH, uid=uid))
    builtin = API_SERVICES.object_path("", "v1.apps")
    uid = msgspec.json.decode(await admin.get(builtin))["metadata"]["uid"]
    await refused(controller.delete(builtin, uid=uid))


async def test_other_users_are_not_limited(admin):
    await admin.create(API_SERVICES.path(), FOREIGN)
    await admin.patch(FOREIGN_PATH, {"spec": {"versionPriority": 7}})
