"""The shipped catalog, for its tests."""

import pytest

from converter.catalog import load_catalog


@pytest.fixture(scope="session")
def catalog():
    return load_catalog()
