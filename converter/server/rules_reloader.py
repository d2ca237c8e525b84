"""The rule book in use: read at the start, read again when a file changes, exchanged between two requests."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from converter.certificates.file_watch import POLL_SECONDS, fingerprint, keep_looking
from converter.config import RULE_SUFFIXES, SHIPPED_RULES
from converter.errors import RuleBookError, RuleProblem
from converter.library import Converter

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator

    from converter.catalog import Catalog
    from converter.certificates.file_watch import Fingerprint

_log = logging.getLogger(__name__)

_SETTLE_SECONDS = 0.1
"""How long files must hold still before they are read: an editor writes a file in several goes."""

_RESTLESS_SECONDS = 1.0
"""How long to wait for files to hold still; after that they are read as they are."""

_SWITCH_SECONDS = 0.0005
"""While a book is read in its thread, the interpreter gives way to requests this often (usually 0.005)."""


class ReloadSink(Protocol):
    """Is told how attempts to read the rules went."""

    def rules_reloaded(self, outcome: str, rules: int) -> None:
        """Note an attempt.

        Args:
            outcome: ``taken`` or ``refused``.
            rules: how many rules are in use now.
        """


@dataclass(frozen=True, slots=True)
class RulesState:
    """How the rules stand, for pages and checks.

    Attributes:
        since: when the book in use was read.
        problems: what is wrong with the files as they are now; empty where the book in use is what they say.
    """

    since: dt.datetime
    problems: tuple[RuleProblem, ...]


class RulesReloader:
    """The shipped rule book and an admin's directories, always as one whole, checked book.

    Attributes:
        current: the converter in use. A change of files replaces it in one assignment, so a request that took
            it before works with the old book to its end.
        state: how the rules stand.
    """

    def __init__(
        self,
        directories: Iterable[str | os.PathLike[str]] = (),
        *,
        catalog: Callable[[], Catalog | None] = lambda: None,
        sink: ReloadSink | None = None,
    ) -> None:
        """Read the rules for the first time.

        Args:
            directories: an admin's rule files or directories.
            catalog: gives what rules are checked against.
            sink: is told of every later attempt.

        Raises:
            RuleBookError: with every problem of every file.
        """
        self.directories = tuple(Path(directory) for directory in directories)
        self._roots = (SHIPPED_RULES, *self.directories)
        self._catalog = catalog
        self._sink = sink
        self._seen = self._look()
        self.current = self._read()
        self.state = RulesState(dt.datetime.now(dt.UTC), ())

    def _look(self) -> Fingerprint:
        return fingerprint(self._roots, RULE_SUFFIXES)

    def _read(self) -> Converter:
        return Converter.from_rules(self.directories, catalog=self._catalog())

    def refresh(self) -> bool:
        """Read the rules again if a file changed; returns whether a new book is in use.

        A change with any problem in it is refused as a whole; every problem is logged and stays in ``state`` until
        the files are good again. Takes as long as reading takes: call it in a thread.
        """
        if self._look() == self._seen:
            return False
        seen = self._settled()
        began = time.perf_counter()
        try:
            with _giving_way():
                fresh = self._read()
        except RuleBookError as error:
            self._seen = seen
            self._refuse(error.problems)
            return False
        if self._look() != seen:  # read in the middle of a change: old and new files must not mix
            return False
        self._seen = seen
        self.current = fresh
        self.state = RulesState(dt.datetime.now(dt.UTC), ())
        rules = len(fresh.book.rules)
        _log.info("rules replaced: %d rules, read in %.0f ms", rules, 1000 * (time.perf_counter() - began))
        if self._sink:
            self._sink.rules_reloaded("taken", rules)
        return True

    def _settled(self) -> Fingerprint:
        """Wait until the files hold still."""
        seen = self._look()
        until = time.monotonic() + _RESTLESS_SECONDS
        while time.monotonic() < until:
            time.sleep(_SETTLE_SECONDS)
            again = self._look()
            if again == seen:
                break
            seen = again
        return seen

    def _refuse(self, problems: tuple[RuleProblem, ...]) -> None:
        self.state = RulesState(self.state.since, problems)
        for problem in problems:
            _log.error("rules not replaced, the last good book stays in use: %s", problem)
        if self._sink:
            self._sink.rules_reloaded("refused", len(self.current.book.rules))

    async def watch(self, interval: float = POLL_SECONDS) -> None:
        """Refresh for as long as the server runs; the event loop goes on while a book is read.

        Args:
            interval: seconds between two looks.
        """
        failure = "looking for changed rules failed; the last good book stays in use"
        await keep_looking(self.refresh, interval, _log, failure)


@contextlib.contextmanager
def _giving_way() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
