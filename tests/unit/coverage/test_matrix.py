"""The coverage matrix says what catalog and rules say."""

import json

import pytest

from converter.coverage import State
from converter.coverage.page import render
from tests.nonempty import some
from tests.shipped import shipped_matrix


@pytest.fixture(scope="module")
def matrix():
    return shipped_matrix()


def cell(matrix, kind, release):
    (row,) = [row for row in matrix.rows if row.kind == kind]
    return dict(zip(map(str, matrix.releases), row.cells, strict=True))[release]


@pytest.mark.parametrize(
    ("kind", "release", "state", "version"),
    [
        ("CronJob", "v1.20", State.CONVERTED, "batch/v1beta1"),
        ("CronJob", "v1.21", State.NATIVE, "batch/v1"),
        ("Ingress", "v1.18", State.CONVERTED, "networking.k8s.io/v1beta1"),
        ("Ingress", "v1.12", State.CONVERTED, "extensions/v1beta1"),
        ("PodDisruptionBudget", "v1.20", State.CONVERTED, "policy/v1beta1"),
        ("IngressClass", "v1.16", State.ABSENT, ""),
        ("PodSecurityPolicy", "v1.25", State.ABSENT, ""),
    ],
)
def test_a_kind_s_newest_version_in_a_release(matrix, kind, release, state, version):
    found = cell(matrix, kind, release)
    assert (found.state, found.version) == (state, version)
    assert bool(found.why) == (state in (State.ABSENT, State.UNREACHABLE))


def test_fields_that_came_later_are_lost_before(matrix):
    assert "spec.timeZone" in cell(matrix, "CronJob", "v1.20").lost
    assert "spec.timeZone" not in cell(matrix, "CronJob", "v1.25").lost
    assert "spec.unhealthyPodEvictionPolicy" in cell(matrix, "PodDisruptionBudget", "v1.24").lost
    assert "spec.unhealthyPodEvictionPolicy" not in cell(matrix, "PodDisruptionBudget", "v1.27").lost


def test_a_renamed_field_is_not_lost(matrix):
    lost = cell(matrix, "Ingress", "v1.16").lost
    assert lost
    assert not any(path.startswith("spec.defaultBackend.service") for path in lost)


def test_the_newest_release_lacks_nothing_of_its_own_kinds(matrix):
    for row in some(matrix.rows):
        newest = row.cells[-1]
        assert newest.state is not State.NATIVE or newest.lost == (), row.kind


def test_no_kind_that_a_release_serves_is_out_of_reach_without_a_reason(matrix):
    for row in some(matrix.rows):
        for found in some(row.cells):
            assert found.state is not State.UNREACHABLE or found.why


def test_the_page_is_the_same_each_time_and_loads_nothing(matrix):
    page = render(matrix)
    assert page == render(matrix)
    for loading in ("src=", "href=", "@import", "url(", "fetch("):
        assert loading not in page
    data = page.partition('id="data">')[2].partition("</script>")[0]
    assert len(json.loads(data)["rows"]) == len(matrix.rows)


def test_what_a_release_refuses_is_in_its_cell_with_the_lost_members_of_unions(matrix):
    webhooks = "ValidatingWebhookConfiguration"
    assert len(cell(matrix, webhooks, "v1.24").refused) > len(cell(matrix, webhooks, "v1.14").refused) > 0
    old, new = cell(matrix, "Deployment", "v1.20").refused, cell(matrix, "Deployment", "v1.37").refused
    probe = "spec.template.spec.containers[*].livenessProbe.grpc"
    assert any(text.startswith(probe) for text in old)
    assert new == ()
    assert not any(".volumes[*]." in text for text in old), "becomes an empty directory"
