"""The rules in use: read at the start, reloaded when a file or an object changes, replaced between two requests."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from converter.certificates.file_watch import POLL_SECONDS, fingerprint, keep_looking
from converter.client.giving_way import giving_way
from converter.config import RULE_SUFFIXES, SHIPPED_RULES, Parts, read_parts, read_rule_files
from converter.engine import Engine
from converter.errors import ProblemCode, RuleBookError, RuleProblem
from converter.rule_objects import Combiner, RuleKey, RuleObject, Verdict

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from converter.catalog import Catalog
    from converter.certificates.file_watch import Fingerprint
    from converter.rules.by_name import CustomKind

_log = logging.getLogger(__name__)

_SETTLE_SECONDS = 0.1
"""How long files must be unchanged before they are read: an editor writes a file in several steps."""

_RESTLESS_SECONDS = 1.0
"""How long to wait until files are unchanged; then they are read as they are."""


PROBLEMS_LOGGED = 20
"""How many problems of one change are logged; `converter rules lint` lists all of them."""


class ReloadSink(Protocol):
    """Receives the outcome of each reload."""

    def rules_reloaded(self, outcome: str, rules: int) -> None:
        """Record a reload.

        Args:
            outcome: ``taken`` or ``refused``.
            rules: how many rules are in use.
        """


@dataclass(frozen=True, slots=True)
class RulesState:
    """The state of the rules, for pages and checks.

    Attributes:
        since: when the rules in use were read.
        problems: why the present files are invalid; empty if they are in use.
    """

    since: dt.datetime
    problems: tuple[RuleProblem, ...]


class RulesReloader:
    """The shipped rules and those of an admin, always complete and checked.

    Attributes:
        current: the converter in use. A reload replaces it in one assignment, so a request uses the same rules from
            its start to its end.
        state: the state of the files.
        verdicts: what became of each rule object.
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
            directories: rule files or directories of an admin.
            catalog: returns the catalog that rules are checked against.
            sink: receives the outcome of every reload.

        Raises:
            RuleBookError: the rules are invalid; lists every problem of every file.
        """
        self.directories = tuple(Path(directory) for directory in directories)
        self._roots = (SHIPPED_RULES, *self.directories)
        self._catalog = catalog
        self._sink = sink
        self._seen = self._look()
        self._building = threading.Lock()
        self._objects: tuple[RuleObject, ...] = ()
        self._kinds: tuple[CustomKind, ...] = ()
        self._combiner = Combiner(catalog())
        self._files = self._read()
        self.verdicts: Mapping[RuleKey, Verdict] = {}
        self._by_rules = self.current = self._build(self._files)
        self.state = RulesState(dt.datetime.now(dt.UTC), ())

    @property
    def files_digest(self) -> str:
        """The digest of the files in use, without rule objects."""
        return self._files.digest

    def _look(self) -> Fingerprint:
        return fingerprint(self._roots, RULE_SUFFIXES)

    def _read(self) -> Parts:
        return read_parts(read_rule_files(self._roots), self._catalog())

    def _build(self, files: Parts) -> Engine:
        """Combine files and objects; the caller holds the lock."""
        combination = self._combiner.combine(files, self._objects)
        self.verdicts = combination.verdicts
        return Engine(combination.configuration, self._catalog())

    def use_objects(self, objects: Iterable[RuleObject]) -> bool:
        """Take the rule objects of the control plane into use; returns whether rules changed.

        An object with a problem affects no other one: what it said before stays in use (`converter.rule_objects`).
        Combining takes a while, so call this method in a thread.
        """
        began = time.perf_counter()
        with self._building, giving_way():
            self._objects = tuple(objects)
            fresh = self._build(self._files)
            if fresh.digest == self.current.digest:
                return False
            self._use(fresh)
        self._replaced(began)
        return True

    async def follow_objects(self, objects: Iterable[RuleObject]) -> None:
        """Take rule objects into use; requests are answered meanwhile."""
        await asyncio.to_thread(self.use_objects, objects)

    def check(self, changed: RuleObject) -> list[RuleProblem]:
        """Find out what is wrong with a change of a rule object, with all rules in use taken into account."""
        with self._building, giving_way():
            return self._combiner.check(self._files, self._objects, changed)

    def refresh(self) -> bool:
        """Reload the rules if a file changed; returns whether new rules are in use.

        A change with any problem is refused as a whole, and not read again until the files change. Every problem is
        logged, and stays in ``state`` until the files are valid again. Reading takes a while, so call this method in a
        thread.
        """
        if self._look() == self._seen:
            return False
        seen = self._settled()
        began = time.perf_counter()
        try:
            with giving_way():
                files = self._read()
        except RuleBookError as error:
            self._seen = seen
            self._refuse(error.problems)
            return False
        except Exception as error:  # noqa: BLE001  a bug of ours; the same bytes would fail again
            self._seen = seen
            _log.exception("rules not replaced: internal error")
            self._refuse([internal_problem(", ".join(map(str, self.directories)), error)])
            return False
        if self._look() != seen:  # read during a change; old and new files must not mix
            return False
        self._seen = seen
        with self._building, giving_way():
            self._files = files
            self._use(self._build(files))
        self.state = RulesState(dt.datetime.now(dt.UTC), ())
        self._replaced(began)
        return True

    def use_kinds(self, kinds: tuple[CustomKind, ...]) -> None:
        """Convert these custom resources by name alone, where no rule says otherwise, from the next request on.

        Making the new rule book takes a while, so call this method in a thread.

        Args:
            kinds: all of them.
        """
        with self._building, giving_way():
            self._kinds = kinds
            self._use(self._by_rules)
        _log.info("custom resources known: %d kinds with several versions", len(kinds))

    def _use(self, by_rules: Engine) -> None:
        """Take rules into use, with the custom resources that are known; the caller holds the lock."""
        self._by_rules = by_rules
        self.current = by_rules.with_kinds(self._kinds, served_only=True)

    def _replaced(self, began: float) -> None:
        rules = len(self.current.book.rules)
        _log.info("rules replaced: %d rules, read in %.0f ms", rules, 1000 * (time.perf_counter() - began))
        if self._sink:
            self._sink.rules_reloaded("taken", rules)

    def _settled(self) -> Fingerprint:
        """Wait until the files are unchanged for a moment."""
        seen = self._look()
        until = time.monotonic() + _RESTLESS_SECONDS
        while time.monotonic() < until:
            time.sleep(_SETTLE_SECONDS)
            again = self._look()
            if again == seen:
                break
            seen = again
        return seen

    def _refuse(self, problems: Sequence[RuleProblem]) -> None:
        self.state = RulesState(self.state.since, tuple(problems))
        for problem in problems[:PROBLEMS_LOGGED]:
            _log.error("rules not replaced, the last good ones stay in use: %s", problem)
        if self._sink:
            self._sink.rules_reloaded("refused", len(self.current.book.rules))

    async def watch(self, interval: float = POLL_SECONDS) -> None:
        """Refresh while the server runs; requests are answered while rules are read.

        Args:
            interval: seconds between two polls.
        """
        failure = "cannot check the rules; the last good ones stay in use"
        await keep_looking(self.refresh, interval, _log, failure)


def notes_of(**problems: Sequence[RuleProblem]) -> list[str]:
    """Say in a line for ``/readyz`` which files were refused: ``notes_of(rules=..., inventory=...)``."""
    return [
        f"{name}: {len(found)} problems in the present files; the last good ones are in use; see the log"
        for name, found in problems.items()
        if found
    ]


def internal_problem(file: str, error: Exception) -> RuleProblem:
    """Make the problem for an error that no reader should raise; its traceback is in the log."""
    text = f"the files cannot be read, because of a bug in the converter: {type(error).__name__}"
    hint = "undo the last change, and report the traceback in the log"
    return RuleProblem(file, 0, text, hint, ProblemCode.INTERNAL)
