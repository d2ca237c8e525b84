"""Applying objects: what was created, changed or left as it was, and what a dry run says before."""

import copy

import pytest

from converter.client import NotFoundError, RejectedError
from converter.install.apply import Applier, Change
from converter.install.manifests import FIELD_MANAGER, Addresses, karmada_part, place_of
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.interpreters import CUSTOMIZATIONS, admission, customization
from tests.nonempty import some

PART = karmada_part(Addresses(ca_bundle="Zm9v"))


@pytest.fixture
def server():
    made = FakeApiServer()
    made.webhooks.append(admission(made))
    return made


async def run(server, manifests=PART, *, dry_run=False):
    return await Applier(server, PART, dry_run=dry_run).apply(manifests)


def changes(steps):
    return {step.change for step in some(steps)}


async def test_everything_is_created_and_then_nothing_changes(server):
    assert changes(await run(server)) == {Change.CREATED}
    stored = copy.deepcopy(server.objects)
    again = await run(server)
    assert changes(again) == {Change.UNCHANGED}
    assert not any(step.writes for step in again)
    assert server.objects == stored


async def test_a_dry_run_says_the_same_and_writes_nothing(server):
    assert changes(await run(server, dry_run=True)) == {Change.CREATED}
    assert server.objects == {}
    await run(server)
    path = next(path for path in server.objects if path.endswith("/clusterroles/converter-controller"))
    server.objects[path]["rules"] = []
    stored = copy.deepcopy(server.objects)
    steps = await run(server, dry_run=True)
    assert [step.name for step in steps if step.change is Change.CHANGED] == ["converter-controller"]
    assert changes(step for step in steps if step.change is not Change.CHANGED) == {Change.UNCHANGED}
    assert server.objects == stored


async def test_a_change_is_reported_when_it_is_done(server):
    await run(server)
    path = next(path for path in server.objects if path.endswith("/clusterroles/converter-controller"))
    server.objects[path]["rules"] = []
    told = []
    steps = await Applier(server, PART).apply(PART, told.append)
    assert told == steps
    assert [step.name for step in steps if step.writes] == ["converter-controller"]
    assert server.objects[path]["rules"]


async def test_an_object_of_a_namespace_that_does_not_exist_yet_would_be_created():
    class Empty(FakeApiServer):
        async def patch(self, path, body, content_type="application/merge-patch+json"):
            if "/namespaces/" in path:
                raise NotFoundError(f"PATCH {path}", 404, "NotFound", "namespaces not found")
            return await super().patch(path, body, content_type)

    service = [one for one in PART if one["kind"] == "Service"]
    assert changes(await run(Empty(), service, dry_run=True)) == {Change.CREATED}
    with pytest.raises(NotFoundError):
        await run(Empty(), service)


async def test_what_a_user_handles_is_named_in_a_dry_run_too(server):
    mine = customization("mine", "apps/v1beta1", "Deployment", retention="return nil")
    server.put(f"{CUSTOMIZATIONS}/mine", mine)
    for dry_run in (True, False):
        (step,) = [step for step in await run(server, dry_run=dry_run) if step.theirs]
        assert step.name == "converter-deployments-v1beta1-apps"
        assert step.change is Change.CREATED
        assert "retention" in step.theirs


async def test_an_interpreter_that_is_refused_is_left_out_and_anything_else_is_an_error(server):
    def refuse(word):
        server.fail = lambda method, path: (422, "Invalid") if method == "PATCH" and word in path else None

    refuse("converter-deployments-v1beta1-apps")
    (step,) = [step for step in await run(server) if step.change is not Change.CREATED]
    assert step.change is Change.REFUSED
    assert step.detail
    refuse("clusterroles")
    with pytest.raises(RejectedError):
        await run(server)


@pytest.mark.parametrize(
    ("replicas", "manager", "sent"),
    [(5, "kubectl", {}), (2, "kubectl", {}), (5, FIELD_MANAGER, {"replicas": 2}), (0, "kubectl", {"replicas": 2})],
)
async def test_a_number_of_pods_that_somebody_else_set_is_left(server, replicas, manager, sent):
    """A real API server keeps a field that is not sent and has another manager."""
    metadata = {"name": "converter-admission", "namespace": "ns"}
    spec = {"replicas": 2, "paused": False}
    manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    await run(server, [manifest])
    stored = server.objects[place_of(manifest).path]
    stored["spec"]["replicas"] = replicas
    stored["metadata"]["managedFields"] = [{"manager": manager, "fieldsV1": {"f:spec": {"f:replicas": {}}}}]
    await run(server, [manifest])
    assert server.objects[place_of(manifest).path]["spec"] == {"paused": False, **sent}
