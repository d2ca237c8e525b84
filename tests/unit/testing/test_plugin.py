"""The pytest plugin, in a run of pytest in this process."""

import pytest

pytest_plugins = ("pytester",)

LOOPS = ("-o", "asyncio_default_fixture_loop_scope=function")
INVENTORY = """\
apiVersion: apiconverter.dev/v1alpha1
kind: ClusterInventory
clusters: [{name: edge, release: v1.20}]
"""
NAMES = "def test_names(converter_fleet):\n    assert list(converter_fleet) == {}\n"
GOLDEN = """
JOB = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "a"}, "spec": {"suspend": SUSPEND}}
def test_golden(converter_fleet, converter_golden):
    converter_golden.compare_landings("job", JOB, converter_fleet)
"""


@pytest.fixture
def run(pytester):
    def start(*arguments):
        return pytester.runpytest_inprocess(
            "-p", "converter.testing.plugin", "-p", "no:cacheprovider", *LOOPS, *arguments
        )

    return start


def test_releases_of_the_configuration(pytester, run):
    pytester.makeini("[pytest]\nconverter_releases = v1.20 v1.36\n")
    pytester.makepyfile(NAMES.format(["v1.20", "v1.36"]))
    run().assert_outcomes(passed=1)


def test_a_file_of_the_configuration_and_another_by_an_option(pytester, run):
    pytester.makeini("[pytest]\nconverter_fleet = fleet.yaml\nconverter_releases = v1.36\n")
    pytester.makefile(".yaml", fleet=INVENTORY, other=INVENTORY.replace("edge", "cloud"))
    pytester.makepyfile(NAMES.format(["edge"]))
    run().assert_outcomes(passed=1)
    run("--converter-fleet", "other.yaml").assert_outcomes(failed=1)


def test_a_live_karmada(pytester, run, control_plane):
    pytester.makepyfile(NAMES.format(["old"]))
    run("--converter-kubeconfig", control_plane).assert_outcomes(passed=1)


def test_without_a_fleet_the_fixture_is_an_error(pytester, run):
    pytester.makepyfile(NAMES.format([]))
    run().assert_outcomes(errors=1)


def test_golden_files_are_written_on_request_next_to_the_test(pytester, run):
    pytester.makeini("[pytest]\nconverter_releases = v1.20\n")
    test = pytester.makepyfile(test_job=GOLDEN.replace("SUSPEND", "False"))
    run().assert_outcomes(failed=1)
    assert not (pytester.path / "golden").exists()
    result = run("--converter-update")
    result.assert_outcomes(passed=1)
    file = pytester.path / "golden" / "test_job" / "job.v1.20.yaml"
    assert any(str(file) in line for line in result.outlines)
    run().assert_outcomes(passed=1)
    test.write_text(GOLDEN.replace("SUSPEND", "True"))
    run().assert_outcomes(failed=1)
