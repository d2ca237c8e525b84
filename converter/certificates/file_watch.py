"""Notices changed files by polling, twice a second.

Polling works for everything: a mounted ConfigMap or Secret changes by a swap of symlinks, and a network file system
sends no inotify events. It costs next to nothing for a few files.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable

Fingerprint = tuple[tuple[str, ...], ...]
"""A description of files; equal as long as nothing changes."""

POLL_SECONDS = 0.5
"""Seconds between two polls; a change is in use within two seconds, including the poll that confirms it."""


async def keep_looking(refresh: Callable[[], object], interval: float, log: logging.Logger, failure: str) -> None:
    """Poll in a thread while the server runs; a failure is logged, and never ends it.

    Args:
        refresh: polls, and reads what has changed.
        interval: seconds between two polls.
        log: the log for failures.
        failure: the message for failures.
    """
    while True:
        await asyncio.sleep(interval)
        try:
            await asyncio.to_thread(refresh)
        except Exception:  # what is in use is good, so no failure may end the watch
            log.exception(failure)


def fingerprint(roots: Iterable[str | os.PathLike[str]], suffixes: tuple[str, ...] | None = None) -> Fingerprint:
    """Describe files, and all files in directories, so that any change of them changes the description.

    Args:
        roots: files or directories, whether they exist or not.
        suffixes: only files with one of these suffixes count in directories; None for all.
    """
    seen: list[tuple[str, ...]] = []
    for root in map(Path, roots):
        seen.append(_describe(root))
        if not root.is_dir():
            continue
        for folder, folders, files in os.walk(root):
            folders.sort()
            # ``..data`` is the link that the kubelet swaps to replace a whole mounted volume at once.
            named = (name for name in files if suffixes is None or name.endswith(suffixes))
            links = (name for name in folders if (Path(folder) / name).is_symlink())
            seen += [_describe(Path(folder) / name) for name in sorted([*named, *links])]
    return tuple(seen)


def _describe(path: Path) -> tuple[str, ...]:
    try:
        facts = path.stat()
        target = str(path.readlink()) if path.is_symlink() else ""
    except OSError as error:
        return (str(path), type(error).__name__)
    return (str(path), target, str(facts.st_ino), str(facts.st_mode), str(facts.st_mtime_ns), str(facts.st_size))
