"""What the controllers say about a status that they cannot carry whole."""

from __future__ import annotations

import random

from converter.karmada.carried_status import pack, unpack
from tests.unit.controllers.test_work_status import CONVERTER, carried_status, item, work
from tests.unit.karmada.test_carried_status import status_of


def test_a_status_that_does_not_fit():
    noise = random.Random(7)
    status = status_of({"noise": "".join(noise.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=200_000))})
    assert "status omitted" in unpack(pack(status)).message


def test_a_status_that_cannot_be_converted():
    class Stubborn:
        def convert(self, manifest, _to):
            return CONVERTER.convert(manifest, "nowhere/v9")

    carried = carried_status(work(statuses=[item({"lastScheduleTime": "t"})]), Stubborn())
    assert "cannot be converted from batch/v1beta1 to batch/v1" in carried.message
