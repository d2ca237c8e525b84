"""The fleet of an inventory file: read at the start, and again when that file or one that it names changes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from converter.certificates.file_watch import POLL_SECONDS, fingerprint, keep_looking
from converter.clusters import FleetView, InventoryError, read_inventory
from converter.clusters.inventory import MAX_FILE
from converter.files import FileError, read_regular
from converter.server.rules_reloader import PROBLEMS_LOGGED, internal_problem
from converter.yaml import YamlError, decode, load_all

if TYPE_CHECKING:
    from pathlib import Path

    from converter.certificates.file_watch import Fingerprint
    from converter.errors import RuleProblem

_log = logging.getLogger(__name__)


class InventorySink(Protocol):
    """Receives the outcome of each reload."""

    def inventory_reloaded(self, *, taken: bool) -> None:
        """Record a reload: whether the new inventory is in use."""


class InventoryReloader:
    """Reloads a fleet from its inventory file.

    Attributes:
        view: the fleet that the webhook reads; replaced as a whole when the file changes.
        problems: why the present files are invalid; empty if they are in use.
    """

    def __init__(self, file: Path, sink: InventorySink | None = None) -> None:
        """Read the inventory for the first time.

        Raises:
            InventoryError: it is invalid; lists every problem.
        """
        self._file = file
        self._sink = sink
        self._named: tuple[Fingerprint, list[Path]] = ((), [])
        self._seen = self._look()
        self.view = FleetView(read_inventory(file))
        self.problems: tuple[RuleProblem, ...] = ()

    def _look(self) -> Fingerprint:
        own = fingerprint([self._file])
        if own != self._named[0]:  # reading it twice a second would cost more than all the rest
            self._named = own, _named_in(self._file)
        return own + fingerprint(self._named[1])

    def refresh(self) -> bool:
        """Read the file if it changed; returns whether the fleet was replaced.

        A change with any problem is refused as a whole, and not read again until a file changes.
        """
        seen = self._look()
        if seen == self._seen:
            return False
        try:
            fleet = read_inventory(self._file)
        except InventoryError as error:
            self._refuse(seen, error.problems)
            return False
        except Exception as error:  # noqa: BLE001  a bug of ours; the same bytes would fail again
            _log.exception("inventory not replaced: internal error")
            self._refuse(seen, (internal_problem(str(self._file), error),))
            return False
        if self._look() != seen:  # changed again while it was read; the next poll decides
            return False
        self._seen, self.problems = seen, ()
        self.view.replace(fleet)
        _log.info("inventory replaced: %d clusters", len(fleet))
        if self._sink:
            self._sink.inventory_reloaded(taken=True)
        return True

    def _refuse(self, seen: Fingerprint, problems: tuple[RuleProblem, ...]) -> None:
        self._seen, self.problems = seen, problems
        for problem in problems[:PROBLEMS_LOGGED]:
            _log.error("inventory not replaced, the last good one stays in use: %s", problem)
        if self._sink:
            self._sink.inventory_reloaded(taken=False)

    async def watch(self, interval: float = POLL_SECONDS) -> None:
        """Refresh while the server runs.

        Args:
            interval: seconds between two polls.
        """
        failure = "cannot check the inventory; the last good one stays in use"
        await keep_looking(self.refresh, interval, _log, failure)


def _named_in(file: Path) -> list[Path]:
    """List the saved Clusters that an inventory names; none if it cannot be read, which `refresh` logs."""
    try:
        documents = load_all(decode(read_regular(file, MAX_FILE)))
        named = [one["cluster"] for each in documents for one in each["clusters"] if "cluster" in one]
        return [file.parent / name for name in named]
    except (OSError, ValueError, FileError, YamlError, TypeError, KeyError):
        return []
