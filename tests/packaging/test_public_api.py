"""The library's public API: it is documented, complete in its types, and nothing else is public by accident."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import sys
from enum import Enum

import pytest

import converter
from tests.nonempty import some

PUBLIC = {name: getattr(converter, name) for name in converter.__all__}
CLASSES = {name: value for name, value in PUBLIC.items() if inspect.isclass(value)}

#: Every public attribute of every public class that is not an enumeration. A new one is a promise: document it first.
ATTRIBUTES = {
    "ByConversion": "history instead target words",
    "ByRelease": "default_off gates history instead known newest refusal refused release schema",
    "Conversion": "conversion_data losses manifest route unrestored",
    "ConversionData": "from_json source to_json values whole",
    "ConversionError": "next_step",
    "Converter": "convert from_rules route",
    "ConverterError": "next_step",
    "FieldHistory": "gated last since version",
    "Loss": "by_conversion by_release cause certainly_refused consequence key line manifest origin path refused "
    "severity since value why",
    "LossKey": "hashed manifest origin path refused value",
    "ManifestError": "next_step path problem",
    "ManifestId": "group kind label name namespace place",
    "NoRouteError": "kind next_step reason source targets",
    "PreservedValue": "given nth of path shares value was",
    "Refusal": "demand mend of_pods reason",
    "RefusedError": "next_step path why",
    "Release": "major minor parse",
    "Route": "kind rules source target versions",
    "RuleBookError": "next_step problems",
    "RuleProblem": "code file hint line path problem",
    "UnrestoredValue": "path reason value",
}
MANIFEST = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}, "spec": {"timeZone": "UTC"}}


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
    public = {name for name in vars(converter) if not name.startswith(("_", "@"))}  # "@": of pytest, which rewrites it
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


def field_names(cls):
    """The fields of a class, and what its constructor sets."""
    annotated = {name for owner in cls.__mro__ for name in vars(owner).get("__annotations__", {})}
    source = inspect.getsource(cls)
    return {name for name in annotated | set(re.findall(r"self\.(\w+)(?:: [^=]+)? = ", source)) if name[0] != "_"}


def test_the_attributes_of_the_public_classes_are_those_in_the_list():
    found = {
        name: " ".join(sorted({*own_members(cls), *field_names(cls)}))
        for name, cls in some(CLASSES.items())
        if not issubclass(cls, Enum)
    }
    assert found == ATTRIBUTES


def test_an_object_has_no_public_attribute_that_is_not_in_the_list():
    library = converter.Converter.from_rules()
    done = library.convert(MANIFEST, to="batch/v1beta1")
    for given in (library, done, done.route, done.conversion_data):
        listed = set(ATTRIBUTES[type(given).__name__].split())
        assert {name for name in dir(given) if not name.startswith("_")} == listed


def names_in_annotations(cls):
    """The names in the annotations of a class's public fields and methods, with the modules that declare them."""
    for owner in (base for base in cls.__mro__ if base.__module__.partition(".")[0] == "converter"):
        places = [value for _, value in callables(owner)]
        notes = [note for name, note in vars(owner).get("__annotations__", {}).items() if not name.startswith("_")]
        for function in places:
            notes += [note for name, note in function.__annotations__.items() if not name.startswith("_")]
        for note in notes:
            text = note if isinstance(note, str) else getattr(note, "__name__", "")
            yield from ((name, owner.__module__) for name in re.findall(r"\b[A-Z]\w+", text))


def resolve(name, module):
    """The object that a name in an annotation of a module stands for, also one that is imported for type checkers."""
    loaded = sys.modules[module]
    if hasattr(loaded, name):
        return getattr(loaded, name)
    for node in ast.walk(ast.parse(inspect.getsource(loaded))):
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            return getattr(importlib.import_module(node.module), name)
    return None


def test_every_class_that_a_public_one_gives_or_takes_is_public():
    private = {
        f"{name} of {public}"
        for public, cls in some(CLASSES.items())
        for name, module in names_in_annotations(cls)
        if inspect.isclass(found := resolve(name, module))
        and found.__module__.startswith("converter.")
        and found not in CLASSES.values()
    }
    assert private == set()
