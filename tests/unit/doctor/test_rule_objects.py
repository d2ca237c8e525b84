"""Rule objects that are not in use or were not seen, and CRDs of another release."""

import pytest

from converter.client.rule_objects import RULE_COLLECTIONS
from converter.clusters.watched_crds import CRDS
from converter.doctor import rule_objects
from converter.doctor.finding import Trouble
from converter.doctor.rule_objects import check_rule_objects

CRD = CRDS.object_path("", "conversionrules.apiconverter.dev")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch, karmada):
    monkeypatch.setattr(rule_objects, "PATIENCE", 0.0)
    karmada.collections |= {collection.resource for collection in RULE_COLLECTIONS.values()}


def put(karmada, name="plum", kind="ConversionRule", generation=2, **status):
    path = RULE_COLLECTIONS[kind].object_path("", name)
    karmada.put(path, {"kind": kind, "metadata": {"name": name}, "spec": {}})
    karmada.objects[path]["metadata"]["generation"] = generation
    if status:
        karmada.objects[path]["status"] = status


def condition(*, accepted, reason="Accepted", message=""):
    return [{"type": "Accepted", "status": str(accepted), "reason": reason, "message": message}]


async def found(patient):
    return {item.thing.name: (item.trouble, dict(item.facts)) for item in await check_rule_objects(patient)}


async def test_all_is_well_without_objects_and_with_good_ones(patient, karmada):
    assert await found(patient) == {}
    put(karmada, observedGeneration=2, conditions=condition(accepted=True))
    assert await found(patient) == {}


@pytest.mark.parametrize("reason", ["Invalid", "Conflict"])
async def test_an_object_that_is_not_in_use(patient, karmada, reason):
    conditions = condition(accepted=False, reason=reason, message="spec.steps[0]: why")
    put(karmada, observedGeneration=2, conditions=conditions, accepted={"generation": 1, "spec": {}})
    put(karmada, "fig", "LossPolicy", observedGeneration=2, conditions=conditions)
    facts = {"reason": reason, "message": "spec.steps[0]: why"}
    assert await found(patient) == {
        "plum": (Trouble.RULE_NOT_IN_USE, {**facts, "generationInUse": "1"}),
        "fig": (Trouble.RULE_NOT_IN_USE, {**facts, "generationInUse": "none"}),
    }


async def test_an_object_that_nobody_has_looked_at(patient, karmada):
    put(karmada)
    put(karmada, "old", observedGeneration=1, conditions=condition(accepted=True))
    facts = {"generation": "2", "observedGeneration": "none"}
    assert await found(patient) == {
        "plum": (Trouble.RULE_NOT_SEEN, facts),
        "old": (Trouble.RULE_NOT_SEEN, {**facts, "observedGeneration": "1"}),
    }


async def test_an_object_that_is_seen_in_a_moment_is_no_trouble(patient, karmada):
    put(karmada)
    looks = []

    def seen(_method, path):
        if path == RULE_COLLECTIONS["ConversionRule"].path():
            looks.append(1)
            if len(looks) == 2:
                put(karmada, observedGeneration=2, conditions=condition(accepted=True))

    karmada.fail = seen
    assert await found(patient) == {}
    assert len(looks) == 2


async def test_a_crd_that_is_missing_and_one_of_another_release(patient, karmada):
    before = karmada.objects[CRD]
    karmada.remove(CRD)
    assert await found(patient) == {
        "conversionrules.apiconverter.dev": (Trouble.RULE_CRDS_OUTDATED, {"state": "missing"})
    }
    karmada.objects[CRD] = before
    version = before["spec"]["versions"][0]
    del version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["overrides"]
    ((trouble, facts),) = (await found(patient)).values()
    assert trouble is Trouble.RULE_CRDS_OUTDATED
    assert facts["state"] == "different"
    assert facts["differs"].endswith("properties.overrides")
