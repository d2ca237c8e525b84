"""Every kind that a server serves in several versions: what is generated and accepted is converted as the server does.

Manifests come from the catalog's types and are mended by the server's refusals (`tests/generators`); the server decides
what is valid. Each is posted undefaulted in one version; its conversions are posted (dry) in the others and must
become what the original became, and what is read in each version must be converted into every other exactly.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.controlplanes.servers import RELEASES
from tests.generators.from_catalog import SEEDS
from tests.integration.generated import Nursery
from tests.integration.judging import Judge
from tests.integration.kinds import served_in_several_versions
from tests.integration.tally import Tally
from tests.nonempty import some

_NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
#: Manifests to make for each kind of each server; nine in ten are accepted.
SIZE = int(os.environ.get("CONVERTER_TEST_GENERATED", "300" if _NIGHTLY else "24"))
_ACCEPTED_AT_LEAST = 0.67


@pytest.mark.parametrize("release", RELEASES)
def test_generated_objects_are_converted_as_the_server_converts_them(
    all_versions_apiservers, shipped, release, report_count
):
    client = all_versions_apiservers[release].client
    judge, tally = Judge(client, shipped), Tally(release)
    for served in some(served_in_several_versions(client)):
        nursery = Nursery(client, release, served)
        before = tally.pairs
        _generate(nursery, judge, tally)
        tally.lines.append(f"v{release} {served.kind:34} {nursery.acceptance}, {tally.pairs - before} conversions")
        accepted = nursery.acceptance.accepted / nursery.acceptance.made
        assert accepted >= _ACCEPTED_AT_LEAST, f"{tally.lines[-1]}; the last refusals: {nursery.refusals[-3:]}"
    report_count(str(tally))
    assert not tally.wrong, "\n".join(tally.wrong[:40])


def _generate(nursery: Nursery, judge: Judge, tally: Tally) -> None:
    """Let Hypothesis choose numbers; all differences are collected, since one seldom tells what is wrong."""

    @settings(
        max_examples=SIZE,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=not _NIGHTLY,
        suppress_health_check=list(HealthCheck),
    )
    @given(SEEDS)
    def try_one(seed):
        manifest = nursery.accepted(seed)
        if manifest is not None:
            tally.add(nursery.served, f"seed {seed}", judge.judge(nursery.served, manifest))

    try_one()
