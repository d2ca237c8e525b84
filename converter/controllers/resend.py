"""Has Karmada send the originals of Works again: those that other rules converted, and these cannot convert back.

Only Karmada has the originals. It sends them again when the spec of their binding changes, and admission converts them
by the present rules. A Work that comes out as it is stored is not written. A webhook replica may still have the former
rules, so the binding is changed again after growing pauses, and then no more until the Work or the rules change.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from converter.client import ApiError, NotFoundError
from converter.controllers.karmada_events import binding_key
from converter.controllers.objects import annotation, decode
from converter.karmada.names import SOURCES_ANNOTATION
from converter.karmada.touch import touch_patch

if TYPE_CHECKING:
    from converter.client import ApiServer, Key
    from converter.controllers.karmada_events import BindingKey
    from converter.engine import Engine
    from converter.kube import Manifest

_log = logging.getLogger(__name__)

BINDINGS_A_SECOND: Final = 20.0
"""How many bindings are changed in a second: for each, Karmada sends its Works to all clusters again."""

PAUSES: Final = (2.0, 10.0, 30.0, 120.0, 300.0)
"""Seconds until the same binding is changed again. The last ones are for rules in ConfigMaps, which a kubelet brings to
each replica at another time. After the last pause nothing more is tried."""

_EARLY: Final = 0.01
"""Seconds by which a pass may come early, as a timer of the event loop does."""

_Seen = tuple[str, int, str]
"""What a Work is recognized by: its uid, its generation and its conversions. Its status does not count."""


@dataclass(slots=True)
class _Attempts:
    """What was tried for one binding.

    Attributes:
        works: the Works that wait for it, as they were seen last.
        tries: how often the binding was changed since a Work joined or changed.
        due: when to change it next, in seconds of the event loop's clock.
        has_turn: whether ``due`` is its turn among all bindings, and not only the end of a pause.
    """

    works: dict[Key, _Seen] = field(default_factory=dict)
    tries: int = 0
    due: float = 0.0
    has_turn: bool = False


class Resender:
    """Changes the bindings of outdated Works. Only the leader uses it.

    It remembers the bindings whose Works are outdated by the present rules, and nothing else.
    """

    def __init__(self, server: ApiServer) -> None:
        """Prepare.

        Args:
            server: the control plane.
        """
        self._server = server
        self._rules: Engine | None = None
        self._attempts: dict[BindingKey, _Attempts] = {}
        self._waits_for: dict[Key, BindingKey] = {}
        self._next_turn = 0.0

    def forget(self, key: Key) -> None:
        """Note that a Work is as the present rules make it, or gone."""
        binding = self._waits_for.pop(key, None)
        if binding is None:
            return
        attempts = self._attempts[binding]
        attempts.works.pop(key, None)
        if not attempts.works:
            del self._attempts[binding]

    async def resend(self, key: Key, work: Manifest, rules: Engine) -> float | None:
        """Have Karmada send a Work again, if its turn has come.

        Args:
            key: the Work's namespace and name.
            work: the Work.
            rules: the rules in use.

        Returns:
            Seconds after which to ask again; None if there is nothing more to try.

        Raises:
            ApiError: a request failed.
        """
        if self._rules is not rules:
            self._rules = rules
            self._attempts.clear()
            self._waits_for.clear()
        binding = binding_key(work)
        if binding is None:  # made by hand: who made it writes it again
            return None
        attempts = self._attempts.setdefault(binding, _Attempts())
        metadata = work["metadata"]
        seen = (metadata["uid"], metadata.get("generation", 0), annotation(work, SOURCES_ANNOTATION))
        if attempts.works.get(key) != seen:
            attempts.works[key] = seen
            attempts.tries = 0
        self._waits_for[key] = binding
        return await self._try(binding, attempts)

    async def _try(self, binding: BindingKey, attempts: _Attempts) -> float | None:
        now = asyncio.get_running_loop().time()
        if attempts.tries > len(PAUSES):
            return None
        if not attempts.has_turn and attempts.due <= now + _EARLY:
            attempts.due = max(now, self._next_turn)
            attempts.has_turn = True
            self._next_turn = attempts.due + 1 / BINDINGS_A_SECOND
        if attempts.due > now + _EARLY:
            return attempts.due - now
        attempts.tries += 1  # first: other Works of the binding must not try, too
        attempts.has_turn = False
        attempts.due = now + PAUSES[min(attempts.tries, len(PAUSES)) - 1]
        try:
            await self._touch(binding)
        except ApiError:
            attempts.tries -= 1
            attempts.due = now
            raise
        if attempts.tries > len(PAUSES):
            _log.warning("%s: its Works stay as other rules converted them, until Karmada writes them again", binding)
            return None
        return attempts.due - now

    async def _touch(self, binding: BindingKey) -> None:
        path = binding.collection.object_path(*binding.key)
        try:
            patch = touch_patch(decode(await self._server.get(path)))
        except NotFoundError:
            return
        if patch is not None:
            _log.info("%s: the rules have changed, having Karmada send its Works again", binding)
            await self._server.patch(path, patch)
