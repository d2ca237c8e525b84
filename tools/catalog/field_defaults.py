"""What servers fill into fields that are not in every release: values that mean what a release without the field does.

Kubernetes' API conventions demand it of every field that is added: its default keeps the behaviour of before. So what
a newer server fills in is not lost on an older one. The values come from Kubernetes' own defaulting functions and
``+default=`` markers, through `tools/catalog/gosource`. A field with more than one default depends on the rest of the
object; `converter.catalog.defaults` decides those, and `CONDITIONAL` names them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tools.catalog.gotypes import Place
from tools.catalog.pairing import Types, paired

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tools.catalog.gosource import Sources
    from tools.catalog.gotypes import Module

Defaults = dict[str, dict[str, Any]]

# Fields whose default depends on other fields (the published struct and the JSON name). Those that matter are in
# converter/catalog/defaults.py.
CONDITIONAL = frozenset(
    {
        ("JobSpec", "podReplacementPolicy"),
        ("ServiceSpec", "ipFamilyPolicy"),
        ("Subject", "apiGroup"),  # depends on the subject's kind, and is as old as RBAC v1
        ("ImageVolumeSource", "pullPolicy"),  # of a volume that is lost as a whole
    }
)


def of_release(sources: Sources, modules: Sequence[Module]) -> dict[tuple[Place, str], Any]:
    """Read the constant defaults of one release, by the published struct and the JSON name.

    An empty object means one that is filled in and gets the defaults of its own fields.

    Raises:
        SystemExit: a field has two defaults and is not in `CONDITIONAL`.
    """
    found: dict[tuple[Place, str], Any] = {}
    places = {
        (path, struct): (Place(path, struct), names)
        for module in modules
        for path, package in module.packages.items()
        for struct, names in package.go_names.items()
    }
    for default in sources.defaults:
        place, names = places.get((default.package, default.struct), (None, {}))
        name = names.get(default.field)
        if place is None or name is None or (default.struct, name) in CONDITIONAL or not default.value:
            continue
        value = json.loads(default.value)
        if found.setdefault((place, name), value) != value:
            found[place, name] = None
    return {key: value for key, value in found.items() if value is not None}


def by_model(
    types: Types, resources: Iterable[Sequence[Any]], modules: Sequence[Module], found: Mapping[tuple[Place, str], Any]
) -> Defaults:
    """Carry the defaults of one release over to the client's models."""
    result: Defaults = {}
    listed = list(resources)
    for module in modules:
        for name, struct in paired(types, listed, module).items():
            for field, owner in module.owners(struct):
                if (owner, field) in found and field in types[name]:
                    result.setdefault(name, {})[field] = found[owner, field]
    return result


def partial(releases: Sequence[Types]) -> set[tuple[str, str]]:
    """Name the fields that some release's model lacks while it has others, or that have a mark in some release."""
    models = {name for types in releases for name in types}
    result = set()
    for name in models:
        having = [types[name] for types in releases if name in types]
        for field in set().union(*having):
            if any(field not in fields or "@" in fields[field] for fields in having):
                result.add((name, field))
    return result


def merged(releases: Sequence[tuple[Types, Defaults]]) -> Defaults:
    """Put together the defaults of fields that are not in every release, and of what is filled in below them.

    Raises:
        SystemExit: two releases fill in different values.
    """
    wanted = partial([types for types, _ in releases])
    result: Defaults = {}
    for types, defaults in releases:
        todo = [(name, field) for name, field in wanted if field in defaults.get(name, {})]
        while todo:
            name, field = todo.pop()
            value = defaults[name][field]
            if result.setdefault(name, {}).setdefault(field, value) != value:
                raise SystemExit(f"{name}.{field} has another default in another release; say which counts")
            target = types[name][field].partition("@")[0]
            if value == {} and target.startswith("#"):
                todo += [(target[1:], below) for below in defaults.get(target[1:], {})]
    return {name: dict(sorted(fields.items())) for name, fields in sorted(result.items())}
