"""Karmada's resource interpreters as data: which customization or webhook handles which operation of which kind.

Karmada asks a ResourceInterpreterCustomization first, then a ResourceInterpreterWebhookConfiguration, then itself
(pkg/resourceinterpreter/interpreter.go). It allows one customization for each version, kind and operation
(pkg/webhook/resourceinterpretercustomization), but any number of webhooks.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import msgspec

from converter.errors import ManifestError
from converter.karmada.names import MIRROR_LABEL, MIRROR_OF_ANNOTATION, YIELDS_ANNOTATION
from converter.kube import Manifest, split_api_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

API_VERSION: Final = "config.karmada.io/v1alpha1"
CUSTOMIZATION: Final = "ResourceInterpreterCustomization"
WEBHOOK_CONFIGURATION: Final = "ResourceInterpreterWebhookConfiguration"

OPERATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "retention": "Retain",
        "replicaResource": "InterpretReplica",
        "componentResource": "InterpretComponent",
        "replicaRevision": "ReviseReplica",
        "statusReflection": "InterpretStatus",
        "statusAggregation": "AggregateStatus",
        "healthInterpretation": "InterpretHealth",
    }
)
"""Each operation that only one interpreter can have: its field in a customization, and its name in a webhook's rule.
The dependencies of all customizations are added up."""

_ANY = "*"

_Shape = TypeVar("_Shape", bound=msgspec.Struct)


class Target(NamedTuple):
    """What a customization interprets."""

    api_version: str
    kind: str


def _read(manifest: Manifest, shape: type[_Shape], kind: str) -> _Shape:
    try:
        return msgspec.convert(manifest, shape)
    except msgspec.ValidationError as error:
        raise ManifestError(f"is not a {kind}: {error}") from None


@dataclass(frozen=True, slots=True)
class Customization:
    """A ResourceInterpreterCustomization.

    Attributes:
        name: its name.
        uid: its uid; empty if it was not read from a control plane.
        target: what it interprets.
        scripts: the Lua script of each operation in `OPERATIONS`; without empty ones.
        is_mirror: whether the controller made it from a user's customization of another version.
        mirror_of: the name of that customization.
        yields: the operations that it leaves to others, ``*`` for all of them.
    """

    name: str
    uid: str
    target: Target
    scripts: Mapping[str, str]
    is_mirror: bool = False
    mirror_of: str = ""
    yields: frozenset[str] = frozenset()

    @classmethod
    def read(cls, manifest: Manifest) -> Customization:
        """Read one.

        Raises:
            ManifestError: it is not a customization.
        """
        found = _read(manifest, _Customization, CUSTOMIZATION)
        target, rules = found.spec.target, found.spec.customizations
        scripts = {field: _script(rules.get(field)) for field in OPERATIONS}
        annotations = found.metadata.annotations or {}
        yields = (part.strip() for part in annotations.get(YIELDS_ANNOTATION, "").split(","))
        return cls(
            name=found.metadata.name,
            uid=found.metadata.uid,
            target=Target(target.api_version, target.kind),
            scripts=MappingProxyType({field: script for field, script in scripts.items() if script}),
            is_mirror=(found.metadata.labels or {}).get(MIRROR_LABEL) == "true",
            mirror_of=annotations.get(MIRROR_OF_ANNOTATION, ""),
            yields=frozenset(filter(None, yields)),
        )

    def leaves(self, field: str) -> bool:
        """Whether it leaves an operation to others on request of an administrator."""
        return field in self.yields or _ANY in self.yields


@dataclass(frozen=True, slots=True)
class InterpreterWebhooks:
    """A ResourceInterpreterWebhookConfiguration.

    Attributes:
        name: its name.
        rules: the rules of all its webhooks.
    """

    name: str
    rules: tuple[_Rule, ...]

    @classmethod
    def read(cls, manifest: Manifest) -> InterpreterWebhooks:
        """Read one.

        Raises:
            ManifestError: it is not a configuration.
        """
        found = _read(manifest, _Webhooks, WEBHOOK_CONFIGURATION)
        return cls(found.metadata.name, tuple(rule for webhook in found.webhooks for rule in webhook.rules))

    def handles(self, target: Target, field: str) -> bool:
        """Whether one of its webhooks interprets an operation, as Karmada matches rules (pkg/util/interpreter)."""
        group, version = split_api_version(target.api_version)
        asked = (OPERATIONS[field], group, version, target.kind)
        return any(
            all(_ANY in given or value in given for value, given in zip(asked, rule.lists(), strict=True))
            for rule in self.rules
        )


def taken(
    target: Target, customizations: Iterable[Customization], webhooks: Iterable[InterpreterWebhooks]
) -> dict[str, str]:
    """Find the operations of a version and kind that interpreters handle.

    Returns:
        The operations as fields of a customization, each with the kind and the name of its interpreter.
    """
    found: dict[str, str] = {}
    for hook in webhooks:
        found |= {field: f"{WEBHOOK_CONFIGURATION} {hook.name}" for field in OPERATIONS if hook.handles(target, field)}
    for one in customizations:
        if one.target == target:
            found |= dict.fromkeys(one.scripts, f"{CUSTOMIZATION} {one.name}")
    return found


def without(manifest: Manifest, fields: Iterable[str]) -> Manifest:
    """Return a customization without some operations; the one given is not changed."""
    spec: dict[str, Any] = manifest["spec"]
    gone = set(fields)
    kept = {field: rule for field, rule in spec["customizations"].items() if field not in gone}
    return {**manifest, "spec": {**spec, "customizations": kept}}


def _script(rule: Any) -> str:
    script = rule.get("luaScript") if isinstance(rule, dict) else None
    return script if isinstance(script, str) else ""


class _Metadata(msgspec.Struct, rename="camel"):
    name: str
    uid: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class _Target(msgspec.Struct, rename="camel"):
    api_version: str
    kind: str


class _Spec(msgspec.Struct):
    target: _Target
    customizations: dict[str, Any] = {}


class _Customization(msgspec.Struct):
    metadata: _Metadata
    spec: _Spec


class _Rule(msgspec.Struct, frozen=True, rename="camel"):
    operations: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    api_versions: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def lists(self) -> tuple[tuple[str, ...], ...]:
        """Return the lists that must contain the operation, group, version and kind."""
        return self.operations, self.api_groups, self.api_versions, self.kinds


class _Webhook(msgspec.Struct):
    rules: tuple[_Rule, ...] = ()


class _Webhooks(msgspec.Struct):
    metadata: _Metadata
    webhooks: tuple[_Webhook, ...] = ()
