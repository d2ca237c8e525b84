"""The controller of interpreters on a control plane that admits them as Karmada does."""

import pytest

from converter.install.installer import check, install
from converter.install.manifests import Addresses
from converter.karmada.names import MIRROR_LABEL, YIELDS_ANNOTATION
from tests.fakes.interpreters import CONFIGURATIONS, CUSTOMIZATIONS, admission, customization, operations, webhooks
from tests.fakes.karmada import NEW
from tests.nonempty import some
from tests.waiting import until

pytestmark = pytest.mark.virtual_time

OLD = {
    "batch/v1beta1": ["CronJob"],
    "policy/v1beta1": ["PodDisruptionBudget"],
    "networking.k8s.io/v1beta1": ["Ingress"],
}
NATIVE = {"batch/v1": "CronJob", "policy/v1": "PodDisruptionBudget", "networking.k8s.io/v1": "Ingress"}
OURS = "converter-poddisruptionbudgets-v1beta1-policy"
SHIPPED = {"healthInterpretation", "statusReflection"}
MIRROR = f"{CUSTOMIZATIONS}/converter-mirror-mine-v1beta1.batch"
RETAIN = "function Retain(desired, observed) desired.spec.suspend = observed.spec.suspend return desired end"


@pytest.fixture
def served(karmada):
    """The control plane with discovery of its own versions, and Karmada's admission of interpreters."""
    server = karmada.server
    server.webhooks.append(admission(server))
    services = []
    for version, kind in NATIVE.items():
        group, number = version.split("/")
        services.append({"metadata": {"name": f"{number}.{group}"}, "spec": {"group": group, "version": number}})
        listed = [{"name": f"{kind.lower()}s", "kind": kind}]
        server.objects[f"/apis/{version}"] = {"resources": listed, "metadata": {"uid": version}}
    path = "/apis/apiregistration.k8s.io/v1/apiservices"
    server.objects[path] = {"items": services, "metadata": {"uid": "services"}}
    return karmada


def put(karmada, thing, collection=CUSTOMIZATIONS):
    karmada.server.put(f"{collection}/{thing['metadata']['name']}", thing)


def mine(**scripts):
    return customization("mine", "batch/v1", "CronJob", **scripts)


def budgets(name, version="policy/v1", **scripts):
    return customization(name, version, "PodDisruptionBudget", **scripts)


def mirrors(karmada):
    return [
        thing
        for path, thing in karmada.server.objects.items()
        if path.startswith(CUSTOMIZATIONS) and (thing["metadata"].get("labels") or {}).get(MIRROR_LABEL)
    ]


def ours(karmada, name=OURS):
    return operations(karmada.server.objects[f"{CUSTOMIZATIONS}/{name}"])


async def installed(karmada):
    await install(karmada.server, Addresses(), lambda _: None)


async def test_a_mirror_lives_as_long_as_the_user_s_customization(served):
    await served.started(OLD)
    put(served, mine(retention=RETAIN))
    await until(lambda: MIRROR in served.server.objects)
    assert served.server.objects[MIRROR]["spec"]["target"] == {"apiVersion": "batch/v1beta1", "kind": "CronJob"}

    def edit(thing):
        thing["spec"]["customizations"] = {"healthInterpretation": {"luaScript": "h"}}

    served.server.apply(f"{CUSTOMIZATIONS}/mine", edit)
    await until(lambda: operations(served.server.objects[MIRROR]) == {"healthInterpretation"})
    served.server.remove(f"{CUSTOMIZATIONS}/mine")
    await until(lambda: MIRROR not in served.server.objects)


async def test_a_mirror_goes_without_a_controller_because_the_user_s_owns_it(served):
    await served.started(OLD)
    put(served, mine(retention=RETAIN))
    await until(lambda: MIRROR in served.server.objects)
    await served.stop()
    served.server.remove(f"{CUSTOMIZATIONS}/mine")
    served.server.collect_garbage()
    assert MIRROR not in served.server.objects


async def test_a_mirror_comes_and_goes_with_the_fleet(served):
    await served.started(NEW)
    put(served, mine(retention=RETAIN))
    await served.quiet()
    assert mirrors(served) == []
    served.serve("old", OLD)
    await until(lambda: MIRROR in served.server.objects)
    served.serve("old", NEW)
    await until(lambda: MIRROR not in served.server.objects)


async def test_one_that_somebody_edits_or_deletes_is_restored(served):
    await served.started(OLD)
    put(served, mine(retention=RETAIN))
    await until(lambda: MIRROR in served.server.objects)
    served.server.apply(MIRROR, lambda thing: thing["spec"]["customizations"].update(retention={"luaScript": "x"}))
    scripts = served.server.objects[MIRROR]["spec"]["customizations"]
    await until(lambda: served.server.objects[MIRROR]["spec"]["customizations"]["retention"]["luaScript"] == RETAIN)
    assert scripts != served.server.objects[MIRROR]["spec"]["customizations"]
    served.server.remove(MIRROR)
    await until(lambda: MIRROR in served.server.objects)


async def test_ours_steps_aside_for_a_mirror_per_operation_and_comes_back(served):
    await installed(served)
    await served.started(OLD)
    put(served, budgets("budgets", healthInterpretation="h", retention="r"))
    await until(lambda: len(mirrors(served)) == 1)
    assert ours(served) == {"statusReflection"}
    assert operations(mirrors(served)[0]) == {"healthInterpretation", "retention"}
    states = {finding.state for finding in await check(served.server, Addresses())}
    assert states == {"installed", "theirs"}
    served.server.remove(f"{CUSTOMIZATIONS}/budgets")
    await until(lambda: ours(served) == SHIPPED)
    assert mirrors(served) == []
    assert {finding.state for finding in await check(served.server, Addresses())} == {"installed"}


async def test_ours_takes_back_what_a_mirror_gives_up_in_the_same_edit_as_it_takes_more(served):
    await installed(served)
    await served.started(OLD)
    put(served, budgets("budgets", healthInterpretation="h"))
    await until(lambda: ours(served) == {"statusReflection"} and len(mirrors(served)) == 1)

    def edit(thing):
        thing["spec"]["customizations"] = {"statusReflection": {"luaScript": "s"}, "retention": {"luaScript": "r"}}

    served.server.apply(f"{CUSTOMIZATIONS}/budgets", edit)
    await until(lambda: ours(served) == {"healthInterpretation"})
    assert operations(mirrors(served)[0]) == {"statusReflection", "retention"}


async def test_a_user_s_of_the_old_version_comes_first_and_what_is_left_is_mirrored(served):
    put(served, budgets("theirs", "policy/v1beta1", statusReflection="s"))
    await installed(served)
    await served.started(OLD)
    put(served, budgets("budgets", healthInterpretation="h", statusReflection="never"))
    await until(lambda: len(mirrors(served)) == 1)
    assert operations(mirrors(served)[0]) == {"healthInterpretation"}
    assert ours(served) == set()
    served.server.remove(f"{CUSTOMIZATIONS}/theirs")
    await until(lambda: operations(mirrors(served)[0]) == SHIPPED)


async def test_an_upgrade_while_mirrors_exist_keeps_them(served):
    await installed(served)
    await served.started(OLD)
    put(served, budgets("budgets", healthInterpretation="h"))
    await until(lambda: len(mirrors(served)) == 1)
    await installed(served)
    await served.quiet()
    assert ours(served) == {"statusReflection"}
    assert len(mirrors(served)) == 1


async def test_ours_steps_aside_for_an_interpreter_webhook(served):
    await installed(served)
    await served.started(OLD)
    rule = {
        "groups": ["policy"],
        "versions": ["*"],
        "kinds": ["PodDisruptionBudget"],
        "operations": ["InterpretHealth"],
    }
    put(served, webhooks("hooks", **rule), CONFIGURATIONS)
    await until(lambda: ours(served) == {"statusReflection"})
    served.server.remove(f"{CONFIGURATIONS}/hooks")
    await until(lambda: ours(served) == SHIPPED)


async def test_an_administrator_makes_ours_step_aside(served):
    await installed(served)
    await served.started(OLD)
    annotations = {YIELDS_ANNOTATION: "healthInterpretation"}
    served.server.apply(f"{CUSTOMIZATIONS}/{OURS}", lambda thing: thing["metadata"].update(annotations=annotations))
    await until(lambda: ours(served) == {"statusReflection"})
    put(served, budgets("theirs", "policy/v1beta1", healthInterpretation="h"))
    await served.quiet()
    assert ours(served) == {"statusReflection"}


async def test_what_is_not_installed_is_not_created(served):
    await served.started(OLD)
    put(served, budgets("budgets", retention="r"))
    await until(lambda: len(mirrors(served)) == 1)
    assert f"{CUSTOMIZATIONS}/{OURS}" not in served.server.objects


async def test_a_field_of_another_place_is_reported_in_an_event(served):
    await served.started(OLD)
    put(served, customization("ingresses", "networking.k8s.io/v1", "Ingress", retention="return a.spec.defaultBackend"))
    await until(lambda: served.events("InterpreterNotMirrored"))
    (event,) = served.events("InterpreterNotMirrored")
    assert event["involvedObject"]["name"] == "ingresses"
    assert mirrors(served) == []


async def test_karmada_that_refuses_for_a_moment_is_asked_again(served):
    await served.started(OLD)
    refusals = []

    def refuse(method, path):
        if method == "POST" and path == CUSTOMIZATIONS and len(refusals) < 3:
            refusals.append(path)
            return 403, "Forbidden"
        return None

    served.server.fail = refuse
    put(served, mine(retention=RETAIN))
    await until(lambda: MIRROR in served.server.objects)
    assert len(refusals) == 3


async def test_a_quiet_hour_writes_nothing(served):
    await installed(served)
    put(served, mine(retention=RETAIN))
    put(served, budgets("budgets", healthInterpretation="h"))
    await served.started(OLD)
    await until(lambda: len(mirrors(served)) == 2)
    before = list(served.writes)
    await served.quiet(3600)
    assert served.writes == before
    for thing in some(mirrors(served)):
        assert thing["metadata"]["generation"] == 1
