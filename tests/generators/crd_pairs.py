"""Pairs of schemas of a custom resource, as one version becomes the next one, and objects that a schema allows."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

TEXTS = ("5m", "30s", "1h0m0s", "alpha", "beta", "Alpha", "Beta")
"""Values of a free text: durations, and words that the other version may have as its only values."""
NAMES = ("mode", "keySize", "interval", "certFile", "replicas", "ref", "limits", "disableCache", "hosts", "params")
SOME = 0.5

UNNAMED = "x-test-unnamed"
"""In the schema of an open object: names that it can hold and does not describe, because other objects have them."""


def leaf(rng: Random) -> dict[str, Any]:
    """Make the schema of a scalar."""
    kind = rng.choice(["string", "string", "integer", "boolean", "number"])
    made: dict[str, Any] = {"type": kind}
    if kind == "string" and rng.random() < 0.4:
        made["enum"] = ["Alpha", "Beta", "Gamma"][: rng.randint(1, 3)]
    if rng.random() < 0.3:
        made["default"] = value(made, rng)
    return made


def field(rng: Random, depth: int) -> dict[str, Any]:
    """Make the schema of any field."""
    which = rng.random() if depth else 0.0
    if which < 0.5:
        return leaf(rng)
    if which < 0.75:
        return holder(rng, depth - 1)
    if which < 0.9:
        return {"type": "array", "items": field(rng, depth - 1)}
    if which < 0.97:
        return {"type": "object", "additionalProperties": field(rng, depth - 1)}
    return {"x-kubernetes-preserve-unknown-fields": True}


def holder(rng: Random, depth: int) -> dict[str, Any]:
    """Make the schema of an object."""
    names = rng.sample(NAMES, rng.randint(1, 4))
    made: dict[str, Any] = {"type": "object", "properties": {name: field(rng, depth) for name in names}}
    required = [name for name in names if rng.random() < 0.4]
    if required:
        made["required"] = required
    if rng.random() < 0.05:
        made["x-kubernetes-preserve-unknown-fields"] = True
    return made


def pair(rng: Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make the schemas of two versions."""
    left = {"type": "object", "properties": {"spec": holder(rng, 2)}}
    right = copy.deepcopy(left)
    for _ in range(rng.randint(1, 3)):
        edit(rng, right["properties"]["spec"])
    both = [one for schema in (left, right) for one in holders(schema)]
    names = sorted({name for one in both for name in one["properties"]})
    for one in both:
        if "x-kubernetes-preserve-unknown-fields" in one:
            one[UNNAMED] = [name for name in names if name not in one["properties"]]
    return (left, right) if rng.random() < SOME else (right, left)


def holders(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """List the schemas of objects with fields, from the outermost."""
    found = [schema] if schema.get("properties") else []
    below = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    return found + [one for each in below if isinstance(each, dict) for one in holders(each)]


def edit(rng: Random, spec: dict[str, Any]) -> None:
    """Change one thing, as an author of a CRD does for the next version."""
    around = rng.choice(holders(spec) or [spec])
    fields = around.setdefault("properties", {})
    if not fields:
        fields["added"] = leaf(rng)
        return
    name = rng.choice(sorted(fields))
    rng.choice([respell, describe_and_move, measure, invert, single, keyed, drop, add, allow, state, require, retype])(
        rng, around, fields, name
    )


def forget(around: dict[str, Any], name: str) -> bool:
    """Take a name off the required ones; whether it was there."""
    required = [one for one in around.get("required", []) if one != name]
    was = len(required) != len(around.get("required", []))
    around.pop("required", None)
    if required:
        around["required"] = required
    return was


def become(around: dict[str, Any], fields: dict[str, Any], name: str, new: str, made: dict[str, Any]) -> None:
    """Put another field in the place of one, required as that was."""
    if new != name and new in fields:
        return
    del fields[name]
    fields[new] = made
    if forget(around, name):
        around.setdefault("required", []).append(new)


def respell(_rng: Random, around: dict[str, Any], fields: dict[str, Any], name: str) -> None:
    """Other capital letters."""
    become(around, fields, name, name.lower() if name != name.lower() else name.capitalize(), fields[name])


def describe_and_move(rng: Random, around: dict[str, Any], fields: dict[str, Any], name: str) -> None:
    """Move a field into another object, with its description on both sides."""
    if len(fields) == 1:
        return
    homes = [one for key, one in fields.items() if key != name and one.get("properties")]
    home = rng.choice(homes) if homes and rng.random() < SOME else None
    if home is None:
        if "group" in fields:
            return
        home = fields["group"] = {"type": "object", "properties": {}}
    if name in home["properties"]:
        return
    was = forget(around, name)
    home["properties"][name] = fields.pop(name)
    if was and rng.random() < SOME:
        home.setdefault("required", []).append(name)
        if rng.random() < SOME and "group" in fields:
            around.setdefault("required", []).append("group")


def measure(_rng: Random, around: dict[str, Any], fields: dict[str, Any], name: str) -> None:
    """Write a number of seconds for a text."""
    if fields[name].get("type") == "string" and "enum" not in fields[name]:
        made = {"type": "integer", **({"default": 300} if "default" in fields[name] else {})}
        become(around, fields, name, f"{name}Seconds", made)


def invert(_rng: Random, around: dict[str, Any], fields: dict[str, Any], name: str) -> None:
    """Say the opposite."""
    if fields[name].get("type") == "boolean":
        new = name.replace("disable", "enable") if "disable" in name else f"disable{name.capitalize()}"
        become(around, fields, name, new, {**fields[name]})


def single(_rng: Random, around: dict[str, Any], fields: dict[str, Any], name: str) -> None:
    """Have one for a list, or a list for one."""
    given = fields[name]
    if given.get("type") == "array":
        become(around, fields, name, name.removesuffix("s"), copy.deepcopy(given["items"]))
    else:
        made = {key: one for key, one in given.items() if key != "default"}
        become(around, fields, name, f"{name}s", {"type": "array", "items": made})


def keyed(rng: Random, around: dict[str, Any], fields: dict[str, Any], name: str) -> None:
    """Have a list of named items for a map."""
    entry = fields[name].get("additionalProperties")
    if isinstance(entry, dict):
        item = {"type": "object", "properties": {"name": {"type": "string"}, "value": copy.deepcopy(entry)}}
        item["required"] = ["name", "value"] if rng.random() < SOME else ["name"]
        become(around, fields, name, name, {"type": "array", "items": item})


def drop(_rng: Random, around: dict[str, Any], fields: dict[str, Any], name: str) -> None:
    """Remove a field, but not the last one."""
    if len(fields) > 1:
        del fields[name]
        forget(around, name)


def add(rng: Random, _around: dict[str, Any], fields: dict[str, Any], _name: str) -> None:
    """Add a field."""
    fields.setdefault("added", field(rng, 1))


def allow(rng: Random, _around: dict[str, Any], fields: dict[str, Any], name: str) -> None:
    """Allow other values."""
    given = fields[name]
    if given.get("type") == "string":
        given.pop("default", None)
        given["enum"] = rng.choice([["alpha", "beta"], ["Alpha"], ["Alpha", "Beta", "Delta"]])
        if rng.random() < 0.2:
            del given["enum"]


def state(rng: Random, _around: dict[str, Any], fields: dict[str, Any], name: str) -> None:
    """Have another default."""
    given = fields[name]
    if given.get("type") not in {"string", "integer", "boolean", "number"}:
        return
    if given.pop("default", None) is None or rng.random() < SOME:
        given["default"] = value(given, rng)


def require(_rng: Random, around: dict[str, Any], _fields: dict[str, Any], name: str) -> None:
    """Require a field, or require it no more."""
    if not forget(around, name):
        around.setdefault("required", []).append(name)


def retype(rng: Random, _around: dict[str, Any], fields: dict[str, Any], name: str) -> None:
    """Have another type."""
    fields[name] = leaf(rng)


def value(schema: dict[str, Any], rng: Random, often: float = SOME, must: tuple[str, ...] = ()) -> Any:
    """Make a value that a schema allows.

    Args:
        schema: the schema.
        rng: decides.
        often: the share of optional fields that are there.
        must: the field that has to be there, as keys and ``*`` for items; nothing for none.
    """
    if "enum" in schema:
        return rng.choice(schema["enum"])
    scalars = {"string": TEXTS, "integer": range(4), "number": (0.5, 2, 2.5), "boolean": (True, False)}
    kind = schema.get("type")
    if kind == "array":
        return [value(schema["items"], rng, often, must[1:]) for _ in range(rng.randint(1 if must else 0, 2))]
    if kind == "object":
        return _object(schema, rng, often, must)
    return rng.choice(scalars.get(kind, ({"free": 1}, "text", 7, [True])))


def _object(schema: dict[str, Any], rng: Random, often: float, must: tuple[str, ...]) -> dict[str, Any]:
    entry = schema.get("additionalProperties")
    if isinstance(entry, dict):
        keys = [key for key in ("k", "l") if rng.random() < often] or (["k"] if must else [])
        return {key: value(entry, rng, often, must[1:]) for key in keys}
    made = {}
    for name, below in schema.get("properties", {}).items():
        is_meant = bool(must) and must[0] == name
        needed = name in schema.get("required", ()) and "default" not in below
        if needed or is_meant or name == "spec" or rng.random() < often:
            made[name] = value(below, rng, often, must[1:] if is_meant else ())
    if schema.get("x-kubernetes-preserve-unknown-fields") and rng.random() < often:
        made[rng.choice([*schema.get(UNNAMED, ()), "unnamed"])] = rng.choice([1, "x", {"free": [1]}])
    return made


def filled(given: Any, schema: dict[str, Any]) -> Any:
    """Fill in the defaults, as a server does (k8s.io/apiextensions-apiserver, pkg/apiserver/schema/defaulting)."""
    if isinstance(given, dict):
        fields, entry = schema.get("properties", {}), schema.get("additionalProperties")
        made = {
            key: filled(below, fields.get(key, entry if isinstance(entry, dict) else {}))
            for key, below in given.items()
        }
        for name, below in fields.items():
            if name not in made and "default" in below:
                made[name] = filled(copy.deepcopy(below["default"]), below)
        return made
    if isinstance(given, list):
        return [filled(item, schema.get("items", {})) for item in given]
    return given


TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
    "object": (dict,),
}  # fmt: skip


def violations(given: Any, schema: dict[str, Any], path: tuple[str, ...] = ()) -> set[tuple[str, tuple[str, ...]]]:
    """List what a server refuses or drops of a value, each with its place: type …, values, required, unknown."""
    kind = schema.get("type")
    if kind is None:
        return set()
    if type(given) not in TYPES[kind]:
        return {(f"type {type(given).__name__}", path)}
    found: set[tuple[str, tuple[str, ...]]] = set()
    if "enum" in schema and given not in schema["enum"]:
        found.add(("values", path))
    if isinstance(given, list):
        return found.union(*(violations(item, schema["items"], (*path, "*")) for item in given))
    if not isinstance(given, dict):
        return found
    fields, entry = schema.get("properties", {}), schema.get("additionalProperties")
    is_open = schema.get("x-kubernetes-preserve-unknown-fields") is True
    for key, below in given.items():
        if key in fields:
            found |= violations(below, fields[key], (*path, key))
        elif isinstance(entry, dict):
            found |= violations(below, entry, (*path, "*"))
        elif not is_open and without_empty(below) != {}:
            found.add(("unknown", (*path, key)))
    return found | {("required", (*path, name)) for name in schema.get("required", ()) if name not in given}


def without_empty(given: Any) -> Any:
    """Remove the fields that are empty objects: no version is taken to mean anything by them."""
    if isinstance(given, dict):
        made = {key: without_empty(below) for key, below in given.items()}
        return {key: below for key, below in made.items() if below != {}}
    return [without_empty(item) for item in given] if isinstance(given, list) else given
