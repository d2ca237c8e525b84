from __future__ import annotations

import io
import json
import logging

import pytest

from converter.client.errors import RejectedError
from converter.server.conversion_log import ConversionLog
from converter.server.logging import FORMATS, emit, set_up
from converter.server.metrics import Metrics


@pytest.fixture
def stream(request):
    """What is logged, in the style and level that the test names."""
    out = io.StringIO()
    set_up(*request.param, out)
    return out


@pytest.mark.parametrize("stream", [("json", "info")], indirect=True)
def test_json_lines(stream):
    log = logging.getLogger("some.where")
    log.info("done with %s", "it", extra={"count": 3, "name_": "a\nb"})
    log.debug("not this")
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        log.exception("broken")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first["message"] == "done with it"
    assert (first["level"], first["logger"], first["count"], first["name_"]) == ("info", "some.where", 3, "a\nb")
    assert first["time"].endswith("Z")
    assert "ZeroDivisionError" in second["traceback"]


@pytest.mark.parametrize("stream", [("text", "info")], indirect=True)
def test_text_lines_cannot_be_forged(stream):
    logging.getLogger("x").warning(
        "hm\nERROR forged", extra={"a": "plain/1", "b": "two words", "c": "x\u2028y\nz", "d": 1}
    )
    (line,) = stream.getvalue().splitlines()
    assert 'WARNING hm\\nERROR forged a=plain/1 b="two words"' in line
    assert line.endswith("d=1")


@pytest.mark.parametrize("stream", [(style, "info") for style in FORMATS], indirect=True)
def test_a_conversion_is_one_line_and_says_who_what_and_how(stream):
    activity = ConversionLog(Metrics(["works"]))
    activity.converted("edge", "CronJob", "demo/nightly", "batch/v1", "batch/v1beta1", 2)
    activity.refused("attic", "IngressClass", "nginx", "networking.k8s.io/v1", "it serves none")
    first, second = stream.getvalue().splitlines()
    for word in ("edge", "CronJob", "demo/nightly", "batch/v1beta1", "losses"):
        assert word in first
    assert "it serves none" in second


@pytest.mark.parametrize("stream", [("text", "warning")], indirect=True)
def test_a_level_drops_what_is_less(stream):
    activity = ConversionLog(Metrics(["works"]))
    activity.converted("edge", "CronJob", "demo/nightly", "batch/v1", "batch/v1beta1", 0)
    assert stream.getvalue() == ""


async def test_lines_of_conversions_wait_for_each_other(until, caplog):
    caplog.set_level(logging.INFO)
    activity = ConversionLog(Metrics(["works"]))
    for number in range(3):
        activity.converted("edge", "CronJob", f"demo/{number}", "batch/v1", "batch/v1beta1", 0)
    assert not caplog.records
    await until(lambda: len(caplog.records) == 3)


def test_nothing_is_nothing(caplog):
    emit("x", [])
    assert not caplog.records


@pytest.mark.parametrize("stream", [(style, "info") for style in FORMATS], indirect=True)
def test_an_error_of_an_api_server_is_logged_without_what_it_quotes(stream):
    said_nowhere = 2
    error = RejectedError("PATCH /x", 422, "Invalid", 'spec.a: Invalid value: "hunter2": no')
    log = logging.getLogger("x")
    log.warning("cannot write %s: %s", "x", error)
    wrong = RuntimeError(f"hunter{said_nowhere}")
    wrong.__cause__ = error
    log.error("broken", exc_info=wrong)
    said = stream.getvalue()
    assert "hunter2" not in said
    assert said.count("PATCH /x") == 2
    assert "RuntimeError" in said
