"""Tracebacks name what was called and the types of errors, and quote no value."""

import pytest

from converter.client.errors import RejectedError
from converter.errors import ManifestError
from converter.tracebacks import traceback_of
from tests.nonempty import some


def raised(*errors):
    """Raise errors, each caused by the one before, and catch the last."""
    before = None
    for error in some(errors):
        with pytest.raises(type(error)) as caught:
            raise error from before
        before = caught.value
    return before


def test_messages_of_python_are_left_out_and_ours_stay():
    value = "hunter" + "2"
    said = traceback_of(raised(ValueError(value), KeyError(value), ManifestError("must be an object", "spec")))
    assert value not in said
    types = ("ValueError", "KeyError", "ManifestError: spec: must be an object")
    assert [said.index(name) for name in types] == sorted(said.index(name) for name in types), "the cause comes first"
    assert said.count("in raised") == len(types)


def test_what_an_api_server_quotes_is_left_out():
    value = "hunter" + "2"
    error = RejectedError("PATCH /x", 422, "Invalid", f'spec.a: Invalid value: "{value}"')
    said = traceback_of(raised(error))
    assert value not in said
    assert "PATCH /x" in said


def failing(*, suppress):
    """Raise an error while another one is handled."""
    try:
        {}["x"]
    except KeyError:
        if suppress:
            raise IndexError from None
        raise IndexError  # noqa: B904  not its cause


def during_another(*, suppress):
    with pytest.raises(IndexError) as caught:
        failing(suppress=suppress)
    return caught.value


def test_an_error_during_another_is_shown_unless_it_is_suppressed():
    assert "KeyError" in traceback_of(during_another(suppress=False))
    assert "KeyError" not in traceback_of(during_another(suppress=True))


def test_a_chain_is_bounded():
    said = traceback_of(raised(*(ValueError() for _ in range(50))))
    assert said.count("ValueError") < 10
