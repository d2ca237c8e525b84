"""The releases that an installation accepts, warns about and refuses."""

import pytest

from converter.install.versions import FLOORS, VersionError, Versions, check_versions, parse, server_version
from tests.fakes.apiserver import FakeApiServer

GOOD = Versions("v1.18.2", "v1.36.3", "v1.30.14")


@pytest.mark.parametrize("karmada", ["v1.18.2", "v1.15.0", "v1.12.10", "v1.13.7", "v1.14.4", "v1.14.10", "v2.0.0"])
def test_a_release_with_the_fixes_is_accepted(karmada):
    assert check_versions(GOOD._replace(karmada=karmada)) == []


@pytest.mark.parametrize("karmada", ["v1.12.0", "v1.12.9", "v1.13.6", "v1.14.0", "v1.14.3"])
def test_a_release_below_its_floor_is_warned_about(karmada):
    (warning,) = check_versions(GOOD._replace(karmada=karmada))
    (floor,) = [floor for floor in FLOORS if floor[:2] == parse(karmada)[:2]]
    assert "v" + ".".join(map(str, floor)) in warning
    assert karmada in warning


def test_an_unknown_release_is_warned_about():
    assert len(check_versions(GOOD._replace(karmada=""))) == 1


TOO_OLD = [("karmada", "v1.11.9"), ("karmada", "v1.9.0"), ("karmada_api", "v1.27.16"), ("host", "v1.23.17")]


@pytest.mark.parametrize(("field", "release"), TOO_OLD)
def test_a_release_that_is_too_old_is_refused(field, release):
    with pytest.raises(VersionError) as caught:
        check_versions(GOOD._replace(**{field: release}))
    assert caught.value.found == release


@pytest.mark.parametrize(("field", "release"), [("karmada_api", "v1.28.0"), ("host", "v1.24.0-eks-1"), ("host", "odd")])
def test_the_oldest_release_and_an_odd_one_are_accepted(field, release):
    assert check_versions(GOOD._replace(**{field: release})) == []


async def test_the_release_of_an_api_server():
    server = FakeApiServer()
    server.objects["/version"] = {"major": "1", "minor": "30+", "gitVersion": "v1.30.14-gke.1"}
    assert await server_version(server) == "v1.30.14-gke.1"
    assert parse("v1.30.14-gke.1") == (1, 30, 14)
    assert parse("latest") is None
