"""What Kueue's functions do beyond the recorded answers: several slices, bounds, and values of a wrong type."""

import pytest

from converter.errors import ManifestError
from converter.rules.functions.kueue import MAX_DOMAINS

V1BETA1, V1BETA2 = "kueue.x-k8s.io/v1beta1", "kueue.x-k8s.io/v1beta2"
ASSIGNMENT = "status.admission.podSetAssignments[0].topologyAssignment"


def workload(version, spec=None, **assignment):
    status = {"admission": {"podSetAssignments": [{"topologyAssignment": {"levels": ["rack"], **assignment}}]}}
    return {"apiVersion": version, "kind": "Workload", "metadata": {"name": "w"}, "spec": spec or {}, "status": status}


def one(value, count=1, pods=2):
    return {"domainCount": count, "valuesPerLevel": [{"universal": value}], "podCounts": {"universal": pods}}


def test_several_slices_are_the_same_as_one_and_come_back_as_they_were(shipped):
    given = workload(V1BETA2, slices=[one("a"), one("b")])
    made = shipped.convert(given, to=V1BETA1)
    assert made.manifest == workload(V1BETA1, domains=[{"values": ["a"], "count": 2}, {"values": ["b"], "count": 2}])
    assert made.losses == ()
    assert shipped.convert(made.manifest, V1BETA2, made.conversion_data).manifest == given


@pytest.mark.parametrize(
    ("values", "individual"),
    [
        (["ababa", "aba"], {"suffix": "aba", "roots": ["ab", ""]}),
        (["rack-1-a", "rack-22-a"], {"prefix": "rack-", "suffix": "-a", "roots": ["1", "22"]}),
        (["x", "y"], {"roots": ["x", "y"]}),
    ],
)
def test_what_domains_have_in_common_is_written_once(values, individual, shipped):
    domains = [{"values": [value], "count": number} for number, value in enumerate(values, 1)]
    made = shipped.convert(workload(V1BETA1, domains=domains), to=V1BETA2).manifest
    counts = {"individual": [1, 2]}
    slices = [{"domainCount": 2, "valuesPerLevel": [{"individual": individual}], "podCounts": counts}]
    assert made == workload(V1BETA2, slices=slices)
    assert shipped.convert(made, to=V1BETA1).manifest == workload(V1BETA1, domains=domains)


@pytest.mark.parametrize(
    ("assignment", "path"),
    [
        ({"slices": [one("a", MAX_DOMAINS + 1)]}, "slices[0]"),
        ({"slices": [one("a", MAX_DOMAINS), one("b")]}, "slices[1]"),
        ({"slices": [one("a", -1)]}, "slices[0]"),
        ({"slices": ["a"]}, "slices[0]"),
        ({"slices": {}}, "slices"),
        ({"slices": [{**one("a"), "valuesPerLevel": []}]}, "slices[0].valuesPerLevel[0]"),
        ({"slices": [{**one("a", 2), "podCounts": {"individual": [1]}}]}, "slices[0].podCounts"),
    ],
)
def test_slices_that_do_not_fit_are_refused_with_their_place(assignment, path, shipped):
    with pytest.raises(ManifestError) as caught:
        shipped.convert(workload(V1BETA2, **assignment), to=V1BETA1)
    assert caught.value.path == f"{ASSIGNMENT}.{path}"


def test_a_domain_without_a_value_for_each_level_is_refused(shipped):
    with pytest.raises(ManifestError) as caught:
        shipped.convert(workload(V1BETA1, domains=[{"values": [], "count": 1}]), to=V1BETA2)
    assert caught.value.path == f"{ASSIGNMENT}.domains[0].values"


@pytest.mark.parametrize(
    ("spec", "lost"),
    [
        ({"priorityClassName": "high"}, {"spec.priorityClassName"}),
        (
            {"priorityClassName": "high", "priorityClassSource": "other"},
            {"spec.priorityClassName", "spec.priorityClassSource"},
        ),
    ],
)
def test_a_class_without_a_known_source_is_lost_and_comes_back(spec, lost, shipped):
    given = workload(V1BETA1, spec)
    made = shipped.convert(given, to=V1BETA2)
    assert made.manifest["spec"] == {}
    assert {loss.path for loss in made.losses} == lost
    assert shipped.convert(made.manifest, V1BETA1, made.conversion_data).manifest == given
