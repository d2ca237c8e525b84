"""Every refusal that the converter knows, on real servers: refused there, and taken once it is mended."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.controlplanes.client import ApiError
from tests.controlplanes.servers import RELEASES
from tests.generators.refused import CASES
from tests.integration.test_seeds import written
from tests.nonempty import some
from tests.unit.refusals.test_finder import refusals


def answer(client, manifest):
    """What a server says of a manifest: nothing if it takes it."""
    try:
        client.create(manifest, namespace_of(client, manifest), dry_run=True)
    except ApiError as error:
        return str(error)
    return ""


def namespace_of(client, manifest):
    return "default" if client.resources(manifest["apiVersion"])[manifest["kind"]].namespaced else None


@pytest.mark.parametrize("release", RELEASES)
def test_servers_refuse_what_is_known_to_be_refused_and_take_it_repaired(apiservers, shipped, release):
    client = apiservers[release].client
    served, counts, wrong = client.served(), Counter(), []
    for case in some(CASES):
        if case.manifest["kind"] not in served.get(case.manifest["apiVersion"], {}):
            continue
        said = answer(client, case.manifest)
        if release in case.refusing:
            counts["refused"] += 1
            mended = answer(client, case.mended)
            wrong += [f"{case.name}: taken"] if not said else []
            wrong += [f"{case.name}: refused although mended: {mended}"] if mended else []
        else:
            counts["taken"] += 1
            known = refusals(shipped, case.manifest, release)
            wrong += (
                [f"{case.name}: {'refused' if said else 'taken'}, and known: {known}: {said}"] if said or known else []
            )
    print(f"v{release}: {counts['refused']} manifests refused and taken mended, {counts['taken']} taken as they are")
    assert not wrong, "\n".join(wrong)
    assert counts["refused"] > len(CASES) // 3


@pytest.mark.parametrize("release", RELEASES)
def test_what_a_server_takes_is_not_reported_as_refused(all_versions_apiservers, shipped, release, report_count):
    client = all_versions_apiservers[release].client
    served, taken, wrong = client.served(), 0, []
    for seed in some(written()):
        if seed["kind"] not in served.get(seed["apiVersion"], {}):
            continue
        known, said = refusals(shipped, seed, release), answer(client, seed)
        taken += not said
        wrong += [f"{seed['kind']} {seed['metadata']['name']}: {known}"] if known and not said else []
    report_count(f"{taken} manifests taken, none of them reported as refused")
    assert not wrong, "\n".join(wrong)
    assert taken > len(served) // 2
