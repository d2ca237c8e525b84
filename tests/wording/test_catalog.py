"""What the catalog says in words: spans of releases, types, and hints about what a release does not know."""

from __future__ import annotations

import pytest

from converter.catalog import GateSettings, Release, load_catalog
from converter.catalog.feature_gates import FeatureGatesError
from converter.catalog.report import UnknownKindError, kind_report, spans
from converter.kube import GroupVersionKind

V1_20 = Release(1, 20)


def test_spans_of_releases():
    assert spans([Release(1, 14), Release(1, 12), Release(1, 13), Release(1, 20)]) == "v1.12 to v1.14, v1.20"


def test_the_type_of_a_map():
    field = load_catalog().field_at("v1.36", GroupVersionKind.of("v1", "ConfigMap"), "data")
    assert str(field) == "map of string"


@pytest.mark.parametrize(
    ("kind", "options", "hint"),
    [
        ("Cronjb", {}, "did you mean CronJob?"),
        ("ValidatingAdmissionPolicy", {}, "exists in v1.26 to v1.37"),
        ("zzzz", {}, "`converter catalog v1.20` lists"),
        ("CronJob", {"api_version": "batch/v1"}, "batch/v1beta1 or batch/v2alpha1"),
        ("CronJob", {"path": "spec.timeZone"}, "exists in v1.24"),
    ],
)
def test_a_hint_about_what_a_release_does_not_know(kind, options, hint):
    with pytest.raises(UnknownKindError) as caught:
        kind_report(load_catalog(), V1_20, kind, **options)
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A", "'A' is not a feature gate; write Name=true or Name=false"),
        ("A=yes", "'A=yes' is not a feature gate; write Name=true or Name=false"),
        ("A=true,", "'' is not a feature gate; write Name=true or Name=false"),
        ("A=true,A=false", "feature gate A is set twice; remove one"),
        (
            ",".join(f"A{number}=true" for number in range(513)),
            "more than 512 feature gates; set only those that differ",
        ),
    ],
)
def test_settings_that_cannot_be_used_say_what_to_write(text, message):
    with pytest.raises(FeatureGatesError) as raised:
        GateSettings.parse(text)
    assert str(raised.value) == message


def test_a_feature_gate_that_no_release_has():
    problem = GateSettings.parse("CronJobTimezone=true").unknown(load_catalog().gates_ever)
    assert str(problem) == "no Kubernetes release has a feature gate CronJobTimezone; did you mean CronJobTimeZone?"
