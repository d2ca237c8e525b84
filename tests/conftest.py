"""What all tests share: Hypothesis profiles, and the shipped converter, loaded once."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from converter import Converter

# `ci` is the size of `make test`; `nightly` (make fuzz) tries many more; `smoke` (make mutate-messages) hardly any. The
# round trips of workloads, autoscalers, ingresses and their kin have 1,000 a pair in any case.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("ci", max_examples=300, derandomize=True, **_COMMON)
settings.register_profile("smoke", max_examples=10, derandomize=True, **_COMMON)
settings.register_profile("nightly", max_examples=10_000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def shipped() -> Converter:
    """The converter of the shipped rule book; it never changes."""
    return Converter.from_rules()
