"""The installation beside interpreters that users have for the same versions."""

from dataclasses import replace

import pytest

from converter.client import NotFoundError
from converter.install.installer import check, install, uninstall
from converter.install.manifests import WEBHOOKS, Addresses, karmada_part, place_of, rights_by_choice
from converter.karmada.names import MIRROR_LABEL, YIELDS_ANNOTATION
from tests.fakes.apiserver import FakeApiServer
from tests.fakes.interpreters import CONFIGURATIONS, CUSTOMIZATIONS, admission, customization, operations, webhooks
from tests.nonempty import some

OURS = "converter-deployments-v1beta1-apps"
TARGET = ("apps/v1beta1", "Deployment")
ADDRESSES = Addresses(ca_bundle="Zm9v")
WEBHOOK_PATH = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{WEBHOOKS}"
SHIPPED = {
    item["metadata"]["name"]: operations(item)
    for item in karmada_part(ADDRESSES)
    if item["kind"] == "ResourceInterpreterCustomization"
}


@pytest.fixture
def server():
    made = FakeApiServer()
    made.webhooks.append(admission(made))
    return made


def theirs(server, thing, collection=CUSTOMIZATIONS):
    server.put(f"{collection}/{thing['metadata']['name']}", thing)


def ours(server, name=OURS):
    return operations(server.objects[f"{CUSTOMIZATIONS}/{name}"])


def tell(server, yields):
    server.objects[f"{CUSTOMIZATIONS}/{OURS}"]["metadata"]["annotations"] = {YIELDS_ANNOTATION: yields}


async def applied(server):
    return await install(server, ADDRESSES, lambda _: None)


async def states(server):
    found = {finding.name: finding.state for finding in await check(server, ADDRESSES)}
    return {name: state for name, state in found.items() if state != "installed"}


async def test_nothing_is_left_out_where_nobody_has_an_interpreter(server):
    assert await applied(server) == []
    for name in some(SHIPPED):
        assert ours(server, name) == SHIPPED[name]
    assert await states(server) == {}


@pytest.mark.parametrize("field", sorted(SHIPPED[OURS]))
async def test_an_operation_that_a_user_handles_is_left_out_and_all_else_is_applied(server, field):
    theirs(server, customization("mine", *TARGET, **{field: "return nil"}))
    (finding,) = await applied(server)
    assert (finding.name, finding.state) == (OURS, "theirs")
    assert f"{field}: ResourceInterpreterCustomization mine" in finding.detail
    assert ours(server) == SHIPPED[OURS] - {field}
    assert WEBHOOK_PATH in server.objects, "the webhooks come last"
    assert await states(server) == {OURS: "theirs"}


async def test_an_interpreter_of_which_nothing_is_left_is_empty(server):
    theirs(server, customization("mine", *TARGET, **dict.fromkeys(SHIPPED[OURS], "return nil")))
    await applied(server)
    assert ours(server) == set()
    assert await states(server) == {OURS: "theirs"}


async def test_one_that_has_nothing_left_to_do_is_not_missed(server):
    await applied(server)
    server.remove(f"{CUSTOMIZATIONS}/{OURS}")
    assert await states(server) == {OURS: "missing"}
    theirs(server, customization("mine", *TARGET, **dict.fromkeys(SHIPPED[OURS] - {"retention"}, "return nil")))
    assert await states(server) == {OURS: "missing"}
    theirs(server, customization("other", *TARGET, retention="return nil"))
    assert await states(server) == {OURS: "theirs"}


async def test_users_of_every_version_at_once(server):
    for item in karmada_part(ADDRESSES):
        if item["kind"] == "ResourceInterpreterCustomization":
            target = item["spec"]["target"]
            name = f"mine-{item['metadata']['name']}"
            theirs(server, customization(name, target["apiVersion"], target["kind"], statusReflection="return nil"))
    assert {finding.name for finding in await applied(server)} == SHIPPED.keys()
    assert WEBHOOK_PATH in server.objects


async def test_an_upgrade_leaves_out_what_a_user_added_and_adds_what_a_user_removed(server):
    await applied(server)
    path = f"{CUSTOMIZATIONS}/{OURS}"
    server.objects[path]["spec"]["customizations"].pop("retention")
    theirs(server, customization("mine", *TARGET, retention="return nil"))
    assert len(await applied(server)) == 1
    assert ours(server) == SHIPPED[OURS] - {"retention"}
    server.remove(f"{CUSTOMIZATIONS}/mine")
    assert await states(server) == {OURS: "different"}
    assert await applied(server) == []
    assert ours(server) == SHIPPED[OURS]


async def test_the_dashboard_is_removed_where_it_is_installed(server):
    said = []
    await install(server, replace(ADDRESSES, dashboard=True), lambda _: None)
    assert {"converter-dashboard" in path for path in server.objects} == {True, False}
    await uninstall(server, ADDRESSES, said.append)
    assert not any("converter-dashboard" in path for path in server.objects)
    await uninstall(server, ADDRESSES, said.append)
    assert [line for line in said if "dashboard" in line and line.startswith("not found")] == []


async def test_dependencies_can_have_several_interpreters(server):
    theirs(server, customization("mine", *TARGET, dependencyInterpretation="return {}"))
    assert await applied(server) == []


async def test_another_kind_or_version_is_nobodys_concern(server):
    theirs(server, customization("one", "apps/v1beta1", "Gadget", retention="return nil"))
    theirs(server, customization("two", "apps/v1", "Deployment", retention="return nil"))
    assert await applied(server) == []


@pytest.mark.parametrize("operation", ["Retain", "*"])
async def test_an_interpreter_webhook_would_never_be_asked_so_ours_leaves_out_what_it_does(server, operation):
    hooks = webhooks("mine", groups=["apps"], versions=["v1beta1", "v1"], kinds=["*"], operations=[operation])
    theirs(server, hooks, CONFIGURATIONS)
    assert OURS in {finding.name for finding in await applied(server)}
    assert "retention" not in ours(server)
    assert ours(server, "converter-deployments-v1beta2-apps") == SHIPPED["converter-deployments-v1beta2-apps"]


async def test_an_interpreter_that_came_while_we_installed(server):
    def late(method, path):
        if method == "PATCH" and path.startswith(f"{CUSTOMIZATIONS}/{OURS}"):
            server.fail = lambda *_: None
            theirs(server, customization("mine", *TARGET, retention="return nil"))

    server.fail = late
    (finding,) = await applied(server)
    assert finding.state == "theirs"
    assert ours(server) == SHIPPED[OURS] - {"retention"}


async def test_a_refusal_for_another_reason_does_not_stop_the_installation(server):
    server.fail = lambda method, path: (403, "Forbidden") if (method, OURS in path) == ("PATCH", True) else None
    (finding,) = await applied(server)
    assert (finding.name, finding.state) == (OURS, "refused")
    assert WEBHOOK_PATH in server.objects
    assert await states(server) == {OURS: "missing"}


async def test_an_administrator_makes_ours_step_aside(server):
    await applied(server)
    tell(server, "retention, healthInterpretation")
    assert len(await applied(server)) == 1
    assert ours(server) == SHIPPED[OURS] - {"retention", "healthInterpretation"}
    tell(server, "*")
    await applied(server)
    assert ours(server) == set()


async def test_mirrors_go_with_the_installation_and_users_interpreters_stay(server):
    mirror = customization("converter-mirror-x", "batch/v1beta1", "CronJob", retention="return nil")
    mirror["metadata"]["labels"] = {MIRROR_LABEL: "true"}
    theirs(server, mirror)
    theirs(server, customization("mine", "batch/v1", "CronJob", retention="return nil"))
    await applied(server)
    await uninstall(server, ADDRESSES, lambda _: None)
    assert [path for path in server.objects if path.startswith(CUSTOMIZATIONS)] == [f"{CUSTOMIZATIONS}/mine"]


class Old(FakeApiServer):
    """An API server before v1.30: it does not serve policies of admission."""

    async def get(self, path, params=None, **options):
        if "/validatingadmissionpolic" in path:
            raise NotFoundError(f"GET {path}", 404, "NotFound", "the server could not find the requested resource")
        return await super().get(path, params, **options)


async def test_what_an_old_api_server_does_not_serve_is_left_out():
    old = Old()
    left = {(finding.kind, finding.state) for finding in await applied(old)}
    assert left == {("ValidatingAdmissionPolicy", "unserved"), ("ValidatingAdmissionPolicyBinding", "unserved")}
    assert set((await states(old)).values()) == {"unserved"}
    assert WEBHOOK_PATH in old.objects


RULES = "/apis/apiconverter.dev/v1alpha1/conversionrules"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


async def test_rules_of_users_stay_and_the_crds_that_they_need(server):
    server.collections |= {"conversionrules", "losspolicies", "fieldweights"}
    await applied(server)
    assert len([path for path in server.objects if path.startswith(CRDS)]) == 3
    server.put(f"{RULES}/mine", {"metadata": {"name": "mine"}, "spec": {}})
    await uninstall(server, ADDRESSES, lambda _: None)
    left = {path for path in server.objects if "apiconverter" in path}
    assert left == {f"{CRDS}/conversionrules.apiconverter.dev", f"{RULES}/mine"}


async def test_the_rights_by_choice_of_an_installation_go_with_it(server):
    addresses = replace(ADDRESSES, namespace="elsewhere")
    await install(server, addresses, lambda _: None)
    chosen = [place_of(manifest).path for manifest in some(rights_by_choice(addresses))]
    for path, manifest in zip(chosen, rights_by_choice(addresses), strict=True):
        server.put(path, manifest)
    assert all("/namespaces/elsewhere/" in path or "/cluster" in path for path in chosen)
    await uninstall(server, addresses, lambda _: None)
    assert [path for path in chosen if path in server.objects] == []
    said = []
    await uninstall(server, addresses, said.append)  # not applied by all, so nobody misses them
    assert not [line for line in said if "member-schemas" in line]
