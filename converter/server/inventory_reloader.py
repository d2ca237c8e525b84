"""The fleet of an inventory file: read at the start, and again when the file or one that it names changes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import yaml

from converter.certificates.file_watch import POLL_SECONDS, fingerprint, keep_looking
from converter.clusters import FleetView, InventoryError, read_inventory

if TYPE_CHECKING:
    from pathlib import Path

    from converter.certificates.file_watch import Fingerprint

_log = logging.getLogger(__name__)


class InventoryReloader:
    """Keeps a fleet up to date with its inventory file.

    Attributes:
        view: the fleet, as the webhook reads it; replaced as a whole when the file changes.
    """

    def __init__(self, file: Path) -> None:
        """Read the inventory for the first time.

        Raises:
            InventoryError: it has problems; all are named.
        """
        self._file = file
        self._seen = self._look()
        self.view = FleetView(read_inventory(file))

    def _look(self) -> Fingerprint:
        return fingerprint([self._file, *_named_in(self._file)])

    def refresh(self) -> bool:
        """Read the file again if it changed; returns whether the fleet was replaced."""
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
        if self._look() != seen:  # changed again while it was read; the next look decides
            return False
        self._seen = seen
        self.view.replace(fleet)
        _log.info("inventory replaced: %d clusters", len(fleet))
        return True

    async def watch(self, interval: float = POLL_SECONDS) -> None:
        """Refresh for as long as the server runs.

        Args:
            interval: seconds between two looks.
        """
        failure = "looking for a changed inventory failed; the last good one stays in use"
        await keep_looking(self.refresh, interval, _log, failure)


def _named_in(file: Path) -> list[Path]:
    """The saved Cluster objects that an inventory names; none where it cannot be read, which is told elsewhere."""
    try:
        documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
        return [file.parent / one["cluster"] for each in documents for one in each["clusters"] if "cluster" in one]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, TypeError, KeyError):
        return []
