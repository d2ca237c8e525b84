"""The JSON Schema of rule files, for editors: which keys there are, what they mean, and what they hold."""

from __future__ import annotations

from typing import Any, Final

from converter.kube.amounts import DURATION_UNITS, QUANTITY_UNITS
from converter.rules.cases import KIND as CASES_KIND
from converter.rules.functions import FUNCTIONS
from converter.rules.limits import MAX_TEXT
from converter.rules.rule import API_VERSION, KIND
from converter.rules.steps.labels import LABEL_ENCODINGS
from converter.rules.steps.moves import ENCODINGS

_Schema = dict[str, Any]


def _text(description: str) -> _Schema:
    return {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "description": description}


def _one_of(description: str, *values: str) -> _Schema:
    return {"enum": list(values), "description": description}


def _flag(description: str) -> _Schema:
    return {"type": "boolean", "description": description}


def _any(description: str) -> _Schema:
    return {"description": description}


def _list(description: str, item: _Schema) -> _Schema:
    return {"type": "array", "items": item, "description": description}


def _body(required: str, **properties: _Schema) -> _Schema:
    names = {name.removesuffix("_"): schema for name, schema in properties.items()}
    return {"type": "object", "additionalProperties": False, "required": required.split(), "properties": names}


_PATH: Final = _text("the field, such as spec.rules[*].http")
_WHEN: Final = {"type": "object", "description": "only where these fields have these values; a list means any of them"}
_ROW: Final = _body("field fields", field=_any("a value, or null if the field is missing"),
                    fields=_list("the values of the other fields, or null", _any("a value")))  # fmt: skip


def _side(what: str) -> _Schema:
    return _one_of(f"the version with {what}", "left", "right")


STEPS: Final[dict[str, _Schema]] = {
    "rename": {"type": "object", "additionalProperties": _text("the path in the right version"),
               "description": "Move fields to other paths: the left path, and the right one."},
    "nest": _body("into fields side", into=_text("the object"), fields=_list("the fields", _text("a field's name")),
                  side=_side("the object"), always=_flag("write the object even if it is empty")),
    "annotation": _body("field name side", field=_PATH, name=_text("the annotation"),
                        as_=_one_of("how the value is written (default: string)", *ENCODINGS), side=_side("the field")),
    "label": _body("field name side", field=_PATH, name=_text("the label"),
                   as_=_one_of("the type of the field (default: string)", *LABEL_ENCODINGS), side=_side("the field"),
                   labels=_text("the path of the labels (default: metadata.labels)")),
    "intOrString": _body("into number string", into=_text("the single field"), number=_text("the number's field"),
                         string=_text("the name's field"), side=_side("the single field (default: right)"),
                         neither={"type": "integer", "description": "the value if both are missing"}),
    "values": _body("path pairs", path=_PATH, pairs=_list("values that mean the same; null: no field", _body(
        "left right", left=_any("the value in the left version"), right=_any("the value in the right version")))),
    "enum": _body("field fields side values", field=_text("the one field"), fields={
        **_list("the fields of the other version", _PATH), "minItems": 1, "maxItems": 8},
                  side=_side("the one field"), values=_list("the first row that fits counts", _ROW)),
    "invert": _body("left right absent", left=_text("the left field"), right=_text("the right field"), absent=_body(
        "left right", left={"type": ["boolean", "null"]}, right={"type": ["boolean", "null"]})),
    "listOfOne": _body("list item side", list=_text("the list"), item=_text("the one item"), side=_side("the list"),
                       more=_one_of("what happens to further items (default: drop)", "drop", "refuse")),
    "mapList": _body("map list key side", map=_text("the map"), list=_text("the list"),
                     key=_text("the field of an item that holds the key"),
                     value=_text("the field of an item that holds the value"),
                     keep=_flag("the objects of the map hold the key, too"), side=_side("the map")),
    "duration": _body("text number unit side", text=_text("the text, such as 1h30m"), number=_text("the number"),
                      unit=_one_of("the unit of the number", *DURATION_UNITS), side=_side("the text"),
                      fractions=_flag("the number can have decimals")),
    "quantity": _body("text number unit side", text=_text("the text, such as 2Gi"), number=_text("the number"),
                      unit=_one_of("the unit of the number", *QUANTITY_UNITS), side=_side("the text"),
                      fractions=_flag("the number can have decimals")),
    "default": _body("path", path=_PATH, left=_any("the default of the left version"),
                     right=_any("the default of the right version"), side=_side("the default"),
                     value=_any("the default of that version"), copy=_text("the field that it is copied from"),
                     when=_WHEN, unless=_list("not if one of these fields exists", _PATH),
                     empty=_flag("an empty list or text counts as missing")),
    "omitZero": _body("path side", path=_PATH, side=_side("no zero values"), zero=_any("the zero value (default: 0)")),
    "drop": _body("path side why", path=_PATH, side=_side("the field"), why=_text("why the other version lacks it")),
    "refuse": _body("path side why", path=_PATH, side=_side("the field"),
                    values=_list("only these values", _any("a value")), why=_text("why it cannot be converted")),
}  # fmt: skip
"""The body of each step, but those of ``in`` and ``call``, by keyword; its keys in the order of `rules fmt`."""


def rules_schema() -> _Schema:
    """Make the JSON Schema (draft 2020-12) of one document of a rule file, or of a file of cases."""
    steps = [
        {"required": [word], "additionalProperties": False, "properties": {word: body}} for word, body in STEPS.items()
    ]
    inside = _body("in steps", in_={"type": ["string", "array"], "items": _PATH, "description": "the objects"},
                   when=_WHEN, steps={"$ref": "#/$defs/steps"})  # fmt: skip
    call = _body("call", call={"enum": sorted(FUNCTIONS), "description": "a named function of the converter"})
    spec = _body(
        "between",
        description=_text("what the rule is about"),
        kind=_text("the kind"),
        kinds={**_list("kinds that share a schema", _text("a kind")), "minItems": 1},
        resource=_body("plural", plural=_text("the name in URLs"), scope=_one_of("the scope", "Namespaced", "Cluster")),
        between={**_list("the left and the right version", _text("an apiVersion")), "minItems": 2, "maxItems": 2},
        unconvertible=_text("why no faithful conversion exists"),
        steps={"$ref": "#/$defs/steps"},
        examples=_list("run whenever the rule is loaded", _body(
            "left right", description=_text("what it shows"), toward=_one_of("the direction", "both", "left", "right"),
            left={"type": "object"}, right={"type": "object"})),
    )  # fmt: skip
    spec["oneOf"] = [{"required": ["steps"]}, {"required": ["unconvertible"]}]
    spec["allOf"] = [{"oneOf": [{"required": ["kind"]}, {"required": ["kinds"]}]}]
    manifest = {"type": ["object", "string"], "description": "a manifest, or the path of a file that has one"}
    case = _body("name given to", name=_text("what it shows"), given=manifest, to=_text("the apiVersion to convert to"),
                 want=manifest, refused=_text("the path at which it must be refused"),
                 unconvertible={"const": True, "description": "no rule leads there"},
                 losses=_list("the paths of all lost values", _PATH))  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Documents of the API-version converter",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {"apiVersion": {"const": API_VERSION}},
        "allOf": [
            _if(KIND, _document(spec=spec)),
            _if(CASES_KIND, {"required": ["cases"], "properties": {"cases": _list("the cases", case)}}),
        ],
        "$defs": {"steps": {"type": "array", "items": {"type": "object", "oneOf": [*steps, inside, call]}}},
    }


def _document(**properties: _Schema) -> _Schema:
    metadata = {"type": "object", "required": ["name"], "properties": {"name": _text("unique in the rule book")}}
    return {"required": ["metadata", "spec"], "properties": {"metadata": metadata, **properties}}


def _if(kind: str, schema: _Schema) -> _Schema:
    return {"if": {"properties": {"kind": {"const": kind}}}, "then": schema}
