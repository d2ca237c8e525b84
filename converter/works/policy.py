"""The policy for manifests that their cluster cannot have as they are meant."""

from __future__ import annotations

from dataclasses import dataclass

from converter.losses.policy import Action, PolicyError, milder

__all__ = ["Action", "Policy", "PolicyError"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What to do in each case.

    Attributes:
        unreachable: if no conversion leads to a version that the cluster serves, or one would change the meaning of a
            value. If that is uncertain, `Action.DENY` only warns.
        losses: if the cluster cannot hold a value. A `LossPolicy` in the rule files overrides it.
    """

    unreachable: Action = Action.DENY
    losses: Action = Action.WARN

    @classmethod
    def parse(cls, text: str) -> Policy:
        """Make the policy for one action.

        Raises:
            PolicyError: the text is not one of deny, warn and ignore.
        """
        return cls().under(Action.parse(text))

    def under(self, action: Action) -> Policy:
        """Apply the annotation of one object.

        An object can ask for less about its losses, but not make them a denial: ``deny`` is about what is unreachable.
        """
        return Policy(action, self.losses if action is Action.DENY else milder(self.losses, action))
