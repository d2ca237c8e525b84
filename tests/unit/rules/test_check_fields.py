"""Fields are looked for where the version itself has them, whatever the steps before and after have moved."""

import pytest

from converter.catalog import load_catalog
from converter.config import Configuration, RuleFile
from converter.errors import ProblemCode, RuleBookError
from tests.rulekit import rule_text

V1, V1BETA1 = "networking.k8s.io/v1", "networking.k8s.io/v1beta1"


def found(body, kind="Ingress", left=V1, right=V1BETA1):
    text = rule_text(body, left=left, right=right).replace("kind: Thing", f"kind: {kind}")
    try:
        Configuration.read([RuleFile("rules.yaml", text)], load_catalog())
    except RuleBookError as error:
        return error.problems
    return ()


def problems(*args, **options):
    return [(problem.line, problem.code, problem.problem) for problem in found(*args, **options)]


def test_a_misspelled_field_is_reported_with_its_line():
    [(line, code, text)] = problems("steps:\n  - rename: {spec.defaultBackent: spec.backend}")
    assert (line, code) == (8, ProblemCode.UNKNOWN_FIELD)
    assert "networking.k8s.io/v1 Ingress " in text
    assert " spec.defaultBackent " in text


def test_left_and_right_mixed_up_is_reported():
    wrong = problems("steps:\n  - rename: {spec.backend: spec.defaultBackend}")
    assert [code for _, code, _ in wrong] == [ProblemCode.WRONG_SIDE] * 2


WHOLE = "rename: {spec.defaultBackend: spec.backend}"
AFTER = "rename: {spec.backend.service.name: spec.backend.serviceName}"
BEFORE = "rename: {spec.defaultBackend.service.name: spec.defaultBackend.serviceName}"
INSIDE = "in: [spec.backend], steps: [{rename: {service.name: serviceName}}]"


@pytest.mark.parametrize(("first", "second"), [(WHOLE, AFTER), (BEFORE, WHOLE), (WHOLE, INSIDE)])
def test_names_follow_the_steps_before_and_after(first, second):
    assert problems(f"steps: [{{{first}}}, {{{second}}}]") == []


def test_names_follow_into_and_out_of_an_object():
    body = """
        steps:
          - nest: {into: "spec.devices.requests[*].exactly", fields: [count, selectors], side: left}
          - drop: {path: "spec.devices.requests[*].count", side: left, why: test}
    """
    assert problems(body, "ResourceClaim", "resource.k8s.io/v1beta2", "resource.k8s.io/v1beta1") == []


def test_a_field_named_for_both_sides_need_be_on_one_only():
    assert problems("steps: [{omitZero: {path: spec.backend.serviceName, side: left, zero: ''}}]") == []
    assert problems("steps: [{omitZero: {path: spec.backend.serviceNamf, side: left, zero: ''}}]")


def test_a_version_that_no_release_has_is_reported():
    [(_, code, text)] = problems("steps: []", right="networking.k8s.io/v9")
    assert code is ProblemCode.UNKNOWN_KIND
    assert text.endswith("networking.k8s.io/v9 Ingress")
    assert len(problems("steps: []", kind="Ingres")) == 2


def test_groups_of_an_admin_are_not_judged():
    assert problems("steps: [{rename: {spec.a: spec.b}}]", "Ingress", "acme.io/v1", "acme.io/v2") == []


def test_kinds_of_subresources_are_in_no_catalog():
    assert problems("steps: []", "Eviction", "policy/v1", "policy/v1beta1") == []
