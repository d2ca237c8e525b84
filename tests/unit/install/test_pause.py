"""A pause in memory: what is converted stays, all else passes, and afterwards everything is as it was."""

import pytest

from converter.install.held_lease import is_held, read_lease
from converter.install.pause import CONDITION, Pause, PauseError, is_paused, policies
from converter.install.uninstall import Uninstallation
from converter.karmada.names import CONVERTED_LABEL, anchor_reference
from tests.fakes.apiserver import CrashError
from tests.fakes.karmada import CONVERTER, NS, WORK, new_work
from tests.nonempty import some
from tests.unit.install.conftest import ADDRESSES, WEBHOOK_PATH
from tests.waiting import until

pytestmark = pytest.mark.virtual_time

NAMESPACE = ADDRESSES.namespace
POLICY = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/converter-paused-works"
BINDING = "/apis/work.karmada.io/v1alpha2/namespaces/shop/resourcebindings/nightly-cronjob"


@pytest.fixture
async def running(karmada):
    """A control plane that enforces the policies, calls no webhook that is off, and has one converted Work."""
    server = karmada.server
    server.collections.add("namespaces")
    server.put(f"/api/v1/namespaces/{NS}", {"metadata": {"name": NS}})

    def enforce(path, new, old):
        converted = old is not None and CONVERTED_LABEL in (old["metadata"].get("labels") or {})
        if POLICY in server.objects and "/works/" in path and converted and new["spec"] != old["spec"]:
            raise server.refusal(path, "paused")

    server.validate = enforce
    configured = server.webhooks
    called = type(configured).__iter__

    class Switched(type(configured)):
        def __iter__(self):
            hooks = server.objects.get(WEBHOOK_PATH, {}).get("webhooks") or ()
            off = {hook["name"].replace("binding-status", "bindingstatus") for hook in hooks if paused(hook)}
            return (hook for hook in called(self) if hook.name not in off)

    server.webhooks = Switched(list(configured.all), server)
    await karmada.started()
    karmada.binding_controller()
    resource = {"apiVersion": "batch/v1", "kind": "CronJob", "namespace": "shop", "name": "nightly"}
    server.put(BINDING, {"metadata": {"name": "nightly-cronjob", "namespace": "shop"}, "spec": {"resource": resource}})
    await until(lambda: karmada.anchor and anchor_reference(karmada.work["metadata"]))
    await karmada.quiet()
    return karmada


HOOKS = ("works", "bindings", "binding-status", "deletions")
WITHOUT_PLACEMENT = {**dict.fromkeys(HOOKS, True), "bindings": False}


def paused(hook):
    return any(item["name"] == CONDITION for item in hook.get("matchConditions") or ())


def pause(karmada, lines=None):
    return Pause(karmada.server, NAMESPACE, (lines if lines is not None else []).append)


def hooks(karmada):
    return {hook["name"].partition(".")[0]: paused(hook) for hook in karmada.server.objects[WEBHOOK_PATH]["webhooks"]}


async def test_what_is_converted_stays_and_all_else_passes(running):
    stored = running.work
    await pause(running).pause()
    assert hooks(running) == WITHOUT_PLACEMENT
    assert await is_paused(running.server, NAMESPACE)
    with pytest.raises(Exception, match="paused"):
        running.binding_controller("0 5 * * *")
    assert running.work == stored
    other = new_work()
    other["metadata"]["name"] = "other"
    running.server.put(f"{WORK}-other", other)
    assert running.server.objects[f"{WORK}-other"]["spec"] == other["spec"], "not converted, not refused"
    writes = running.writes
    await running.quiet(3600)
    assert running.writes == writes, "the controller does nothing"


async def test_a_template_can_be_deleted_meanwhile(running):
    await pause(running).pause()
    running.delete_bound()
    running.server.collect_garbage()
    running.execution_controller()
    assert running.work is None


async def test_after_it_everything_is_as_it_was(running):
    before = {
        path: thing["metadata"]["uid"] for path, thing in running.server.objects.items() if "/leases/" not in path
    }
    await pause(running).pause()
    with pytest.raises(Exception, match="paused"):
        running.binding_controller("0 5 * * *")
    done = await pause(running).resume()
    assert (done.was_paused, done.sent_again) == (True, 1)
    assert running.server.objects[BINDING]["spec"]["preserveResourcesOnDeletion"] is False
    assert hooks(running) == dict.fromkeys(HOOKS, False)
    await until(lambda: running.compared)
    running.binding_controller("0 5 * * *")
    assert running.work["spec"]["workload"]["manifests"][0]["spec"]["schedule"] == "0 5 * * *"
    assert running.work["spec"]["workload"]["manifests"][0]["apiVersion"] == "batch/v1beta1"
    after = {path: thing["metadata"]["uid"] for path, thing in running.server.objects.items() if "/leases/" not in path}
    assert after == before
    assert not await is_paused(running.server, NAMESPACE)


async def test_a_work_that_is_stored_meanwhile_is_converted_afterwards(running):
    """The same replica leads again, in the same fleet: it must not take for granted what it compared before."""
    await pause(running).pause()
    other, path = new_work(), WORK.rpartition("/")[0] + "/other"
    other["metadata"]["name"] = "other"
    running.server.put(path, other)
    await running.quiet(60)
    await pause(running).resume()

    def version():
        return running.server.objects[path]["spec"]["workload"]["manifests"][0]["apiVersion"]

    await until(lambda: version() == "batch/v1beta1")


async def test_the_webhook_for_bindings_can_be_stopped_too(running):
    await pause(running).pause(placement=True)
    assert hooks(running) == dict.fromkeys(HOOKS, True)


@pytest.mark.parametrize("crash_after", range(1, 7))
async def test_interrupted_after_any_write_it_can_be_repeated_or_ended(running, crash_after):
    await running.stop_all()
    stored = running.work
    running.server.crash_after = len(running.server.writes) + crash_after
    with pytest.raises(CrashError):
        await pause(running).pause()
    running.server.crash_after = None
    assert running.work == stored
    await pause(running).pause()
    assert is_held(await read_lease(running.server, NAMESPACE))
    await pause(running).resume()
    assert not await is_paused(running.server, NAMESPACE)
    assert POLICY not in running.server.objects


async def test_an_api_server_that_does_not_enforce_policies_is_not_paused(running):
    running.server.validate = lambda *_: None
    with pytest.raises(PauseError):
        await pause(running).pause()
    assert not await is_paused(running.server, NAMESPACE)
    assert POLICY not in running.server.objects


async def test_an_api_server_without_policies_is_not_paused(running):
    running.server.fail = lambda _, path: (404, "NotFound") if path.startswith(POLICY) else None
    with pytest.raises(PauseError):
        await pause(running).pause()
    assert not any(hooks(running).values())


async def test_it_stays_paused_while_the_webhook_does_not_answer(running):
    await pause(running).pause()
    running.server.fail = lambda method, path: (500, "x509") if (method, path[-6:]) == ("POST", "/works") else None
    with pytest.raises(PauseError, match="x509"):
        await pause(running).resume()
    assert hooks(running) == WITHOUT_PLACEMENT
    assert POLICY in running.server.objects
    assert is_held(await read_lease(running.server, NAMESPACE))


async def test_nothing_to_resume(running):
    writes = running.writes
    assert not (await pause(running).resume()).was_paused
    assert running.writes == writes


async def test_one_that_is_paused_can_be_uninstalled(running):
    await pause(running).pause()
    await Uninstallation(running.server, None, CONVERTER, ADDRESSES, lambda _: None).run()
    await running.stop_all()
    assert running.work["spec"] == new_work()["spec"]
    assert "apiconverter" not in "".join(running.server.objects)
    assert not [path for path in running.server.objects if "paused" in path]


def test_each_policy_has_its_binding():
    kinds = [(manifest["kind"], manifest["metadata"]["name"]) for manifest in some(policies())]
    names = {name for _, name in kinds}
    assert sorted(kinds) == sorted(
        (kind, name) for name in names for kind in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    )
