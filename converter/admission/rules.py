"""The webhook on rule objects: refuses what the linter refuses, with the linter's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from converter.admission.review import allow, bounded, decode_review, deny
from converter.errors import ManifestError
from converter.rule_objects import KINDS, RuleObject, read_object

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from converter.errors import RuleProblem

SHOWN: Final = 10
"""How many problems of an object a denial lists."""


class RulesWebhook:
    """Answers reviews of rule objects.

    It protects no state: an object that comes in while the webhook does not answer is checked by the same code when the
    processes read it. So a failure of this webhook, and its removal, are safe.
    """

    def __init__(
        self,
        check: Callable[[RuleObject], list[RuleProblem]],
        warn: Callable[[RuleObject], Sequence[str]] = lambda _: (),
    ) -> None:
        """Prepare.

        Args:
            check: finds what is wrong with an object, with all rules in use taken into account. It can take a second.
            warn: finds what to warn about an object with which nothing is wrong.
        """
        self._check = check
        self.warn = warn

    def answer(self, body: bytes) -> bytes:
        """Answer one AdmissionReview.

        Raises:
            ReviewError: the body is not an AdmissionReview.
        """
        review = decode_review(body)
        request = review.request
        if request.object is None or request.sub_resource or request.operation not in {"CREATE", "UPDATE"}:
            return allow(review)
        try:
            given = read_object(request.object)
            before = read_object(request.old_object) if request.old_object is not None else None
        except ManifestError as error:
            return deny(review, str(error))
        if given.key.kind not in KINDS or given.is_deleted:
            return allow(review)
        if before is not None and before.spec.raw == given.spec.raw:  # labels and the like: no rule changes
            return allow(review)
        problems = self._check(given)
        return deny(review, _message(problems)) if problems else allow(review, _warnings(self.warn(given)))


def _warnings(lines: Sequence[str]) -> list[str]:
    return bounded([f"not proved: {line}" for line in lines], "see the condition Proved")


def _message(problems: list[RuleProblem]) -> str:
    listed = [str(problem) for problem in problems[:SHOWN]]
    if len(problems) > SHOWN:
        listed.append(f"and {len(problems) - SHOWN} more")
    return "; ".join(listed)
