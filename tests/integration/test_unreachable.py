"""What the tests let pass is listed and proven in docs/reference/unreachable.md, by the same names."""

from __future__ import annotations

import pytest

from tests.controlplanes.places import REPOSITORY
from tests.integration.unreachable import UNREACHABLE, explained


@pytest.mark.parametrize("sort", UNREACHABLE, ids=lambda sort: sort.name)
def test_each_sort_has_a_section(sort):
    assert f"\n### {sort.name}\n" in (REPOSITORY / "docs" / "reference" / "unreachable.md").read_text("utf-8")


def test_a_sort_explains_only_its_own_kinds_and_releases():
    said = 'defaulted v1 -> events.k8s.io/v1beta1: series.state is missing, expected ""'
    assert explained("1.16", "Event", said) is not None
    assert explained("1.20", "Event", said) is None
    assert explained("1.16", "Deployment", said) is None
    assert explained("1.16", "Event", said.replace("state", "count")) is None
