"""What to do with a manifest that its cluster cannot accept, or cannot hold completely."""

from __future__ import annotations

from dataclasses import dataclass

from converter.losses.policy import Action, PolicyError, milder

__all__ = ["Action", "Policy", "PolicyError"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What to do in each case.

    Attributes:
        unreachable: where no conversion leads to a version that the cluster serves, or one would change the
            meaning of a value. Where that is uncertain, `Action.DENY` only warns.
        losses: where the cluster cannot hold a value. A `LossPolicy` in the rule book overrides it.
    """

    unreachable: Action = Action.DENY
    losses: Action = Action.WARN

    @classmethod
    def parse(cls, text: str) -> Policy:
        """Make the policy that one word names.

        Raises:
            PolicyError: the word is none.
        """
        return cls().under(Action.parse(text))

    def under(self, action: Action) -> Policy:
        """Return this policy as the annotation of one object changes it.

        An object can ask for less about its losses, but not make them a denial: ``deny`` is about what is unreachable.
        """
        return Policy(action, self.losses if action is Action.DENY else milder(self.losses, action))
