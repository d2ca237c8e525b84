from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from converter.client import Informer, Key
from converter.client.rule_objects import RULE_COLLECTIONS
from converter.clusters.crds_of_rules import RuleProver
from converter.clusters.watched_crds import CRDS, decode_head
from converter.controllers.rule_status import ACCEPTED, COMPILED, CONFLICTS, PROVED, RuleStatusReconciler, status_of
from converter.errors import RuleProblem
from converter.karmada.conditions import find_condition
from converter.rule_objects import RuleKey, Verdict
from converter.rule_objects.model import Spec
from tests.fakes.apiserver import FakeApiServer
from tests.nonempty import some

KEY = RuleKey("ConversionRule", "plum")
PATH = RULE_COLLECTIONS["ConversionRule"].object_path("", "plum")
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=1)
PROBLEM = RuleProblem("ConversionRule plum", 0, "is wrong", path="spec.steps[0]")
GOOD = Verdict(1, in_use=Spec(1, b'{"steps":[]}'))
BROKEN = Verdict(2, problems=(PROBLEM,), in_use=GOOD.in_use)
CONFLICT = Verdict(2, conflicts=(PROBLEM,))


def states(status):
    return {kind: find_condition(status["conditions"], kind)["status"] for kind in (ACCEPTED, COMPILED, CONFLICTS)}


@pytest.mark.parametrize(
    ("verdict", "wanted", "accepted"),
    [
        (GOOD, ("True", "True", "False"), 1),
        (BROKEN, ("False", "False", "False"), 1),
        (CONFLICT, ("False", "True", "True"), None),
    ],
)
def test_three_conditions_say_what_became_of_it(verdict, wanted, accepted):
    status = status_of(verdict, {}, NOW)
    assert tuple(states(status).values()) == wanted
    assert (status.get("accepted") or {}).get("generation") == accepted
    assert {one["observedGeneration"] for one in status["conditions"]} == {verdict.generation}
    if verdict is not GOOD:
        assert "spec.steps[0]" in find_condition(status["conditions"], ACCEPTED)["message"]


def test_a_condition_that_does_not_change_keeps_its_time():
    first = status_of(GOOD, {}, NOW)
    assert status_of(GOOD, first, LATER) == first
    second = status_of(BROKEN, first, LATER)
    times = {one["type"]: one["lastTransitionTime"] for one in second["conditions"]}
    assert times[ACCEPTED] > times[CONFLICTS]


def test_a_message_is_bounded():
    many = Verdict(1, problems=(RuleProblem("x", 0, "y" * 900),) * 100)
    assert all(len(one["message"]) <= 4096 for one in some(status_of(many, {}, NOW)["conditions"]))


@pytest.fixture
async def server():
    made = FakeApiServer()
    made.collections |= {"conversionrules"}
    made.put(PATH, {"metadata": {"name": "plum"}, "spec": {"steps": []}})
    return made


def reconciler(server, verdicts):
    return RuleStatusReconciler(server, lambda: verdicts, lambda: NOW)


async def test_the_status_is_written_once(server):
    one = reconciler(server, {KEY: GOOD})
    await one.reconcile(KEY)
    await one.reconcile(KEY)
    assert server.writes == [f"PATCH {PATH}/status"]
    assert server.objects[PATH]["status"]["accepted"]["spec"] == {"steps": []}


async def test_a_spec_that_is_replaced_leaves_nothing_of_the_old_one(server):
    await reconciler(server, {KEY: GOOD}).reconcile(KEY)
    await reconciler(server, {KEY: Verdict(1, in_use=Spec(1, b'{"unconvertible":"no"}'))}).reconcile(KEY)
    assert server.objects[PATH]["status"]["accepted"]["spec"] == {"unconvertible": "no"}


async def test_an_older_verdict_is_not_written(server):
    server.apply(PATH, lambda thing: thing["spec"].update(steps=[{}]))
    await reconciler(server, {KEY: GOOD}).reconcile(KEY)
    assert not server.writes


async def test_what_is_gone_or_unknown_is_left_alone(server):
    await reconciler(server, {}).reconcile(KEY)
    server.remove(PATH)
    await reconciler(server, {KEY: GOOD}).reconcile(KEY)
    assert not server.writes


THINGS = CRDS.object_path("", "things.example.com")
RULE = {
    "kind": "Thing", "between": ["example.com/v1", "example.com/v2"],
    "steps": [{"rename": {"spec.size": "spec.width"}}],
}  # fmt: skip


def crd(uid="c", generation=1, **fields):
    """The CRD of Thing; each version has these fields of the spec."""
    versions = []
    for name, some_fields in fields.items():
        spec = {"type": "object", "properties": {field: {"type": "string"} for field in some_fields}}
        schema = {"type": "object", "properties": {"spec": spec}}
        versions.append({"name": name, "served": True, "schema": {"openAPIV3Schema": schema}})
    spec = {"group": "example.com", "scope": "Namespaced", "names": {"plural": "things", "kind": "Thing"}}
    metadata = {"name": "things.example.com", "uid": uid, "generation": generation}
    return {"metadata": metadata, "spec": {**spec, "versions": versions}}


class Proving:
    """A rule for Thing, and the controller that proves it."""

    def __init__(self, server, spec=RULE, verdict=GOOD):
        self.server = server
        server.objects[PATH]["spec"] = spec
        self.known = Informer(server, CRDS, decode_head, metadata_only=True)
        prover = RuleProver(server, self.known)
        self.reconciler = RuleStatusReconciler(server, lambda: {KEY: verdict}, lambda: NOW, prover)

    def use(self, manifest):
        key = Key("", manifest["metadata"]["name"])
        self.server.objects[THINGS] = manifest
        self.known.items[key] = decode_head(msgspec.json.encode(manifest))

    async def proved(self):
        await self.reconciler.reconcile(KEY)
        return find_condition(self.server.objects[PATH]["status"]["conditions"], PROVED)


async def test_a_rule_that_covers_each_field_of_the_crd_is_proved(server):
    it = Proving(server)
    it.use(crd(v1=["size"], v2=["width"]))
    assert (await it.proved())["status"] == "True"


async def test_each_open_field_is_listed_and_a_new_generation_of_the_crd_is_proved_again(server):
    it = Proving(server)
    it.use(crd(v1=["size", "color"], v2=["width", "depth"]))
    found = await it.proved()
    assert (found["status"], found["reason"]) == ("False", "OpenFields")
    assert {"spec.color", "spec.depth"} <= {word.strip(",;") for word in found["message"].split()}
    assert find_condition(server.objects[PATH]["status"]["conditions"], ACCEPTED)["status"] == "True", "it only warns"
    it.use(crd(generation=2, v1=["size"], v2=["width"]))
    assert (await it.proved())["status"] == "True"


async def test_a_crd_is_read_once_for_each_generation(server):
    it = Proving(server)
    it.use(crd(v1=["size"], v2=["width"]))
    for _ in range(3):
        await it.proved()
    assert server.reads.count(THINGS) == 1


@pytest.mark.parametrize("manifest", [None, crd(v1=["size"])])
async def test_a_rule_without_both_versions_in_a_crd_is_not_compared(server, manifest):
    it = Proving(server)
    if manifest is not None:
        it.use(manifest)
    found = await it.proved()
    assert (found["status"], found["reason"]) == ("Unknown", "NoSchema")


async def test_a_broken_rule_is_not_compared(server):
    it = Proving(server, {**RULE, "steps": [{"fly": 1}]}, Verdict(1, problems=(PROBLEM,)))
    it.use(crd(v1=["size"], v2=["width"]))
    assert (await it.proved())["reason"] == "NotValid"


async def test_crds_that_may_not_be_read_and_schemas_that_cannot(server):
    it = Proving(server)
    it.use(crd(v1=["size"], v2=["width"]))
    server.fail = lambda _method, path: (403, "Forbidden") if path == THINGS else None
    assert (await it.proved())["reason"] == "CRDsNotReadable"
    server.fail = lambda _method, _path: None
    broken = crd(generation=2, v1=["size"], v2=["width"])
    broken["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"] = 7
    it.use(broken)
    assert (await it.proved())["reason"] == "SchemaNotReadable"


async def test_the_list_of_open_fields_is_bounded(server):
    it = Proving(server)
    it.use(crd(v1=["size", *(f"field{number}" for number in range(500))], v2=["width"]))
    found = await it.proved()
    assert 3000 < len(found["message"]) <= 4096
    assert "field499" not in found["message"]


async def test_only_rules_are_proved(server):
    key = RuleKey("LossPolicy", "fleet")
    path = RULE_COLLECTIONS["LossPolicy"].object_path("", "fleet")
    server.put(path, {"metadata": {"name": "fleet"}, "spec": {}})
    prover = RuleProver(server, Informer(server, CRDS, decode_head))
    await RuleStatusReconciler(server, lambda: {key: GOOD}, lambda: NOW, prover).reconcile(key)
    assert find_condition(server.objects[path]["status"]["conditions"], PROVED) is None
