from __future__ import annotations

import msgspec
import pytest

from converter.catalog import load_catalog
from converter.config import RuleFile, read_parts
from converter.engine import Engine
from converter.errors import ProblemCode
from converter.losses.severity import Severity
from converter.rule_objects import Combiner, RuleKey, RuleState, read_object
from converter.rule_objects.model import MAX_OBJECT
from tests.nonempty import some

FILES = """
apiVersion: apiconverter.dev/v1alpha1
kind: ConversionRule
metadata: {name: shipped}
spec:
  kinds: [Apple, Pear]
  between: [example.com/v1, example.com/v2]
  steps: [{rename: {spec.a: spec.b}}]
---
apiVersion: apiconverter.dev/v1alpha1
kind: FieldWeights
metadata: {name: ours}
spec: {weights: [{weight: harmless, fields: [spec.x]}]}
"""
POLICY = """
---
apiVersion: apiconverter.dev/v1alpha1
kind: LossPolicy
metadata: {name: from-files}
spec: {default: {dangerous: deny}}
"""


def parts(text=FILES):
    return read_parts([RuleFile("files.yaml", text)])


def stored(name, spec, *, kind="ConversionRule", generation=1, created="2026-01-01T00:00:00Z", accepted=None, uid=""):
    status = {"accepted": {"generation": accepted[0], "spec": accepted[1]}} if accepted else {}
    metadata = {"name": name, "uid": uid or name, "generation": generation, "creationTimestamp": created}
    return read_object(msgspec.json.encode({"kind": kind, "metadata": metadata, "spec": spec, "status": status}))


def rule(kind="Plum", steps=({"rename": {"spec.c": "spec.d"}},), **more):
    return {"kind": kind, "between": ["example.com/v1", "example.com/v2"], "steps": list(steps), **more}


BROKEN = rule(steps=[{"frobnicate": {}}])


def convert(combination, kind, spec):
    manifest = {"apiVersion": "example.com/v1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    return Engine(combination.configuration).convert(manifest, "example.com/v2").manifest["spec"]


def key(name, kind="ConversionRule"):
    return RuleKey(kind, name)


def test_rules_of_files_and_objects_work_together():
    made = Combiner().combine(parts(), [stored("plum", rule())])
    assert convert(made, "Apple", {"a": 1}) == {"b": 1}
    assert convert(made, "Plum", {"c": 1}) == {"d": 1}
    assert made.verdicts[key("plum")].state is RuleState.ACCEPTED


def test_the_place_of_each_problem_is_named():
    spec = rule(steps=[{"rename": {"spec.c": "spec.d"}}, {"in": "spec.parts[*]", "steps": [{"drop": {"path": "a"}}]}])
    (verdict,) = Combiner().combine(parts(), [stored("plum", {**spec, "exampels": 1})]).verdicts.values()
    assert verdict.state is RuleState.INVALID
    assert verdict.in_use is None
    places = {(problem.path, problem.code) for problem in verdict.problems}
    assert ("spec.exampels", ProblemCode.UNKNOWN_KEY) in places
    assert ("spec.steps[1].steps[0].drop", ProblemCode.MISSING) in places
    assert all(problem.line == 0 and problem.file == "ConversionRule plum" for problem in some(verdict.problems))


def test_an_example_that_fails_names_itself():
    example = {"left": {"spec": {"c": 1}}, "right": {"spec": {"d": 2}}}
    (verdict,) = Combiner().combine(parts(), [stored("plum", rule(examples=[example]))]).verdicts.values()
    assert {(one.path, one.code) for one in verdict.problems} == {("spec.examples[0]", ProblemCode.EXAMPLE_FAILED)}


def test_steps_that_overlap_name_the_other_place_and_not_a_line():
    steps = [{"drop": {"path": "spec.c", "side": "left", "why": "no"}}] * 2
    (verdict,) = Combiner().combine(parts(), [stored("plum", rule(steps=steps))]).verdicts.values()
    (problem,) = verdict.problems
    assert (problem.path, problem.code) == ("spec.steps[1]", ProblemCode.OVERLAP)
    assert "spec.steps[0]" in problem.problem


def test_one_broken_object_affects_nothing_else():
    made = Combiner().combine(parts(), [stored("plum", BROKEN), stored("fig", rule("Fig"))])
    assert convert(made, "Fig", {"c": 1}) == {"d": 1}
    assert convert(made, "Apple", {"a": 1}) == {"b": 1}
    assert made.verdicts[key("plum")].state is RuleState.INVALID


def test_the_last_good_spec_stays_in_use_when_an_update_is_broken():
    combiner = Combiner()
    combiner.combine(parts(), [stored("plum", rule())])
    made = combiner.combine(parts(), [stored("plum", BROKEN, generation=2)])
    verdict = made.verdicts[key("plum")]
    assert (verdict.state, verdict.generation, verdict.in_use.generation) == (RuleState.INVALID, 2, 1)
    assert convert(made, "Plum", {"c": 1}) == {"d": 1}
    again = combiner.combine(parts(), [stored("plum", BROKEN, generation=2)])
    assert again.configuration.digest == made.configuration.digest


def test_a_process_that_starts_reads_the_last_good_spec_from_the_status():
    made = Combiner().combine(parts(), [stored("plum", BROKEN, generation=2, accepted=(1, rule()))])
    assert made.verdicts[key("plum")].in_use.generation == 1
    assert convert(made, "Plum", {"c": 1}) == {"d": 1}


def test_a_new_object_of_the_same_name_inherits_nothing():
    combiner = Combiner()
    combiner.combine(parts(), [stored("plum", rule(), uid="one")])
    made = combiner.combine(parts(), [stored("plum", BROKEN, uid="two")])
    assert made.verdicts[key("plum")].in_use is None


def test_a_pair_of_versions_that_files_have_is_a_conflict_unless_it_is_overridden():
    combiner = Combiner()
    both = {"kinds": ["Apple", "Pear"], "between": ["example.com/v2", "example.com/v1"], "steps": []}
    made = combiner.combine(parts(), [stored("ours", both)])
    assert made.verdicts[key("ours")].state is RuleState.CONFLICT
    assert convert(made, "Apple", {"a": 1}) == {"b": 1}
    made = combiner.combine(parts(), [stored("ours", {**both, "overrides": ["shipped"]})])
    assert made.verdicts[key("ours")].state is RuleState.ACCEPTED
    assert convert(made, "Apple", {"a": 1}) == {"a": 1}
    made = combiner.combine(parts(), [stored("shipped", {**both, "overrides": ["shipped"]})])
    assert made.verdicts[key("shipped")].state is RuleState.ACCEPTED
    assert convert(combiner.combine(parts(), []), "Apple", {"a": 1}) == {"b": 1}


@pytest.mark.parametrize("overrides", [["nobody"], ["shipped"], ["fig"]])
def test_an_override_names_a_rule_of_files_and_replaces_all_of_it(overrides):
    objects = [stored("fig", rule("Fig")), stored("ours", rule("Apple", overrides=overrides))]
    made = Combiner().combine(parts(), objects)
    assert made.verdicts[key("ours")].state is RuleState.CONFLICT
    assert convert(made, "Pear", {"a": 1}) == {"b": 1}


def test_of_two_objects_the_older_one_counts_in_any_order():
    older = stored("z", rule(), created="2026-01-01T00:00:00Z")
    newer = stored("a", rule(steps=[]), created="2026-02-01T00:00:00Z")
    for objects in ([older, newer], [newer, older]):
        made = Combiner().combine(parts(), objects)
        assert made.verdicts[key("z")].state is RuleState.ACCEPTED
        assert made.verdicts[key("a")].state is RuleState.CONFLICT
        assert convert(made, "Plum", {"c": 1}) == {"d": 1}
    digests = {Combiner().combine(parts(), order).configuration.digest for order in ([older, newer], [newer, older])}
    assert len(digests) == 1


def test_severities_of_objects_override_those_of_files_in_the_order_of_their_names():
    def weights(name, weight):
        return stored(name, {"weights": [{"weight": weight, "fields": ["spec.x"]}]}, kind="FieldWeights")

    def weigh(*objects):
        return Combiner().combine(parts(), objects).configuration.severities.weigh("Apple", ("spec", "x"))

    assert weigh() is Severity.HARMLESS
    assert weigh(weights("a", "dangerous")) is Severity.DANGEROUS
    assert weigh(weights("b", "degrading"), weights("a", "dangerous")) is Severity.DEGRADING


def test_one_loss_policy_is_in_use():
    policy = {"default": {"dangerous": "ignore"}}
    objects = [
        stored("one", policy, kind="LossPolicy"),
        stored("two", policy, kind="LossPolicy", created="2027-01-01T00:00:00Z"),
    ]
    made = Combiner().combine(parts(), objects)
    assert made.configuration.loss_policy.name == "one"
    assert made.verdicts[key("two", "LossPolicy")].state is RuleState.CONFLICT
    made = Combiner().combine(parts(FILES + POLICY), objects)
    assert made.configuration.loss_policy.name == "from-files"
    made = Combiner().combine(
        parts(FILES + POLICY), [stored("one", {**policy, "overrides": ["from-files"]}, kind="LossPolicy")]
    )
    assert made.configuration.loss_policy.name == "one"


@pytest.mark.parametrize("spec", [None, 7, [], "text", {}, {"kind": "A" * (MAX_OBJECT + 1)}])
def test_anything_else_is_refused_with_a_place(spec):
    (verdict,) = Combiner().combine(parts(), [stored("plum", spec)]).verdicts.values()
    assert verdict.state is RuleState.INVALID
    assert all(problem.path for problem in some(verdict.problems))


def test_what_is_nested_too_deep_is_refused():
    deep = {"a": 1}
    for _ in range(300):
        deep = {"in": "spec", "steps": [deep]}
    (verdict,) = Combiner().combine(parts(), [stored("plum", rule(steps=[deep]))]).verdicts.values()
    assert {one.code for one in verdict.problems} == {ProblemCode.TOO_LARGE}


def test_checking_remembers_nothing():
    combiner, files = Combiner(), parts()
    objects = [stored("plum", rule())]
    before = combiner.combine(files, objects)
    assert combiner.check(files, objects, stored("plum", rule(steps=[]), generation=2)) == []
    (problem,) = combiner.check(files, objects, stored("plum", BROKEN, generation=2))
    assert problem.code is ProblemCode.UNKNOWN_STEP
    assert combiner.combine(files, objects).configuration.digest == before.configuration.digest


def test_a_change_that_would_push_another_object_out_is_refused():
    older, newer = stored("a", rule("Fig")), stored("b", rule("Plum"), created="2026-02-01T00:00:00Z")
    combiner, files = Combiner(), parts()
    combiner.combine(files, [older, newer])
    (problem,) = combiner.check(files, [older, newer], stored("a", rule("Plum"), generation=2))
    assert problem.file == "ConversionRule b"


def test_a_new_object_has_no_age_yet_and_is_the_youngest():
    combiner, files = Combiner(), parts()
    objects = [stored("z", rule())]
    combiner.combine(files, objects)
    (problem,) = combiner.check(files, objects, stored("a", rule(), created=""))
    assert problem.code is ProblemCode.DUPLICATE
    assert problem.file == "ConversionRule a"


def test_fields_of_kubernetes_kinds_are_looked_up():
    catalog = load_catalog()
    spec = {"kind": "CronJob", "between": ["batch/v1", "batch/v1beta1"], "steps": [{"rename": {"spec.no": "spec.nor"}}]}
    (verdict,) = Combiner(catalog).combine(parts(), [stored("cron", spec)]).verdicts.values()
    assert {(one.path, one.code) for one in verdict.problems} == {
        ('spec.steps[0].rename["spec.no"]', ProblemCode.UNKNOWN_FIELD)
    }


def test_an_unchanged_object_is_not_read_again():
    combiner, files = Combiner(), parts()
    objects = [stored("plum", rule()), stored("fig", rule("Fig"))]
    first = {one.name: one for one in combiner.combine(files, objects).configuration.book.rules}
    objects[1] = stored("fig", rule("Fig", steps=[]), generation=2)
    second = {one.name: one for one in combiner.combine(files, objects).configuration.book.rules}
    assert second["plum"] is first["plum"]
    assert second["fig"] is not first["fig"]
