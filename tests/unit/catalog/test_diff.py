"""Two releases side by side."""

import pytest

from converter.catalog import Release
from converter.catalog.diff import release_diff
from converter.catalog.report import UnknownKindError
from tests.nonempty import some

V1_20, V1_24, V1_36 = Release(1, 20), Release(1, 24), Release(1, 36)


def names(kinds):
    return {f"{kind.api_version} {kind.kind}" for kind in kinds}


def test_versions_gained_and_lost(catalog):
    diff = release_diff(catalog, V1_20, V1_24)
    assert {"batch/v1 CronJob", "policy/v1 PodDisruptionBudget"} <= names(diff.gained)
    assert {"networking.k8s.io/v1beta1 Ingress", "extensions/v1beta1 Ingress"} <= names(diff.lost)
    assert "apps/v1 Deployment" not in names(diff.gained) | names(diff.lost)


def test_fields_gained_are_named_at_their_outermost_path(catalog):
    diff = release_diff(catalog, V1_20, V1_24, kind="DaemonSet")
    (daemon_set,) = diff.kinds
    gained = set(daemon_set.gained)
    assert "spec.updateStrategy.rollingUpdate.maxSurge" in gained
    assert "spec.template.spec.os" in gained
    assert not {path for path in gained if path.startswith("spec.template.spec.os.")}
    assert daemon_set.lost == ("spec.template.spec.volumes[*].ephemeral.readOnly",)  # alpha in v1.20, then dropped


def test_a_kind_whose_version_changed_is_compared_across_the_change(catalog):
    (cron_job,) = release_diff(catalog, V1_20, V1_36, kind="cronjobs").kinds
    assert (cron_job.was, cron_job.api_version) == ("batch/v1beta1", "batch/v1")
    assert "spec.timeZone" in cron_job.gained


@pytest.mark.parametrize("all_versions", [False, True])
def test_back_and_forth_are_mirror_images(catalog, all_versions):
    there = release_diff(catalog, V1_20, V1_36, all_versions=all_versions)
    back = release_diff(catalog, V1_36, V1_20, all_versions=all_versions)
    assert (there.gained, there.lost) == (back.lost, back.gained)
    assert [(kind.was, kind.gained, kind.lost) for kind in there.kinds] == [
        (kind.api_version, kind.lost, kind.gained) for kind in back.kinds
    ]


def test_every_reported_field_is_where_it_is_said_to_be(catalog):
    reported = {"gained": 0, "lost": 0}
    for old, new in some(zip(catalog.releases, catalog.releases[1:], strict=False)):
        for kind in release_diff(catalog, old, new, all_versions=True).kinds:  # may be empty
            before, after = (
                {f"{gvk.api_version} {gvk.kind}": gvk for gvk in catalog.served(release, all_versions=True)}
                for release in (old, new)
            )
            was, now = before[f"{kind.was} {kind.kind}"], after[f"{kind.api_version} {kind.kind}"]
            reported["gained"] += len(kind.gained)
            reported["lost"] += len(kind.lost)
            for path in kind.gained:  # may be empty
                assert catalog.field_at(old, was, path) is None
                assert catalog.field_at(new, now, path) is not None
            for path in kind.lost:  # may be empty
                assert catalog.field_at(old, was, path) is not None
                assert catalog.field_at(new, now, path) is None
    assert all(reported.values()), reported


def test_a_release_does_not_differ_from_itself(catalog):
    diff = release_diff(catalog, V1_24, V1_24, all_versions=True)
    assert (diff.gained, diff.lost, diff.kinds) == ((), (), ())


def test_a_kind_that_neither_has(catalog):
    with pytest.raises(UnknownKindError):
        release_diff(catalog, V1_20, V1_24, kind="Nonsense")
