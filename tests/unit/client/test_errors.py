"""What errors of an API server say in a log: the request, and nothing that it quotes of the object."""

import pytest

from converter.client.errors import RejectedError, error_for

REQUEST = "PATCH /apis/work.karmada.io/v1alpha1/namespaces/karmada-es-old/works/shop"


@pytest.mark.parametrize(
    "problem",
    [
        'admission webhook "works.apiconverter.dev" denied the request: CronJob x would lose: a = "hunter2"',
        'Work.work.karmada.io "shop" is invalid: metadata.labels: Invalid value: "hunter2": must be shorter',
        'spec.type: Unsupported value: "hunter2": supported values: "A", "B"',
        'spec.names[1]: Duplicate value: "hunter2"',
        'spec.data: Invalid value: map[string]interface {}{"a":"hunter2"}: too long',
    ],
)
def test_what_is_quoted_of_the_object_is_cut(problem):
    error = RejectedError(REQUEST, 422, "Invalid", problem)
    assert "hunter2" in str(error)
    said = error.for_log()
    assert "hunter2" not in said
    assert said.startswith(f"{REQUEST}: {problem[:20]}")
    assert said.endswith("(422 Invalid)")


def test_what_quotes_nothing_stays():
    problem = 'works "shop" is forbidden: User "converter:controller" cannot patch resource "works"'
    error = RejectedError(REQUEST, 403, "Forbidden", problem)
    assert error.for_log() == str(error)


@pytest.mark.parametrize("status", [0, 401, 403, 404])
def test_the_next_step_names_the_server_and_the_text_for_logs_does_not(status):
    error = error_for("GET /api/v1/nodes", status, b"{}", server="https://karmada:5443")
    assert "https://karmada:5443" in error.next_step
    assert error.next_step not in str(error)
    assert "5443" not in error.for_log()


def test_a_server_without_karmada_s_api_gets_another_next_step():
    of = [error_for(f"GET {path}", 404, b"{}").next_step for path in ("/apis/work.karmada.io/v1/works", "/api/v1/pods")]
    assert of[0] != of[1]


def test_other_answers_need_no_next_step():
    assert error_for("GET /", 409, b"{}").next_step == ""
