"""The fleet of an inventory file: read at the start, and again when that file or one that it names changes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from converter.certificates.file_watch import POLL_SECONDS, fingerprint, keep_looking
from converter.clusters import FleetView, InventoryError, read_inventory
from converter.yaml import YamlError, decode, load_all

if TYPE_CHECKING:
    from pathlib import Path

    from converter.certificates.file_watch import Fingerprint

_log = logging.getLogger(__name__)


class InventoryReloader:
    """Reloads a fleet from its inventory file.

    Attributes:
        view: the fleet that the webhook reads; replaced as a whole when the file changes.
    """

    def __init__(self, file: Path) -> None:
        """Read the inventory for the first time.

        Raises:
            InventoryError: it is invalid; lists every problem.
        """
        self._file = file
        self._seen = self._look()
        self.view = FleetView(read_inventory(file))

    def _look(self) -> Fingerprint:
        return fingerprint([self._file, *_named_in(self._file)])

    def refresh(self) -> bool:
        """Read the file if it changed; returns whether the fleet was replaced."""
        seen = self._look()
        if seen == self._seen:
            return False
        try:
            fleet = read_inventory(self._file)
        except InventoryError as error:
            self._seen = seen
            for problem in error.problems:
                _log.error("inventory not replaced, the last good one stays in use: %s", problem)
            return False
        if self._look() != seen:  # changed again while it was read; the next poll decides
            return False
        self._seen = seen
        self.view.replace(fleet)
        _log.info("inventory replaced: %d clusters", len(fleet))
        return True

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
        documents = load_all(decode(file.read_bytes()))
        return [file.parent / one["cluster"] for each in documents for one in each["clusters"] if "cluster" in one]
    except (OSError, UnicodeDecodeError, YamlError, TypeError, KeyError):
        return []
