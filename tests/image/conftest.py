"""Fixtures for tests of the image that ``make image`` built."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.controlplanes import fixtures
from tests.image.containers import Image
from tools.image import programs
from tools.image.__main__ import OUTPUT

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config, items):
    fixtures.skip_unless_asked_for(config, items, HERE, "image", target="image-test")
    if os.geteuid() != 0:
        for item in items:
            if item.path.is_relative_to(HERE):
                item.add_marker(
                    pytest.mark.skip(reason="needs root: the image's files belong to others, and runc runs")
                )


@pytest.fixture(scope="session")
def facts():
    """What ``make image`` found out about the image."""
    assert programs.missing(programs.PACKAGES) == []
    file = OUTPUT / "image.json"
    assert file.exists(), "run `make image` first"
    return json.loads(file.read_text())


@pytest.fixture(scope="session")
def image(facts, tmp_path_factory):
    """The image, unpacked."""
    return Image(OUTPUT / "image.tar", tmp_path_factory.mktemp("image"))
