"""Warns about a rule object that leaves fields of the control plane's CRDs open; it never refuses one."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from converter.errors import ConverterError
from converter.rule_objects import rules_of

if TYPE_CHECKING:
    from converter.clusters.crds_of_rules import RuleProver
    from converter.rule_objects import RuleObject

_log = logging.getLogger(__name__)

_SECONDS: Final = 3.0
"""How long to wait for CRDs; the webhook has a timeout of ten seconds, and its answer does not depend on them."""


class ProofWarnings:
    """Proves rule objects in a thread of the webhook, with the API server read by the event loop."""

    def __init__(self, prover: RuleProver, loop: asyncio.AbstractEventLoop) -> None:
        """Prepare.

        Args:
            prover: proves rules against the CRDs of the control plane.
            loop: runs its requests.
        """
        self._prover = prover
        self._loop = loop

    def of(self, one: RuleObject) -> tuple[str, ...]:
        """Return a warning for each field that is neither mapped, dropped nor identical; call it in a thread."""
        rules = rules_of(one)
        if not rules:
            return ()
        future = asyncio.run_coroutine_threadsafe(self._prover.prove(rules), self._loop)
        try:
            return future.result(_SECONDS).open_fields
        except (TimeoutError, ConverterError) as error:
            future.cancel()
            _log.warning("%s is not compared with CRDs: %s", one.key, str(error) or "they could not be read in time")
            return ()
