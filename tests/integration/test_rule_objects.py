"""Rules as objects of real API servers: stored as they are, checked by the webhook, taken into use, and reported."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import copy
import datetime as dt

import msgspec
import pytest

from converter.certificates.tls import ServingCertificate, write_throwaway
from converter.client import ApiServer, NotFoundError, RejectedError
from converter.client.collections import CONVERSION_RULES, LOSS_POLICIES
from converter.client.rule_objects import RULE_COLLECTIONS, RuleObjectWatch
from converter.config import SHIPPED_RULES, read_rule_files
from converter.controllers.rule_status import ACCEPTED, COMPILED, CONFLICTS, RuleStatusReconciler
from converter.install.interpreters import APPLY
from converter.install.manifests import CRD, Addresses, karmada_part, place_of
from converter.karmada.conditions import find_condition
from converter.rule_objects import RuleKey
from converter.server.run import Address, serve
from converter.server.wiring import Settings, assemble
from converter.yaml import load_all
from tests.nonempty import some
from tests.waiting import until, until_passes

NAME = "widget-v1-v1beta1"
RULE = {
    "apiVersion": "apiconverter.dev/v1alpha1",
    "kind": "ConversionRule",
    "metadata": {"name": NAME},
    "spec": {
        "kind": "Widget",
        "between": ["example.com/v1", "example.com/v1beta1"],
        "steps": [
            {"rename": {"spec.size": "spec.bigness"}},
            {"in": "spec.parts[*]", "steps": [{"values": {"path": "mode", "pairs": [{"left": None, "right": "x"}]}}]},
        ],
        "examples": [{"left": {"spec": {"size": 1}}, "right": {"spec": {"bigness": 1}}}],
    },
}
SHIPPED = "cronjob-v1-v1beta1"
CRON = {"kind": "CronJob", "between": ["batch/v1", "batch/v1beta1"], "steps": []}


@pytest.fixture(scope="module", params=("1.30", "1.36"))
def server(request, apiservers):
    return apiservers[request.param]


@pytest.fixture
async def admin(server):
    async with await ApiServer.connect(server.kubeconfig) as admin:
        for crd in some(item for item in karmada_part(Addresses()) if item["kind"] == CRD):
            path = place_of(crd).path
            await admin.patch(f"{path}?fieldManager=test&force=true", crd, APPLY)

            async def is_established(path=path):
                status = msgspec.json.decode(await admin.get(path)).get("status", {})
                conditions = {one["type"]: one["status"] for one in status.get("conditions") or ()}
                assert conditions.get("NonStructuralSchema") != "True", status
                return conditions.get("Established") == "True"

            await until_passes(is_established)
        yield admin
        for collection in RULE_COLLECTIONS.values():
            for item in msgspec.json.decode(await admin.get(collection.path()))["items"]:
                await delete(admin, collection.object_path("", item["metadata"]["name"]))


@pytest.fixture
async def running(admin, tmp_path):
    """The processes as far as rule objects are concerned, with the webhook of deploy/karmada."""
    served = assemble(Settings(inventory=None))
    ca, certificate, key = write_throwaway(tmp_path, ["127.0.0.1"], dt.datetime.now(dt.UTC))
    watch = RuleObjectWatch(admin, served.rules.follow_objects)
    bound, stop = [], asyncio.Event()
    context = ServingCertificate(certificate, key).context
    task = asyncio.ensure_future(
        serve(served.app, Address.parse("127.0.0.1:0"), context, background=[watch.run()], stop=stop,
              listening=bound.append, drain_seconds=0)
    )  # fmt: skip
    await until(lambda: bound or task.done())
    bundle = base64.b64encode(ca.read_bytes()).decode()
    addresses = Addresses(webhooks=bound[0].url, ca_bundle=bundle)
    (hook,) = [item for item in karmada_part(addresses) if item["kind"] == "ValidatingWebhookConfiguration"]
    await admin.patch(f"{place_of(hook).path}?fieldManager=test&force=true", hook, APPLY)
    await watch.synced.wait()
    await until_passes(lambda: calls_the_webhook(admin))
    try:
        yield served.rules
    finally:
        await delete(admin, place_of(hook).path)
        stop.set()
        await task


async def delete(admin, path):
    with contextlib.suppress(NotFoundError):
        found = msgspec.json.decode(await admin.get(path))
        await admin.delete(path, uid=found["metadata"]["uid"])


async def calls_the_webhook(admin):
    try:
        await create(admin, changed(kind="CronJob", between=["batch/v1", "batch/v9"]), dry=True)
    except RejectedError:
        return True
    return False


def changed(**spec):
    return {**copy.deepcopy(RULE), "spec": {**copy.deepcopy(RULE["spec"]), **spec}}


def named(name, **spec):
    return {**RULE, "metadata": {"name": name}, "spec": spec}


async def create(admin, rule, *, dry=False):
    path = RULE_COLLECTIONS[rule["kind"]].path()
    query = "?dryRun=All&fieldValidation=Strict" if dry else ""
    return msgspec.json.decode(await admin.create(f"{path}{query}", rule))


async def apply(admin, rule):
    path = CONVERSION_RULES.object_path("", rule["metadata"]["name"])
    return msgspec.json.decode(await admin.patch(f"{path}?fieldManager=test&force=true", rule, APPLY))


async def conditions(admin, rules, name):
    """Write the status of an object as the controller does, and return its conditions and the generation in use."""
    now = lambda: dt.datetime.now(dt.UTC)  # noqa: E731
    await RuleStatusReconciler(admin, lambda: rules.verdicts, now).reconcile(RuleKey("ConversionRule", name))
    status = msgspec.json.decode(await admin.get(CONVERSION_RULES.object_path("", name))).get("status", {})
    found = {kind: find_condition(status["conditions"], kind) for kind in (ACCEPTED, COMPILED, CONFLICTS)}
    assert {one["observedGeneration"] for one in found.values()} == {status["observedGeneration"]}
    assert all(one["message"] for one in found.values())
    return {kind: one["status"] for kind, one in found.items()}, (status.get("accepted") or {}).get("generation")


async def test_the_api_server_stores_every_shipped_document_as_it_is(admin):
    documents = [document for file in read_rule_files([SHIPPED_RULES]) for document in load_all(file.text)]
    for document in [*some(documents), RULE]:
        stored = await create(admin, document, dry=True)
        assert stored["spec"] == document["spec"]


@pytest.mark.parametrize(
    "spec",
    [
        {"kinds": ["Gadget"]},
        {"unconvertible": "both"},
        {"between": ["example.com/v1", "example.com/v1"]},
        {"between": ["example.com/v1"]},
        {"kind": None, "kinds": ["Widget"], "resource": {"plural": "widgets"}},
        {"steps": [{"drop": {"path": "a", "side": "left", "why": "b"}, "call": "x"}]},
        {"steps": [{"drop": {"path": "a", "side": "middle", "why": "b"}}]},
        {"steps": [{"drop": "a"}]},
    ],
)
async def test_the_schema_refuses_what_no_rule_may_be(admin, spec):
    rule = changed(**spec)
    rule["spec"] = {key: value for key, value in rule["spec"].items() if value is not None}
    with pytest.raises(RejectedError) as caught:
        await create(admin, rule, dry=True)
    assert "spec" in str(caught.value)


async def test_explain_describes_every_field(admin):
    document = msgspec.json.decode(await admin.get("/openapi/v3/apis/apiconverter.dev/v1alpha1"))
    schemas = document["components"]["schemas"]
    for kind in some(RULE_COLLECTIONS):
        (schema,) = [one for name, one in schemas.items() if name.endswith(f".{kind}")]
        missing = [*undescribed(schema["properties"]["spec"], "spec"), *undescribed(schema["properties"]["status"], "")]
        assert not missing


def undescribed(schema, path):
    if path and not schema.get("description"):
        yield path
    for name, below in schema.get("properties", {}).items():
        yield from undescribed(below, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from undescribed(schema[key], f"{path}[]")


async def test_a_rule_is_taken_into_use_and_its_status_says_so(admin, running):
    await apply(admin, RULE)
    await until(lambda: "Widget" in running.current.book.kinds())
    assert await conditions(admin, running, NAME) == ({ACCEPTED: "True", COMPILED: "True", CONFLICTS: "False"}, 1)

    await delete(admin, CONVERSION_RULES.object_path("", NAME))
    await until(lambda: "Widget" not in running.current.book.kinds())
    assert not running.verdicts


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ({"steps": [{"frobnicate": {}}]}, "spec.steps[0]"),
        ({"steps": [{"rename": {"spec.a": "spec.b[*].c"}}]}, 'spec.steps[0].rename["spec.a"]'),
        ({"steps": [{"drop": {"path": "spec.a", "side": "left", "why": "b", "empty": 1}}]}, "spec.steps[0].drop.empty"),
        ({"exampels": []}, "spec.exampels"),
        ({"steps": []}, "spec.examples[0]"),
        ({"overrides": ["nobody"]}, "spec"),
        ({**CRON, "examples": []}, "spec"),
    ],
)
async def test_the_webhook_refuses_with_the_place(admin, running, spec, place):
    with pytest.raises(RejectedError) as caught:
        await apply(admin, changed(**spec))
    assert f"{place}: " in str(caught.value)
    assert not running.verdicts


async def test_an_object_overrides_a_shipped_rule_if_it_says_so(admin, running):
    rule = named("ours", **CRON, overrides=[SHIPPED])
    await apply(admin, rule)
    await until(lambda: "ours" in {one.name for one in running.current.book.rules})
    assert SHIPPED not in {one.name for one in running.current.book.rules}
    await delete(admin, CONVERSION_RULES.object_path("", "ours"))
    await until(lambda: SHIPPED in {one.name for one in running.current.book.rules})


async def test_a_broken_update_that_nobody_refused_leaves_the_last_good_rule_in_use(admin, running):
    await apply(admin, RULE)
    await until(lambda: "Widget" in running.current.book.kinds())
    assert (await conditions(admin, running, NAME))[1] == 1
    (hook,) = [item for item in karmada_part(Addresses()) if item["kind"] == "ValidatingWebhookConfiguration"]
    path = place_of(hook).path
    await admin.patch(path, [{"op": "replace", "path": "/webhooks/0/rules/0/operations", "value": ["CREATE"]}],
                      "application/json-patch+json")  # fmt: skip

    async def is_written():
        with contextlib.suppress(RejectedError):
            return await apply(admin, changed(steps=[{"frobnicate": {}}]))

    await until_passes(is_written)
    await until(lambda: running.verdicts[RuleKey("ConversionRule", NAME)].generation == 2)
    assert "Widget" in running.current.book.kinds()
    assert await conditions(admin, running, NAME) == ({ACCEPTED: "False", COMPILED: "False", CONFLICTS: "False"}, 1)
    fresh = assemble(Settings(inventory=None)).rules  # a process that starts now
    watch = RuleObjectWatch(admin, fresh.follow_objects)
    task = asyncio.ensure_future(watch.run())
    await watch.synced.wait()
    task.cancel()
    assert "Widget" in fresh.current.book.kinds()


async def test_weights_and_the_policy_are_objects_too(admin, running):
    weights = {
        "apiVersion": RULE["apiVersion"], "kind": "FieldWeights", "metadata": {"name": "ours"},
        "spec": {"weights": [{"weight": "dangerous", "kinds": ["Service"], "fields": ["spec.trafficDistribution"]}]},
    }  # fmt: skip
    policy = {
        "apiVersion": RULE["apiVersion"], "kind": "LossPolicy", "metadata": {"name": "fleet"},
        "spec": {"default": {"dangerous": "deny"}},
    }  # fmt: skip
    await create(admin, weights)
    await create(admin, policy)
    await until(lambda: running.current.loss_policy is not None and len(running.verdicts) == 2)
    assert all(not verdict.all_problems for verdict in some(running.verdicts.values()))
    with pytest.raises(RejectedError):
        await create(admin, {**policy, "metadata": {"name": "other"}})
    await delete(admin, LOSS_POLICIES.object_path("", "fleet"))
    await until(lambda: running.current.loss_policy is None)
