"""An admission webhook of the API server in memory, and the match conditions of ours."""

from collections.abc import Callable
from dataclasses import dataclass

from converter.karmada.names import EXECUTION_FINALIZER


@dataclass(frozen=True)
class Webhook:
    """An admission webhook that runs in this process.

    Attributes:
        name: its name, as the API server puts it into the message of a denial.
        resources: ``works``, ``resourcebindings/status``, …
        answer: makes the AdmissionReview's answer.
        matches: its match conditions, as a function of the new object and the stored one.
    """

    name: str
    resources: frozenset[str]
    answer: Callable[[bytes], bytes]
    matches: Callable[[dict, dict | None], bool] = lambda _new, _old: True


def is_live(new, _old):
    """The match condition `not-being-deleted` of deploy/karmada/webhooks.yaml."""
    return "deletionTimestamp" not in new["metadata"]


def removes_finalizer(new, old):
    """The match condition `removes-karmadas-finalizer` there."""
    left, before = (thing["metadata"].get("finalizers", []) for thing in (new, old or {"metadata": {}}))
    return not is_live(new, old) and EXECUTION_FINALIZER in before and EXECUTION_FINALIZER not in left
