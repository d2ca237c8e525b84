"""The sample, and the watches of Karmada."""

from __future__ import annotations

from converter.client import Key
from converter.clusters import read_inventory
from converter.dashboard.sources import KarmadaSource, fill_with_sample
from converter.dashboard.store import FleetStore
from converter.server.sample import FLEET, sample_manifests
from tests.nonempty import some


def test_the_sample_has_conversions_and_losses(shipped):
    store = FleetStore(lambda: shipped)
    fleet = read_inventory(FLEET)
    fill_with_sample(store, fleet, shipped)
    assert len(store.rows) == len(fleet) * len(sample_manifests())
    assert any(row.converted for row in some(store.rows))
    assert any(row.losses for row in store.rows)
    assert store.live.latest
    row = store.rows[0]
    assert store.work(Key(*row.place[:2])) is not None


def test_a_source_is_not_ready_before_its_first_lists(shipped):
    assert KarmadaSource(None, FleetStore(lambda: shipped)).missing
