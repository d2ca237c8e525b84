"""Distil one published client: its resources from the API modules, its types from the model modules.

Three generators made these clients (swagger-codegen to v1.15, openapi-generator to v1.36, its pydantic
flavour from v1.37 on), and all leave the same facts as literals: a model's attribute map and types, and an
operation's path, verb, answer and one line of text such as ``list or watch objects of kind CronJob``.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tools.catalog.lost import restored_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.catalog.wheels import Wheel

PATH = re.compile(
    r"/(?:api|apis/(?P<group>[^/{]+))/(?P<version>v\d\w*)"
    r"/(?P<namespaced>namespaces/\{namespace\}/)?(?P<plural>[^/{]+)"
    r"(?:/\{name\}(?:/(?P<subresource>[^{]+))?)?"
)
_KIND = re.compile(r"(?:list or watch objects of kind|create an?|read the specified) (?P<kind>[A-Z]\w+)")
_OPERATION = re.compile(r"_?(?P<name>\w+?)(?:_with_http_info|_without_preload_content|_serialize)?")
_SCALARS = {
    "str": "string",
    "int": "int",
    "bool": "bool",
    "float": "number",
    "datetime": "date-time",
    "bytes": "bytes",
    "object": "any",
}


@dataclass
class Resource:
    """One resource while its operations are being read."""

    namespaced: bool = False
    kinds: set[str] = field(default_factory=set)
    roots: set[str] = field(default_factory=set)
    subresources: set[str] = field(default_factory=set)


@dataclass
class Operation:
    """What the functions of one operation say between them."""

    path: str = ""
    verb: str = ""
    answer: str = ""
    text: str = ""


def types_of(wheel: Wheel) -> dict[str, dict[str, str]]:
    """Every model as JSON field name to written type (see `converter.catalog.data`), by class name."""
    models: dict[str, dict[str, str]] = {}
    for _, module in wheel.modules("kubernetes/client/models"):
        for node in module.body:
            if isinstance(node, ast.ClassDef) and (facts := _class_facts(node)):
                names, types = facts["attribute_map"], facts["types"]
                models[node.name] = {names[attribute]: types[attribute] for attribute in sorted(types)}
    raw = {name for name, fields in models.items() if set(fields) == {"Raw"}}  # RuntimeRawExtension: free-form
    return {
        name: {json: restored_type(name, json, written(text, raw)) for json, text in sorted(fields.items())}
        for name, fields in models.items()
        if name not in raw
    }


def _class_facts(node: ast.ClassDef) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            target, value = statement.targets[0], statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            target, value = statement.target, statement.value
        else:
            continue
        if isinstance(target, ast.Name) and target.id in {"attribute_map", "openapi_types", "swagger_types"}:
            facts["types" if target.id.endswith("types") else target.id] = ast.literal_eval(value)
    return facts if len(facts) == 2 else {}  # noqa: PLR2004 - the map of names and the map of types


def written(text: str, raw: set[str]) -> str:
    """Translate a client's type (``list[V1Pod]``, ``dict(str, str)``) into the catalog's notation."""
    text = text.strip()
    if found := re.fullmatch(r"[Ll]ist\[(.+)\]", text):
        return "[" + written(found[1], raw)
    if found := re.fullmatch(r"[Dd]ict[\[(]str, (.+)[\])]", text):
        return "{" + written(found[1], raw)
    if text in _SCALARS:
        return _SCALARS[text]
    return "any" if text in raw else "#" + text


def resources_of(wheel: Wheel) -> Iterator[tuple[str, str, str, str, Resource]]:
    """Every resource: group, version, plural, kind and the rest, in that order.

    Raises:
        SystemExit: operations of one resource disagree about its kind or its type.
    """
    found: dict[tuple[str, str, str], Resource] = defaultdict(Resource)
    for operation in _operations(wheel):
        parts = PATH.fullmatch(operation.path)
        if parts is None:
            continue  # discovery documents, watches, proxies, logs, custom objects
        resource = found[parts["group"] or "", parts["version"], parts["plural"]]
        resource.namespaced |= parts["namespaced"] is not None
        if parts["subresource"]:
            resource.subresources.add(parts["subresource"])
        elif kind := _KIND.search(operation.text):
            resource.kinds.add(kind["kind"])
            if operation.verb in {"GET", "POST"} and not operation.text.startswith("list"):
                resource.roots.add(operation.answer)
    for (group, version, plural), resource in sorted(found.items()):
        if not resource.kinds:
            continue  # only a subresource is left of it: extensions/v1beta1 replicationcontrollers/scale
        if len(resource.kinds) != 1 or len(resource.roots) != 1:
            raise SystemExit(f"{wheel.path.name}: {group}/{version} {plural} is unclear: {resource}")
        yield group, version, plural, next(iter(resource.kinds)), resource


def _operations(wheel: Wheel) -> Iterator[Operation]:
    for _, module in wheel.modules("kubernetes/client/apis", "kubernetes/client/api"):
        operations: dict[str, Operation] = defaultdict(Operation)
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef) and (name := _OPERATION.fullmatch(node.name)):
                _read_function(node, operations[name["name"]])
        yield from operations.values()


def _read_function(node: ast.FunctionDef, operation: Operation) -> None:
    for line in (ast.get_docstring(node) or "").splitlines():
        text = line.partition("#")[0].strip()
        if not operation.text and _KIND.match(text):
            operation.text = text
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            _read_call(part, operation)
        elif isinstance(part, (ast.Assign, ast.AnnAssign)) and isinstance(part.value, ast.Dict):
            _read_answers(part.value, operation)


def _read_call(call: ast.Call, operation: Operation) -> None:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if isinstance(call.func, ast.Attribute) and call.func.attr == "call_api":
        operation.path, operation.verb = _text(call.args[0]), _text(call.args[1])
        operation.answer = _text(keywords.get("response_type")) or operation.answer
    elif isinstance(call.func, ast.Attribute) and call.func.attr == "param_serialize":
        operation.path, operation.verb = _text(keywords["resource_path"]), _text(keywords["method"])


def _read_answers(table: ast.Dict, operation: Operation) -> None:
    """Read ``{200: "V1Deployment", …}``, where the later generators write the type of an answer."""
    for key, value in zip(table.keys, table.values, strict=True):
        if isinstance(key, ast.Constant) and key.value in {200, "200"}:
            operation.answer = _text(value)


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
