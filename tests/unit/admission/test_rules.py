from __future__ import annotations

import msgspec
import pytest

from converter.admission.review import ALL_WARNINGS, ReviewError
from converter.admission.rules import SHOWN, RulesWebhook
from converter.errors import RuleProblem

SPEC = {"kind": "Plum", "between": ["example.com/v1", "example.com/v2"], "steps": []}


def thing(spec=None, **metadata):
    return {"kind": "ConversionRule", "metadata": {"name": "plum", **metadata}, "spec": SPEC if spec is None else spec}


def answer(given, *, problems=(), **request):
    asked = []

    def check(one):
        asked.append(one)
        return list(problems)

    body = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {"uid": "7", "operation": "CREATE", "object": given, **request},
    }
    response = msgspec.json.decode(RulesWebhook(check).answer(msgspec.json.encode(body)))["response"]
    assert response["uid"] == "7"
    return response, asked


def problem(number):
    return RuleProblem("ConversionRule plum", 0, f"problem{number}", path=f"spec.steps[{number}]")


def test_what_is_right_is_allowed():
    response, asked = answer(thing())
    assert response["allowed"]
    assert [str(one.key) for one in asked] == ["ConversionRule plum"]


def test_what_is_wrong_is_denied_with_each_place():
    response, _ = answer(thing(), problems=[problem(1), problem(2)])
    assert not response["allowed"]
    assert {"spec.steps[1]", "spec.steps[2]", "problem1", "problem2"} <= {
        word.strip(":;") for word in response["status"]["message"].split()
    }


def test_the_denial_is_bounded():
    response, _ = answer(thing(), problems=[problem(number) for number in range(SHOWN + 5)])
    assert f"problem{SHOWN - 1}" in response["status"]["message"]
    assert f"problem{SHOWN}" not in response["status"]["message"]


@pytest.mark.parametrize(
    ("given", "request_"),
    [
        (thing(), {"operation": "UPDATE", "oldObject": thing(labels={"a": "b"})}),
        (thing({"broken": 1}, deletionTimestamp="2026-01-01T00:00:00Z"), {"operation": "UPDATE", "oldObject": thing()}),
        (None, {"operation": "DELETE", "oldObject": thing()}),
        (thing(), {"subResource": "status", "operation": "UPDATE"}),
        ({**thing(), "kind": "Work"}, {}),
    ],
)
def test_what_changes_no_rule_is_not_checked(given, request_):
    response, asked = answer(given, problems=[problem(1)], **request_)
    assert response["allowed"]
    assert not asked


def test_an_update_is_checked():
    response, asked = answer(thing({"steps": []}), problems=[problem(1)], operation="UPDATE", oldObject=thing())
    assert not response["allowed"]
    assert len(asked) == 1


@pytest.mark.parametrize("given", [{"metadata": 7}, {"kind": "ConversionRule", "metadata": {"generation": "x"}}, []])
def test_what_is_not_an_object_is_denied(given):
    response, asked = answer(given)
    assert not response["allowed"]
    assert not asked


def test_what_is_not_a_review_is_an_error():
    with pytest.raises(ReviewError):
        RulesWebhook(lambda _: []).answer(b"{}")


def test_what_is_not_proved_is_warned_about_and_allowed():
    def warn(one):
        return [f"{one.key} field{number}" for number in range(500)]

    request = {"uid": "7", "operation": "CREATE", "object": thing()}
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    raw = RulesWebhook(lambda _: [], warn).answer(msgspec.json.encode(body))
    response = msgspec.json.decode(raw)["response"]
    assert response["allowed"]
    assert "field0" in response["warnings"][0]
    assert sum(map(len, response["warnings"])) <= ALL_WARNINGS


def test_what_is_refused_is_not_proved():
    response, _ = answer(thing(), problems=[problem(1)])
    assert "warnings" not in response
