"""The JSON Schema of rule files, for editors: which keys there are, what they mean, and what they hold."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from converter.kube.amounts import DURATION_UNITS, QUANTITY_UNITS
from converter.rules.cases import KIND as CASES_KIND
from converter.rules.functions import FUNCTIONS
from converter.rules.limits import MAX_FIELDS, MAX_TEXT
from converter.rules.rule import API_VERSION, KIND
from converter.rules.step_notes import NOTES
from converter.rules.steps.annotations import ENCODINGS
from converter.rules.steps.labels import LABEL_ENCODINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema."""


def text(description: str) -> Schema:
    """Make the schema of a text."""
    return {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "description": description}


def one_of(description: str, *values: str) -> Schema:
    """Make the schema of one of some words."""
    return {"enum": [str(value) for value in values], "description": description}


def flag(description: str) -> Schema:
    """Make the schema of a boolean."""
    return {"type": "boolean", "description": description}


def _any(description: str) -> Schema:
    return {"description": description}


def list_of(description: str, item: Schema) -> Schema:
    """Make the schema of a list."""
    return {"type": "array", "items": item, "description": description}


def body_of(required: str, **properties: Schema) -> Schema:
    """Make the schema of a mapping: the keys that it must have, and the schemas of all keys it may have."""
    names = {name.removesuffix("_"): schema for name, schema in properties.items()}
    return {"type": "object", "additionalProperties": False, "required": required.split(), "properties": names}


def about(description: str, schema: Schema) -> Schema:
    """Describe a schema."""
    return {"description": description, **schema}


_PATH: Final = text("the field, such as spec.rules[*].http")
_WHEN: Final = {"type": "object", "description": "only where these fields have these values; a list means any of them"}
_RECURSE: Final = text("where an object holds others of its form, such as routes[*], to any depth")
_ROW: Final = about("values that mean the same", body_of(
    "field fields", field=_any("a value, or null if the field is missing"),
    fields=list_of("the values of the other fields, or null", _any("a value"))))  # fmt: skip


OVERRIDES: Final = list_of("the names of earlier documents of this kind whose place it takes", text("a name"))


_PAIR: Final = about("two values that mean the same", body_of(
    "left right", left=_any("the value of the left version"), right=_any("the value of the right one")))  # fmt: skip


_ELSE: Final = about("what replaces a value in no pair, which is lost then", body_of(
    "", left=_any("toward the left version"), right=_any("toward the right version")))  # fmt: skip


def _absent(side: str) -> Schema:
    return {"type": ["boolean", "null"], "description": f"in the {side} version; null: neither"}


def _side(what: str) -> Schema:
    return one_of(f"the version with {what}", "left", "right")


STEPS: Final[dict[str, Schema]] = {
    "rename": {"type": "object", "additionalProperties": text("the path in the right version"),
               "description": "Move fields to other paths: the left path, and the right one."},
    "nest": body_of("into fields side", into=text("the object"), fields=list_of("the fields", text("a field's name")),
                  side=_side("the object"), always=flag("write the object even if it is empty")),
    "annotation": body_of("field name side", field=_PATH, name=text("the annotation"),
                        as_=one_of("how the value is written (default: string)", *ENCODINGS), side=_side("the field")),
    "label": body_of("field name side", field=_PATH, name=text("the label"),
                   as_=one_of("the type of the field (default: string)", *LABEL_ENCODINGS), side=_side("the field"),
                   labels=text("the path of the labels (default: metadata.labels)")),
    "intOrString": body_of("into number string", into=text("the single field"), number=text("the number's field"),
                         string=text("the name's field"), side=_side("the single field (default: right)"),
                         neither={"type": "integer", "description": "the value if both are missing"}),
    "values": body_of("path pairs", path=_PATH, pairs=list_of("values that mean the same; null: no field", _PAIR),
                    else_=_ELSE),
    "enum": body_of("field fields side values", field=text("the one field"), fields={
        **list_of("the fields of the other version", _PATH), "minItems": 1, "maxItems": 8},
                  side=_side("the one field"), values=list_of("the first row that fits counts", _ROW)),
    "invert": body_of("left right absent", left=text("the left field"), right=text("the right field"), absent=about(
        "what a missing field means", body_of("left right", left=_absent("left"), right=_absent("right")))),
    "listOfOne": body_of("list item side", list=text("the list"), item=text("the one item"), side=_side("the list"),
                       more=one_of("what happens to further items (default: drop)", "drop", "refuse")),
    "mapList": body_of("map list key side", map=text("the map"), list=text("the list"),
                     key=text("the field of an item that holds the key"),
                     value=text("the field of an item that holds the value"),
                     keep=flag("the objects of the map hold the key, too"),
                     trust=one_of("which counts, if a key of the map and that in its object differ (default: map)",
                                  "map", "items"), side=_side("the map")),
    "duration": body_of("text number unit side", text=text("the text, such as 1h30m"), number=text("the number"),
                      unit=one_of("the unit of the number", *DURATION_UNITS), side=_side("the text"),
                      fractions=flag("the number can have decimals")),
    "quantity": body_of("text number unit side", text=text("the text, such as 2Gi"), number=text("the number"),
                      unit=one_of("the unit of the number", *QUANTITY_UNITS), side=_side("the text"),
                      fractions=flag("the number can have decimals")),
    "apiGroup": body_of("group apiVersion version side", group=text("the API group"), apiVersion=text("the apiVersion"),
                      version=text("what follows the group where no version is known, such as v1"),
                      side=_side("the group")),
    "implied": body_of("path side why", path=_PATH, side=_side("the field"), value=_any("the implied value"),
                     copy=text("the field that holds it, from where the path starts"),
                     why=text("why the other version gives no choice"),
                     always=flag("make the objects around the field where they are missing")),
    "default": body_of("path", path=_PATH, left=_any("the default of the left version"),
                     right=_any("the default of the right version"), side=_side("the default"),
                     value=_any("the default of that version"), copy=text("the field that it is copied from"),
                     when=_WHEN, unless=list_of("not if one of these fields exists", _PATH),
                     empty=flag("an empty list or text counts as missing")),
    "omitZero": body_of("path side", path=_PATH, side=one_of("the version without zeros", "left", "right", "both"),
                      zero=_any("the zero (default: 0)")),
    "omitEmpty": body_of("fields side", fields={
        **list_of("the fields; each is in at least one version", _PATH), "minItems": 1, "maxItems": MAX_FIELDS},
                       side=_side("no empty fields")),
    "drop": body_of("path side why", path=_PATH, side=_side("the field"), why=text("why the other version lacks it")),
    "refuse": body_of("path side why", path=_PATH, side=_side("the field"),
                    values=list_of("only these values", _any("a value")),
                    except_=list_of("all values but these", _any("a value")),
                    missing=flag("only a manifest that lacks the field"),
                    empty=flag("an empty object, list or text is refused, too"),
                    why=text("why it cannot be converted")),
}  # fmt: skip
"""The body of each step, but those of ``in`` and ``call``, by keyword; its keys in the order of `rules fmt`."""


SUMMARIES: Final = {
    "rename": "Move fields to other paths: the left path, and the right one.",
    "nest": "Move sibling fields of one version into an object of their own in the other.",
    "annotation": "Write a field of one version as an annotation in the other.",
    "label": "Write a field of one version as a label in the other.",
    "intOrString": "Split a field that holds a number or a name into two fields of the other version.",
    "values": "Map the values of a field. Values in no pair pass unchanged.",
    "enum": "Spread the values of one field over several fields of the other version.",
    "invert": "Turn a boolean into its opposite, with the meaning of a missing field stated for both versions.",
    "listOfOne": "Take the one item of a list as a field of its own.",
    "mapList": "Turn a map into a list whose items hold the key.",
    "duration": "Write a duration, such as 1h30m, as a number.",
    "quantity": "Write a quantity, such as 2Gi, as a number.",
    "apiGroup": "Write an API group of one version as an apiVersion in the other.",
    "implied": "Leave out a field whose value the other version implies.",
    "default": "State what a missing field means in a version, so that the other version says the same.",
    "omitZero": "Leave out a zero value in the version that does not write it.",
    "omitEmpty": "Leave out empty objects and lists in a version that lacks the field, or does not let it be empty.",
    "drop": "Leave out a field that the other version lacks. Its value is reported as a loss, and stored.",
    "refuse": "Refuse a manifest that the other version cannot express: by a field, by a value, or by a missing field.",
    "in": "Apply steps to each object at some paths. The keys 'steps', 'when' and 'recurse' belong to it.",
    "call": "Run a named function of the converter, for what steps cannot say.",
}
"""What each step does, in a sentence."""


def rules_schema(others: Mapping[str, Schema] = MappingProxyType({})) -> Schema:
    """Make the JSON Schema (draft 2020-12) of one document of a rule file, or of a file of cases.

    Args:
        others: the schemas of the specs of other documents, by kind.
    """
    steps = [
        {"required": [word], "additionalProperties": False,
         "properties": {word: {**body, "description": f"{SUMMARIES[word]} {NOTES[word]}"}}}
        for word, body in STEPS.items()
    ]  # fmt: skip
    inside = body_of("in steps", in_={"type": ["string", "array"], "items": _PATH, "description": "the objects"},
                   when=_WHEN, recurse=_RECURSE, steps={"$ref": "#/$defs/steps"})  # fmt: skip
    call = body_of("call", call={"enum": sorted(FUNCTIONS), "description": "a named function of the converter"})
    return _documents([*steps, inside, call], others)


def spec_schema() -> Schema:
    """Make the schema of the spec of a rule; its steps are a reference to ``#/$defs/steps``."""
    manifest = "the manifest, without apiVersion and kind"
    example = body_of(
        "left right", description=text("what it shows"),
        toward=one_of("the direction to try, if a value does not come back (default: both)", "both", "left", "right"),
        left=about(f"{manifest}, in the left version", {"type": "object"}),
        right=about(f"{manifest}, in the right version", {"type": "object"}),
    )  # fmt: skip
    resource = body_of(
        "plural", plural=text("the name in URLs, such as widgets"),
        scope=one_of("whether objects are in namespaces (default: Namespaced)", "Namespaced", "Cluster"),
    )  # fmt: skip
    spec = body_of(
        "between",
        description=text("what the rule is about"),
        kind=text("the kind that it converts, such as CronJob"),
        kinds={**list_of("the kinds that it converts, if several share a schema", text("a kind")), "minItems": 1},
        resource=about("the resource of a kind that Kubernetes does not have; the discovery server names it so, for a "
                       "rule in a file", resource),
        between={**list_of("the left and the right version, such as [batch/v1, batch/v1beta1]", text("an apiVersion")),
                 "minItems": 2, "maxItems": 2},
        overrides=OVERRIDES,
        unconvertible=text("why no faithful conversion exists between the versions; such a rule has no steps"),
        steps={"$ref": "#/$defs/steps"},
        examples=list_of("manifests in both versions; they are tried whenever the rule is loaded, in both directions",
                         about("one manifest in both versions", example)),
    )  # fmt: skip
    spec["oneOf"] = [{"required": ["steps"]}, {"required": ["unconvertible"]}]
    spec["allOf"] = [{"oneOf": [{"required": ["kind"]}, {"required": ["kinds"]}]}]
    return spec


def _documents(steps: list[Schema], others: Mapping[str, Schema]) -> Schema:
    manifest = {"type": ["object", "string"], "description": "a manifest, or the path of a file that has one"}
    case = body_of("name given to", name=text("what it shows"), given=manifest, to=text("the apiVersion to convert to"),
                 want=manifest, refused=text("the path at which it must be refused"),
                 unconvertible={"const": True, "description": "no rule leads there"},
                 losses=list_of("the paths of all lost values", _PATH))  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Documents of the API-version converter",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {"apiVersion": {"const": API_VERSION}},
        "allOf": [
            *(_if(kind, _document(spec=spec)) for kind, spec in others.items()),
            _if(KIND, _document(spec=spec_schema())),
            _if(CASES_KIND, {"required": ["cases"], "properties": {"cases": list_of("the cases", case)}}),
        ],
        "$defs": {"steps": {"type": "array", "items": {"type": "object", "oneOf": steps}}},
    }


def _document(**properties: Schema) -> Schema:
    metadata = {"type": "object", "required": ["name"], "properties": {"name": text("unique in the rule book")}}
    return {"required": ["metadata", "spec"], "properties": {"metadata": metadata, **properties}}


def _if(kind: str, schema: Schema) -> Schema:
    return {"if": {"properties": {"kind": {"const": kind}}}, "then": schema}
