"""Works and reviews as Karmada sends them, and what the webhook answers."""

import pytest

from converter.admission.review import ReviewError
from converter.testing import ArgumentError, admit, make_fleet, make_review, make_work
from tests.reviewkit import config_map, cronjob

FLEET = make_fleet(old="v1.20", new="v1.36")
GADGET = {"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "g"}}


def manifests(work):
    return work["spec"]["workload"]["manifests"]


def test_a_work_holds_copies():
    given = cronjob()
    work = make_work(given, config_map(), cluster="old")
    assert manifests(work) == [cronjob(), config_map()]
    assert work["metadata"]["namespace"] == "karmada-es-old"
    assert work == make_work(given, config_map(), cluster="old")
    manifests(work)[0]["spec"].clear()
    assert given == cronjob()
    assert make_work(given, cluster="old", name="mine")["metadata"]["name"] == "mine"


@pytest.mark.parametrize("given", [(), ({},), ({"kind": "A", "metadata": {}},), ({"metadata": {"name": "a"}},)])
def test_a_work_without_a_name(given):
    with pytest.raises(ArgumentError):
        make_work(*given, cluster="old")


def test_a_work_is_converted():
    answer = admit(make_review(make_work(cronjob(), cluster="old")), FLEET)
    assert answer.allowed
    assert answer.message == ""
    assert [one["apiVersion"] for one in manifests(answer.work)] == ["batch/v1beta1"]


def test_a_work_that_needs_no_conversion_is_stored_as_it_is():
    work = make_work(cronjob(), cluster="new")
    answer = admit(make_review(work), FLEET)
    assert (answer.work, answer.warnings) == (work, ())


def test_a_work_that_its_cluster_cannot_have_is_denied():
    answer = admit(make_review(make_work(GADGET, cluster="old")), FLEET)
    assert (answer.allowed, answer.work) == (False, None)
    assert answer.message


def test_an_update_has_the_stored_work():
    work = make_work(cronjob(), cluster="old")
    stored = admit(make_review(work), FLEET).work
    review = make_review(make_work(cronjob(suspend=True), cluster="old"), old=stored)
    assert (review["request"]["operation"], review["request"]["oldObject"]) == ("UPDATE", stored)
    assert manifests(admit(review, FLEET).work)[0]["spec"]["suspend"] is True


def test_what_is_not_a_review():
    with pytest.raises(ReviewError):
        admit({"kind": "Work"}, FLEET)
