"""Generates objects from the structural schemas of CRDs: the same ones for the same seed."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any, Final

from tests.ecosystem.patterns import text_of_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Schema = dict[str, Any]

_WORDS: Final = ("alpha", "beta", "gamma", "delta", "web", "door", "key", "prod", "x1")
_ONE_OF_MANY: Final = ("oneOf", "anyOf")
_MOST_ITEMS: Final = 2
_DEEPEST: Final = 24

FORMATS: Final[Mapping[str, Callable[[random.Random], str]]] = {
    "date-time": lambda source: f"2024-0{source.randint(1, 9)}-1{source.randint(0, 9)}T0{source.randint(0, 9)}:00:00Z",
    "duration": lambda source: source.choice(("10s", "5m0s", "1h30m0s", "24h0m0s")),
    "byte": lambda source: source.choice(("YWxwaGE=", "YmV0YQ==", "Z2FtbWE=")),
    "uri": lambda source: f"https://{source.choice(_WORDS)}.example.com",
    "ipv4": lambda source: f"10.0.0.{source.randint(1, 9)}",
    "ipv6": lambda source: f"fd00::{source.randint(1, 9)}",
    "cidr": lambda source: f"10.{source.randint(0, 9)}.0.0/16",
}


class Generator:
    """Makes objects of one version of a kind.

    Attributes:
        api_version: the version.
        kind: the kind.
        namespaced: whether its objects are in a namespace.
        schema: the version's ``openAPIV3Schema``.
        words: texts for fields whose rules no schema states, by a pattern of their paths.
        kind_words: the same, by a pattern of the version, the kind and the path, with the group or without.
        metadata: labels and annotations, of which each object has one choice; empty for none.
        needs: fields without which an object makes no sense, by a pattern of its path.
    """

    def __init__(
        self,
        api_version: str,
        kind: str,
        schema: Schema,
        *,
        namespaced: bool,
        words: Mapping[str, tuple[Any, ...]] | None = None,
        kind_words: Mapping[str, tuple[Any, ...]] | None = None,
        metadata: tuple[dict[str, Any], ...] = (),
        needs: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.api_version = api_version
        self.kind = kind
        self.namespaced = namespaced
        self.schema = schema
        self._needs = [(re.compile(pattern), names) for pattern, names in (needs or {}).items()]
        self._words = [(re.compile(pattern), given) for pattern, given in (words or {}).items()]
        self._kind_words = [(re.compile(pattern), given) for pattern, given in (kind_words or {}).items()]
        self._metadata = metadata
        self._version = api_version.rpartition("/")[2]

    def make(self, number: int) -> dict[str, Any]:
        """Make the object with a number; each has a density of its own, from nearly empty to nearly full."""
        source = random.Random(f"{self.api_version} {self.kind} {number}")
        density = source.choice((0.1, 0.25, 0.4, 0.6, 0.8))
        properties = self.schema.get("properties", {})
        more = self._metadata[number % len(self._metadata)] if self._metadata else {}
        made: dict[str, Any] = {
            "apiVersion": self.api_version,
            "kind": self.kind,
            "metadata": {"name": f"g{number}", **({"namespace": "default"} if self.namespaced else {}), **more},
        }
        annotations = self._word("metadata.annotations", source)
        if annotations is not None:
            made["metadata"]["annotations"] = annotations
        own = {name: below for name, below in properties.items() if name not in ("apiVersion", "kind", "metadata")}
        whole = {**self.schema, "properties": own, "required": [*self.schema.get("required", ()), "spec"]}
        made |= self._object(whole, source, max(density, 0.5), (), density)
        return made

    def _word(self, place: str, source: random.Random) -> Any:
        """Choose one of the texts that are given for a path; None if there are none."""
        own = f"{self.kind}.{place}"
        for patterns, name in (
            (self._words, place),
            (self._kind_words, f"{self._version}.{own}"),
            (self._kind_words, f"{self.api_version}.{own}"),
        ):
            for pattern, given in patterns:
                if pattern.search(name):
                    return source.choice(given)
        return None

    def _value(self, schema: Schema, source: random.Random, path: tuple[str, ...], density: float) -> Any:
        word = self._word(".".join(path), source)
        if word is not None:
            return word
        if "enum" in schema:
            return source.choice([value for value in schema["enum"] if value != ""] or schema["enum"])
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            return self._object(schema, source, density, path, density)
        if kind == "array":
            return self._array(schema, source, path, density)
        return self._scalar(schema, source)

    def _scalar(self, schema: Schema, source: random.Random) -> Any:
        if schema.get("x-kubernetes-int-or-string"):
            return source.choice((source.randint(1, 9), f"{source.randint(1, 99)}%", str(source.randint(1, 9))))
        kind = schema.get("type")
        if kind == "boolean":
            return source.random() < 0.6
        if kind in ("integer", "number"):
            low = int(schema.get("minimum", 1)) + bool(schema.get("exclusiveMinimum"))
            high = int(schema.get("maximum", low + 40)) - bool(schema.get("exclusiveMaximum"))
            return source.randint(low, max(low, min(high, low + 40)))
        if kind == "string":
            return self._text(schema, source)
        return source.choice(({"a": source.choice(_WORDS)}, {"n": source.randint(1, 9), "l": ["x"]}))

    def _object(
        self, schema: Schema, source: random.Random, chance: float, path: tuple[str, ...], density: float
    ) -> dict[str, Any]:
        properties: dict[str, Schema] = schema.get("properties", {})
        if schema.get("maxProperties", len(properties)) < len(properties):
            properties = {name: properties[name] for name in source.sample(sorted(properties), schema["maxProperties"])}
            chance = 1.0
        place = ".".join(path)
        required = {name for pattern, names in self._needs if pattern.search(place) for name in names}
        required |= set(schema.get("required", ()))
        union = _union(schema)
        chosen = source.choice(union) if union else None
        others = {name for names in union for name in names} - set(chosen or ())
        made: dict[str, Any] = {}
        for name, below in properties.items():
            wanted = name in required or (chosen is not None and name in chosen)
            if (not wanted and (name in others or source.random() > chance)) or len(path) > _DEEPEST:
                continue
            made[name] = self._value(below, source, (*path, name), density)
        free = schema.get("additionalProperties")
        if not properties and (isinstance(free, dict) or free is True):
            below = free if isinstance(free, dict) else {}
            for _ in range(source.randint(max(1, schema.get("minProperties", 0)), _MOST_ITEMS)):
                word = source.choice(_WORDS)
                made[word] = self._value(below, source, (*path, word), density)
        elif not properties and schema.get("x-kubernetes-preserve-unknown-fields"):
            made = {"a": source.choice(_WORDS), "n": source.randint(1, 9)}
        return made

    def _array(self, schema: Schema, source: random.Random, path: tuple[str, ...], density: float) -> list[Any]:
        low, high = schema.get("minItems", 1), schema.get("maxItems", 99)
        count = min(high, max(low, source.randint(1, _MOST_ITEMS)))
        items = [self._value(schema["items"], source, (*path, "*"), density) for _ in range(count)]
        keys = schema.get("x-kubernetes-list-map-keys")
        if keys:
            return list({tuple(str(item.get(key)) for key in keys): item for item in items}.values())
        if schema.get("x-kubernetes-list-type") == "set" or schema.get("uniqueItems"):
            return list({repr(item): item for item in items}.values())
        return items

    def _text(self, schema: Schema, source: random.Random) -> str:
        low, high = schema.get("minLength", 0), schema.get("maxLength", 63)
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]](source)
        if "pattern" in schema:
            for _ in range(20):
                made = text_of_pattern(schema["pattern"], source)
                if made is not None and low <= len(made) <= high:
                    return made
        text = source.choice(_WORDS)
        return (text * (low // len(text) + 1))[: max(low, len(text))][:high] if low > len(text) else text[:high]


def _union(schema: Schema) -> list[tuple[str, ...]]:
    """List the fields of each choice of a ``oneOf`` or ``anyOf`` that requires fields."""
    for word in _ONE_OF_MANY:
        choices = [choice for choice in schema.get(word, ()) if isinstance(choice, dict)]
        fields = [tuple(choice["required"]) for choice in choices if choice.get("required")]
        if fields:
            bare = [()] if any("not" in choice or not choice for choice in choices) else []
            return [*fields, *bare]
    return []
