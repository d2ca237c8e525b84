"""What comes back after an edit is accepted by a real server, if it accepted the original and the edit."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from converter.errors import ConverterError
from tests.controlplanes.client import ApiError
from tests.fuzz.edits import Editor
from tests.integration.generated import Nursery
from tests.integration.judging import undressed
from tests.integration.kinds import served_in_several_versions
from tests.nonempty import some

RELEASES = ("1.20", "1.36")
#: Edits to try for each kind of each server.
SIZE = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 8


@pytest.mark.parametrize("release", RELEASES)
def test_what_comes_back_after_an_edit_is_accepted(all_versions_apiservers, shipped, release, report_count):
    client = all_versions_apiservers[release].client
    trial = _Trial(client, shipped, release)
    counts = trial.counts
    wrong: list[str] = []
    for served in some(served_in_several_versions(client)):
        nursery = Nursery(client, release, served)
        for seed in range(SIZE):
            counts["made"] += 1
            manifest = nursery.accepted(seed)
            if manifest is not None:
                wrong += trial.run(served, manifest, random.Random(seed))
    report_count(str(dict(counts)))
    assert counts["accepted"] > len(wrong)
    assert not wrong, "\n".join(wrong[:20])


class _Trial:
    """Edits what one server accepts; counts what comes of it."""

    def __init__(self, client, converter, release):
        self.client = client
        self.converter = converter
        self.release = release
        self.counts: Counter[str] = Counter()

    def run(self, served, manifest, rng):
        """Try one target and one edit; return what is wrong."""
        source = manifest["apiVersion"]
        target = rng.choice([version for version in served.versions if version != source])
        try:
            there = self.converter.convert(manifest, target)
            edited, edit = Editor(self.release, target, served.kind).edit(rng, there.manifest)
            plain = self.converter.convert(edited, source).manifest
        except ConverterError:
            self.counts["refused by rules"] += 1
            return []
        if _refusal(self.client, served, edited) or _refusal(self.client, served, plain):
            self.counts["refused edits"] += 1
            return []
        back = self.converter.convert(edited, source, there.conversion_data)
        refusal = _refusal(self.client, served, back.manifest)
        self.counts["edited"] += 1
        self.counts["not restored"] += len(back.unrestored)
        self.counts["accepted"] += not refusal
        return [f"{served.kind} {source}, edited in {target} ({edit}): {refusal}"] if refusal else []


def _refusal(client, served, manifest):
    """Create a manifest, dry, and return the refusal; empty if it is accepted."""
    try:
        client.create(undressed(manifest, served), dry_run=True)
    except ApiError as error:
        return str(error)
    return ""
