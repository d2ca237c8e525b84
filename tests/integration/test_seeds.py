"""Hand-written manifests of every kind, and the oracle's, posted to every server that serves their kind.

A seed is written in one version. It is posted there as it stands; what the converter makes of it is posted in the
others, and each of these is taken as an original in its turn, so that every version is posted in, undefaulted. The
oracle's objects have every default in them: they are posted in each version that they were read in.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import yaml

from converter.errors import ConversionError
from tests.controlplanes.client import ApiError
from tests.controlplanes.servers import RELEASES
from tests.integration.judging import Judge, bare
from tests.integration.kinds import served_in_several_versions
from tests.integration.tally import Tally

SEEDS = Path(__file__).parent / "seeds"
ORACLE = Path(__file__).parent.parent / "data" / "oracle" / "seeds.jsonl.gz"


def written():
    return [seed for file in sorted(SEEDS.glob("*.yaml")) for seed in yaml.safe_load_all(file.read_text("utf-8"))]


def read_once():
    with gzip.open(ORACLE, "rt") as lines:
        return [form for line in lines for form in json.loads(line)["forms"].values()]


def home_of(served, manifest):
    """The entry of a server's list that a manifest belongs to, by its own version or a group it moved to."""
    here = [kind for kind in served if kind.kind == manifest["kind"]]
    return next((kind for kind in here if manifest["apiVersion"] in kind.versions), here[0] if here else None)


@pytest.mark.parametrize("release", RELEASES)
def test_seeds_are_converted_as_the_server_converts_them(all_versions_apiservers, shipped, release, report_count):
    client = all_versions_apiservers[release].client
    judge, tally, served = Judge(client, shipped), Tally(release), served_in_several_versions(client)
    judged = set()
    for seed in written():
        kind = home_of(served, seed)
        if kind is None:
            continue
        manifest = seed
        if seed["apiVersion"] not in kind.versions:
            try:
                manifest = shipped.convert(seed, to=kind.versions).manifest
            except ConversionError:
                continue  # this server has no version that could hold it
        if kind.namespaced:
            manifest = {**manifest, "metadata": {**manifest["metadata"], "namespace": "default"}}
        name = f"{manifest.get('metadata', {}).get('name', '')}, written in {seed['apiVersion']}"
        try:
            tally.add(kind, name, judge.judge(kind, manifest, chain=True))
            judged.add(kind)
        except ApiError as error:
            tally.refused(kind, name, error, own=seed["apiVersion"] in kind.versions)
    report_count(str(tally))
    assert not tally.refusals
    assert {kind.kind for kind in judged} == {kind.kind for kind in served}, "a kind has no seed"
    assert not tally.wrong, "\n".join(tally.wrong[:40])


@pytest.mark.parametrize("release", RELEASES)
def test_objects_with_all_defaults_are_converted_as_the_server_converts_them(
    all_versions_apiservers, shipped, release, report_count
):
    client = all_versions_apiservers[release].client
    judge, tally, served = Judge(client, shipped), Tally(release), served_in_several_versions(client)
    client.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "oracle"}})
    for form in read_once():
        kind = home_of(served, form)
        if kind is None or form["apiVersion"] not in kind.versions:
            continue
        name = f"{form['metadata']['name']}, read in {form['apiVersion']}"
        try:
            tally.add(kind, name, judge.judge(kind, bare(form)))
        except ApiError as error:
            tally.refused(kind, name, error, own=False)  # another release's object, which this one need not take
    report_count(str(tally))
    assert tally.pairs
    assert not tally.wrong, "\n".join(tally.wrong[:40])
