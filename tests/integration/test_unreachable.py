"""What the tests let pass is listed and proven in docs/reference/unreachable.md, by the same names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from converter.rules.differences import Difference
from tests.controlplanes.client import ApiError
from tests.controlplanes.places import REPOSITORY
from tests.integration.misses import Miss, Way
from tests.integration.unreachable import UNREACHABLE, explained


@pytest.mark.parametrize("sort", UNREACHABLE, ids=lambda sort: sort.name)
def test_each_sort_has_a_section(sort):
    assert f"\n### {sort.name}\n" in (REPOSITORY / "docs" / "reference" / "unreachable.md").read_text("utf-8")


SERIES = Miss(Way("v1", "events.k8s.io/v1beta1", defaulted=True), Difference("series.state", wanted=""))


def refused(target, field, reason, **sent):
    body = {"details": {"causes": [{"field": field, "reason": reason, "message": "words"}]}}
    return Miss(Way("a", target), refusal=ApiError("POST", "/", 422, body), sent=sent)


def test_a_sort_explains_only_its_own_kinds_releases_ways_and_places():
    assert explained("1.16", "Event", SERIES) is not None
    assert explained("1.20", "Event", SERIES) is None
    assert explained("1.16", "Deployment", SERIES) is None
    assert explained("1.16", "Event", replace(SERIES, difference=Difference("series.count", wanted=""))) is None
    assert explained("1.16", "Event", replace(SERIES, difference=Difference("series.state", got=""))) is None
    assert explained("1.16", "Event", replace(SERIES, way=SERIES.way.there_and_back())) is None


def test_a_refusal_is_explained_by_its_causes_and_not_by_its_words():
    kind = "ValidatingWebhookConfiguration"
    version = "admissionregistration.k8s.io/v1"
    assert explained("1.36", kind, refused(version, "webhooks[0].sideEffects", "FieldValueNotSupported")) is not None
    assert explained("1.36", kind, refused(version, "webhooks[0].sideEffects", "FieldValueRequired")) is None
    assert explained("1.36", kind, refused(version, "webhooks[0].name", "FieldValueNotSupported")) is None


def test_what_the_converter_refuses_itself_is_never_explained():
    assert explained("1.16", "Event", Miss(SERIES.way, problem="series.state is missing")) is None


def test_only_metrics_that_change_places_with_the_cpu_are_explained():
    way = Way("autoscaling/v1", "autoscaling/v2", defaulted=True)
    kind = "HorizontalPodAutoscaler"
    cpu, memory = {"name": "cpu"}, {"name": "memory"}
    assert explained("1.36", kind, Miss(way, Difference("spec.metrics[0].type", "Pods", "Resource"))) is not None
    assert explained("1.36", kind, Miss(way, Difference("spec.metrics[0].type", "Pods", "Object"))) is None
    assert explained("1.36", kind, Miss(way, Difference("spec.metrics[0].resource", wanted=cpu))) is not None
    assert explained("1.36", kind, Miss(way, Difference("spec.metrics[0].resource", wanted=memory))) is None
    assert explained(
        "1.36", kind, Miss(way, Difference("spec.metrics[0].resource.target.type", "Value", "Utilization"))
    )
    assert explained("1.36", kind, Miss(way, Difference("spec.metrics[0].resource.target.type", "Value", "x"))) is None
    back = Way("autoscaling/v2", "autoscaling/v1", defaulted=True)
    assert explained("1.36", kind, Miss(back, Difference("spec.metrics[0].type", "Pods", "Resource"))) is None
