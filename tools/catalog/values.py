"""Which values of enumerations each release knows: fields from the catalog's types, values from Kubernetes' Go types.

A kind's model and its Go struct are walked side by side, so that every string field meets the Go type that it has. Only
enumerations whose values differ between releases are recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tools.catalog.pairing import Types, paired

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tools.catalog.gotypes import Module, Place

# Types that servers validate as enumerations although no release marks them: group and name. Kubernetes' sources:
# validateContainerRestartPolicy and validateInitContainerRestartPolicy in pkg/apis/core/validation/validation.go,
# validatePodSecurityPolicyVolumes in pkg/apis/policy/validation/validation.go (up to v1.24).
UNMARKED = frozenset({("", "ContainerRestartPolicy"), ("", "ContainerRestartRuleAction"), ("policy", "FSType")})


@dataclass
class Known:
    """What one release's sources say.

    Attributes:
        fields: of each model and JSON field the Go type, where that is a type of strings.
        values: of each such type its values.
        untyped: of each such type the untyped strings near it that can be values, too.
    """

    fields: dict[tuple[str, str], Place] = field(default_factory=dict)
    values: dict[Place, frozenset[str]] = field(default_factory=dict)
    untyped: dict[Place, frozenset[str]] = field(default_factory=dict)


def known(types: Types, resources: Iterable[Sequence[Any]], module: Module) -> Known:
    """Find the fields of strings with a Go type of their own, and what values the type has.

    Args:
        types: the release's types, as the client tells them.
        resources: of each resource group, version and kind first, and the name of its type last.
        module: the release's Go types.

    Raises:
        SystemExit: one type of the client is two in Go.
    """
    found = Known()
    for name, struct in paired(types, resources, module).items():
        for json, place in module.fields(struct):
            if types[name].get(json, "any") in {"string", "[string"} and not module.is_struct(place):
                found.fields[name, json] = place
                found.values[place], found.untyped[place] = module.values(place), module.untyped(place)
    return found


def changing(releases: Sequence[Known], enumerations: set[tuple[str, str]], groups: Mapping[str, str]) -> set[Place]:
    """Name the enumerations whose values are not the same in all releases that tell any, and tell all of them apart.

    Each release's values are completed on the way: what it has as a constant without a type, while another release has
    it with the type, it knows.

    Args:
        releases: what the sources of each release say.
        enumerations: the types that are enumerations, as group and name.
        groups: the API group of each package.
    """
    every = {place for release in releases for place in release.values}
    found = set()
    for place in sorted(every, key=str):
        if (groups[place.package], place.name) not in enumerations | UNMARKED:
            continue
        having = [release for release in releases if release.values.get(place)]
        ever = frozenset().union(*(release.values[place] for release in having))
        for release in having:
            release.values[place] |= ever & release.untyped[place]
        if any(release.values[place] != ever for release in having):
            found.add(place)
    return found


def marked(types: Types, release: Known, wanted: set[Place]) -> Types:
    """Write the enumerations that are wanted into the types that have them: ``string=core/v1.TolerationOperator``."""
    result = {name: dict(fields) for name, fields in types.items()}
    for (name, json), place in release.fields.items():
        if place in wanted and release.values[place]:
            result[name][json] += f"={place}"
    return result
