"""A real API server with a project's CRDs takes what conversion_rules/ecosystem makes of the recorded objects.

Every project's module has to be fetched for its CRDs, so CI runs the small ones; CONVERTER_ECOSYSTEM=all runs all of
them, each with all of its objects.
"""

from __future__ import annotations

import os
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

import pytest

from converter.errors import RefusedError
from tests.ecosystem import answers, server
from tests.ecosystem.modules import read_crds
from tests.ecosystem.projects import PROJECTS
from tests.ecosystem.unreachable import REFUSED, REQUIRED
from tests.nonempty import some
from tests.shipped import shipped_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.controlplanes.servers import ApiServers
    from tests.ecosystem.answers import Pair

IN_CI = ("gateway-api", "istio")
SAMPLE = 3
"""Objects of each direction between two versions that CI sends."""
ALL = os.environ.get("CONVERTER_ECOSYSTEM") == "all"


def sampled(project: str) -> Iterator[Pair]:
    """Take the first objects of each direction, or all."""
    ordered = sorted(answers.read(project), key=attrgetter("versions"))
    for _, pairs in groupby(ordered, key=attrgetter("versions")):
        listed = list(pairs)
        yield from listed if ALL else listed[:SAMPLE]


@pytest.mark.parametrize("project", answers.names() if ALL else IN_CI)
def test_a_real_server_takes_what_comes_out(
    project: str, apiservers: ApiServers, report_count: Callable[[str], None]
) -> None:
    client = apiservers["1.36"].client
    server.install(client, [manifest for _, manifest in read_crds(PROJECTS[project])])
    engine, refused, wrong, taken = shipped_engine(), 0, [], 0
    for pair in some(sampled(project)):
        try:
            made = engine.convert(pair.given, to=pair.answer["apiVersion"]).manifest
        except RefusedError:
            assert pair.versions in REFUSED
            refused += 1
            continue
        reason = server.refusal(client, made)
        missing = REQUIRED.get(pair.versions)
        if reason and not (missing is not None and missing.search(reason)):
            wrong.append(f"{pair.versions} {pair.given['metadata']['name']}: {reason}")
        taken += not reason
    report_count(f"{project}: {taken} taken, {refused} refused by the rules")
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:20])
    assert taken > refused
