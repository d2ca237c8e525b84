"""Hold the shipped catalog against Kubernetes' own sources: the OpenAPI document and the API server's defaults.

The sources are folders of ``k8s.io/kubernetes`` such as the Go module cache holds: ``…/kubernetes@v1.30.14``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # run as a script: the package and the tools are in one folder

from converter.catalog import Catalog, FieldType, ObjectType, load_catalog  # noqa: E402 - needs the path above
from converter.kube import GroupVersionKind  # noqa: E402 - needs the path above
from tools.catalog.distil import PATH  # noqa: E402 - needs the path above

if TYPE_CHECKING:
    from collections.abc import Iterator

_HELP = """\
Compare the shipped catalog with Kubernetes' own sources, release by release: which resources there are, their
kinds, scopes and subresources, every field of every kind at any depth and its type, and which versions the
API server serves by default. Prints each difference; the exit code is 1 where there is one.

example:
  go mod download k8s.io/kubernetes@v1.30.14
  python tools/catalog/verify.py "$(go env GOMODCACHE)"/k8s.io/kubernetes@v1.*
"""
_FREE_FORM = {"RawExtension", "JSON", "FieldsV1", "Fields"}
_NAMED = {"IntOrString": "int-or-string", "Quantity": "quantity", "Time": "date-time", "MicroTime": "date-time"}
_SCALARS = {"integer": "int", "boolean": "bool", "number": "number"}
_FORMATS = {"byte": "bytes", "date-time": "date-time", "int-or-string": "int-or-string"}


def differences(catalog: Catalog, source: Path) -> Iterator[str]:
    """Say everything in which the catalog and one release's sources differ."""
    release = f"v1.{source.name.partition('@v1.')[2].partition('.')[0]}"
    openapi = json.loads((source / "api/openapi-spec/swagger.json").read_bytes())
    expected, served = resources(openapi), catalog.served(release, all_versions=True)
    for gvk in sorted(set(expected) ^ set(served)):
        yield f"{gvk}: only {'Kubernetes' if gvk in expected else 'the catalog'} has it"
    names = {kind: name for name, schema in openapi["definitions"].items() for kind in _kinds(schema)}
    on, off = enabled(source)
    for gvk in sorted(set(expected) & set(served)):
        found = served[gvk]
        said = (found.plural, found.namespaced, set(found.subresources))
        if said != expected[gvk]:
            yield f"{gvk}: the catalog says {said}, Kubernetes {expected[gvk]}"
        versions = {(gvk.group, gvk.version, found.plural), (gvk.group, gvk.version, "")}
        exact = (gvk.group, gvk.version, found.plural)
        default = exact in on or (exact not in off and bool(versions & on))
        if (versions & (on | off)) and found.default_on != default:
            yield f"{gvk}: on by default is {default}, the catalog says {found.default_on}"
        root = catalog.type_of(release, gvk)
        if root is not None:
            yield from (f"{gvk} {text}" for text in _compare(openapi["definitions"], names[gvk], root, set()))


def resources(openapi: dict[str, Any]) -> dict[GroupVersionKind, tuple[str, bool, set[str]]]:
    """Read plural, scope and subresources of every kind from the paths of an OpenAPI document."""
    kinds: dict[tuple[str, str, str], GroupVersionKind] = {}
    namespaced, below = set(), []
    for path, operations in openapi["paths"].items():
        parts = PATH.fullmatch(path)
        if parts is None:
            continue
        key = (parts["group"] or "", parts["version"], parts["plural"])
        if parts["namespaced"]:
            namespaced.add(key)
        if parts["subresource"]:
            below.append((key, parts["subresource"]))
            continue
        for verb in ("get", "post", "put"):
            kind = operations.get(verb, {}).get("x-kubernetes-group-version-kind")
            if kind is not None:
                kinds[key] = GroupVersionKind(kind["group"], kind["version"], kind["kind"])
    return {
        gvk: (key[2], key in namespaced, {name for other, name in below if other == key}) for key, gvk in kinds.items()
    }


def _kinds(schema: dict[str, Any]) -> list[GroupVersionKind]:
    listed = schema.get("x-kubernetes-group-version-kind", [])
    return [GroupVersionKind(kind["group"], kind["version"], kind["kind"]) for kind in listed]


def _compare(definitions: dict[str, Any], name: str, found: ObjectType, seen: set[tuple[str, str]]) -> Iterator[str]:
    if (name, found.name) in seen:
        return
    seen.add((name, found.name))
    expected = definitions[name].get("properties", {})
    for field in sorted(set(expected) ^ set(found.fields)):
        yield f"{found.name}.{field}: only {'Kubernetes' if field in expected else 'the catalog'} has it"
    for field in sorted(set(expected) & set(found.fields)):
        type_, schema = found.fields[field], expected[field]
        if _said(type_) != _expected(definitions, schema):
            wanted = _expected(definitions, schema)
            yield f"{found.name}.{field}: the catalog says {_said(type_)}, Kubernetes {wanted}"
            continue
        target = type_.innermost.target
        if target is not None and not type_.innermost.loose:
            yield from _compare(definitions, _innermost(schema)["$ref"].rpartition("/")[2], target, seen)


def _innermost(schema: dict[str, Any]) -> dict[str, Any]:
    inner = schema.get("items", schema.get("additionalProperties"))
    return _innermost(inner) if isinstance(inner, dict) else schema


def _said(type_: FieldType) -> str:
    if type_.element is not None:
        return f"{type_.kind} of {_said(type_.element)}"
    return "loose" if type_.loose else type_.scalar or type_.kind


def _expected(definitions: dict[str, Any], schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _expected_reference(definitions, schema["$ref"].rpartition("/")[2])
    if schema.get("type") == "array":
        return f"list of {_expected(definitions, schema['items'])}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map of {_expected(definitions, schema['additionalProperties'])}"
    if schema.get("type") == "string":
        return _FORMATS.get(schema.get("format", ""), "string")
    return _SCALARS.get(schema.get("type", ""), "any")


def _expected_reference(definitions: dict[str, Any], name: str) -> str:
    base = name.rpartition(".")[2]
    if "JSONSchemaPropsOr" in base:
        return "loose"
    if base in _NAMED or base in _FREE_FORM:
        return _NAMED.get(base, "any")
    return "object" if "properties" in definitions[name] else _expected(definitions, definitions[name])


def enabled(source: Path) -> tuple[set[tuple[str, str, str]], set[tuple[str, str, str]]]:
    """Read which versions (group, version, "") and resources (…, plural) a release turns on and off."""
    files = [source / "pkg/controlplane/instance.go", source / "pkg/master/master.go"]
    text = next(file for file in files if file.exists()).read_text()
    imports = re.findall(r'(\w+)\s+"k8s\.io/(?:api|kubernetes/pkg/apis)/(\w+)/(v\w+)"', text)
    groups = {alias: (_group(source, folder), version) for alias, folder, version in imports}
    on: set[tuple[str, str, str]] = set()
    off: set[tuple[str, str, str]] = set()
    blocks = r"((?:\w*\.)?\w*(?:Enable|Disable)\w*)(?:\(| = \[\]schema\.GroupVersion(?:Resource)?\{)\n(.*?)\n\s*[)}]\n"
    for name, body in re.findall(blocks, text, re.DOTALL):
        into = on if "Enable" in name and "Disabled" not in name else off
        lines = re.findall(r'^\s*(\w+)\.SchemeGroupVersion(?:\.WithResource\("(\w+)"\))?', body, re.MULTILINE)
        into.update((*groups[alias], plural) for alias, plural in lines if alias in groups)
    return on, off


def _group(source: Path, folder: str) -> str:
    """Name the API group of a package of ``k8s.io/api``, as its register.go does."""
    if folder == "core":
        return ""
    register = source / "pkg/apis" / folder / "register.go"
    found = re.search(r'GroupName\s*=\s*"([^"]*)"', register.read_text()) if register.exists() else None
    return found[1] if found else folder


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=_HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", type=Path, metavar="FOLDER", help="sources of a Kubernetes release")
    catalog, count = load_catalog(), 0
    for source in parser.parse_args().sources:
        found = list(differences(catalog, source))
        count += len(found)
        print(f"{source.name}: {len(found)} differences", *found, sep="\n  ")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
