"""The shipped catalog, which the programs that make it are compared with."""

import pytest

from converter.catalog import load_catalog


@pytest.fixture(scope="session")
def catalog():
    return load_catalog()
