"""Rules against CRDs: unknown fields with their line, and what the proof lists."""

from converter.config import RuleFile, parse_rules
from converter.errors import ProblemCode
from converter.rules.check_crds import check_crds
from converter.rules.crds import CrdSchemas
from tests.rulekit import rule_text


def crds(left, right):
    versions = [
        {"name": name, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {
            "type": "object", "properties": {field: {"type": "string"} for field in fields}}}}}}
        for name, fields in (("v1", left), ("v2", right))
    ]  # fmt: skip
    names = {"kind": "Thing", "plural": "things"}
    spec = {"group": "a.example", "names": names, "versions": versions}
    return CrdSchemas.of([{"kind": "CustomResourceDefinition", "metadata": {"name": "t"}, "spec": spec}])


def problems(body, fields, across, left="a.example/v1", right="a.example/v2"):
    rules = parse_rules([RuleFile("r.yaml", rule_text(body, left=left, right=right))])
    report = check_crds(rules, crds(fields, across))
    return [(problem.line, problem.code) for problem in report.problems], report.compared


def test_a_misspelled_field_is_reported_with_its_line():
    found, _ = problems("steps:\n  - rename: {spec.olt: spec.new}", ["old"], ["new"])
    assert (8, ProblemCode.UNKNOWN_FIELD) in found


def test_left_and_right_mixed_up_is_reported():
    found, _ = problems("steps:\n  - rename: {spec.new: spec.old}", ["old"], ["new"])
    assert [code for _, code in found].count(ProblemCode.WRONG_SIDE) == 2


def test_a_field_that_no_step_names_is_reported_at_the_rule():
    found = problems("steps: []", ["old"], [])
    assert found == ([(1, ProblemCode.UNMAPPED_FIELD)], 1)


def test_a_proved_rule_has_no_problem():
    assert problems("steps: [{rename: {spec.old: spec.new}}]", ["old"], ["new"]) == ([], 1)


def test_a_version_that_the_crd_lacks_is_reported():
    found = problems("steps: []", ["a"], ["a"], right="a.example/v3")
    assert found == ([(1, ProblemCode.UNKNOWN_KIND)], 0)


def test_other_groups_and_rules_that_do_not_convert_are_left_out():
    assert problems("steps: []", ["a"], [], left="b.example/v1", right="b.example/v2") == ([], 0)
    assert problems("unconvertible: never", ["a"], []) == ([], 0)


def test_a_misspelled_kind_is_reported_and_what_no_crd_has_is_skipped():
    """Without a finding, nothing was proved, and the rule would never be used."""
    for kind, codes in (("Thingy", [ProblemCode.UNKNOWN_KIND] * 2), ("Gadget", [])):
        text = rule_text("steps: []", left="a.example/v1", right="a.example/v2").replace("kind: Thing", f"kind: {kind}")
        report = check_crds(parse_rules([RuleFile("r.yaml", text)]), crds(["a"], ["a"]))
        assert [problem.code for problem in report.problems] == codes
        assert report.compared == 0
        assert [gvk.kind for _, missing in report.skipped for gvk in missing] == [kind, kind]
