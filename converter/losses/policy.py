"""The loss policy: what to do about each loss, by severity, cluster, namespace and object."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from converter.errors import ConverterError, ProblemCode, RuleProblem
from converter.losses.severity import Severity, matches, texts
from converter.rules.parse import parse_overrides

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.rules.yaml_source import Cursor

KIND: Final = "LossPolicy"

REFUSED: Final = "refused"
"""The key for manifests that a cluster refuses, next to the severities."""


class PolicyError(ConverterError):
    """A word that is not a policy.

    Attributes:
        text: the word.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"{text!r} is not a policy; write one of: {', '.join(Action)}")


class Action(StrEnum):
    """What to do about a loss; mildest last."""

    DENY = "deny"
    """Deny the Work and report the loss."""

    WARN = "warn"
    """Allow the Work and report the loss."""

    IGNORE = "ignore"
    """Allow the Work; do not report the loss."""

    @classmethod
    def parse(cls, text: str) -> Action:
        """Parse ``deny``, ``warn`` or ``ignore``.

        Raises:
            PolicyError: it is another word.
        """
        try:
            return cls(text)
        except ValueError:
            raise PolicyError(text) from None


_MILDEST_FIRST = (Action.IGNORE, Action.WARN, Action.DENY)


def milder(one: Action, two: Action) -> Action:
    """Return the milder of two actions."""
    return min(one, two, key=_MILDEST_FIRST.index)


DEFAULT_ACTIONS: Final[Mapping[Severity, Action]] = {
    Severity.DANGEROUS: Action.WARN,
    Severity.DEGRADING: Action.WARN,
    Severity.HARMLESS: Action.IGNORE,
}
"""Installing the converter stops no Work that reached its cluster before: an admin must enable ``deny``."""


@dataclass(frozen=True, slots=True)
class LossRule:
    """Actions for some clusters and namespaces, which override the default.

    Attributes:
        actions: by severity; a missing severity keeps its action.
        refused: the action for manifests that the cluster refuses; None keeps it.
        clusters: the clusters' names, with ``*``; empty for all.
        labels: labels that the clusters must have, all of them.
        namespaces: the objects' namespaces, with ``*``; empty for all.
    """

    actions: Mapping[Severity, Action]
    clusters: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    namespaces: tuple[str, ...] = ()
    refused: Action | None = None

    def applies(self, cluster: str, labels: Mapping[str, str], namespace: str) -> bool:
        """Whether the rule applies to objects of a namespace in a cluster."""
        return (
            matches(self.clusters, cluster)
            and all(labels.get(name) == value for name, value in self.labels.items())
            and matches(self.namespaces, namespace)
        )


@dataclass(frozen=True, slots=True)
class LossPolicy:
    """What to do about losses.

    Attributes:
        default: the action for each severity.
        rules: exceptions; later matching rules override earlier ones.
        may_loosen: the severities whose action an object's annotation may make milder.
        refused: the action for manifests that the cluster refuses; None if they count as unreachable.
        may_loosen_refused: whether an object's annotation may make that action milder.
        name: the name of its document; empty if it has none.
        overrides: the names of the policies whose place it takes.
        file: its file.
        line: its line in the file.
    """

    default: Mapping[Severity, Action]
    rules: tuple[LossRule, ...] = ()
    may_loosen: frozenset[Severity] = frozenset()
    refused: Action | None = None
    may_loosen_refused: bool = False
    name: str = ""
    overrides: tuple[str, ...] = ()
    file: str = ""
    line: int = 0

    @classmethod
    def of(cls, action: Action) -> LossPolicy:
        """Make the policy for one word; every object may choose a milder action.

        ``warn`` gives the default policy, which does not report harmless losses.
        """
        default = DEFAULT_ACTIONS if action is Action.WARN else dict.fromkeys(Severity, action)
        return cls(default, may_loosen=frozenset(Severity))

    def action(
        self, weight: Severity, cluster: str, labels: Mapping[str, str], namespace: str, asked: Action | None = None
    ) -> Action:
        """Return the action for a loss.

        Args:
            weight: the severity of the loss.
            cluster: the cluster's name.
            labels: the cluster's labels.
            namespace: the object's namespace; empty for cluster-scoped ones.
            asked: the action in the object's annotation; it can only make the action milder, if the policy allows that.
        """
        action = self.default[weight]
        for rule in self.rules:
            if weight in rule.actions and rule.applies(cluster, labels, namespace):
                action = rule.actions[weight]
        return milder(action, asked) if asked is not None and weight in self.may_loosen else action

    def action_for_refused(
        self, cluster: str, labels: Mapping[str, str], namespace: str, asked: Action | None, unreachable: Action
    ) -> Action:
        """Return the action for a manifest that the cluster refuses.

        Args:
            cluster: the cluster's name.
            labels: the cluster's labels.
            namespace: the object's namespace; empty for cluster-scoped ones.
            asked: the action in the object's annotation.
            unreachable: the action for manifests that no conversion brings to the cluster; it counts if no policy says
                something about refused ones.
        """
        action = self.refused
        for rule in self.rules:
            if rule.refused is not None and rule.applies(cluster, labels, namespace):
                action = rule.refused
        if action is None:
            return unreachable
        return milder(action, asked) if asked is not None and self.may_loosen_refused else action


def replaces(policy: LossPolicy, before: LossPolicy | None) -> RuleProblem | None:
    """Check that a policy may take the place of the one before it.

    Returns:
        What is wrong; None if no policy comes before it, or it says that it overrides that one.
    """
    missing = [name for name in policy.overrides if before is None or name != before.name]
    if missing:
        text = f"the policy overrides {missing[0]!r}, which no earlier {KIND} is called"
        return RuleProblem(policy.file, policy.line, text, "correct the name", ProblemCode.MISSING)
    if before is None or before.name in policy.overrides:
        return None
    text = f"there is more than one {KIND}: {before.name or before.file} is another one"
    hint = "merge their rules into one document, or override the other one by its name"
    return RuleProblem(policy.file, policy.line, text, hint, ProblemCode.DUPLICATE)


def parse_loss_policy(root: Cursor) -> LossPolicy:
    """Parse one ``LossPolicy`` document; what is wrong is added to the problems of ``root``."""
    root.only(("apiVersion", "kind", "metadata", "spec"), "a loss policy")
    if not root.has("spec"):
        root.problem("spec is missing", "docs/reference/losses.md shows a policy", ProblemCode.MISSING)
        return LossPolicy(DEFAULT_ACTIONS)
    spec = root.child("spec")
    spec.only(("default", "rules", "objectsMayLoosen", "overrides"), "the spec of a loss policy")
    found, refused = _actions(spec.child("default")) if spec.has("default") else ({}, None)
    default = {**DEFAULT_ACTIONS, **found}
    rules = []
    for entry in spec.child("rules").entries() if spec.has("rules") else ():
        entry.only(("clusters", "clusterLabels", "namespaces", "actions"), "a rule of a loss policy")
        if not entry.has("actions"):
            entry.problem("actions is missing", "actions: {dangerous: deny}", ProblemCode.MISSING)
            continue
        labels = {}
        for name, value in entry.child("clusterLabels").items() if entry.has("clusterLabels") else ():
            if value.expect(str, "a string"):
                labels[name] = value.value
        actions, own = _actions(entry.child("actions"))
        clusters, namespaces = tuple(texts(entry, "clusters")), tuple(texts(entry, "namespaces"))
        rules.append(LossRule(actions, clusters, labels, namespaces, own))
    loosen = texts(spec, "objectsMayLoosen")
    for index, word in enumerate(loosen):
        if word not in _KEYS:
            spec.child("objectsMayLoosen").child(index).problem(f"{word!r} is not one of {', '.join(_KEYS)}")
    may_loosen = frozenset(weight for weight in Severity if weight in loosen)
    metadata = root.child("metadata")
    name = metadata.text("name", "") if metadata.has("name") else ""
    return LossPolicy(
        default, tuple(rules), may_loosen, refused, REFUSED in loosen,
        name, parse_overrides(spec), root.problems.file, root.line,
    )  # fmt: skip


_KEYS: Final = (*Severity, REFUSED)


def _actions(place: Cursor) -> tuple[dict[Severity, Action], Action | None]:
    found: dict[Severity, Action] = {}
    if not place.expect(dict, "a mapping"):
        return found, None
    place.only(_KEYS, "a list of actions by severity")
    for weight in Severity:
        if place.has(weight):
            found[weight] = Action(place.choice(weight, tuple(Action)))
    refused = Action(place.choice(REFUSED, tuple(Action))) if place.has(REFUSED) else None
    return found, refused
