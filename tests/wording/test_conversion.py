"""What messages about conversions, and about what is stored for the way back, say."""

from __future__ import annotations

import base64
import zlib

import pytest

from converter.conversion import ConversionData, Reason, UnrestoredValue
from converter.errors import ManifestError, NoRouteError
from converter.karmada.carried_status import STATUS_MARKER, unpack
from tests.rulekit import converter, routes, rule_text, thing

A, B = "a.example/v1", "a.example/v2"
NOTHING = "steps: []"


def test_no_route():
    with pytest.raises(NoRouteError) as caught:
        routes(rule_text(NOTHING, left=A, right=B)).cheapest("Thing", A, ["a.example/v9", "b.example/v1"])
    assert "no rule converts Thing from a.example/v1 to a.example/v9 or b.example/v1" in str(caught.value)


def test_a_manifest_that_is_nested_too_deep():
    value = {}
    for _ in range(600):
        value = {"x": value}
    with pytest.raises(ManifestError, match="nested too deep"):
        converter(rule_text(NOTHING, left=A, right=B)).convert(thing(A, spec=value), to=B)


def test_conversion_data_that_cannot_be_read():
    with pytest.raises(ManifestError, match="not conversion data"):
        ConversionData.from_json("[]")


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        (Reason.CHANGED, "edited after the conversion"),
        (Reason.REMOVED, "around it was removed"),
        (Reason.AMBIGUOUS, "the list around it was edited"),
        (Reason.EXCLUDED, "excludes it"),
        (Reason.OVERRIDES, "undo an edit"),
    ],
)
def test_a_value_that_an_edit_keeps_out(reason, says):
    text = str(UnrestoredValue("spec.a", "its value", reason))
    assert text.startswith("spec.a: the original value was not restored, because ")
    assert says in text
    assert "its value" not in text, "it may be a secret"


def test_a_whole_manifest_that_an_edit_keeps_out():
    assert str(UnrestoredValue("", {}, Reason.CHANGED)).startswith("the object: ")


def test_a_carried_status_that_cannot_be_read():
    with pytest.raises(ManifestError, match="status"):
        unpack(STATUS_MARKER + "[]")


def test_a_carried_status_that_is_too_large():
    bomb = base64.b64encode(zlib.compress(b" " * (16 << 20))).decode()
    with pytest.raises(ManifestError, match="larger than any status"):
        unpack(f"{STATUS_MARKER}z:{bomb}")
