"""The public API of converter.testing: listed, documented, and nothing else is public by accident."""

from __future__ import annotations

import doctest
import inspect
import pkgutil
import re

import pytest

from converter import testing
from tests.nonempty import some

PUBLIC = {name: getattr(testing, name) for name in testing.__all__}

#: The public attributes of the classes that this package defines. A new one is a promise: document it first.
ATTRIBUTES = {
    "Admission": "allowed message warnings work",
    "DoesNotLandError": "count findings",
    "ArgumentError": "argument",
    "FleetError": "source",
    "Golden": "compare compare_landings compare_text folder update written",
    "GoldenError": "expected file got",
    "Landing": "cluster findings manifest refused source",
}


def test_all_is_sorted_and_is_the_list_in_the_docstring():
    text = testing.__doc__.partition("- ``")[2]
    listed = set(re.findall(r"``(\w+)``", f"``{text}"))
    assert listed == set(testing.__all__)
    assert list(testing.__all__) == sorted(testing.__all__)


def test_the_package_has_no_other_public_name():
    submodules = {module.name for module in pkgutil.iter_modules(testing.__path__)}
    public = {name for name in vars(testing) if not name.startswith(("_", "@"))}  # "@": of pytest, which rewrites it
    assert public - submodules == set(testing.__all__)


def test_every_name_has_a_docstring():
    assert [name for name, value in some(PUBLIC.items()) if not value.__doc__] == []


def test_the_attributes_are_those_in_the_list_and_documented():
    own = {name: value for name, value in PUBLIC.items() if inspect.isclass(value) and "testing" in value.__module__}
    assert set(own) == set(ATTRIBUTES)
    for name, cls in some(own.items()):
        fields = {
            *inspect.get_annotations(cls),
            *re.findall(r"self\.(\w+)(?:: [^=]+)? = ", inspect.getsource(cls)),
        }
        methods = {member for member in vars(cls) if not member.startswith("_")}
        assert sorted(fields | methods) == ATTRIBUTES[name].split()
        assert not [field for field in fields if f"    {field}: " not in cls.__doc__]


def test_the_example_in_the_docstring_runs():
    result = doctest.testmod(testing)
    assert (result.attempted > 0, result.failed) == (True, 0)


@pytest.mark.parametrize("name", ["assert_lands", "land", "admit"])
def test_options_are_given_by_name(name):
    kinds = [one.kind for one in inspect.signature(PUBLIC[name]).parameters.values()][2:]
    assert set(kinds) == {inspect.Parameter.KEYWORD_ONLY}
