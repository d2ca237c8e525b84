"""The steps ``duration`` and ``quantity``: a text in one version is a number in the other."""

import pytest

from converter.errors import ManifestError
from tests.rulekit import converter, rule_text
from tests.stepkit import across, both_ways, converted

SECONDS = "duration: {text: spec.timeout, number: spec.timeoutSeconds, unit: s, side: left}"
MEBI = "quantity: {text: spec.memory, number: spec.memoryMiB, unit: Mi, side: right}"
CORES = 'quantity: {text: spec.cpu, number: spec.cpu, unit: "", side: left, fractions: true}'


@pytest.mark.parametrize(
    ("step", "left", "right"),
    [
        (SECONDS, {"spec": {"timeout": "1m30s"}}, {"spec": {"timeoutSeconds": 90}}),
        (SECONDS, {"spec": {"timeout": "-1s"}}, {"spec": {"timeoutSeconds": -1}}),
        (SECONDS, {"spec": {"timeout": "0s"}}, {"spec": {"timeoutSeconds": 0}}),
        (SECONDS, {"spec": {}}, {"spec": {}}),
        (MEBI, {"spec": {"memoryMiB": 2048}}, {"spec": {"memory": "2Gi"}}),
        (CORES, {"spec": {"cpu": "1500m"}}, {"spec": {"cpu": 1.5}}),
        (CORES, {"spec": {"cpu": "2"}}, {"spec": {"cpu": 2}}),
        ("duration: {text: 'l[*].every', number: 'l[*].every', unit: h, side: left, fractions: true}",
         {"l": [{"every": "30m0s"}, {}]}, {"l": [{"every": 0.5}, {}]}),
    ],
)  # fmt: skip
def test_an_amount_goes_there_and_back(step, left, right):
    both_ways(step, left, right)


@pytest.mark.parametrize(
    ("step", "toward", "given", "wanted"),
    [
        (SECONDS, "right", {"spec": {"timeout": "5m"}}, {"spec": {"timeoutSeconds": 300}}),
        (SECONDS, "right", {"spec": {"timeout": "0.5h"}}, {"spec": {"timeoutSeconds": 1800}}),
        (MEBI, "left", {"spec": {"memory": "1024Ki"}}, {"spec": {"memoryMiB": 1}}),
        (MEBI, "left", {"spec": {"memory": 1048576}}, {"spec": {"memoryMiB": 1}}),
    ],
)
def test_another_way_to_write_an_amount_is_stored_and_is_not_a_loss(step, toward, given, wanted):
    made, found = across(step, toward, given)
    assert (found, made.losses) == (wanted, ())
    assert made.conversion_data.values


def test_an_edit_wins_over_the_way_an_amount_was_written():
    made, _ = across(SECONDS, "right", {"spec": {"timeout": "5m"}})
    made.manifest["spec"]["timeoutSeconds"] = 60
    rules = converter(rule_text(f"steps:\n  - {SECONDS}"))
    back = rules.convert(made.manifest, to="a.example/v1", conversion_data=made.conversion_data)
    assert back.manifest["spec"] == {"timeout": "1m0s"}


@pytest.mark.parametrize(
    ("step", "toward", "given", "wanted", "path"),
    [
        (SECONDS, "right", {"spec": {"timeout": "1500ms"}}, {"spec": {"timeoutSeconds": 1}}, "spec.timeout"),
        (SECONDS, "right", {"spec": {"timeout": "-1500ms"}}, {"spec": {"timeoutSeconds": -1}}, "spec.timeout"),
        (MEBI, "left", {"spec": {"memory": "1000k"}}, {"spec": {"memoryMiB": 0}}, "spec.memory"),
        (CORES, "right", {"spec": {"cpu": "0.1234567890123456789"}}, {"spec": {"cpu": 0.12345678901234568}},
         "spec.cpu"),
    ],
)  # fmt: skip
def test_what_is_rounded_is_reported(step, toward, given, wanted, path):
    assert converted(step, toward, given, [path]) == wanted


@pytest.mark.parametrize(
    ("step", "toward", "fields", "path"),
    [
        (SECONDS, "right", {"spec": {"timeout": "soon"}}, "spec.timeout"),
        (SECONDS, "right", {"spec": {"timeout": 5}}, "spec.timeout"),
        (SECONDS, "left", {"spec": {"timeoutSeconds": "5"}}, "spec.timeoutSeconds"),
        (SECONDS, "left", {"spec": {"timeoutSeconds": 1.5}}, "spec.timeoutSeconds"),
        (SECONDS, "left", {"spec": {"timeoutSeconds": True}}, "spec.timeoutSeconds"),
        (SECONDS, "left", {"spec": {"timeoutSeconds": 10**18}}, "spec.timeoutSeconds"),
        (SECONDS, "left", {"spec": {"timeoutSeconds": 10**30}}, "spec.timeoutSeconds"),
        (MEBI, "left", {"spec": {"memory": "much"}}, "spec.memory"),
        (MEBI, "left", {"spec": {"memory": {}}}, "spec.memory"),
        ('quantity: {text: spec.a, number: spec.b, unit: "n", side: left}', "right", {"spec": {"a": "9E"}}, "spec.a"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_reported_with_its_path(step, toward, fields, path):
    with pytest.raises(ManifestError) as caught:
        converted(step, toward, fields)
    assert caught.value.path == path
