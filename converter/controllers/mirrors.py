"""Plans the mirrors of users' interpreters: which operation of which version is interpreted by whom.

Karmada interprets a member's object in the version of the member. So a customization that a user wrote for the
template's version does not act on a converted object. Its mirror does: the same scripts for the member's version.

The order, for each version and operation: a user's interpreter of that version, the mirror of a user's interpreter of
the template's version, and the installation's own.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from converter.karmada.interpreters import API_VERSION, CUSTOMIZATION, Target, taken
from converter.karmada.names import LONGEST_NAME, MIRROR_LABEL, MIRROR_OF_ANNOTATION
from converter.kube import split_api_version, version_priority
from converter.rules.moved_fields import moved_fields
from converter.works.version_selection import choose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.clusters import Cluster
    from converter.engine import Engine
    from converter.karmada.interpreters import Customization, InterpreterWebhooks
    from converter.kube import Manifest

MIRRORED: Final = ("healthInterpretation", "retention", "statusReflection")
"""The operations that Karmada asks about objects of members. It asks the others about templates only."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Conversion:
    """A version of a kind that members get instead of the template's.

    Attributes:
        source: the template's apiVersion.
        target: the members' apiVersion.
        moved: the fields that have another place or shape there (`moved_fields`).
    """

    source: str
    target: str
    moved: frozenset[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Unmirrored:
    """An operation of a user's customization that is not mirrored, because its script names a field that moves.

    Attributes:
        customization: the user's.
        target: the members' apiVersion.
        operation: the operation, as a field of a customization.
        words: the names on the field's path.
    """

    customization: Customization
    target: str
    operation: str
    words: tuple[str, ...]


@dataclass(slots=True)
class MirrorPlan:
    """Who interprets a kind.

    Attributes:
        mirrors: the mirrors that must exist, by name.
        handled: the operations that users' interpreters and mirrors handle, by version.
        unmirrored: the operations that cannot be mirrored.
    """

    mirrors: dict[str, Manifest] = field(default_factory=dict)
    handled: dict[Target, frozenset[str]] = field(default_factory=dict)
    unmirrored: list[Unmirrored] = field(default_factory=list)


def conversions_of(
    kind: str, native: Mapping[str, frozenset[str]], clusters: Iterable[Cluster], engine: Engine
) -> list[Conversion]:
    """List the conversions of a kind that the fleet needs, sorted.

    Templates are in the best version of each group that the control plane serves, as Karmada's detector reads them.

    Args:
        kind: the kind.
        native: for each kind, the apiVersions that the control plane serves itself.
        clusters: the fleet.
        engine: the rules in use.
    """
    best: dict[str, str] = {}
    for version in native.get(kind, ()):
        group = split_api_version(version)[0]
        best[group] = min(version, best.get(group, version), key=version_priority)
    routes = {}
    for cluster in clusters:
        for source in best.values():
            route = choose(source, kind, cluster, engine).route
            if route is not None:
                routes[source, route.target] = route
    return [Conversion(*pair, moved_fields(route.edges)) for pair, route in sorted(routes.items())]


def plan_mirrors(
    kind: str,
    users: Iterable[Customization],
    webhooks: Iterable[InterpreterWebhooks],
    conversions: Iterable[Conversion],
    shipped: Iterable[Target],
) -> MirrorPlan:
    """Plan who interprets a kind in each version.

    Args:
        kind: the kind.
        users: the customizations of users for the kind.
        webhooks: all interpreter webhooks.
        conversions: those of the kind.
        shipped: the versions of the kind that the installation interprets.
    """
    ordered = sorted(users, key=lambda one: one.name)
    hooks = tuple(webhooks)
    plan = MirrorPlan()
    wanted = tuple(conversions)
    targets = {*shipped, *(Target(conversion.target, kind) for conversion in wanted)}
    taken_in = {target: set(taken(target, ordered, hooks)) for target in targets}
    for conversion in wanted:
        target = Target(conversion.target, kind)
        handled = taken_in[target]
        for user in ordered:
            if user.target != (conversion.source, kind):
                continue
            scripts = {}
            for operation in MIRRORED:
                script = user.scripts.get(operation, "")
                if not script or operation in handled or user.leaves(operation):
                    continue
                words = _moved_words(script, conversion.moved)
                if words:
                    plan.unmirrored.append(Unmirrored(user, conversion.target, operation, words))
                    continue
                scripts[operation] = script
            if scripts:
                handled.update(scripts)
                mirror = _mirror(user, target, scripts)
                plan.mirrors[mirror["metadata"]["name"]] = mirror
    plan.handled = {target: frozenset(found) for target, found in taken_in.items()}
    return plan


def _moved_words(script: str, moved: Iterable[frozenset[str]]) -> tuple[str, ...]:
    """Return the names of a moved field that a script has, sorted; none if it has no such field."""
    words = set(_WORD.findall(script))
    return next((tuple(sorted(names)) for names in sorted(moved, key=sorted) if names <= words), ())


def _mirror(user: Customization, target: Target, scripts: Mapping[str, str]) -> Manifest:
    owner = {"apiVersion": API_VERSION, "kind": CUSTOMIZATION, "name": user.name, "uid": user.uid}
    metadata: dict[str, Any] = {
        "name": mirror_name(user.name, target.api_version),
        "labels": {MIRROR_LABEL: "true"},
        "annotations": {MIRROR_OF_ANNOTATION: user.name},
        "ownerReferences": [owner],
    }
    return {
        "apiVersion": API_VERSION,
        "kind": CUSTOMIZATION,
        "metadata": metadata,
        "spec": {
            "target": {"apiVersion": target.api_version, "kind": target.kind},
            "customizations": {operation: {"luaScript": script} for operation, script in sorted(scripts.items())},
        },
    }


def mirror_name(user: str, api_version: str) -> str:
    """Name the mirror of a customization for a version: ``converter-mirror-NAME-v1beta1.batch``."""
    group, version = split_api_version(api_version)
    full = f"converter-mirror-{user}-{version}{f'.{group}' if group else ''}"
    if len(full) <= LONGEST_NAME:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()[:16]
    return f"{full[: LONGEST_NAME - len(digest) - 1].rstrip('.-')}-{digest}"
