"""Whether manifests land on a fleet, and what each cluster gets."""

import pytest

from converter.errors import RuleBookError
from converter.losses.severity import Severity
from converter.testing import ArgumentError, DoesNotLandError, assert_lands, land, make_fleet
from tests.nonempty import some
from tests.reviewkit import config_map, cronjob, ingress

FLEET = make_fleet("v1.20", "v1.36")
ZONED = cronjob(timeZone="UTC")
GADGET = {"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "g"}}
UNNAMED = {"kind": "ConfigMap"}


def test_each_cluster_gets_a_version_that_it_serves():
    got = {one.cluster: one for one in land([cronjob()], FLEET)}
    assert got["v1.20"].manifest["apiVersion"] == "batch/v1beta1"
    assert got["v1.36"].manifest == cronjob()
    assert not any(one.refused or one.findings for one in some(got.values()))


def test_nothing_is_changed_and_nothing_is_shared():
    given = ingress()
    (landing,) = land(given, make_fleet("v1.36"))
    landing.manifest["metadata"]["name"] = "other"
    assert given == ingress()


def test_all_lands():
    assert_lands([cronjob(), ingress(), config_map()], FLEET, max_severity="none")


def severity_of(manifest):
    (weight,) = {finding.weight for one in land(manifest, FLEET) for finding in one.findings}
    return weight


@pytest.mark.parametrize("limit", ["none", *Severity])
def test_a_loss_fails_above_its_limit(limit):
    weight = severity_of(ZONED)
    allowed = limit != "none" and Severity(limit).severity >= weight.severity
    if allowed:
        assert_lands(ZONED, FLEET, max_severity=limit)
        return
    with pytest.raises(DoesNotLandError) as caught:
        assert_lands([config_map(), ZONED], FLEET, max_severity=limit)
    (finding,) = caught.value.findings
    assert (finding.path, finding.subject.cluster.name) == ("spec.timeZone", "v1.20")
    assert caught.value.count == 4


def test_the_limit_of_check_is_the_default():
    with pytest.raises(AssertionError):
        assert_lands(ZONED, FLEET) if severity_of(ZONED) is Severity.DANGEROUS else assert_lands(
            ZONED, FLEET, max_severity="harmless"
        )


@pytest.mark.parametrize("manifest", [GADGET, UNNAMED])
def test_a_manifest_that_a_cluster_cannot_have_fails_with_every_limit(manifest):
    assert [one.manifest for one in land(manifest, FLEET)] == [None, None]
    with pytest.raises(DoesNotLandError) as caught:
        assert_lands(manifest, FLEET, max_severity="dangerous")
    assert len(caught.value.findings) == len(FLEET)


def test_own_rules_count(tmp_path):
    (tmp_path / "weights.yaml").write_text(
        "apiVersion: apiconverter.dev/v1alpha1\nkind: FieldWeights\nspec:\n"
        "  weights: [{weight: harmless, kinds: [CronJob], fields: [spec.timeZone], why: all run in UTC}]\n"
    )
    assert_lands(ZONED, FLEET, max_severity="harmless", rules=[tmp_path])
    (tmp_path / "broken.yaml").write_text("a: [")
    with pytest.raises(RuleBookError):
        land(ZONED, FLEET, rules=[tmp_path / "broken.yaml"])


@pytest.mark.parametrize(("manifests", "fleet"), [([], FLEET), ("", FLEET), (cronjob(), {})])
def test_a_test_of_nothing_is_a_mistake(manifests, fleet):
    with pytest.raises(ArgumentError):
        assert_lands(manifests, fleet)


def test_a_limit_that_is_none():
    with pytest.raises(ArgumentError):
        assert_lands(cronjob(), FLEET, max_severity="severe")


def test_the_message_is_bounded_and_names_each_place():
    with pytest.raises(DoesNotLandError) as caught:
        assert_lands([cronjob(name=f"j{number}", timeZone="UTC") for number in range(200)], FLEET, max_severity="none")
    assert len(caught.value.findings) == 200
    text = str(caught.value)
    assert len(text.splitlines()) < 60
    assert {"v1.20", "demo/j0", "manifest#2"} <= set(text.replace("(", " ").replace(")", " ").replace(":", " ").split())
