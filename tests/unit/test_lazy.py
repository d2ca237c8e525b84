"""Names that are imported with their first use."""

import subprocess
import sys
import types

import pytest

from converter.lazy import exports

LOADED = "import sys; import {}; print(*sorted(name for name in sys.modules if name.split('.')[0] == 'converter'))"


@pytest.fixture
def package(monkeypatch):
    made = types.ModuleType("lazy_example")
    monkeypatch.setitem(sys.modules, "lazy_example", made)
    made.__getattr__, made.__dir__ = exports("lazy_example", {"Fraction": "fractions"})
    return made


def test_a_name_is_found_once_and_stays(package):
    assert "Fraction" not in vars(package)
    assert package.Fraction(1, 2) == 0.5
    assert "Fraction" in vars(package)


def test_a_name_is_listed_before_it_is_used(package):
    assert "Fraction" in dir(package)


def test_another_name_is_an_attribute_error(package):
    assert not hasattr(package, "Decimal")


def test_the_plugin_of_pytest_imports_nothing_else_of_the_converter():
    command = [sys.executable, "-c", LOADED.format("converter.testing.plugin")]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert loaded == ["converter", "converter.lazy", "converter.testing", "converter.testing.plugin"]
