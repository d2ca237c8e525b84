"""A ValidatingAdmissionPolicy of deploy/karmada on a real API server: what the controller may do with interpreters."""

from __future__ import annotations

import msgspec
import pytest
import yaml

from converter.client import ApiError, ApiServer
from converter.install.interpreters import APPLY, CUSTOMIZATIONS
from converter.install.manifests import OPTIONAL_KINDS, Addresses, karmada_part, place_of
from converter.karmada.names import MIRROR_LABEL
from tests.controlplanes import apiserver as controlplane
from tests.controlplanes import build
from tests.controlplanes.karmada import VERSION
from tests.fakes.interpreters import customization
from tests.integration.policies import controller_of, remove
from tests.integration.policies import refused as refused_by
from tests.waiting import until_passes

OURS = CUSTOMIZATIONS.object_path("", "converter-deployments-v1beta1-apps")
MIRROR = customization("converter-mirror-mine-v1beta1.batch", "batch/v1beta1", "CronJob", retention="return nil")
MIRROR["metadata"]["labels"] = {MIRROR_LABEL: "true"}
MIRROR_PATH = CUSTOMIZATIONS.object_path("", MIRROR["metadata"]["name"])
MINE = customization("mine", "batch/v1", "CronJob", retention="return nil")
MINE_PATH = CUSTOMIZATIONS.object_path("", "mine")
KINDS = OPTIONAL_KINDS | {"ClusterRole", "ClusterRoleBinding", "ResourceInterpreterCustomization"}


@pytest.fixture(scope="module")
def server(apiservers):
    """An API server with RBAC that knows Karmada's customizations."""
    server = controlplane.ApiServer(apiservers.world, "1.36", "apiserver-interpreters", authorization="RBAC").wait()
    folder = build.karmada_files(apiservers.world.places, VERSION) / "crds"
    for file in sorted(folder.rglob("*resourceinterpretercustomizations.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            server.client.create(document)
    yield server
    server.stop()


@pytest.fixture
async def admin(server):
    async with await ApiServer.connect(server.kubeconfig) as admin:
        for manifest in karmada_part(Addresses()):
            if manifest["kind"] in KINDS:
                await applied(admin, manifest)
        await admin.create(CUSTOMIZATIONS.path(), MINE)
        yield admin
        for path in (MIRROR_PATH, MINE_PATH):
            await remove(admin, path)


async def applied(admin, manifest):
    """Apply an object; a kind of a CRD is served a moment after the CRD is there."""

    async def accepted():
        try:
            await admin.patch(f"{place_of(manifest).path}?fieldManager=test&force=true", manifest, APPLY)
        except ApiError:
            return False
        return True

    await until_passes(accepted)


@pytest.fixture
async def controller(apiservers, server, admin):
    unlabelled = (CUSTOMIZATIONS.path(), {**MIRROR, "metadata": {"name": "other"}})
    async with controller_of(apiservers.world, server, unlabelled, MIRROR_LABEL) as controller:
        yield controller


async def refused(request):
    await refused_by(request, "converter-interpreters")


async def test_a_mirror_is_created_changed_and_removed(admin, controller):
    await controller.create(CUSTOMIZATIONS.path(), MIRROR)
    await controller.patch(MIRROR_PATH, {"spec": {"customizations": {"retention": None}}})
    await remove(admin, MIRROR_PATH, controller)


async def test_ours_is_changed_and_not_removed(controller, admin):
    await controller.patch(OURS, {"spec": {"customizations": {"retention": None}}})
    await refused(controller.patch(OURS, {"spec": {"target": {"apiVersion": "apps/v1"}}}))
    uid = msgspec.json.decode(await admin.get(OURS))["metadata"]["uid"]
    await refused(controller.delete(OURS, uid=uid))


@pytest.mark.parametrize("labels", [{}, {MIRROR_LABEL: "false"}, {"app.kubernetes.io/name": "karmada"}])
async def test_another_is_not_created(controller, labels):
    metadata = {"name": "converter-other", "labels": labels}
    await refused(controller.create(CUSTOMIZATIONS.path(), {**MIRROR, "metadata": metadata}))


async def test_a_user_s_is_neither_changed_nor_taken_over_nor_removed(controller, admin):
    await refused(controller.patch(MINE_PATH, {"spec": {"customizations": {"retention": None}}}))
    await refused(controller.patch(MINE_PATH, {"metadata": {"labels": {MIRROR_LABEL: "true"}}}))
    uid = msgspec.json.decode(await admin.get(MINE_PATH))["metadata"]["uid"]
    await refused(controller.delete(MINE_PATH, uid=uid))


async def test_a_mirror_does_not_become_another(controller):
    await controller.create(CUSTOMIZATIONS.path(), MIRROR)
    await refused(controller.patch(MIRROR_PATH, {"metadata": {"labels": {MIRROR_LABEL: None}}}))
