"""What an admin wants done where a manifest cannot be had by its cluster as it is meant."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from converter.errors import ConverterError


class PolicyError(ConverterError):
    """A word that is no policy.

    Attributes:
        text: as it was given.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"{text!r} is no policy; write one of: {', '.join(Action)}")


class Action(StrEnum):
    """What to do."""

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


@dataclass(frozen=True, slots=True)
class Policy:
    """What to do in each case.

    Attributes:
        unreachable: where no conversion leads to a version that the cluster serves, or one would change the
            meaning of a value. Where that is uncertain, `Action.DENY` only warns.
        losses: where the cluster's version cannot hold a value, which is kept with the Work.
    """

    unreachable: Action = Action.DENY
    losses: Action = Action.WARN

    @classmethod
    def parse(cls, text: str) -> Policy:
        """Make the policy that one word stands for.

        Raises:
            PolicyError: the word is none.
        """
        return cls().under(Action.parse(text))

    def under(self, action: Action) -> Policy:
        """Return this policy as the annotation of one object changes it.

        An object can ask for less about its losses, but not make them a denial: ``deny`` is about what is unreachable.
        """
        return Policy(action, self.losses if action is Action.DENY else _milder(self.losses, action))


_SEVERITY = (Action.IGNORE, Action.WARN, Action.DENY)


def _milder(one: Action, two: Action) -> Action:
    return min(one, two, key=_SEVERITY.index)
