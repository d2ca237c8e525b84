"""A collected status in the version of the template, whatever the rules refuse."""

import msgspec
import pytest

from converter.works.collected_status import converted_back
from tests.rulekit import converter, rule_text, thing

V1, V2 = "a.example/v1", "a.example/v2"
RENAME = "{rename: {status.a: status.b}}"


def back(step, manifest, status):
    engine = converter(rule_text(f"steps: [{RENAME}, {{refuse: {{{step}, side: right, why: never}}}}]"))
    return converted_back(status, manifest, V1, engine)


@pytest.mark.parametrize("path", ["driver", "spec", "spec.size"])
def test_a_field_that_must_not_be_missing_is_looked_for_in_the_manifest(path):
    given = thing(V2, driver="x", spec={"size": 1})
    assert back(f"path: {path}, missing: true", given, {"b": 1}) == ({"a": 1}, "")


def test_a_status_is_refused_by_its_own_fields():
    status, why = back("path: status.b, except: [1]", thing(V2, spec={}), {"b": 2})
    assert status is msgspec.UNSET
    assert why
    assert back("path: status.b, except: [1]", thing(V2, spec={}), {"b": 1}) == ({"a": 1}, "")


def test_what_the_rules_refuse_of_the_rest_does_not_matter_to_the_status():
    assert back("path: spec.mode", thing(V2, spec={"mode": "x"}), {"b": 1}) == ({"a": 1}, "")


def test_a_manifest_that_lacks_the_field_says_so():
    status, why = back("path: driver, missing: true", thing(V2), {"b": 1})
    assert status is msgspec.UNSET
    assert "driver" in why
