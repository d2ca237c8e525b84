"""One release, and a kind in it, as people ask for them."""

import pytest

from converter.catalog import Release
from converter.catalog.report import UnknownKindError, kind_report, served_kinds, spans, stability

V1_20, V1_24 = Release(1, 20), Release(1, 24)


def test_a_span_names_its_first_and_last_release_only():
    span = spans([Release(1, 14), Release(1, 12), Release(1, 13), Release(1, 20)])
    assert [release in span for release in ("v1.12", "v1.13", "v1.14", "v1.20")] == [True, False, True, True]
    assert spans([]) == ""


def test_all_versions_include_what_is_off_by_default(catalog):
    default = {(kind.api_version, kind.kind) for kind in served_kinds(catalog, V1_20)}
    every = {(kind.api_version, kind.kind): kind for kind in served_kinds(catalog, V1_20, all_versions=True)}
    assert default < set(every)
    assert not every["batch/v2alpha1", "CronJob"].default_on
    assert every["batch/v2alpha1", "CronJob"].known_in == spans(Release(1, minor) for minor in range(12, 21))


@pytest.mark.parametrize("name", ["CronJob", "cronjob", "cronjobs", "CRONJOBS"])
def test_a_kind_is_found_by_its_name_or_plural(catalog, name):
    report = kind_report(catalog, V1_20, name)
    assert [version.api_version for version in report.versions] == ["batch/v1beta1", "batch/v2alpha1"]
    assert report.shown == "batch/v1beta1 CronJob"


def test_the_most_stable_served_version_is_shown_unless_one_is_named(catalog):
    assert kind_report(catalog, V1_24, "CronJob").shown == "batch/v1 CronJob"
    assert kind_report(catalog, Release(1, 20), "Ingress").shown == "networking.k8s.io/v1 Ingress"
    named = kind_report(catalog, V1_24, "CronJob", api_version="batch/v1beta1")
    assert named.shown == "batch/v1beta1 CronJob"


def test_the_order_of_versions_is_that_of_kubernetes():
    versions = ["v1alpha1", "nonsense", "v2", "v1", "v2beta1", "v1beta2", "v1beta1", "v2alpha1"]
    best_first = sorted(versions, key=stability, reverse=True)
    assert best_first == ["v2", "v1", "v2beta1", "v1beta2", "v1beta1", "v2alpha1", "v1alpha1", "nonsense"]


def test_the_tree_goes_as_deep_as_asked_and_can_start_below(catalog):
    shallow = kind_report(catalog, V1_24, "CronJob", depth=1)
    assert [node.fields for node in shallow.fields] == [()] * len(shallow.fields)
    spec = kind_report(catalog, V1_24, "CronJob", path="spec", depth=2)
    fields = {node.name: node for node in spec.fields}
    assert fields["timeZone"].type == "string"
    assert "spec" in {node.name for node in fields["jobTemplate"].fields}


def test_the_whole_tree_of_a_type_inside_itself_ends(catalog):
    report = kind_report(catalog, V1_24, "CustomResourceDefinition", depth=0)
    assert report.fields


@pytest.mark.parametrize(
    ("kind", "options", "similar", "elsewhere"),
    [
        ("Cronjb", {}, ("CronJob",), []),
        ("ValidatingAdmissionPolicy", {}, (), range(26, 38)),
        ("zzzz", {}, (), []),
        ("CronJob", {"api_version": "batch/v1"}, ("batch/v1beta1", "batch/v2alpha1"), []),
    ],
)
def test_what_is_not_there_is_an_error_with_what_is_near_it(catalog, kind, options, similar, elsewhere):
    with pytest.raises(UnknownKindError) as caught:
        kind_report(catalog, V1_20, kind, **options)
    assert caught.value.release == V1_20
    assert caught.value.similar == similar
    assert sorted(caught.value.elsewhere) == [Release(1, minor) for minor in elsewhere]


def test_a_field_that_came_later_is_an_error_with_the_releases_that_know_it(catalog):
    with pytest.raises(UnknownKindError) as caught:
        kind_report(catalog, V1_20, "CronJob", path="spec.timeZone")
    assert min(caught.value.elsewhere) == V1_24
