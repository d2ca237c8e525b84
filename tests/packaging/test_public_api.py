"""The library's public API: it is documented, complete in its types, and nothing else is public by accident."""

from __future__ import annotations

import doctest
import inspect
import pkgutil
import re

import pytest

import converter

PUBLIC = {name: getattr(converter, name) for name in converter.__all__}
CLASSES = {name: value for name, value in PUBLIC.items() if inspect.isclass(value)}


def own_members(cls):
    """The public members that a class defines, without those of a base class outside the project."""
    owners = [owner for owner in cls.__mro__ if owner.__module__.partition(".")[0] == "converter"]
    return {
        name: value for owner in reversed(owners) for name, value in vars(owner).items() if not name.startswith("_")
    }


def callables(cls):
    """The constructor and the public methods and properties of a class, unwrapped."""
    found = {"__init__": vars(cls).get("__init__"), **own_members(cls)}
    for name, value in found.items():
        function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if inspect.isfunction(function):
            yield name, function


def attribute_names(cls):
    """The attributes that the class docstring documents."""
    section = re.search(r"Attributes:\n(.*)", inspect.cleandoc(cls.__doc__), re.DOTALL)
    return set(re.findall(r"^ {4}(\w+):", section[1], re.MULTILINE)) if section else set()


def test_all_is_sorted_and_is_the_list_in_the_docstring():
    listed = re.findall(r"``([A-Z]\w+)``", converter.__doc__)
    assert sorted(listed) == list(converter.__all__) == sorted(set(converter.__all__))


def test_the_package_has_no_other_public_name():
    submodules = {module.name for module in pkgutil.iter_modules(converter.__path__)}
    public = {name for name in vars(converter) if not name.startswith("_")}
    assert public - submodules == set(converter.__all__)


def test_the_example_in_the_docstring_runs():
    result = doctest.testmod(converter)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("name", CLASSES)
def test_every_public_member_is_documented(name):
    cls = CLASSES[name]
    assert cls.__doc__
    silent = [member for member, function in callables(cls) if member != "__init__" and not function.__doc__]
    assert silent == [], f"{name} has members without a docstring"
    fields = {
        field for owner in cls.__mro__ for field in vars(owner).get("__annotations__", {}) if not field.startswith("_")
    }
    assert fields - attribute_names(cls) == set(), f"{name} documents each field under `Attributes:`"
