"""What an admin wants done about what a cluster would drop: by weight, for all, per cluster, namespace and object."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from converter.errors import ConverterError, ProblemCode
from converter.losses.severity import Severity, matches, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.rules.yaml_source import Cursor

KIND: Final = "LossPolicy"


class PolicyError(ConverterError):
    """A word that is not a policy.

    Attributes:
        text: as it was given.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"{text!r} is not a policy; write one of: {', '.join(Action)}")


class Action(StrEnum):
    """What to do; the mildest last."""

    DENY = "deny"
    """Refuse the Work, and say why."""

    WARN = "warn"
    """Let it pass, and say what is wrong."""

    IGNORE = "ignore"
    """Let it pass, and say nothing."""

    @classmethod
    def parse(cls, text: str) -> Action:
        """Read ``deny``, ``warn`` or ``ignore``.

        Raises:
            PolicyError: it is none of them.
        """
        try:
            return cls(text)
        except ValueError:
            raise PolicyError(text) from None


_MILDEST_FIRST = (Action.IGNORE, Action.WARN, Action.DENY)


def milder(one: Action, two: Action) -> Action:
    """The one of two that lets more pass."""
    return min(one, two, key=_MILDEST_FIRST.index)


DEFAULT_ACTIONS: Final[Mapping[Severity, Action]] = {
    Severity.DANGEROUS: Action.WARN,
    Severity.DEGRADING: Action.WARN,
    Severity.HARMLESS: Action.IGNORE,
}
"""Nothing that reached its cluster before is stopped by merely installing the converter: an admin turns ``deny`` on."""


@dataclass(frozen=True, slots=True)
class LossRule:
    """Other actions for some clusters and namespaces.

    Attributes:
        actions: by weight; a weight that is missing keeps its action.
        clusters: the clusters' names, with ``*``; empty for all.
        labels: labels that the clusters have; all of them.
        namespaces: the objects' namespaces, with ``*``; empty for all.
    """

    actions: Mapping[Severity, Action]
    clusters: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    namespaces: tuple[str, ...] = ()

    def holds(self, cluster: str, labels: Mapping[str, str], namespace: str) -> bool:
        """Whether it holds for objects of a namespace in a cluster."""
        return (
            matches(self.clusters, cluster)
            and all(labels.get(name) == value for name, value in self.labels.items())
            and matches(self.namespaces, namespace)
        )


@dataclass(frozen=True, slots=True)
class LossPolicy:
    """What to do about losses.

    Attributes:
        default: the action for each weight.
        rules: exceptions; later matching rules override earlier ones.
        may_loosen: the weights whose action an object's own annotation may make milder.
    """

    default: Mapping[Severity, Action]
    rules: tuple[LossRule, ...] = ()
    may_loosen: frozenset[Severity] = frozenset()

    @classmethod
    def of(cls, action: Action) -> LossPolicy:
        """Make the policy that one word names; every object may ask for less.

        ``warn`` is the default: harmless losses are not reported.
        """
        default = DEFAULT_ACTIONS if action is Action.WARN else dict.fromkeys(Severity, action)
        return cls(default, may_loosen=frozenset(Severity))

    def action(
        self, weight: Severity, cluster: str, labels: Mapping[str, str], namespace: str, asked: Action | None = None
    ) -> Action:
        """Decide about a loss.

        Args:
            weight: the loss's.
            cluster: the cluster's name.
            labels: the cluster's labels.
            namespace: the object's namespace; empty for cluster-scoped ones.
            asked: what the object itself asks for; it can make the action milder, where it may, and never stricter.
        """
        action = self.default[weight]
        for rule in self.rules:
            if weight in rule.actions and rule.holds(cluster, labels, namespace):
                action = rule.actions[weight]
        return milder(action, asked) if asked is not None and weight in self.may_loosen else action


def parse_loss_policy(root: Cursor) -> LossPolicy:
    """Parse one ``LossPolicy`` document; what is wrong is added to the problems of ``root``."""
    root.only(("apiVersion", "kind", "metadata", "spec"), "a loss policy")
    if not root.has("spec"):
        root.problem("spec is missing", "docs/reference/losses.md shows a policy", ProblemCode.MISSING)
        return LossPolicy(DEFAULT_ACTIONS)
    spec = root.child("spec")
    spec.only(("default", "rules", "objectsMayLoosen"), "the spec of a loss policy")
    default = {**DEFAULT_ACTIONS, **_actions(spec.child("default"))} if spec.has("default") else DEFAULT_ACTIONS
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
        actions = _actions(entry.child("actions"))
        rules.append(LossRule(actions, tuple(texts(entry, "clusters")), labels, tuple(texts(entry, "namespaces"))))
    loosen = texts(spec, "objectsMayLoosen")
    for index, word in enumerate(loosen):
        if word not in tuple(Severity):
            spec.child("objectsMayLoosen").child(index).problem(f"{word!r} is not one of {', '.join(Severity)}")
    return LossPolicy(default, tuple(rules), frozenset(weight for weight in Severity if weight in loosen))


def _actions(place: Cursor) -> dict[Severity, Action]:
    found: dict[Severity, Action] = {}
    if not place.expect(dict, "a mapping"):
        return found
    place.only(tuple(Severity), "a list of actions by weight")
    for weight in Severity:
        if place.has(weight):
            found[weight] = Action(place.choice(weight, tuple(Action)))
    return found
